// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics as text with excerpt and caret, or as JSON. What comes from the input is shown so that it cannot steer a
// terminal.
#include "diag_internal.h"

#include "excerpt.h"

#include <polc/base/json_text.h>
#include <polc/base/safe_text.h>
#include <stdlib.h>

enum { DEFAULT_MAX = 100, GUTTER = 5 };

struct style {
    const char *names[DIAG_SEVERITY_COUNT]; // with colour
    const char *bold, *caret, *reset;
};

static const struct style plain = {{"error", "warning", "note"}, "", "", ""};
static const struct style coloured = {
    {"\033[1;31merror", "\033[1;35mwarning", "\033[1;36mnote"}, "\033[1m", "\033[1;32m", "\033[0m"};

static unsigned digits(uint32_t number)
{
    unsigned ret = 1;
    for (; number >= 10; number /= 10) {
        ret++;
    }
    return ret;
}

// How one diagnostic is printed.
struct page {
    struct diags *diags;
    const struct style *style;
    FILE *out;
    int gutter; // width of the line numbers
};

static int gutter_of(const struct diag *diag)
{
    unsigned width = GUTTER;
    unsigned needed = digits(diag->loc.line);
    width = needed > width ? needed : width;
    for (size_t i = 0; i < diag->related.count; i++) {
        needed = digits(diag->related.items[i].loc.line);
        width = needed > width ? needed : width;
    }
    return (int)width;
}

static void print_gutter(const struct page *page)
{
    fprintf(page->out, "%*s | ", page->gutter, "");
}

// Returns where the place is in the printed line.
static struct excerpt print_excerpt(const struct page *page, struct loc loc)
{
    size_t length = 0;
    const char *line = sources_line(page->diags->sources, loc, &length);
    struct excerpt excerpt =
        excerpt_make(page->diags->arena, line != NULL ? line : "", length, loc);
    fprintf(page->out, "%*u | %s\n", page->gutter, loc.line, excerpt.text);
    return excerpt;
}

static void print_label(const struct page *page, const char *label)
{
    if (label != NULL) {
        fputc(' ', page->out);
        safe_print(page->out, label, false);
    }
    fputc('\n', page->out);
}

static void print_caret(const struct page *page, const struct excerpt *excerpt, const char *label)
{
    print_gutter(page);
    fprintf(page->out, "%*s%s^", (int)excerpt->caret, "", page->style->caret);
    for (size_t i = excerpt->caret + 1; i < excerpt->caret_end; i++) {
        fputc('~', page->out);
    }
    fputs(page->style->reset, page->out);
    print_label(page, label);
}

static void print_place(const struct page *page, struct loc loc)
{
    safe_print(page->out, loc_text(page->diags->arena, page->diags->sources, loc), false);
}

static void print_related(const struct page *page, const struct diag *diag,
                          const struct diag_related *related)
{
    if (related->loc.line == 0) {
        fputs("note:", page->out);
        print_label(page, related->text);
        return;
    }
    if (related->loc.source != diag->loc.source || diag->loc.line == 0) {
        fputs("  ", page->out);
        print_place(page, related->loc);
        fputc('\n', page->out);
    }
    struct excerpt excerpt = print_excerpt(page, related->loc);
    print_gutter(page);
    fprintf(page->out, "%*s-", (int)excerpt.caret, "");
    print_label(page, related->text);
}

static void print_headline(const struct page *page, const struct diag *diag)
{
    fputs(page->style->bold, page->out);
    if (diag->loc.line > 0) {
        print_place(page, diag->loc);
    } else {
        fputs("polc", page->out);
    }
    fprintf(page->out, ": %s[%s]%s: ", page->style->names[diag_code_severity(diag->code)],
            diag_code_name(diag->code), page->style->reset);
    safe_print(page->out, diag->message, false);
    fputc('\n', page->out);
}

static void print_text(const struct page *page, const struct diag *diag)
{
    print_headline(page, diag);
    struct excerpt excerpt = {0};
    if (diag->loc.line > 0) {
        excerpt = print_excerpt(page, diag->loc);
    }
    if (diag->loc.column > 0) {
        print_caret(page, &excerpt, diag->label);
    } else if (diag->label != NULL) {
        fprintf(page->out, "%*s |", page->gutter, "");
        print_label(page, diag->label);
    }
    for (size_t i = 0; i < diag->related.count; i++) {
        print_related(page, diag, &diag->related.items[i]);
    }
    if (diag->hint != NULL) {
        fputs("hint: ", page->out);
        safe_print(page->out, diag->hint, true);
        fputc('\n', page->out);
    }
    fputc('\n', page->out);
}

static void print_json_place(struct diags *diags, struct loc loc, FILE *out)
{
    const struct source *source = loc.line > 0 ? sources_get(diags->sources, loc.source) : NULL;
    fputs("\"file\": ", out);
    json_text_print(out, source != NULL ? source->path : NULL);
    fprintf(out, ", \"line\": %u, \"column\": %u, \"end_column\": %u", loc.line, loc.column,
            loc.column + loc.length);
}

static void print_json(struct diags *diags, const struct diag *diag, FILE *out)
{
    fprintf(out,
            "{\"code\": \"%s\", \"severity\": \"%s\", \"message\": ", diag_code_name(diag->code),
            diag_severity_name(diag_code_severity(diag->code)));
    json_text_print(out, diag->message);
    fputs(", ", out);
    print_json_place(diags, diag->loc, out);
    fputs(", \"label\": ", out);
    json_text_print(out, diag->label);
    fputs(", \"related\": [", out);
    for (size_t i = 0; i < diag->related.count; i++) {
        fprintf(out, "%s{\"message\": ", i > 0 ? ", " : "");
        json_text_print(out, diag->related.items[i].text);
        fputs(", ", out);
        print_json_place(diags, diag->related.items[i].loc, out);
        fputc('}', out);
    }
    fputs("], \"hint\": ", out);
    json_text_print(out, diag->hint);
    if (diag->fingerprint != NULL) {
        fprintf(out, ", \"fingerprint\": \"%s\"", diag->fingerprint);
    }
    fputc('}', out);
}

// Of more than fit, errors are kept before warnings and those before notes: an error must not drown.
static size_t choose(const struct diags *diags, size_t max, const struct diag **ret_chosen)
{
    size_t room[DIAG_SEVERITY_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < DIAG_SEVERITY_COUNT; i++) {
        room[i] = diags->counts[i] < max ? diags->counts[i] : max;
        max -= room[i];
    }
    for (size_t i = 0; i < diags->all.count; i++) {
        const struct diag *diag = diags->all.items[i];
        if (room[diag_code_severity(diag->code)] > 0) {
            room[diag_code_severity(diag->code)]--;
            ret_chosen[count++] = diag;
        }
    }
    return count;
}

void diags_print(struct diags *diags, FILE *out, const struct diag_print_options *options)
{
    size_t count;
    diags_all(diags, &count);
    const struct diag **chosen = arena_array(diags->arena, count, sizeof(struct diag *));
    size_t shown = choose(diags, options->max > 0 ? options->max : DEFAULT_MAX, chosen);
    if (options->json) {
        fputs("[", out);
        for (size_t i = 0; i < shown; i++) {
            fputs(i > 0 ? ",\n " : "", out);
            print_json(diags, chosen[i], out);
        }
        fputs("]\n", out);
        return;
    }
    for (size_t i = 0; i < shown; i++) {
        struct page page = {diags, options->color ? &coloured : &plain, out, gutter_of(chosen[i])};
        print_text(&page, chosen[i]);
    }
    if (shown < count) {
        fprintf(out, "... and %zu more\n", count - shown);
    }
}
