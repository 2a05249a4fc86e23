// SPDX-License-Identifier: GPL-2.0-or-later
// What is a selector and what is not; case numbers are those of semantics.md section 10.
#include "sel_helper.h"

START_TEST(accepts)
{
    static const char *const texts[] = {
        "",                             // 1
        "  \t",                         // 1
        "a == 'b'\n",                   // 2 (trimmed, an extension)
        "a==\"b\"",                     // 3
        "a != \"b\"",                   // 3
        "(a==\"b\")",                   // 3
        "a == 'it\"s'",                 // 5
        "a == \"back\\slash\"",         // 5
        "contains contains 'contains'", // 6
        "startswith starts with \"x\"", // 7
        "label startswith \"x\"",       // 7
        "label starts \t  with \"x\"",  // 7
        "ends endswith 'x'",            // 7
        "in in {'in'}",                 // 7
        "not not in {'not'}",           // 7
        "label contains\"v\"",
        "a notin{\"b\"}&&!has(c)",          // 8
        "has( a )",                         // 9
        "has == \"x\"",                     // 9
        "all == \"x\"",                     // 9
        "global != 'x'",                    // 9
        "all( )",                           // 10
        "global( )",                        // 10
        "a in {}",                          // 11
        "a not in { }",                     // 11
        "a in {\"x\",}",                    // 11
        "a in {'x', \"y\" , 'z'}",          // 11
        "!!! has(a)",                       // 14
        "!all()",                           // 21
        "- == '' && //.9 == '' && 9 == ''", // label names are not checked
        "a == 'a\nb'",                      // any byte in a literal
        "a == '\xc3\xa9'",
        "((((((((((a == 'b'))))))))))",
        "a!='b'",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        parse(texts[i]);
    }
}
END_TEST

START_TEST(refuses)
{
    static const char *const texts[] = {
        "a = \"b\"",        // 4
        "a == \"it\\\"s\"", // 5
        "has (a)",          // 9
        "has()",            // 9
        "has(\"a\")",
        "all ()", // 10
        "all(x)",
        "a in {,}",     // 11
        "a in {'x',,}", // 11
        "a in {b}",
        "a in {'x' 'y'}",
        "a in \"x\"",         // 12
        "a == 'b'\nb == 'c'", // a newline inside
        "a == 'b'\r",
        "a == 'b'\f",
        "b == b", // from here on: semantics.md 2.3
        "b",
        "a b",
        "!",
        "foo == \"bar\" &",
        "foo != ||",
        "foo in \"\"",
        "\"FOO'",
        "(",
        ")",
        "()",
        "%",
        "a == \"b\" && %",
        "a ",
        "has(foo) &&",
        "has( foo ",
        "all(",
        "global(",
        "label = \"v\"",
        "label starts foo \"v\"",
        "label inf \"v\"",
        "label ends withs \"v\"",
        "label containss 'v'",
        "'b' == a",
        "xhas(a)",
        "a ! = 'b'",
        "(a == 'b'",
        "a == 'b')",
        "a == 'b' c == 'd'",
        "a == 'b' and c == 'd'",
        "a == {'b'}",
        "a == 'b' &&& c == 'd'",
        "contains",
        "\xc3\xa9 == 'x'",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        parse_error(texts[i]);
    }
}
END_TEST

START_TEST(refuses_nul)
{
    struct sel_error error;
    ck_assert_ptr_null(sel_parse(arena, "a == 'x\0y'", 10, &error));
    ck_assert_ptr_null(sel_parse(arena, "a\0== 'xy'", 9, &error));
}
END_TEST

struct error_case {
    const char *text;
    size_t offset, length;
    const char *message, *label;
};

