// SPDX-License-Identifier: GPL-2.0-or-later
// Lists in YAML: items are handed on before the list is read to its end, and what nobody reads makes no nodes but is
// checked all the same.
#include "load_helper.h"

// An error behind the items shows which of them were handed on before it.
START_TEST(items_are_handed_on_one_by_one)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"kind: List\nitems:\n- {a: 1}\n- {b: 2}\nx: ]\n", "{a:1}\n{b:2}\n"},
        {"kind: List\nitems: [{a: 1}, {b: 2}]\nx: ]\n", "{a:1}\n{b:2}\n"},
        {"items:\n- a: 1\n- b: 2\nkind: List\nx: ]\n", "{a:1}\n{b:2}\n"},
        {"items:\n- a: 1\nkind: PodList\r\napiVersion: v1\r\nx: ]\n", "{a:1}\n"},
        {"- a: 1\n- b: 2\nx: ]\n", "{a:1}\n{b:2}\n"},
        {"[{a: 1}, {b: 2}, ]]\n", "{a:1}\n{b:2}\n"},
        // Not known, or not certain, before the items: the list is read to its end.
        {"items:\n- a: 1\n\"kind\": List\nx: ]\n", ""},
        {"  items:\n  - a: 1\n  kind: List\n  x: ]\n", ""},
        {"items:\n- a: 1\nkind: List\nkind: List\nx: ]\n", ""},
        {"items:\n- a: 1\nkind: List # yes\nx: ]\n", ""},
        {"items:\n- a: 1\n---\nkind: List\nx: ]\n", "{items:[{a:1}]}\n"},
        {"kind: Other\nitems:\n- a: 1\nx: ]\n", ""},
        {"kind: List\nitems: &x\n- a: 1\nx: ]\n", ""},
        {"kind: List\nmore:\n- a: 1\nx: ]\n", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_msg(strcmp(strbuf_text(&fixture.seen), cases[i].seen) == 0, "%s gives %s",
                      cases[i].text, strbuf_text(&fixture.seen));
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(lists)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"items:\n- a: 1\n\"kind\": List\n", "{a:1}\n"},
        {"items:\n- a: 1\nkind: List # yes\n", "{a:1}\n"},
        {"items:\n- a: |\n    x\n    kind: y\n- b: 2\nkind: List\nmetadata:\n  items:\n  - {c: 3}\n",
         "{a:\"x\nkind: y\n\"}\n{b:2}\n"},
        {"kind: List\nitems:\n- &x {a: 1}\n- {b: *x}\n- *x\n", "{a:1}\n{b:{a:1}}\n{a:1}\n"},
        {"kind: List\nitems:\n- kind: List\n  items:\n  - {a: 1}\n- - {b: 2}\n", "{a:1}\n{b:2}\n"},
        {"kind: List\nitems:\n- {a: 1}\n---\nkind: List\nitems:\n- {b: 2}\n---\nitems: 3\n",
         "{a:1}\n{b:2}\n{items:3}\n"},
        {"a: {items: [1]}\nitems: [2]\nkind: Other\n", "{a:{items:[1]},items:[2],kind:Other}\n"},
        {"kind: List\nitems: []\nmetadata: {x: [1, {y: 2}]}\n", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_msg(strcmp(strbuf_text(&fixture.seen), cases[i].seen) == 0, "%s gives %s %s",
                      cases[i].text, strbuf_text(&fixture.seen), printed(&fixture));
        ck_assert_str_eq(printed(&fixture), "");
        arena_free(fixture.arena);
    }
}
END_TEST

// Text at the margin of a quote, which no YAML may have and libyaml takes, looks like a key of the root.
START_TEST(kind_that_is_none)
{
    struct fixture fixture = load("items:\n- a: \"x\nkind: List\n\"\n\"kind\": Other\n");
    ck_assert_ptr_nonnull(
        strstr(printed(&fixture), "t.yaml:3:1: error[F012]: this looks like the kind of"));
    arena_free(fixture.arena);
}
END_TEST

// ---- what nobody reads ------------------------------------------------------------------------------------------------

