// SPDX-License-Identifier: GPL-2.0-or-later
// JSON through the YAML reader, byte order marks, places and styles of scalars, tags.
#include "load_helper.h"

START_TEST(json)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"{\n\t\"a\":\t1\t,\n\t\t\"b\" : [\n\t\t1\t,\t\"x\ty\"\t]\n\t}\n",
         "{a:1,b:[1,\"x\ty\"]}\n"},
        {" \t\r\n\t{\"a\": 1}\t\n \t\n", "{a:1}\n"}, // tabs around the document
        {"\t[{\"a\": 1}, {\"b\": null}]\n\t", "{a:1}\n{b:null}\n"},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"}", "{a:\"\"\\/\b\f\n\r\t\xc3\xa4\"}\n"},
        {"{\"a\":\"\\ud83d\\ude00\",\"b\":\"\\uD83D\\uDE00 \"}",
         "{a:\"\xf0\x9f\x98\x80\",b:\"\xf0\x9f\x98\x80 \"}\n"},
        {"{\"a\":\"\\\\ud83d\\\\ude00\"}", "{a:\"\\ud83d\\ude00\"}\n"}, // a backslash, and letters
        {"{\"a\":true,\"b\":-1.5e3,\"c\":{},\"d\":[]}", "{a:true,b:-1.5e3,c:{},d:[]}\n"},
        {"\xef\xbb\xbf{\"a\": 1}", "{a:1}\n"},
        {" \t\n", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load_named("t.json", cases[i].text, strlen(cases[i].text));
        ck_assert_msg(strcmp(strbuf_text(&fixture.seen), cases[i].seen) == 0, "case %zu: %s %s", i,
                      strbuf_text(&fixture.seen), printed(&fixture));
        ck_assert_str_eq(printed(&fixture), "");
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(halves_of_characters)
{
    static const char *const wrong[] = {"{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\\ud83d\"}",
                                        "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"\\ud83d\\",
                                        "{\"a\":\"\\ud83d\\ude0"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct fixture fixture = load_named("t.json", wrong[i], strlen(wrong[i]));
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
        arena_free(fixture.arena);
    }
    // In YAML, between single quotes, they are just text.
    struct fixture fixture = load("{a: '\\ud83d\\ude00'}");
    ck_assert_str_eq(strbuf_text(&fixture.seen), "{a:\"\\ud83d\\ude00\"}\n");
    arena_free(fixture.arena);
}
END_TEST

static void expect_place(void *context, const struct load_object *object)
{
    const struct loc *expected = context;
    const struct node *node = node_get(object->root, "k");
    ck_assert_ptr_nonnull(node);
    ck_assert_uint_eq(node->loc.line, expected->line);
    ck_assert_uint_eq(node->loc.column, expected->column);
    ck_assert_uint_eq(node->loc.length, expected->length);
}

START_TEST(places)
{
    static const struct {
        const char *path, *text;
        struct loc loc;
    } cases[] = {
        {"t.yaml", "k: abc\n", {0, 1, 4, 3}},
        {"t.yaml", "k: \"abc\"\n", {0, 1, 5, 3}},
        {"t.yaml", "k: 'a''b'\n", {0, 1, 5, 4}},
        {"t.yaml", "k: \"\"\n", {0, 1, 4, 2}},
        {"t.yaml", "k: \"a\n  b\"\n", {0, 1, 5, 1}},
        {"t.yaml", "x: 1\nk:\n  |\n  a\n", {0, 3, 3, 1}},
        {"t.yaml", "\xc3\xa4: {k: \"\xe2\x82\xac\"}\nk: \xe2\x82\xac\xe2\x82\xac\n", {0, 2, 4, 2}},
        {"t.yaml", "\xef\xbb\xbfk: abc\nl: 1\n", {0, 1, 4, 3}},
        {"t.json", "\n\t \t{\"k\": \"abc\"}", {0, 2, 11, 3}},
        {"t.json", "\r\n\r{\"k\": \"abc\"}", {0, 3, 8, 3}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = make();
        struct loc loc = cases[i].loc;
        const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                      NULL,          expect_place,    &loc};
        load_text(&loader, cases[i].path, cases[i].text, strlen(cases[i].text));
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 0);
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(tags)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"a: !!str 80\n", "{a:\"80\"}\n"},
        {"a: ! 80\n", "{a:\"80\"}\n"},
        {"a: !!int \"80\"\n", "{a:80}\n"},
        {"a: !!null ''\n", "{a:}\n"},
        {"a: !!map {b: 1}\n", "{a:{b:1}}\n"},
        {"a: !!seq [1]\n", "{a:[1]}\n"},
        {"a: !!map [1]\n", ""},
        {"a: !!str {b: 1}\n", ""},
        {"a: !!binary aGk=\n", ""},
        {"a: !!set {b: }\n", ""},
        {"%TAG !e! tag:example.com,2000:\n---\na: !e!x 1\n", ""},
        {"%YAML 1.2\n---\na: 1\n", "{a:1}\n"},
        {"a: !!merge <<\n", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_msg(strcmp(strbuf_text(&fixture.seen), cases[i].seen) == 0, "%s gives %s",
                      cases[i].text, strbuf_text(&fixture.seen));
        ck_assert((strstr(printed(&fixture), "error[F010]") != NULL) == (cases[i].seen[0] == '\0'));
        arena_free(fixture.arena);
    }
}
END_TEST

UNIT_TESTS("load texts", json, halves_of_characters, places, tags)