START_TEST(says_where_and_what)
{
    static const struct error_case cases[] = {
        {"a = 'b'", 2, 1, "\"=\" is not an operator", "did you mean \"==\"?"},
        {"a=='b' & c=='d'", 7, 1, "\"&\" is not an operator", "did you mean \"&&\"?"},
        {"a == b", 5, 1, "\"==\" needs a value in quotes", "write 'b'"},
        {"app", 0, 3, "label \"app\" has no operator behind it", "did you mean has(app)?"},
        {"has (a)", 0, 3, "label \"has\" has no operator behind it",
         "write \"has(\" without a blank"},
        {"a contain 'x'", 2, 7, "\"contain\" is not an operator", "did you mean \"contains\"?"},
        {"a starts 'x'", 2, 6, "\"starts\" is not an operator", "did you mean \"starts with\"?"},
        {"a is 'x'", 2, 2, "\"is\" is not an operator",
         "one of == != in, not in, contains, starts with, ends with"},
        {"a in \"x\"", 5, 3, "\"in\" needs a set of values", "write {\"x\"}"},
        {"(a == 'b'", 0, 1, "a parenthesis is not closed", "opened here"},
        {"a == 'b", 5, 1, "a value has no closing quote", "opened here"},
        {"has(a) and has(b)", 7, 3, "two conditions need \"&&\" or \"||\" between them",
         "did you mean \"&&\"?"},
        {"\n \nx", 0, 1, "a selector stands on one line",
         "\">-\" instead of \"|\" joins the lines of a block"},
        {"a == 'b' &&", 11, 0, "the selector ends where a condition should stand", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct sel_error error = parse_error(cases[i].text);
        ck_assert_uint_eq(error.offset, cases[i].offset);
        ck_assert_uint_eq(error.length, cases[i].length);
        ck_assert_str_eq(error.message, cases[i].message);
        ck_assert_pstr_eq(error.label, cases[i].label);
    }
}
END_TEST

static const char *repeat(const char *text, size_t times, const char *tail)
{
    struct strbuf buffer = {.arena = arena};
    for (size_t i = 0; i < times; i++) {
        strbuf_add(&buffer, text);
    }
    strbuf_add(&buffer, tail);
    return strbuf_text(&buffer);
}

START_TEST(label_length) // 18
{
    parse(repeat("x", SEL_MAX_LABEL, " == 'v'"));
    parse_error(repeat("x", SEL_MAX_LABEL + 1, " == 'v'"));
    parse(arena_printf(arena, "has(%s)", repeat("x", SEL_MAX_LABEL, "")));
    parse_error(arena_printf(arena, "has(%s)", repeat("x", SEL_MAX_LABEL + 1, "")));
}
END_TEST

START_TEST(depth_has_a_cap)
{
    parse(repeat("(", SEL_MAX_DEPTH, repeat("all()", 1, repeat(")", SEL_MAX_DEPTH, ""))));
    parse_error(repeat("(", SEL_MAX_DEPTH + 1, "all()"));
    parse_error(repeat("(", 1000000, ""));
    parse(repeat("!", 1000000, "all()"));
    // Each level is an OR and an AND: the canonical text would be twice as deep.
    parse_error(repeat("a=='b'||c=='d'&&(", 200, repeat("all()", 1, repeat(")", 200, ""))));
}
END_TEST

START_TEST(precedence) // 13, 14, 19
{
    struct sel *sel = parse("a == \"b\" || c == \"d\" && e == \"f\"");
    ck_assert(sel_is(sel, SEL_OR));
    ck_assert(sel_is(sel->children[1], SEL_AND));
    sel = parse("!a == 'b'");
    ck_assert(sel_is(sel, SEL_NOT));
    ck_assert(sel_is(sel->children[0], SEL_EQ));
    ck_assert(sel_is(parse("!!! has(a)"), SEL_NOT));
    ck_assert(sel_is(parse("!! has(a)"), SEL_HAS));
    ck_assert(sel_is(parse("!(!has(a))"), SEL_HAS));
}
END_TEST

UNIT_TESTS("selector/parse", accepts, refuses, refuses_nul, says_where_and_what, label_length,
           depth_has_a_cap, precedence)
