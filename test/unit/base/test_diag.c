// SPDX-License-Identifier: GPL-2.0-or-later
// Sources, places, diagnostics as text and JSON, suggestions, SHA-256.
#include <polc/base.h>
#include <polc/base/sha256.h>

#include "unit.h"

struct fixture {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
};

static struct fixture make(const char *path, const char *text)
{
    struct fixture fixture = {.arena = arena_new(SIZE_MAX)};
    fixture.sources = sources_new(fixture.arena);
    fixture.diags = diags_new(fixture.arena, fixture.sources);
    sources_add(fixture.sources, path, text, strlen(text));
    return fixture;
}

static const char *printed(struct fixture *fixture, struct diag_print_options options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diags_print(fixture->diags, out, &options);
    fclose(out);
    const char *copy = arena_strdup(fixture->arena, text);
    free(text);
    return copy;
}

START_TEST(lines_are_found)
{
    static const struct {
        const char *text;
        uint32_t line;
        const char *expected;
    } cases[] = {
        {"a\nbc\nd", 1, "a"}, {"a\nbc\nd", 2, "bc"}, {"a\nbc\nd", 3, "d"}, {"a\r\nb", 1, "a"},
        {"a\n", 2, ""},       {"", 1, ""},           {"a", 2, NULL},       {"a", 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = make("x", cases[i].text);
        size_t length = 99;
        const char *line =
            sources_line(fixture.sources, (struct loc){.line = cases[i].line}, &length);
        ck_assert_msg((line == NULL) == (cases[i].expected == NULL), "case %zu", i);
        if (line != NULL) {
            ck_assert_uint_eq(length, strlen(cases[i].expected));
            ck_assert_int_eq(strncmp(line, cases[i].expected, length), 0);
        }
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(text_has_excerpt_caret_related_and_hint)
{
    struct fixture fixture = make("dir/web.yaml", "kind: X\n\tports: [80]\nlast\n");
    struct diag *diag =
        diag_report(fixture.diags, DIAG_F009, (struct loc){0, 2, 2, 5}, "about %s", "ports");
    diag_label(diag, "look here");
    diag_related(diag, (struct loc){0, 1, 1, 4}, "and there");
    diag_hint(diag, "do this");
    ck_assert_str_eq(printed(&fixture, (struct diag_print_options){0}),
                     "dir/web.yaml:2:2: error[F009]: about ports\n"
                     "    2 |         ports: [80]\n"
                     "      |         ^~~~~ look here\n"
                     "    1 | kind: X\n"
                     "      | - and there\n"
                     "hint: do this\n\n");
    arena_free(fixture.arena);
}
END_TEST

START_TEST(columns_count_characters_not_bytes)
{
    struct fixture fixture = make("u.yaml", "n\xc3\xa4me: \xe2\x82\xac x\n");
    diag_report(fixture.diags, DIAG_F009, (struct loc){0, 1, 9, 1}, "here");
    ck_assert_ptr_nonnull(
        strstr(printed(&fixture, (struct diag_print_options){0}), "      |         ^\n"));
    arena_free(fixture.arena);
}
END_TEST

START_TEST(sorted_deduplicated_capped)
{
    struct fixture fixture = make("a.yaml", "1\n2\n3\n4\n");
    for (uint32_t line = 4; line > 0; line--) {
        diag_report(fixture.diags, DIAG_F009, (struct loc){0, line, 1, 1}, "line %u", line);
        diag_report(fixture.diags, DIAG_F009, (struct loc){0, line, 1, 1}, "line %u", line);
    }
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 4);
    const char *text = printed(&fixture, (struct diag_print_options){.max = 2});
    ck_assert(strstr(text, "line 1") < strstr(text, "line 2"));
    ck_assert_ptr_null(strstr(text, "line 3"));
    ck_assert_ptr_nonnull(strstr(text, "... and 2 more"));
    arena_free(fixture.arena);
}
END_TEST

START_TEST(json_escapes)
{
    struct fixture fixture = make("q\".yaml", "x\n");
    diag_report(fixture.diags, DIAG_F009, (struct loc){0, 1, 1, 1}, "a \"b\" \\ \n \x01");
    const char *text = printed(&fixture, (struct diag_print_options){.json = true});
    ck_assert_ptr_nonnull(strstr(text, "\"message\": \"a \\\"b\\\" \\\\ \\n \\u0001\""));
    ck_assert_ptr_nonnull(strstr(text, "\"file\": \"q\\\".yaml\""));
    arena_free(fixture.arena);
    struct fixture empty = make("x", "");
    ck_assert_str_eq(printed(&empty, (struct diag_print_options){.json = true}), "[]\n");
    arena_free(empty.arena);
}
END_TEST

START_TEST(codes_are_complete)
{
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        enum diag_code code = (enum diag_code)i;
        ck_assert_uint_eq(diag_code_find(diag_code_name(code)), i);
        ck_assert_uint_gt(strlen(diag_code_title(code)), 5);
        ck_assert_uint_gt(strlen(diag_code_text(code)), 20);
    }
    ck_assert_uint_eq(diag_code_find("X999"), DIAG_CODE_COUNT);
}
END_TEST

START_TEST(spelling)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"a", "b", 1},
        {"abc", "xbc", 1},
        {"filter", "flter", 1},
        {"ab", "ba", 1},
        {"ingres", "ingress", 1},
        {"kitten", "sitting", 3},
        {"", "abc", 3},
        {"ca", "abc", 3},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_uint_eq(spell_distance(cases[i].a, cases[i].b), cases[i].distance);
        ck_assert_uint_eq(spell_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    static const char *const words[] = {"ingress", "egress", "Allow", "Deny"};
    ck_assert_str_eq(spell_best("ingres", words, 4), "ingress");
    ck_assert_str_eq(spell_best("ALLOW", words, 4), "Allow");
    ck_assert_ptr_null(spell_best("zebra", words, 4));
}
END_TEST

