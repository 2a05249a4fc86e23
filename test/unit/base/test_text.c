// SPDX-License-Identifier: GPL-2.0-or-later
// UTF-8, hashes, spelling and SHA-256 against second opinions; comparisons.
#include <polc/base.h>
#include <polc/base/sha256.h>
#include <polc/base/utf8.h>

#include "hash.h"
#include "unit.h"

START_TEST(utf8_takes_what_rfc_3629_takes)
{
    static const struct {
        const char *text;
        size_t size;
        uint32_t character;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\x80", 0, 0},
        {"\xc0\x80", 0, 0},
        {"\xc1\xbf", 0, 0},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xed\xa0\x80", 0, 0},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
        {"\xc2", 0, 0},
        {"\xe2\x82", 0, 0},
        {"\xc2"
         "a",
         0, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint32_t character = 0;
        ck_assert_uint_eq(utf8_read(cases[i].text, strlen(cases[i].text), &character),
                          cases[i].size);
        ck_assert_uint_eq(character, cases[i].character);
    }
}
END_TEST

START_TEST(shown_text_cannot_steer)
{
    static const struct {
        const char *text, *shown, *lines;
    } cases[] = {
        {"", "", ""},
        {"n\xc3\xb6 \"x\" \\", "n\xc3\xb6 \"x\" \\", "n\xc3\xb6 \"x\" \\"},
        {"a\tb\nc", "a\\tb\\nc", "a\\tb\nc"},
        {"\033[2J\r\177", "\\u001b[2J\\u000d\\u007f", "\\u001b[2J\\u000d\\u007f"},
        {"\xc2\x9b", "\\u009b", "\\u009b"},
        {"\xe2\x80\xae", "\\u202e", "\\u202e"},
        {"\xff"
         "a\xe2\x82",
         "\xef\xbf\xbd"
         "a\xef\xbf\xbd\xef\xbf\xbd",
         "\xef\xbf\xbd"
         "a\xef\xbf\xbd\xef\xbf\xbd"},
    };
    struct arena *arena = arena_new(SIZE_MAX);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char buffer[64] = "";
        FILE *out = fmemopen(buffer, sizeof buffer, "w");
        safe_print(out, cases[i].text, true);
        fclose(out);
        ck_assert_str_eq(buffer, cases[i].lines);
        const char *shown = safe_text(arena, cases[i].text);
        ck_assert_str_eq(shown, cases[i].shown);
        ck_assert_int_eq(shown == cases[i].text, strcmp(shown, cases[i].text) == 0);
    }
    arena_free(arena);
}
END_TEST

