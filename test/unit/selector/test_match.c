// SPDX-License-Identifier: GPL-2.0-or-later
// Evaluation on labels; case numbers are those of semantics.md section 10.
#include "sel_helper.h"

struct match_case {
    const char *selector, *labels;
    bool expected;
};

START_TEST(evaluates)
{
    static const struct match_case cases[] = {
        {"", "", true}, // 1
        {"all()", "", true},
        {"global()", "a=b", true},
        {"a in {}", "a=b", false},                                   // 11
        {"a in {}", "", false},                                      // 11
        {"a not in {}", "a=b", true},                                // 11
        {"a not in {}", "", true},                                   // 11
        {"!a == 'b'", "", true},                                     // 13
        {"!a == 'b'", "a=b", false},                                 // 13
        {"!!! has(a)", "a=b", false},                                // 14
        {"a != 'b'", "", true},                                      // 15
        {"a != 'b'", "a=b", false},                                  // 15
        {"a not in {'b'}", "", true},                                // 15
        {"a contains ''", "", false},                                // 15
        {"a contains ''", "a=x", true},                              // 15
        {"!(a contains 'x')", "", true},                             // 16
        {"a == ''", "a=", true},                                     // 17
        {"a == ''", "b=", false},                                    // 17
        {"has(a)", "a=", true},                                      // 17
        {"a == \"b\" || c == \"d\" && e == \"f\"", "a=b", true},     // 19
        {"a == \"b\" || c == \"d\" && e == \"f\"", "c=d", false},    // 19
        {"a == \"b\" || c == \"d\" && e == \"f\"", "c=d,e=f", true}, // 19
        {"!all()", "a=b", false},                                    // 21
        {"Env == 'Prod'", "env=prod", false},                        // 25
        {"env == 'Prod'", "env=prod", false},                        // 25
        {"a in {'x', 'y', 'z'}", "a=y", true},
        {"a in {'x', 'y', 'z'}", "a=w", false},
        {"a not in {'x', 'y'}", "a=y", false},
        {"a contains 'bc'", "a=abcd", true},
        {"a contains 'x'", "a=abcd", false},
        {"a starts with 'ab'", "a=abcd", true},
        {"a starts with 'b'", "a=abcd", false},
        {"a starts with 'abcde'", "a=abcd", false},
        {"a ends with 'cd'", "a=abcd", true},
        {"a ends with 'xabcd'", "a=abcd", false},
        {"a ends with ''", "", false},
        {"has(b) && has(d)", "a=1,b=2,c=3,d=4", true},
        {"has(b) && has(e)", "a=1,b=2,c=3,d=4", false},
        {"a == 'b\\'", "a=b\\", true}, // 5
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_msg(matches(cases[i].selector, cases[i].labels) == cases[i].expected,
                      "<%s> on <%s>", cases[i].selector, cases[i].labels);
    }
}
END_TEST

START_TEST(finds_labels)
{
    struct label items[] = {{"a", "1"}, {"b", ""}, {"ba", "3"}, {"c", "4"}};
    struct labels labels = {items, ARRAY_COUNT(items)};
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        ck_assert_ptr_eq(labels_get(&labels, items[i].key), items[i].value);
    }
    ck_assert_ptr_null(labels_get(&labels, ""));
    ck_assert_ptr_null(labels_get(&labels, "bb"));
    ck_assert_ptr_null(labels_get(&(struct labels){0}, "a"));
}
END_TEST

UNIT_TESTS("selector/match", evaluates, finds_labels)
