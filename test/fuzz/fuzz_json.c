// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes through the JSON reader, and what it takes through the YAML reader as well: both make the same objects, with
// the same places. With some fields unread it must say the same of the syntax.
#include "two_readers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What the YAML reader does not take though it is JSON, or takes for something else: characters beyond its set, or that
// are line breaks to it, keys of more than 1024 characters or apart from their colon, and a pair of halves.
static bool is_of_both(const char *yaml)
{
    static const char *const codes[] = {"error[F005]", "error[F006]", "error[F009]"};
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
        if (strstr(yaml, codes[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static bool has_odd_break(const uint8_t *data, size_t size)
{
    return memmem(data, size, "\xc2\x85", 2) != NULL ||
           memmem(data, size, "\xe2\x80\xa8", 3) != NULL ||
           memmem(data, size, "\xe2\x80\xa9", 3) != NULL;
}

static const struct load_fields *some_fields(const char *api_version, const char *kind)
{
    static const struct load_field below_rows[] = {{"a", NULL}};
    static const struct load_fields below = {below_rows, ARRAY_COUNT(below_rows), true};
    static const struct load_field rows[] = {{"apiVersion", NULL}, {"kind", NULL}, {"a", &below}};
    static const struct load_fields fields = {rows, ARRAY_COUNT(rows), false};
    (void)api_version;
    return kind != NULL && kind[0] == 'P' ? &fields : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    char *text =
        malloc(size > 0 ? size : 1); // of exactly this size, so that a step too far is seen
    memcpy(text, data, size);
    const char *json = one_reader(arena, text, size, true, NULL);
    const char *part = one_reader(arena, text, size, true, some_fields);
    if ((json == NULL) != (part == NULL)) {
        abort();
    }
    if (json != NULL && !has_odd_break(data, size)) {
        const char *yaml = one_reader(arena, text, size, false, NULL);
        if (is_of_both(yaml) && strcmp(json, yaml) != 0) {
            fprintf(stderr, "JSON\n%s\nYAML\n%s\n", json, yaml);
            abort();
        }
    }
    one_reader(arena, text, size, false, some_fields);
    arena_free(arena);
    free(text);
    return 0;
}
