// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns of names: which are fine, what they match, and that the index of many finds what each alone matches.
// Catalogue cases 161 and 162 among them.
#include <polc/dns.h>

#include "unit.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                                                   \
    LABEL_63 "." LABEL_63 "." LABEL_63                                                             \
             ".a234567890123456789012345678901234567890123456789012345678901"

START_TEST(problems)
{
    static const struct {
        const char *text, *problem; // a part of it; NULL: none
    } cases[] = {
        {"example.com", NULL},
        {"EXAMPLE.com.", NULL},
        {"*.google.com", NULL},
        {"www.*.com", NULL},
        {"update.*.mycompany.com", NULL},
        {"*.com", NULL},
        {"localhost", NULL},
        {"_sip._tcp.example.com", NULL},
        {"xn--bcher-kva.example", NULL},
        {"1.example.com", NULL},
        {LABEL_63 ".com", NULL},
        {NAME_253, NULL},
        {NAME_253 ".", NULL},
        {"", "is empty"},
        {".", "is empty"},
        {"*", "would match every name"},
        {"*.", "would match every name"},
        {"www.g*.com", "only a part of a component"},
        {"*www.example.com", "only a part of a component"},
        {"**.example.com", "only a part of a component"},
        {"*.*.x.com", "two wildcards"},
        {"*.a.*.com", "two wildcards"},
        {"*.*", "two wildcards"},
        {"www.mycompany.*", "ends with a wildcard"},
        {"www.mycompany.*.", "ends with a wildcard"},
        {"a..b", "empty component"},
        {".a", "empty component"},
        {"a.b..", "empty component"},
        {"10.0.0.1", "is an address"},
        {"2001:db8::1", "is an address"},
        {"::ffff:10.0.0.1", "is an address"},
        {"10.0.0.300", "ends with a number"},
        {"192.0.2", "ends with a number"},
        {"*.0.0.1.", "ends with a number"},
        {"12", "ends with a number"},
        {"a.b2", NULL},
        {"10.0.0.0/8", "has a \"/\""},
        {"https://example.com", "has a \":\""},
        {"example.com:443", "has a \":\""},
        {"example.com/", "has a \"/\""},
        {"exa mple.com", "blank"},
        {"example.com\n", "blank"},
        {"(www|api).example.com", "regular expression"},
        {"www[0-9].example.com", "regular expression"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--"},
        {"a@example.com", "no host name"},
        {"a" LABEL_63 ".com", "63"},
        {NAME_253 "2", "253"},
        {NAME_253 ".com", "253"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *problem = dns_pattern_problem(cases[i].text);
        if (cases[i].problem == NULL) {
            ck_assert_msg(problem == NULL, "%s: %s", cases[i].text, problem);
        } else {
            ck_assert_msg(problem != NULL && strstr(problem, cases[i].problem) != NULL, "%s: %s",
                          cases[i].text, problem);
        }
    }
    ck_assert_ptr_nonnull(dns_name_problem("*.example.com"));
    ck_assert_ptr_null(dns_name_problem("www.example.com"));
}
END_TEST

START_TEST(canonical)
{
    struct arena *arena = arena_new(1 << 20);
    ck_assert_str_eq(dns_name_canonical(arena, "WWW.Example.COM."), "www.example.com");
    ck_assert_str_eq(dns_name_canonical(arena, "*.Example.com"), "*.example.com");
    ck_assert_str_eq(dns_name_canonical(arena, "a_b-c.X"), "a_b-c.x");
    ck_assert(dns_pattern_is_wildcard("www.*.com"));
    ck_assert(!dns_pattern_is_wildcard("www.com"));
    arena_free(arena);
}
END_TEST

static const struct match {
    const char *pattern, *name;
    bool matches;
} matches[] = {
    {"example.com", "example.com", true},
    {"example.com", "www.example.com", false},
    {"example.com", "xample.com", false},
    {"*.google.com", "www.google.com", true},
    {"*.google.com", "a.b.google.com", true}, // case 161
    {"*.google.com", "google.com", false},    // case 161
    {"*.google.com", "xgoogle.com", false},
    {"*.google.com", "www.google.com.evil.net", false},
    {"*.google.com", "www.googlexcom", false},
    {"www.*.com", "www.example.com", true},
    {"www.*.com", "www.a.b.com", true},
    {"www.*.com", "www.com", false},
    {"www.*.com", "wwwx.example.com", false},
    {"www.*.com", "awww.example.com", false},
    {"www.*.com", "x.www.example.com", false},
    {"update.*.mycompany.com", "update.eu.mycompany.com", true},
    {"update.*.mycompany.com", "update.eu.west.mycompany.com", true},
    {"update.*.mycompany.com", "update.mycompany.com", false},
    {"update.*.mycompany.com", "update.mycompany.com.mycompany.com", true},
    {"a.b.*.b.a", "a.b.a", false},
    {"a.b.*.b.a", "a.b.b.a", false},
    {"a.b.*.b.a", "a.b.x.b.a", true},
    {"*.com", "com", false},
    {"*.com", "a.com", true},
};

START_TEST(matching)
{
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(matches); i++) {
        const struct match *c = &matches[i];
        struct dns_index *index = dns_index_new(arena);
        struct dns_sets sets;
        ck_assert_msg(dns_pattern_matches(c->pattern, c->name) == c->matches, "%s %s", c->pattern,
                      c->name);
        dns_index_add(index, c->pattern, 7);
        dns_index_find(index, arena, c->name, &sets);
        ck_assert_msg(sets.count == c->matches, "index: %s %s", c->pattern, c->name);
        ck_assert(!c->matches || sets.items[0] == 7);
    }
    arena_free(arena);
}
END_TEST

START_TEST(sets_are_sorted_and_unique)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_index *index = dns_index_new(arena);
    struct dns_sets sets;
    dns_index_add(index, "a.example.com", 9);
    dns_index_add(index, "*.example.com", 3);
    dns_index_add(index, "*.com", 9);
    dns_index_add(index, "a.*.com", 1);
    dns_index_add(index, "*.example.com", 5);
    dns_index_add(index, "b.example.com", 4);
    dns_index_find(index, arena, "a.example.com", &sets);
    ck_assert_uint_eq(sets.count, 4);
    ck_assert_uint_eq(sets.items[0], 1);
    ck_assert_uint_eq(sets.items[1], 3);
    ck_assert_uint_eq(sets.items[2], 5);
    ck_assert_uint_eq(sets.items[3], 9);
    dns_index_find(index, arena, "example.org", &sets);
    ck_assert_uint_eq(sets.count, 0);
    dns_index_find(index, arena, NAME_253 ".com", &sets);
    ck_assert_uint_eq(sets.count, 0);
    arena_free(arena);
}
END_TEST

