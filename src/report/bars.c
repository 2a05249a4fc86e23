// SPDX-License-Identifier: GPL-2.0-or-later
// Bars of characters: one length for a number, in parts that are told apart by what they are filled with, not by colour.
#include <polc/report.h>

static const char *const fills[][REPORT_FILLS] = {
    {"█", "░", "▓", "▒", "▞", "─"},
    {"#", "-", "=", "+", "o", "."},
};

const char *report_fill(size_t part, bool plain)
{
    return fills[plain][part < REPORT_FILLS ? part : REPORT_FILLS - 1];
}

// Where a number ends on a scale of `width` characters for `max`, rounded.
static size_t scaled(uint64_t number, uint64_t max, size_t width)
{
    return (size_t)(((unsigned __int128)number * width * 2 + max) / ((unsigned __int128)max * 2));
}

const char *report_bar(struct arena *arena, const uint64_t *parts, size_t count, uint64_t max,
                       size_t width, bool plain)
{
    struct strbuf bar = {.arena = arena};
    uint64_t sum = 0;
    size_t drawn = 0;
    for (size_t i = 0; max > 0 && i < count; i++) {
        sum += parts[i];
        size_t end = scaled(sum, max, width);
        for (; drawn < end; drawn++) {
            strbuf_add(&bar, report_fill(i, plain));
        }
    }
    if (sum > 0 && drawn == 0) { // little is not nothing
        strbuf_add(&bar, report_fill(0, plain));
    }
    return strbuf_text(&bar);
}

static bool needs_quotes(const char *text)
{
    return strpbrk(text, ",\"\r\n") != NULL;
}

void report_csv(FILE *out, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", out);
        if (!needs_quotes(cells[i])) {
            fputs(cells[i], out);
            continue;
        }
        fputc('"', out);
        for (const char *at = cells[i]; *at != '\0'; at++) {
            fputs(*at == '"' ? "\"" : "", out);
            fputc(*at, out);
        }
        fputc('"', out);
    }
    fputc('\n', out);
}
