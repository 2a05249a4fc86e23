// SPDX-License-Identifier: GPL-2.0-or-later
// Lines and places of a text: the breaks that YAML knows, bytes to places and back.
#include <polc/base.h>

#include "unit.h"

static struct sources *sources_of(struct arena *arena, const char *text, size_t size)
{
    struct sources *sources = sources_new(arena);
    sources_add(sources, "dir/x.yaml", text, size);
    return sources;
}

START_TEST(every_break_of_yaml_ends_a_line)
{
    static const char text[] = "a\nb\r\nc\rd\xc2\x85"
                               "e\xe2\x80\xa8"
                               "f\xe2\x80\xa9g\r\r\n\nh\xe2\x80\xaai\xc2\x86";
    static const char *const lines[] = {"a", "b", "c", "d", "e",
                                        "f", "g", "",  "",  "h\xe2\x80\xaai\xc2\x86"};
    struct arena *arena = arena_new(SIZE_MAX);
    struct sources *sources = sources_of(arena, text, strlen(text));
    for (uint32_t i = 0; i < ARRAY_COUNT(lines); i++) {
        size_t length = 0;
        const char *line = sources_line(sources, (struct loc){.line = i + 1}, &length);
        ck_assert_ptr_nonnull(line);
        ck_assert_str_eq(arena_strndup(arena, line, length), lines[i]);
    }
    size_t length = 0;
    ck_assert_ptr_null(
        sources_line(sources, (struct loc){.line = ARRAY_COUNT(lines) + 1}, &length));
    ck_assert_ptr_null(sources_line(sources, (struct loc){.source = 1, .line = 1}, &length));
    arena_free(arena);
}
END_TEST

// Random texts: the place of each byte is where counting from the start gets to.
START_TEST(bytes_have_places)
{
    static const char *const parts[] = {
        "a", "b", "\n", "\xc3\xa4", "\xe2\x82\xac", "\r\n", "\xf0\x9f\x98\x80"};
    srand(3);
    for (int round = 0; round < 300; round++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct strbuf text = {.arena = arena};
        for (int i = rand() % (round % 30 == 0 ? 5000 : 30); i >= 0; i--) {
            strbuf_add(&text, parts[(size_t)rand() % ARRAY_COUNT(parts)]);
        }
        struct sources *sources = sources_of(arena, text.text, text.length);
        unsigned line = 1;
        unsigned column = 1;
        size_t start = 0, length;
        for (size_t at = 0; at < text.length; at++) {
            bool inside = ((unsigned char)text.text[at] & 0xc0) == 0x80;
            struct loc loc = sources_loc_at(sources, 0, at);
            ck_assert_uint_eq(loc.line, line);
            ck_assert(inside || loc.column == column);
            ck_assert_ptr_eq(sources_line(sources, loc, &length), text.text + start);
            column += !inside;
            if (text.text[at] == '\n') {
                start = at + 1;
                line++;
                column = 1;
            } else if (inside) {
                continue;
            }
        }
        arena_free(arena);
    }
}
END_TEST

// A line may be all of a large input, and is not walked through for each message about it.
START_TEST(long_lines_are_cut)
{
    enum { LONG = 1000 * 1000 };
    struct arena *arena = arena_new(SIZE_MAX);
    char *text = memset(arena_alloc(arena, LONG), 'x', LONG);
    struct sources *sources = sources_of(arena, text, LONG);
    size_t length = 0;
    ck_assert_ptr_eq(sources_line(sources, (struct loc){.line = 1}, &length), text);
    ck_assert_uint_ge(length, 4 * UINT16_MAX);
    ck_assert_uint_lt(length, LONG);
    arena_free(arena);
}
END_TEST

START_TEST(places_as_text_and_in_order)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct sources *sources = sources_of(arena, "x", 1);
    sources_add(sources, "y.yaml", "", 0);
    ck_assert_uint_eq(sources_count(sources), 2);
    ck_assert_ptr_null(sources_get(sources, 2));
    ck_assert_str_eq(loc_text(arena, sources, (struct loc){0, 12, 5, 1}), "dir/x.yaml:12:5");
    ck_assert_str_eq(loc_text(arena, sources, (struct loc){0, 12, 0, 0}), "dir/x.yaml:12");
    ck_assert_str_eq(loc_text(arena, sources, LOC_NONE), "");
    ck_assert_str_eq(loc_short(arena, sources, (struct loc){0, 12, 5, 1}), "x.yaml:12");
    ck_assert_str_eq(loc_short(arena, sources, (struct loc){1, 1, 1, 1}), "y.yaml:1");
    ck_assert_str_eq(loc_short(arena, sources, (struct loc){7, 1, 1, 1}), "");
    static const struct loc ordered[] = {
        {0, 0, 0, 0}, {0, 1, 2, 9}, {0, 1, 3, 1}, {0, 2, 1, 1}, {1, 1, 1, 1}};
    for (size_t i = 0; i < ARRAY_COUNT(ordered); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(ordered); j++) {
            int order = loc_compare(ordered[i], ordered[j]);
            ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    struct loc last = sources_loc_at(sources, 0, 100); // behind the end: at the end
    ck_assert_uint_eq(last.column, 2);
    ck_assert_uint_eq(sources_loc_at(sources, 1, 0).line, 1);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("base source", every_break_of_yaml_ends_a_line, bytes_have_places,
           places_as_text_and_in_order, long_lines_are_cut)
