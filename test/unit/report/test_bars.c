// SPDX-License-Identifier: GPL-2.0-or-later
// Bars are as long as they should be, rounded as a whole; CSV quotes what it must.
#include <polc/report.h>

#include "unit.h"

static struct arena *arena;

static const char *bar(const char *numbers, uint64_t max, size_t width)
{
    uint64_t parts[8];
    size_t count = 0;
    arena = arena != NULL ? arena : arena_new(1 << 20);
    for (const char *at = numbers; *at != '\0';
         at += strcspn(at, " ") + (strchr(at, ' ') != NULL)) {
        parts[count++] = strtoull(at, NULL, 10);
    }
    return report_bar(arena, parts, count, max, width, true);
}

START_TEST(bars_have_their_lengths)
{
    static const struct {
        const char *numbers;
        uint64_t max;
        size_t width;
        const char *bar;
    } cases[] = {
        {"10", 10, 10, "##########"},
        {"5", 10, 10, "#####"},
        {"1", 1000, 10, "#"}, // little is not nothing
        {"0", 10, 10, ""},
        {"0", 0, 10, ""},
        {"5 3 2", 10, 10, "#####---=="},
        {"1 1 1", 3, 10, "###----==="}, // rounding does not add up
        {"0 10", 10, 5, "-----"},
        {"1 1 1 1 1 1 1 1", 8, 8, "#-=+o..."},
        {"18446744073709551615", UINT64_MAX, 4, "####"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(bar(cases[i].numbers, cases[i].max, cases[i].width), cases[i].bar);
    }
}
END_TEST

START_TEST(fills_differ)
{
    for (int plain = 0; plain < 2; plain++) {
        for (size_t i = 0; i < REPORT_FILLS; i++) {
            for (size_t j = 0; j < i; j++) {
                ck_assert_str_ne(report_fill(i, plain), report_fill(j, plain));
            }
        }
        ck_assert_str_eq(report_fill(99, plain), report_fill(REPORT_FILLS - 1, plain));
    }
}
END_TEST

START_TEST(csv_quotes_what_it_must)
{
    static const char *const cells[] = {"plain", "a,b", "say \"x\"", "two\nlines", ""};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    report_csv(out, cells, ARRAY_COUNT(cells));
    fclose(out);
    ck_assert_str_eq(text, "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\n");
    free(text);
}
END_TEST

UNIT_TESTS("report: bars", bars_have_their_lengths, fills_differ, csv_quotes_what_it_must)