static const struct load_fields *some_fields(const char *api_version, const char *kind)
{
    static const struct load_field name_rows[] = {{"name", NULL}};
    static const struct load_fields name = {name_rows, ARRAY_COUNT(name_rows), false};
    static const struct load_field rows[] = {{"apiVersion", NULL}, {"kind", NULL}, {"meta", &name}};
    static const struct load_fields only = {rows, ARRAY_COUNT(rows), false};
    static const struct load_fields others = {rows, ARRAY_COUNT(rows), true};
    ck_assert_ptr_nonnull(api_version);
    return strcmp(kind, "Only") == 0 ? &only : strcmp(kind, "Others") == 0 ? &others : NULL;
}

static struct fixture load_part(const char *text)
{
    struct fixture fixture = make();
    const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                  some_fields,   on_object,       &fixture};
    load_text(&loader, "t.yaml", text, strlen(text));
    return fixture;
}

#define ONLY "apiVersion: v1\nkind: Only\n"
#define SEEN "{apiVersion:v1,kind:Only"

START_TEST(skipped_fields)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {ONLY "x: {y: [1, {z: 2}]}\nmeta: {a: 1, name: {b: 2}, c: [3]}\nz: 0\n",
         SEEN ",meta:{name:{b:2}}}\n"},
        {ONLY "meta:\n- {a: 1, name: 1}\n- [{a: 1}]\n", SEEN ",meta:[{name:1},[{}]]}\n"},
        {ONLY "meta: text\n", SEEN ",meta:text}\n"},
        {ONLY "x: &x {a: 1, name: 2}\nmeta: *x\n", SEEN ",meta:{a:1,name:2}}\n"},
        {ONLY "x: {y: &x [1, {a: 2}]}\nmeta: {name: *x}\n", SEEN ",meta:{name:[1,{a:2}]}}\n"},
        {ONLY "meta: &x {a: 1, name: 2}\n", SEEN ",meta:{a:1,name:2}}\n"},
        {ONLY "x: &x 1\ny: *x\nz: {*x : *x}\nmeta: {*x : 1, name: *x}\n", SEEN ",meta:{name:1}}\n"},
        {ONLY "x: {y: 1, y: 2}\n", SEEN "}\n"},
        {"apiVersion: v1\nkind: Others\nx: {y: 1}\nmeta: {a: 1, name: 1}\n",
         "{apiVersion:v1,kind:Others,x:{y:1},meta:{name:1}}\n"},
        {"x: 1\napiVersion: v1\nkind: Only\n", "{x:1,apiVersion:v1,kind:Only}\n"},
        {"apiVersion: v1\nkind: List\nx: 1\nitems:\n- {apiVersion: v1, kind: Only, x: 1, meta: {a: 1}}\n- {y: 2}\n",
         "{apiVersion:v1,kind:Only,meta:{}}\n{y:2}\n"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load_part(cases[i].text);
        const char *seen = strbuf_text(&fixture.seen);
        ck_assert_msg(strcmp(seen, cases[i].seen) == 0, "%s gives %s %s", cases[i].text, seen,
                      printed(&fixture));
        ck_assert_str_eq(printed(&fixture), "");
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(mistakes_in_skipped_fields)
{
    static const struct {
        const char *text, *code;
    } cases[] = {
        {ONLY "x: {<<: {a: 1}}\n", "F010"},
        {ONLY "x: {[1]: 2}\n", "F005"},
        {ONLY "x: !custom 1\n", "F010"},
        {ONLY "x: [!custom {}]\n", "F010"},
        {ONLY "x: *nowhere\n", "F014"},
        {ONLY "x: &x [*x]\n", "F014"},
        {ONLY "x: [1\n", "F005"},
        {ONLY "x: \"a\\0b\"\n", "F006"},
        {ONLY "x: 1\nkind: Only\n", "F009"},
        {ONLY "meta: {name: 1, name: 2}\n", "F009"},
        {ONLY "x: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]\n", "F007"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load_part(cases[i].text);
        ck_assert_str_eq(strbuf_text(&fixture.seen), "");
        ck_assert_msg(strstr(printed(&fixture), cases[i].code) != NULL, "%s gives %s",
                      cases[i].text, printed(&fixture));
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
        arena_free(fixture.arena);
    }
}
END_TEST

UNIT_TESTS("load lists", items_are_handed_on_one_by_one, lists, kind_that_is_none, skipped_fields,
           mistakes_in_skipped_fields)
