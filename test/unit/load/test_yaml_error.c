// SPDX-License-Identifier: GPL-2.0-or-later
// What libyaml cannot read: the place, and words that say what the writer did.
#include "load_helper.h"

// Text, and how the printed diagnostic begins.
static const struct {
    const char *text, *expected;
} cases[] = {
    {"a: [1\n", "1:4: error[F005]: a list in [ ] is not closed"},
    {"a: [1,\n  2\nb: 3\nc: ]\n", "3:2: error[F005]: a list in [ ] is not closed"},
    {"a: {b: 1\n---\nc: 1\n", "1:4: error[F005]: a map in { } is not closed"},
    {"a: {b: 1 c: 2}\n", "1:11: error[F005]: a map in { } is not closed, or lacks a comma"},
    {"a: \"b\nc: d\n", "1:4: error[F005]: a quote is opened and never closed"},
    {"a: 'b\n---\n'\n", "1:4: error[F005]: a quote is opened and not closed before"},
    {"a: b: c\n", "1:5: error[F005]: a \":\" stands where no key can be"},
    {"a: 1\nfoo\nb: 2\n", "2:1: error[F005]: this key has no \":\" behind it"},
    {"a:\n  b: 1\n c: 2\n", "3:2: error[F005]: this neither continues the map nor ends it"},
    {"a: \"b\" c\n", "1:8: error[F005]: this neither continues the map nor ends it"},
    {"- a: 1\nb: c\n", "2:1: error[F005]: this neither continues the list nor ends it"},
    {"a: - b\n", "1:4: error[F005]: a \"- \" stands where no list can begin"},
    {"a: ? b\n", "1:4: error[F005]: a \"? \" stands where no key can be"},
    {"a:\n\tb: 1\n", "2:1: error[F005]: a tab cannot indent"},
    {"a: @b\n", "1:4: error[F005]: a value cannot begin with \"@\""},
    {"a: `b`\n", "1:4: error[F005]: a value cannot begin with \"`\""},
    {"a: %b\n", "1:4: error[F005]: a value cannot begin with \"%\""},
    {"a: \"\\q\"\n", "1:5: error[F005]: this escape does not exist"},
    {"a: \"\\xzz\"\n", "1:7: error[F005]: this escape lacks hexadecimal digits"},
    {"a: \"\\ud83d\"\n", "error[F005]: this escape stands for no character"},
    {"a: & b\n", "1:5: error[F005]: \"&\" and \"*\" want a name"},
    {"a: *\n", "1:4: error[F005]: \"&\" and \"*\" want a name"},
    {"a: |x\n  b\n", "1:5: error[F005]: only a comment may stand behind"},
    {"a: |0\n  b\n", "error[F005]: a text block cannot be indented by 0"},
    {"a: |\n\tb\n", "error[F005]: a tab cannot indent"},
    {"a: !<x b\n", "error[F005]: a value that begins with \"!\" is a tag"},
    {"a: !x!y b\n", "error[F005]: a value that begins with \"!\" is a tag"},
    {"%FOO\n---\na: 1\n", "1:1: error[F005]: a line that begins with \"%\""},
    {"%YAML x\n---\na: 1\n", "error[F005]: %YAML wants a version"},
    {"%YAML 2.0\n---\na: 1\n", "error[F005]: this version of YAML is not known"},
    {"%YAML 1.1\n%YAML 1.1\n---\na: 1\n", "error[F005]: %YAML stands twice"},
    {"{a: 1}\n{b: 2}\n", "2:1: error[F005]: text stands behind the end of the document"},
    {"a: \x01\n", "1:4: error[F006]: a control character (U+0001) stands"},
    {"a: b\n\xc3\xa4: \xff\n", "2:4: error[F006]: the text is not UTF-8"},
    {"\xff\xfe"
     "a",
     "1:1: error[F006]: the text is UTF-16"},
    {"\xfe\xff"
     "a",
     "1:1: error[F006]: the text is UTF-16"},
    {"# \xe2\x80\xa8# x\nb: \x02", "3:4: error[F006]"}, // U+2028 ends a line
};

START_TEST(each_mistake_is_named_at_its_place)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
        ck_assert_msg(strstr(printed(&fixture), cases[i].expected) != NULL,
                      "%s\nexpected %s\ngot %s", cases[i].text, cases[i].expected,
                      printed(&fixture));
        arena_free(fixture.arena);
    }
}
END_TEST

// libyaml's own words never come through.
START_TEST(no_message_says_unexpected)
{
    static const char *const words[] = {"unexpected", "invalid", "expected",
                                        "while ",     "found ",  "did not find"};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        for (size_t j = 0; j < ARRAY_COUNT(words); j++) {
            ck_assert_msg(strstr(printed(&fixture), words[j]) == NULL, "%s", printed(&fixture));
        }
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(the_beginning_is_shown_too)
{
    struct fixture fixture = load("a: [1,\n  2\nb: 3\nc: ]\n");
    ck_assert_str_eq(printed(&fixture),
                     "t.yaml:3:2: error[F005]: a list in [ ] is not closed, or lacks a comma\n"
                     "    3 | b: 3\n"
                     "      |  ^\n"
                     "    1 | a: [1,\n"
                     "      |    - the list begins here\n"
                     "\n");
    arena_free(fixture.arena);
}
END_TEST

// Every beginning of a text is read or refused with one error, and each error has a place.
START_TEST(cut_texts)
{
    static const char whole[] =
        "%YAML 1.2\n---\na: &x {b: [1, \"\\u00e4\\n\", 'it''s'], \xc3\xa4: ~}\n? k\n: *x\nc: |+\n  text\n\n"
        "d: >-\n  folded\n  text\ne: !!str 1\n...\n--- # next\n- {kind: List, items: []}\n";
    for (size_t size = 0; size < sizeof whole; size++) {
        struct fixture fixture = load_named("t.yaml", whole, size);
        ck_assert_uint_le(diags_count(fixture.diags, DIAG_ERROR), 2);
        ck_assert_ptr_null(strstr(printed(&fixture), "polc: error"));
        arena_free(fixture.arena);
    }
}
END_TEST

UNIT_TESTS("load yaml errors", each_mistake_is_named_at_its_place, no_message_says_unexpected,
           the_beginning_is_shown_too, cut_texts)