START_TEST(sha256_of_the_standards_examples)
{
    char hex[65];
    sha256_hex("", 0, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_hex("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    ck_assert_str_eq(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *many = malloc(1000000);
    memset(many, 'a', 1000000);
    sha256_hex(many, 1000000, hex);
    ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(many);
}
END_TEST

static bool is_error(struct diag *diag, void *context)
{
    (*(size_t *)context)++;
    return diag_code_severity(diag->code) == DIAG_ERROR;
}

START_TEST(some_can_be_left_out)
{
    struct fixture fixture = make("x", "a: b\nc: d\n");
    diag_report(fixture.diags, DIAG_W004, (struct loc){.line = 2, .column = 1}, "second");
    diag_report(fixture.diags, DIAG_P021, (struct loc){.line = 1, .column = 4}, "first, later");
    diag_report(fixture.diags, DIAG_P021, (struct loc){.line = 1, .column = 1}, "first");
    size_t count, asked = 0;
    struct diag *const *all = diags_all(fixture.diags, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(all[0]->message, "first");
    ck_assert_str_eq(all[2]->message, "second");
    diags_keep(fixture.diags, is_error, &asked);
    ck_assert_uint_eq(asked, 3);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_WARNING), 0);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 2);
    all = diags_all(fixture.diags, &count);
    diag_fingerprint(all[0], "f00");
    ck_assert_uint_eq(count, 2);
    const char *text = printed(&fixture, (struct diag_print_options){.json = true});
    ck_assert_ptr_nonnull(strstr(text, "\"fingerprint\": \"f00\""));
    ck_assert_ptr_null(strstr(text, "second"));
    arena_free(fixture.arena);
}
END_TEST

UNIT_TESTS("base diag", some_can_be_left_out, lines_are_found,
           text_has_excerpt_caret_related_and_hint, columns_count_characters_not_bytes,
           sorted_deduplicated_capped, json_escapes, codes_are_complete, spelling,
           sha256_of_the_standards_examples)