// Random texts of few labels, so that many match; the index against the patterns one by one.
static const char *random_name(struct arena *arena, unsigned *seed, bool wildcard)
{
    static const char *const labels[] = {"a", "b", "ab", "com"};
    struct strbuf text = {.arena = arena};
    int count = 1 + rand_r(seed) % 4, star = wildcard ? rand_r(seed) % count : -1;
    for (int i = 0; i < count; i++) {
        strbuf_add(&text, i == star ? "*" : labels[(size_t)rand_r(seed) % ARRAY_COUNT(labels)]);
        strbuf_add(&text, i + 1 < count || wildcard ? "." : "");
    }
    strbuf_add(&text, wildcard ? labels[(size_t)rand_r(seed) % ARRAY_COUNT(labels)] : "");
    return strbuf_text(&text);
}

START_TEST(index_is_every_pattern)
{
    struct arena *arena = arena_new(64 << 20);
    unsigned seed = 1;
    size_t found = 0;
    for (int round = 0; round < 200; round++) {
        struct dns_index *index = dns_index_new(arena);
        const char *patterns[20];
        for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
            patterns[i] = random_name(arena, &seed, i % 3 != 0);
            ck_assert_msg(dns_pattern_problem(patterns[i]) == NULL, "%s", patterns[i]);
            dns_index_add(index, patterns[i], (uint32_t)i);
        }
        for (int n = 0; n < 50; n++) {
            const char *name = random_name(arena, &seed, false);
            struct dns_sets sets;
            size_t at = 0;
            dns_index_find(index, arena, name, &sets);
            for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
                bool in = at < sets.count && sets.items[at] == i;
                ck_assert_msg(dns_pattern_matches(patterns[i], name) == in, "%s %s", patterns[i],
                              name);
                at += in;
            }
            ck_assert_uint_eq(at, sets.count);
            found += at;
        }
    }
    ck_assert_uint_gt(found, 1000);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("pattern", problems, canonical, matching, sets_are_sorted_and_unique,
           index_is_every_pattern)
