// SPDX-License-Identifier: GPL-2.0-or-later
// The look of diagnostics: the samples of voice.md, long lines, hostile text, the cap, colours, JSON that a reader takes.
#include <polc/base.h>

#include <jansson.h>

#include "unit.h"

static struct arena *arena;
static struct sources *sources;
static struct diags *diags;

static void begin(const char *path, const char *text)
{
    arena = arena_new(SIZE_MAX);
    sources = sources_new(arena);
    diags = diags_new(arena, sources);
    sources_add(sources, path, text, strlen(text));
}

static const char *printed(struct diag_print_options options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diags_print(diags, out, &options);
    fclose(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

#define PLAIN ((struct diag_print_options){0})

START_TEST(the_samples_of_the_voice)
{
    begin("policies/web.yaml", "kind: X\n  - action: Allow\n    ingres:\n      ports: [80, 443]\n");
    sources_add(sources, "policies/00-tiers.yaml", "x: 1\ny: 2\n", 10);
    struct diag *diag = diag_report(diags, DIAG_P034, (struct loc){0, 4, 15, 2},
                                    "rule needs a protocol before it can name ports");
    diag_related(diag, (struct loc){0, 2, 5, 6}, "rule 0 (ingress) of web starts here");
    diag_hint(diag, "add \"protocol: TCP\" to the rule\n        second line");
    diag = diag_report(diags, DIAG_P021, (struct loc){0, 3, 5, 6}, "unknown field \"ingres\"");
    diag_label(diag, "did you mean \"%s\"?", "ingress");
    diag_related(diag, (struct loc){1, 2, 1, 1}, "elsewhere");
    diag_related(diag, LOC_NONE, "failsafe ports come before every policy");
    ck_assert_str_eq(
        printed(PLAIN),
        "policies/web.yaml:3:5: error[P021]: unknown field \"ingres\"\n"
        "    3 |     ingres:\n"
        "      |     ^~~~~~ did you mean \"ingress\"?\n"
        "  policies/00-tiers.yaml:2:1\n"
        "    2 | y: 2\n"
        "      | - elsewhere\n"
        "note: failsafe ports come before every policy\n"
        "\n"
        "policies/web.yaml:4:15: error[P034]: rule needs a protocol before it can name ports\n"
        "    4 |       ports: [80, 443]\n"
        "      |               ^~\n"
        "    2 |   - action: Allow\n"
        "      |     - rule 0 (ingress) of web starts here\n"
        "hint: add \"protocol: TCP\" to the rule\n"
        "        second line\n"
        "\n");
    arena_free(arena);
}
END_TEST

START_TEST(no_place_no_column)
{
    begin("x.yaml", "a\nb\n");
    diag_label(diag_report(diags, DIAG_F001, LOC_NONE, "cannot read x"), "because");
    diag_label(diag_report(diags, DIAG_F005, (struct loc){0, 2, 0, 0}, "about a line"), "this one");
    ck_assert_str_eq(printed(PLAIN), "polc: error[F001]: cannot read x\n"
                                     "      | because\n\n"
                                     "x.yaml:2: error[F005]: about a line\n"
                                     "    2 | b\n"
                                     "      | this one\n\n");
    arena_free(arena);
}
END_TEST

START_TEST(places_outside_of_the_text)
{
    begin("x.yaml", "abc");
    diag_report(diags, DIAG_F005, (struct loc){0, 1, 2, 50}, "too long");
    diag_report(diags, DIAG_F005, (struct loc){0, 1, 60, 3}, "behind the end");
    diag_report(diags, DIAG_F005, (struct loc){0, 9, 1, 1}, "no such line");
    diag_report(diags, DIAG_F005, (struct loc){0, 1, UINT16_MAX, UINT16_MAX}, "saturated");
    ck_assert_str_eq(printed(PLAIN),
                     "x.yaml:1:2: error[F005]: too long\n    1 | abc\n      |  ^~\n\n"
                     "x.yaml:1:60: error[F005]: behind the end\n    1 | abc\n      |    ^\n\n"
                     "x.yaml:1:65535: error[F005]: saturated\n    1 | abc\n      |    ^\n\n"
                     "x.yaml:9:1: error[F005]: no such line\n    9 | \n      | ^\n\n");
    arena_free(arena);
}
END_TEST

// In a line of any length the caret stands under the character that is meant, within the width.
START_TEST(long_lines_keep_the_caret)
{
    static const char digits[] = "0123456789";
    for (size_t length = 100; length < 400; length += 13) {
        struct strbuf line = {.arena = arena_new(SIZE_MAX)};
        for (size_t i = 0; i < length; i++) {
            strbuf_add_n(&line, i % 17 == 0 ? "\xc3\xa4" : &digits[i % 10], i % 17 == 0 ? 2 : 1);
        }
        for (uint16_t column = 1; column <= length; column++) {
            begin("x.yaml", strbuf_text(&line));
            diag_report(diags, DIAG_F005, (struct loc){0, 1, column, 3}, "here");
            const char *excerpt = strstr(printed(PLAIN), "    1 | ") + 8;
            const char *caret = strstr(excerpt, "      | ") + 8;
            size_t at = strspn(caret, " ");
            ck_assert_uint_le(at, 119);
            for (; at > 0; at--) {
                do {
                    excerpt++;
                } while ((*excerpt & 0xc0) == 0x80);
            }
            if ((column - 1) % 17 != 0) {
                ck_assert_int_eq(*excerpt, digits[(column - 1) % 10]);
            } else {
                ck_assert_int_eq(*excerpt, '\xc3');
            }
            arena_free(arena);
        }
        arena_free(line.arena);
    }
}
END_TEST

START_TEST(tabs_in_long_lines)
{
    struct strbuf line = {.arena = arena_new(SIZE_MAX)};
    for (int i = 0; i < 60; i++) {
        strbuf_add(&line, "\tab");
    }
    for (uint16_t column = 2; column <= 180; column += 3) {
        begin("x.yaml", strbuf_text(&line));
        diag_report(diags, DIAG_F005, (struct loc){0, 1, column, 1}, "here");
        const char *excerpt = strstr(printed(PLAIN), "    1 | ") + 8;
        const char *caret = strstr(excerpt, "      | ") + 8;
        ck_assert_int_eq(excerpt[strspn(caret, " ")], 'a');
        arena_free(arena);
    }
    arena_free(line.arena);
}
END_TEST

START_TEST(large_line_numbers_stay_aligned)
{
    begin("x.yaml", "a\n");
    struct diag *diag = diag_report(diags, DIAG_F005, (struct loc){0, 1, 1, 1}, "here");
    diag_related(diag, (struct loc){0, 1234567, 1, 1}, "there");
    ck_assert_str_eq(printed(PLAIN), "x.yaml:1:1: error[F005]: here\n"
                                     "      1 | a\n"
                                     "        | ^\n"
                                     "1234567 | \n"
                                     "        | - there\n\n");
    arena_free(arena);
}
END_TEST

// Nothing that comes from the input can steer the terminal or fake a line.
START_TEST(hostile_text_is_shown_not_sent)
{
    begin("a\033[2Jb\n.yaml", "\033[31m \x7f \xc2\x9b \xe2\x80\xae \xff\xc3 z");
    struct diag *diag = diag_report(diags, DIAG_F005, (struct loc){0, 1, 14, 1},
                                    "m\033[0m\n\t\r\xff\xc2\x9b\xe2\x80\xae");
    diag_label(diag, "l\033\n");
    diag_related(diag, LOC_NONE, "r\b\n");
    diag_hint(diag, "h\033\nsecond");
    ck_assert_str_eq(printed(PLAIN), "a\\u001b[2Jb\\n.yaml:1:14: error[F005]: "
                                     "m\\u001b[0m\\n\\t\\u000d\xef\xbf\xbd\\u009b\\u202e\n"
                                     "    1 | ?[31m ? ? ? \xef\xbf\xbd\xef\xbf\xbd z\n"
                                     "      |              ^ l\\u001b\\n\n"
                                     "note: r\\u0008\\n\n"
                                     "hint: h\\u001b\nsecond\n\n");
    arena_free(arena);
}
END_TEST

START_TEST(errors_do_not_drown_in_warnings)
{
    begin("x.yaml", "");
    for (uint32_t i = 1; i <= 50; i++) {
        diag_report(diags, DIAG_W005, (struct loc){0, i, 1, 1}, "note %u", i);
        diag_report(diags, DIAG_W001, (struct loc){0, i, 2, 1}, "warning %u", i);
    }
    diag_report(diags, DIAG_F005, (struct loc){0, 99, 1, 1}, "the error");
    const char *text = printed((struct diag_print_options){.max = 10});
    ck_assert_ptr_nonnull(strstr(text, "the error"));
    ck_assert_ptr_nonnull(strstr(text, "warning 9\n"));
    ck_assert_ptr_null(strstr(text, "warning 10\n"));
    ck_assert_ptr_null(strstr(text, "note 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "... and 91 more\n"));
    text = printed((struct diag_print_options){.max = 51});
    ck_assert_ptr_nonnull(strstr(text, "warning 50\n"));
    ck_assert_ptr_nonnull(strstr(text, "... and 50 more\n"));
    ck_assert_ptr_null(strstr(printed((struct diag_print_options){.max = 101}), "more"));
    arena_free(arena);
}
END_TEST

START_TEST(the_cap_is_a_hundred)
{
    begin("x.yaml", "");
    for (uint32_t i = 1; i <= 105; i++) {
        diag_report(diags, DIAG_F005, (struct loc){0, i, 1, 1}, "error");
    }
    ck_assert_ptr_nonnull(strstr(printed(PLAIN), "... and 5 more\n"));
    ck_assert_uint_eq(diags_count(diags, DIAG_ERROR), 105);
    arena_free(arena);
}
END_TEST

START_TEST(order_and_duplicates)
{
    begin("z.yaml", "");
    sources_add(sources, "a.yaml", "", 0);
    diag_report(diags, DIAG_F005, (struct loc){1, 1, 1, 1}, "5");
    diag_report(diags, DIAG_F006, (struct loc){0, 2, 1, 1}, "4");
    diag_report(diags, DIAG_F005, (struct loc){0, 2, 1, 1}, "3");
    diag_report(diags, DIAG_F005, (struct loc){0, 1, 7, 1}, "2");
    diag_report(diags, DIAG_F001, LOC_NONE, "1");
    diag_label(diag_report(diags, DIAG_F005, (struct loc){0, 1, 7, 1}, "2"), "not kept");
    const char *text = printed((struct diag_print_options){.json = true});
    json_t *list = json_loads(text, 0, NULL);
    ck_assert_uint_eq(json_array_size(list), 5);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *message =
            json_string_value(json_object_get(json_array_get(list, i), "message"));
        ck_assert_int_eq(message[0], (int)('1' + i));
    }
    ck_assert(json_is_null(json_object_get(json_array_get(list, 1), "label")));
    json_decref(list);
    arena_free(arena);
}
END_TEST

START_TEST(colours_only_when_asked)
{
    begin("x.yaml", "a\n");
    diag_report(diags, DIAG_F005, (struct loc){0, 1, 1, 1}, "e");
    diag_report(diags, DIAG_W001, (struct loc){0, 1, 1, 1}, "w");
    diag_report(diags, DIAG_W005, (struct loc){0, 1, 1, 1}, "n");
    ck_assert_ptr_null(strchr(printed(PLAIN), '\033'));
    const char *text = printed((struct diag_print_options){.color = true});
    ck_assert_ptr_nonnull(strstr(text, "\033[1;31merror[F005]\033[0m: e\n"));
    ck_assert_ptr_nonnull(strstr(text, "\033[1;35mwarning[W001]\033[0m: w\n"));
    ck_assert_ptr_nonnull(strstr(text, "\033[1;36mnote[W005]\033[0m: n\n"));
    ck_assert_ptr_null(
        strchr(printed((struct diag_print_options){.color = true, .json = true}), '\033'));
    arena_free(arena);
}
END_TEST

// Whatever bytes are in paths and messages, a JSON reader takes the array.
START_TEST(json_of_any_bytes)
{
    srand(4);
    for (int round = 0; round < 3000; round++) {
        char bytes[16] = "";
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            bytes[i] =
                (char)(rand() % 3 == 0 ? "\xc3\xe2\x80\xf0\x9f\xed\xa0\xf4\x90\\\"\n"[rand() % 12]
                                       : 1 + rand() % 255);
        }
        begin(bytes, "a\n");
        struct diag *diag = diag_report(diags, DIAG_F005, (struct loc){0, 1, 1, 3}, "%s", bytes);
        diag_label(diag, "%s", bytes);
        diag_related(diag, LOC_NONE, "%s", bytes);
        diag_hint(diag, "%s", bytes);
        json_t *list = json_loads(printed((struct diag_print_options){.json = true}),
                                  JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(list);
        const json_t *first = json_array_get(list, 0);
        ck_assert_str_eq(json_string_value(json_object_get(first, "code")), "F005");
        ck_assert_str_eq(json_string_value(json_object_get(first, "severity")), "error");
        ck_assert_int_eq(json_integer_value(json_object_get(first, "line")), 1);
        ck_assert_int_eq(json_integer_value(json_object_get(first, "end_column")), 4);
        ck_assert_uint_eq(json_array_size(json_object_get(first, "related")), 1);
        json_decref(list);
        arena_free(arena);
    }
}
END_TEST

UNIT_TESTS("base diag print", the_samples_of_the_voice, no_place_no_column,
           places_outside_of_the_text, long_lines_keep_the_caret, tabs_in_long_lines,
           large_line_numbers_stay_aligned, hostile_text_is_shown_not_sent,
           errors_do_not_drown_in_warnings, the_cap_is_a_hundred, order_and_duplicates,
           colours_only_when_asked, json_of_any_bytes)
