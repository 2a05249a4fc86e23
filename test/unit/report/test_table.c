// SPDX-License-Identifier: GPL-2.0-or-later
// Tables that go on: headings once, and columns that only grow.
#include <polc/report.h>

#include "unit.h"

#include <stdlib.h>

START_TEST(a_table_goes_on)
{
    static const char *const columns[] = {"A", "B", "+WIDE", "LAST"};
    static const char *const rows[][4] = {{"x", "long text", "w", "1"}, {"longer", "y", NULL, "2"}};
    struct arena *arena = arena_new(1 << 20);
    struct report_widths widths = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct report *report = report_new(arena, columns, ARRAY_COUNT(columns));
        report_row(report, "");
        for (size_t j = 0; j < ARRAY_COUNT(columns); j++) {
            report_cell(report, rows[i][j]);
        }
        report_print_more(report, false, &widths, out);
    }
    fclose(out);
    ck_assert_str_eq(text, "A   B           LAST\n"
                           "x   long text   1\n"
                           "longer   y           2\n");
    free(text);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("report: table", a_table_goes_on)
