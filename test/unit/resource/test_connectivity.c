// SPDX-License-Identifier: GPL-2.0-or-later
// ConnectivityTest: the three forms of its spec, and what a case keeps.
#include "res_helper.h"

static const struct res_test *test_of(const char *spec)
{
    decode(arena_printf(
        arena, "apiVersion: polc.io/v1\nkind: ConnectivityTest\nmetadata: {name: x}\nspec:%s\n",
        spec));
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->tests.count, 1);
    return &resources->tests.items[0];
}

START_TEST(a_list)
{
    const struct res_test *test = test_of(
        "\n- {from: shop/web, to: [shop/db, pub], expect: deny}\n"
        "- {from: a, to: b, protocol: TCP, port: 80, ports: [443, 1:9, http], expect: allow,"
        " description: pages}");
    ck_assert_uint_eq(test->cases.count, 2);
    const struct res_test_case *first = &test->cases.items[0], *second = &test->cases.items[1];
    ck_assert_uint_eq(first->from.count, 1);
    ck_assert_uint_eq(first->to.count, 2);
    ck_assert_str_eq(first->to.items[1].text, "pub");
    ck_assert_uint_eq(first->expect, RES_EXPECT_DENY);
    ck_assert_uint_eq(first->protocol.number, 0);
    ck_assert_int_eq(first->icmp.type, -1);
    ck_assert_uint_eq(first->loc.line, 5);
    ck_assert_uint_eq(second->expect, RES_EXPECT_ALLOW);
    ck_assert_uint_eq(second->ports.count, 4);
    ck_assert_uint_eq(second->ports.items[0].min, 80);
    ck_assert_uint_eq(second->ports.items[2].max, 9);
    ck_assert_str_eq(second->ports.items[3].name, "http");
    ck_assert_str_eq(second->description.text, "pages");
    ck_assert(!test->closed.value && test->single.line == 0 && test->cases_loc.line == 0);
}
END_TEST

START_TEST(one_case)
{
    const struct res_test *test = test_of(
        "\n  description: ping\n  from: a\n  to: b\n  protocol: ICMP\n  icmp: {type: 8, code: 0}\n"
        "  expect: allow\n  closed: true");
    ck_assert_uint_eq(test->cases.count, 1);
    const struct res_test_case *only = &test->cases.items[0];
    ck_assert_uint_eq(only->loc.line, 6); // where the case begins, not the description
    ck_assert_uint_eq(test->single.line, 6);
    ck_assert_int_eq(only->icmp.type, 8);
    ck_assert_int_eq(only->icmp.code, 0);
    ck_assert_str_eq(only->description.text, "ping");
    ck_assert(test->closed.value);
}
END_TEST

START_TEST(a_map)
{
    const struct res_test *test =
        test_of("\n  closed: true\n  cases:\n  - {from: a, to: b, expect: allow}");
    ck_assert_uint_eq(test->cases.count, 1);
    ck_assert(test->closed.value && test->cases_loc.line == 6 && test->single.line == 0);
    ck_assert_uint_eq(test_of(" {closed: true}")->cases.count, 0);
}
END_TEST

START_TEST(wrong_ones)
{
    static const struct {
        const char *spec, *codes;
    } wrong[] = {
        {" 3", "P020"},
        {" [3]", "P020"},
        {" {cases: {from: a}}", "P020"},
        {" {closed: \"true\"}", "P020"},
        {" [{from: a, to: b, expect: permit}]", "P022"},
        {" [{from: a, to: b}]", "P025"},
        {" [{from: a, to: b, expect: null}]", "P025"},
        {" [{from: a, to: [], expect: deny}]", "P025"},
        {" [{from: \" \", to: b, expect: deny}]", "P025"},
        {" [{from: a, to: [[b]], expect: deny}]", "P020"},
        {" [{from: a, to: b, expect: deny, closed: true}]", "P021"},
        {" {from: a, to: b, expect: deny, staged: true}", "P021"},
        {" [{from: a, to: b, port: 0, expect: deny}]", "P032"},
        {" [{from: a, to: b, icmp: {kind: 8}, expect: deny}]", "P021"},
        {" [{from: a, to: b, icmp: {type: 255}, expect: deny}]", "P024"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        decode(arena_printf(
            arena, "apiVersion: polc.io/v1\nkind: ConnectivityTest\nmetadata: {name: x}\nspec:%s\n",
            wrong[i].spec));
        const char *found = codes();
        ck_assert_msg(strcmp(found, wrong[i].codes) == 0, "%s: expected <%s>, got <%s>\n%s",
                      wrong[i].spec, wrong[i].codes, found, printed(false));
    }
}
END_TEST

UNIT_TESTS("resource/test", a_list, one_case, a_map, wrong_ones)