START_TEST(hashes_spread)
{
    const struct hash_key secret = hash_key();
    unsigned buckets[64] = {0};
    char key[32];
    for (int i = 0; i < 64000; i++) {
        int length = snprintf(key, sizeof key, "ns-%d/pod-%d", i % 10, i);
        uint32_t hash = hash_text(&secret, key, (size_t)length);
        ck_assert_uint_eq(hash, hash_text(&secret, key, (size_t)length));
        buckets[hash % 64]++;
    }
    for (size_t i = 0; i < 64; i++) {
        ck_assert_uint_gt(buckets[i], 800);
        ck_assert_uint_lt(buckets[i], 1200);
    }
    for (size_t length = 0; length < 24; length++) { // zeros of different lengths differ
        ck_assert_uint_ne(
            hash_text(&secret, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", length),
            hash_text(&secret, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", length + 1));
    }
}
END_TEST

// The definition of optimal string alignment, without a table.
static size_t slow_distance(const char *a, size_t i, const char *b, size_t j)
{
    if (i == 0 || j == 0) {
        return i + j;
    }
    size_t best = slow_distance(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
    size_t other = slow_distance(a, i - 1, b, j) + 1;
    best = other < best ? other : best;
    other = slow_distance(a, i, b, j - 1) + 1;
    best = other < best ? other : best;
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        other = slow_distance(a, i - 2, b, j - 2) + 1;
        best = other < best ? other : best;
    }
    return best;
}

static void random_word(char *word)
{
    size_t length = (size_t)rand() % 6;
    for (size_t i = 0; i < length; i++) {
        word[i] = (char)('a' + rand() % 3);
    }
    word[length] = '\0';
}

START_TEST(distances)
{
    char a[8];
    char b[8];
    srand(5);
    for (int i = 0; i < 3000; i++) {
        random_word(a);
        random_word(b);
        size_t distance = spell_distance(a, b);
        ck_assert_uint_eq(distance, slow_distance(a, strlen(a), b, strlen(b)));
        ck_assert_uint_eq(distance, spell_distance(b, a));
        ck_assert((distance == 0) == (strcmp(a, b) == 0));
    }
    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_uint_gt(spell_distance(longer, "x"), 100);
}
END_TEST

START_TEST(suggestions)
{
    static const char *const words[] = {"nets",  "notNets", "selector", "notSelector",
                                        "Nets2", "ICMPv6",  "ICMP"};
    static const struct {
        const char *word, *best;
    } cases[] = {
        {"net", "nets"},
        {"notnets", "notNets"},
        {"selektor", "selector"},
        {"slector", "selector"},
        {"icmp", "ICMP"},
        {"ICMPV6", "ICMPv6"},
        {"notselectr", "notSelector"},
        {"x", NULL},
        {"", NULL},
        {"sel", NULL},
        {"nest", "nets"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *best = spell_best(cases[i].word, words, ARRAY_COUNT(words));
        ck_assert_msg(best == cases[i].best || (best != NULL && cases[i].best != NULL &&
                                                strcmp(best, cases[i].best) == 0),
                      "%s gives %s", cases[i].word, best);
    }
    static const char *const cased[] = {"Denyy", "DENY"};
    ck_assert_str_eq(spell_best("deny", cased, 2), "DENY"); // letter case before distance
    ck_assert_ptr_null(spell_best("deny", cased, 0));
}
END_TEST

// Lengths around the block size, from the standard tool: head -c N /dev/zero | tr '\0' a | sha256sum.
START_TEST(sha256_at_the_block_edges)
{
    static const struct {
        size_t size;
        const char *hex;
    } cases[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
    };
    char text[128];
    char hex[65];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        sha256_hex(text, cases[i].size, hex);
        ck_assert_str_eq(hex, cases[i].hex);
    }
}
END_TEST

START_TEST(comparisons)
{
    const char *texts[] = {"b", "", "ab", "a", "\xff"};
    uint32_t numbers[] = {UINT32_MAX, 0, 7, INT32_MAX + 1u, 7};
    qsort(texts, ARRAY_COUNT(texts), sizeof *texts, compare_texts);
    qsort(numbers, ARRAY_COUNT(numbers), sizeof *numbers, compare_u32);
    for (size_t i = 1; i < ARRAY_COUNT(texts); i++) {
        ck_assert_int_lt(strcmp(texts[i - 1], texts[i]), 0);
        ck_assert_uint_le(numbers[i - 1], numbers[i]);
    }
    const char *often[] = {"b", "a", "b", "", "a", "a"};
    ck_assert_uint_eq(texts_sort_unique(often, ARRAY_COUNT(often)), 3);
    ck_assert_str_eq(often[0], "");
    ck_assert_str_eq(often[1], "a");
    ck_assert_str_eq(often[2], "b");
    ck_assert_uint_eq(texts_sort_unique(often, 1), 1);
    ck_assert_uint_eq(texts_sort_unique(NULL, 0), 0);
    char other[] = "a";
    ck_assert(texts_equal(NULL, NULL) && texts_equal("a", other));
    ck_assert(!texts_equal("a", NULL) && !texts_equal(NULL, "a") && !texts_equal("a", "ab"));
    ck_assert(text_begins("svc/x", "svc/") && text_begins("svc/", "svc/") && text_begins("x", ""));
    ck_assert(!text_begins("svc", "svc/") && !text_begins("", "svc/"));
}
END_TEST

UNIT_TESTS("base text", utf8_takes_what_rfc_3629_takes, shown_text_cannot_steer, hashes_spread,
           distances, suggestions, sha256_at_the_block_edges, comparisons)
