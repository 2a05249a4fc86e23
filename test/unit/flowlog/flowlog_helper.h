// SPDX-License-Identifier: GPL-2.0-or-later
// Records from JSON, and back.
#pragma once

#include "plan/plan_helper.h"

#include <polc/flowlog.h>

static struct flowlog_reader *reader;

// Single quotes stand for double ones.
__attribute__((unused)) static const char *quoted(const char *text)
{
    char *ret = arena_strdup(arena, text);
    for (char *at = ret; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    return ret;
}

__attribute__((unused)) static struct flowlog_record record_of(const char *text)
{
    struct flowlog_record record;
    struct flow_record_error error;
    reader = reader != NULL ? reader : flowlog_reader_new(arena);
    const char *json = quoted(text);
    bool good = flowlog_read(reader, json, strlen(json), &record, &error);
    ck_assert_msg(good, "%s: %s", json, error.message);
    return record;
}

__attribute__((unused)) static const char *record_text(const struct flowlog_record *record)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    flowlog_write(record, out);
    fclose(out);
    const char *ret = arena_strndup(arena, text, size);
    free(text);
    return ret;
}
