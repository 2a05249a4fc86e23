// SPDX-License-Identifier: GPL-2.0-or-later
// The JSON reader: what it takes, what it makes of it, and that the YAML reader makes the same of it.
#include "two_readers.h"
#include "unit.h"

#include "json_scan.h"

#include <ftw.h>

static bool is_proved(const char *text, size_t size)
{
    struct json_facts facts;
    char *exact = malloc(size > 0 ? size : 1); // so that a sanitizer sees a step too far
    memcpy(exact, text, size);
    bool ret = json_prove(exact, exact + size, &facts);
    free(exact);
    return ret;
}

// clang-format off
static const char *const good[] = {
    "0", "-0", "10", "-12.50e+3", "1E9", "0.0", "1e-0", "\"\"", "true", "false", "null", " \t\r\n1 \t\r\n",
    "[]", "[ ]", "{}", "{ }", "[1,2]", "[ 1 , [ 2 , { } ] ]", "{\"a\":1}", "{ \"a\" : { \"b\" : [ ] } , \"c\" : 0 }",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uFFFF\"", "\"\\ud83d\\ude00\"", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "\"a string of more than eight bytes, and \\\" more of it\"", "\"\x7f\"", "{\"\":{\"\":\"\"}}",
    "\"12345678\"", "\"1234567\\n\"", "{\"a\":1,\"a\":2}",
};
static const char *const bad[] = {
    "", " ", "-", "01", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "tru", "nul", "True",
    "truefalse", "1 2", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1",
    "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "{1:2}", "[1}", "{\"a\":1]", "'a'", "\"", "\"a",
    "\"a\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"", "\"\n\"", "\"\t\"", "\"12345678\t\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"",
    "[1] // no", "/* no */ 1", "# no\n1", "{\"a\":1}{\"b\":2}", "\357\273\2771", "[\f1]", "[1]\v",
};
// clang-format on

START_TEST(takes_what_rfc_8259_takes)
{
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        ck_assert_msg(is_proved(good[i], strlen(good[i])), "%s is JSON", good[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        ck_assert_msg(!is_proved(bad[i], strlen(bad[i])), "%s is no JSON", bad[i]);
    }
    ck_assert(!is_proved("[1]\0", 4));
    ck_assert(!is_proved("\"a\0b\"", 5));
}
END_TEST

START_TEST(depth_is_limited)
{
    char text[2 * LOAD_MAX_DEPTH + 2];
    memset(text, '[', LOAD_MAX_DEPTH);
    memset(text + LOAD_MAX_DEPTH, ']', LOAD_MAX_DEPTH);
    ck_assert(is_proved(text, sizeof text - 2));
    memset(text, '[', LOAD_MAX_DEPTH + 1);
    memset(text + LOAD_MAX_DEPTH + 1, ']', LOAD_MAX_DEPTH + 1);
    ck_assert(!is_proved(text, sizeof text));
}
END_TEST

// A string of every length, so that what is looked for stands at each place of a word.
START_TEST(every_length)
{
    for (size_t length = 0; length < 40; length++) {
        char text[64] = "[\"";
        memset(text + 2, 'x', length);
        snprintf(text + 2 + length, sizeof text - 2 - length, "\", {} ]");
        bool escapes;
        const char *end = text + strlen(text);
        ck_assert(is_proved(text, strlen(text)));
        ck_assert_ptr_eq(json_string_end(text + 2, end, &escapes), text + 3 + length);
        ck_assert(!escapes);
        ck_assert_ptr_eq(json_value_end(text, end), end);
        ck_assert_uint_eq(json_characters(text, end), strlen(text));
        for (size_t i = 0; i < length; i++) {
            text[2 + i] = '\x1f';
            ck_assert(!is_proved(text, strlen(text)));
            text[2 + i] = 'x';
        }
    }
}
END_TEST

// ---- values and places ----------------------------------------------------------------------------------------------

static const char *json_of(struct arena *arena, const char *text)
{
    const char *ret = one_reader(arena, text, strlen(text), true, NULL);
    return ret != NULL ? ret : "left";
}

START_TEST(values_and_places)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{}", "- - @1:1+1 @1:1+1 2.0.0@1:1+1 ; \n"},
        {"{\"k\":\"\\ud83d\\ude00\"}",
         "- - @1:1+1 @1:1+1 2.0.1@1:1+1 1:k@1:3+1 0.1.4@1:7+12 \xf0\x9f\x98\x80 ; \n"},
        // The next line, which in YAML's eyes begins behind the separator too.
        {"{\"a\":\"x\xe2\x80\xa8y\",\"b\":1}",
         "- - @1:1+1 @1:1+1 2.0.2@1:1+1 1:a@1:3+1 0.1.5@1:7+3 x\xe2\x80\xa8y 1:b@2:5+1 0.0.1@2:8+1 1 ; \n"},
        {"[\n{\"kind\":\"A\",\"apiVersion\":\"v1\"}\r\n,{}]",
         "v1 A @2:27+2 @2:10+1 2.0.2@2:1+1 4:kind@2:3+4 0.1.1@2:10+1 A 10:apiVersion@2:14+10 0.1.2@2:27+2 v1 ; \n"
         "- - @3:2+1 @3:2+1 2.0.0@3:2+1 ; \n"},
        // A list whose kind stands behind its items; an escape in a key is that letter.
        {"{\"items\":[{}],\"k\\u0069nd\":\"XList\",\"apiVersion\":\"g/v1\"}",
         "g/v1 X @1:11+1 @1:11+1 2.0.0@1:11+1 ; \n"},
        {"\"text\"", "left"},
        {"{a: 1}", "left"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct arena *arena = arena_new(SIZE_MAX);
        ck_assert_str_eq(json_of(arena, cases[i].text), cases[i].expected);
        arena_free(arena);
    }
}
END_TEST

// ---- against the YAML reader ------------------------------------------------------------------------------------------

static size_t compared;

static void compare(const char *what, const char *text, size_t size)
{
    struct arena *arena = arena_new(SIZE_MAX);
    const char *json = one_reader(arena, text, size, true, NULL);
    if (json != NULL) {
        ck_assert_msg(strcmp(json, one_reader(arena, text, size, false, NULL)) == 0,
                      "%s: JSON\n%s\nYAML\n%s", what, json,
                      one_reader(arena, text, size, false, NULL));
        compared++;
    }
    arena_free(arena);
}

START_TEST(same_as_yaml)
{
    static const char *const texts[] = {
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\", \"\\u00e4\" : [ -1.5e3, true , null, \"\" ] }",
        "\n \t{\n\t\"a\"\t:\t{ \"b\": [ [ ], { } ] }\r\n,\r\"c\": \"\xc3\xa4\xe2\x82\xac\"\n}\n",
        "[{\"kind\":\"A\"},[{\"kind\":\"B\"}],[[]],{}]",
        "[1]",
        "[null]",
        "[\"x\", {}, false]",
        "[[[[[{}]]]]]",
        "[[[[{}]]]]",
        "{\"kind\":\"List\",\"items\":[{\"kind\":\"PodList\",\"items\":[{},{\"kind\":null}]},5]}",
        "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[{\"apiVersion\":\"x/v1\"},{\"kind\":\"Y\"}]}",
        "{\"apiVersion\":\"v1\",\"items\":[{\"a\":1}],\"kind\":\"PodList\"}",
        "{\"kind\":\"PodList\",\"items\":{\"a\":1}}",
        "{\"kind\":\"PodList\",\"items\":\"x\"}",
        "{\"kind\":\"PodList\",\"items\":7}",
        "{\"kind\":\"PodList\",\"items\":null}",
        "{\"apiVersion\":\"v1\",\"kind\":\"PodList\"}",
        "{\"apiVersion\":\"x/v1\",\"kind\":\"PodList\"}",
        "{\"kind\":\"Other\",\"items\":[{\"kind\":\"B\"}]}",
        "{\"kind\":[\"List\"],\"items\":[]}",
        "{\"kind\":null,\"items\":[]}",
        "{\"kind\":5,\"apiVersion\":{}}",
        "{\"kind\":\"\",\"apiVersion\":\"\"}",
        "{\"a\":{\"b\":1,\n \"b\":2}}",
        "{\"<<\":{\"a\":1}}",
        ("{\"a0\":0,\"a1\":0,\"a2\":0,\"a3\":0,\"a4\":0,\"a5\":0,\"a6\":0,\"a7\":0,\"a8\":0,\"a9\":0,\"b0\":0,\"b1\":0,"
         "\"b2\":0,\"b3\":0,\"b4\":0,\"b5\":0,\"b6\":0,\"b7\":0,\"b8\":0,\"a7\":1}"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        compare(texts[i], texts[i], strlen(texts[i]));
    }
    ck_assert_uint_eq(compared, ARRAY_COUNT(texts));
}
END_TEST

static int compare_file(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)walk;
    const char *suffix = strrchr(path, '.');
    if (type != FTW_F || suffix == NULL || strcmp(suffix, ".json") != 0) {
        return 0;
    }
    size_t size = (size_t)info->st_size;
    char *text = malloc(size + 1);
    FILE *file = fopen(path, "r");
    ck_assert_uint_eq(fread(text, 1, size, file), size);
    fclose(file);
    compare(path, text, size);
    free(text);
    return 0;
}

START_TEST(every_json_file_of_the_tests)
{
    compared = 0;
    ck_assert_int_eq(nftw(TEST_SOURCE_DIR, compare_file, 16, FTW_PHYS), 0);
    ck_assert_uint_ge(compared, 12);
}
END_TEST

// ---- fields that nobody reads -----------------------------------------------------------------------------------------

static const struct load_fields *some_fields(const char *api_version, const char *kind)
{
    static const struct load_field name_rows[] = {{"name", NULL}};
    static const struct load_fields name = {name_rows, ARRAY_COUNT(name_rows), false};
    static const struct load_field rows[] = {{"apiVersion", NULL}, {"kind", NULL}, {"meta", &name}};
    static const struct load_fields only = {rows, ARRAY_COUNT(rows), false};
    static const struct load_fields others = {rows, ARRAY_COUNT(rows), true};
    (void)api_version;
    if (kind == NULL) {
        return NULL;
    }
    return strcmp(kind, "Only") == 0 ? &only : strcmp(kind, "Others") == 0 ? &others : NULL;
}

static void add_keys(struct strbuf *out, const struct node *node)
{
    for (const struct node *child = node->type != NODE_SCALAR ? node->first : NULL; child != NULL;
         child = child->next) {
        strbuf_add(out, child->key != NULL ? child->key : "-");
        add_keys(out, child);
        strbuf_add(out, child->next != NULL ? "," : "");
    }
    strbuf_add(out, node->type == NODE_SCALAR ? "" : ".");
}

static void write_keys(void *context, const struct load_object *object)
{
    add_keys(context, object->root);
    strbuf_add(context, " ");
}

START_TEST(skips_what_is_not_read)
{
    static const struct {
        const char *text, *keys, *code;
    } cases[] = {
        {"{\"kind\":\"Only\",\"x\":{\"y\":[1,\"]}\"]},\"meta\":{\"a\":1,\"name\":{\"b\":2}},\"z\":0}",
         "kind,metanameb... ", NULL},
        {"{\"meta\":{\"a\":\"\\\"\",\"name\":0},\"kind\":\"Only\"}", "metaname.,kind. ", NULL},
        {"{\"kind\":\"Only\",\"meta\":[{\"a\":1,\"name\":1},[{\"a\":1}]]}",
         "kind,meta-name.,--.... ", NULL},
        {"{\"kind\":\"Others\",\"x\":{\"y\":1},\"meta\":{\"a\":1,\"name\":1}}",
         "kind,xy.,metaname.. ", NULL},
        {"{\"kind\":\"Else\",\"x\":{\"y\":1},\"meta\":{\"a\":1}}", "kind,xy.,metaa.. ", NULL},
        {"{\"kind\":\"OnlyList\",\"items\":[{\"x\":1,\"meta\":{}},{\"kind\":\"Else\",\"x\":1}]}",
         "meta.. kind,x. ", NULL},
        {"{\"items\":[{\"x\":1},{\"x\":1,\"kind\":\"Only\"}],\"kind\":\"List\"}", "x. kind. ",
         NULL},
        {"{\"kind\":\"Only\",\"x\":1,\"x\":2,\"kind\":\"B\"}", "", "F009"},
        {"{\"kind\":\"Only\",\"x\":{\"y\":1,\"y\":2}}", "kind. ", NULL},
        {"{\"kind\":\"Only\",\"x\":{\"y\":\"\\ud800\"}}", "", "F005"},
        {"{\"kind\":\"List\",\"items\":[],\"x\":1,\"items\":[]}", "", "F009"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct sources *sources = sources_new(arena);
        struct diags *diags = diags_new(arena, sources);
        struct strbuf keys = {.arena = arena};
        const struct loader loader = {arena, sources, diags, some_fields, write_keys, &keys};
        load_text(&loader, "t.json", cases[i].text, strlen(cases[i].text));
        ck_assert_msg(strcmp(strbuf_text(&keys), cases[i].keys) == 0, "%s gives %s", cases[i].text,
                      strbuf_text(&keys));
        size_t count = 0;
        struct diag *const *all = diags_all(diags, &count);
        ck_assert_msg(count == (cases[i].code != NULL), "%s", cases[i].text);
        ck_assert(count == 0 || strcmp(diag_code_name(all[0]->code), cases[i].code) == 0);
        arena_free(arena);
    }
}
END_TEST

UNIT_TESTS("load JSON", takes_what_rfc_8259_takes, depth_is_limited, every_length,
           values_and_places, same_as_yaml, every_json_file_of_the_tests, skips_what_is_not_read)
