// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of the selector language share: an arena, and parsing that must or must not work.
#pragma once

#include "unit.h"

#include <polc/selector.h>

static struct arena *arena;

__attribute__((constructor)) static void begin(void)
{
    arena = arena_new((size_t)64 << 20);
}

__attribute__((destructor)) static void end(void)
{
    arena_free(arena);
}

__attribute__((unused)) static struct sel *parse(const char *text)
{
    struct sel_error error = {0};
    struct sel *sel = sel_parse(arena, text, strlen(text), &error);
    ck_assert_msg(sel != NULL, "<%s>: %s", text, error.message);
    return sel;
}

__attribute__((unused)) static struct sel_error parse_error(const char *text)
{
    struct sel_error error = {0};
    ck_assert_msg(sel_parse(arena, text, strlen(text), &error) == NULL, "<%s> was accepted", text);
    ck_assert_msg(error.message != NULL, "<%s> has no message", text);
    ck_assert_msg(error.offset + error.length <= strlen(text), "<%s>: place behind the end", text);
    return error;
}

// Up to eight labels as "key=value,key=value", sorted by the caller.
__attribute__((unused)) static bool matches(const char *selector, const char *text)
{
    struct label items[8];
    struct labels labels = {items, 0};
    char *copy = arena_strdup(arena, text), *save = NULL;
    for (char *pair = strtok_r(copy, ",", &save); pair != NULL; pair = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(pair, '=');
        *equals = '\0';
        items[labels.count++] = (struct label){pair, equals + 1};
    }
    return sel_matches(parse(selector), &labels);
}
