// SPDX-License-Identifier: GPL-2.0-or-later
// Canonical text, and the rewriting of trees; case numbers are those of semantics.md section 10.
#include "sel_helper.h"

START_TEST(canonical)
{
    static const char *const cases[][2] = {
        {"", "all()"},
        {" \t", "all()"},
        {"! (has( b)||! has(a ))", "!(has(b) || !has(a))"}, // 20
        {"a in {\"z\",'x', \"z\"}", "a in {\"x\", \"z\"}"}, // 20
        {"a notin{'b'}", "a not in {\"b\"}"},
        {"a in {}", "a in {}"},
        {"a == 'it\"s'", "a == 'it\"s'"},
        {"a == \"it's\"", "a == \"it's\""},
        {"a=='b'||c=='d'&&e=='f'", "(a == \"b\" || (c == \"d\" && e == \"f\"))"},
        {"((a == 'b'))", "a == \"b\""},
        {"(a == 'b' && has(c)) && has(d)", "((a == \"b\" && has(c)) && has(d))"},
        {"a startswith 'b'", "a starts with \"b\""},
        {"a ends   with 'b'", "a ends with \"b\""},
        {"a contains'b'", "a contains \"b\""},
        {"!!! has(a)", "!has(a)"},
        {"!(!has(a))", "has(a)"},
        {"! a != 'b'", "!a != \"b\""},
        {"global(\t)", "global()"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *text = sel_text(arena, parse(cases[i][0]));
        ck_assert_str_eq(text, cases[i][1]);
        ck_assert_str_eq(sel_text(arena, parse(text)), text);
    }
}
END_TEST

START_TEST(building_blocks)
{
    static const char *const values[] = {"z", "x", "z"};
    ck_assert_ptr_null(sel_and(arena, NULL, NULL));
    struct sel *a = sel_has(arena, "a");
    ck_assert_ptr_eq(sel_and(arena, NULL, a), a);
    ck_assert_ptr_eq(sel_and(arena, a, NULL), a);
    struct sel *ab = sel_and(arena, a, sel_eq(arena, "b", "1"));
    struct sel *abc = sel_and(arena, ab, sel_in(arena, "c", values, ARRAY_COUNT(values)));
    ck_assert_str_eq(sel_text(arena, abc), "(has(a) && b == \"1\" && c in {\"x\", \"z\"})");
    ck_assert_str_eq(sel_text(arena, sel_and(arena, sel_not(arena, a), abc)),
                     "(!has(a) && has(a) && b == \"1\" && c in {\"x\", \"z\"})");
    ck_assert_str_eq(sel_text(arena, ab), "(has(a) && b == \"1\")");
    ck_assert_ptr_eq(sel_not(arena, sel_not(arena, a)), a);
    ck_assert(!sel_is(NULL, SEL_GLOBAL));
    ck_assert(sel_is(parse(" global( ) "), SEL_GLOBAL)); // 23
    ck_assert(!sel_is(parse("!global()"), SEL_GLOBAL));  // 23
}
END_TEST

START_TEST(rewriting)
{
    const struct sel *namespaced = sel_has(arena, "projectcalico.org/namespace");
    const struct sel *global = sel_not(arena, namespaced);
    static const char *const cases[][2] = {
        {"all()", "has(projectcalico.org/namespace)"},
        {"global()", "!has(projectcalico.org/namespace)"},
        {"!global()", "has(projectcalico.org/namespace)"},
        {"env != 'all()'", "pcns.env != \"all()\""},
        {"a in {'x'} && !(has(b) || all())",
         "(pcns.a in {\"x\"} && !(has(pcns.b) || has(projectcalico.org/namespace)))"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct sel *sel = parse(cases[i][0]);
        const char *before = sel_text(arena, sel);
        struct sel *copy = sel_rewrite(arena, sel, "pcns.", namespaced, global);
        ck_assert_str_eq(sel_text(arena, copy), cases[i][1]);
        ck_assert_str_eq(sel_text(arena, sel), before);
    }
    struct sel *left =
        sel_rewrite(arena, parse("all() && global() && has(a)"), "pcsa.", NULL, NULL);
    ck_assert_str_eq(sel_text(arena, left), "(all() && global() && has(pcsa.a))");
}
END_TEST

UNIT_TESTS("selector/text", canonical, building_blocks, rewriting)
