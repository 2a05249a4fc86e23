// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics as text with excerpt and caret, or as JSON.
#include "diag_internal.h"

#include <polc/base/json_text.h>
#include <stdlib.h>

enum { DEFAULT_MAX = 100, TAB_WIDTH = 8, EXCERPT_MAX = 160 };

struct style {
    const char *names[DIAG_SEVERITY_COUNT]; // with colour
    const char *bold, *caret, *reset;
};

static const struct style plain = {{"error", "warning", "note"}, "", "", ""};
static const struct style coloured = {
    {"\033[1;31merror", "\033[1;35mwarning", "\033[1;36mnote"}, "\033[1m", "\033[1;32m", "\033[0m"};

static int compare(const void *a, const void *b)
{
    const struct diag *left = *(struct diag *const *)a;
    const struct diag *right = *(struct diag *const *)b;
    int order = loc_compare(left->loc, right->loc);
    if (order != 0) {
        return order;
    }
    return left->code != right->code ? (left->code < right->code ? -1 : 1)
                                     : strcmp(left->message, right->message);
}

// Bytes of the UTF-8 character at `text`; 1 for a stray byte.
static size_t character_size(const char *text, size_t left)
{
    unsigned char lead = (unsigned char)text[0];
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return size <= left ? size : 1;
}

// One line of input as printed: tabs widened, cut at EXCERPT_MAX columns. Finds where a column begins and ends.
struct excerpt {
    struct strbuf text;
    size_t caret, caret_end; // printed columns, from 0
};

static struct excerpt make_excerpt(struct arena *arena, const char *line, size_t length, struct loc loc)
{
    struct excerpt ret = {.text = {.arena = arena}};
    size_t column = 1;
    size_t printed = 0;
    ret.caret = ret.caret_end = SIZE_MAX;
    for (size_t at = 0; at < length && printed < EXCERPT_MAX; column++) {
        size_t size = character_size(line + at, length - at);
        if (column == loc.column) {
            ret.caret = printed;
        }
        if (column == (size_t)loc.column + loc.length) {
            ret.caret_end = printed;
        }
        if (line[at] == '\t') {
            size_t width = TAB_WIDTH - printed % TAB_WIDTH;
            strbuf_addf(&ret.text, "%*s", (int)width, "");
            printed += width;
        } else {
            strbuf_add_n(&ret.text, (unsigned char)line[at] < 0x20 ? "?" : line + at, size);
            printed++;
        }
        at += size;
    }
    ret.caret = ret.caret == SIZE_MAX ? printed : ret.caret;
    ret.caret_end = ret.caret_end == SIZE_MAX ? printed : ret.caret_end;
    return ret;
}

static void print_line(struct arena *arena, struct sources *sources, struct loc loc, FILE *out,
                       struct excerpt *ret)
{
    size_t length = 0;
    const char *line = sources_line(sources, loc, &length);
    *ret = make_excerpt(arena, line != NULL ? line : "", length, loc);
    fprintf(out, "%5u | %s\n", loc.line, strbuf_text(&ret->text));
}

static void print_caret(FILE *out, const struct style *style, const struct excerpt *excerpt, const char *label)
{
    size_t width = excerpt->caret_end > excerpt->caret ? excerpt->caret_end - excerpt->caret : 1;
    fprintf(out, "      | %*s%s^", (int)excerpt->caret, "", style->caret);
    for (size_t i = 1; i < width; i++) {
        fputc('~', out);
    }
    fprintf(out, "%s%s%s\n", style->reset, label != NULL ? " " : "", label != NULL ? label : "");
}

static void print_related(struct diags *diags, const struct diag *diag, const struct related *related, FILE *out)
{
    if (related->loc.line == 0) {
        fprintf(out, "      | - %s\n", related->text);
        return;
    }
    struct excerpt excerpt;
    if (related->loc.source != diag->loc.source) {
        fprintf(out, "  %s\n", loc_text(diags->arena, diags->sources, related->loc));
    }
    print_line(diags->arena, diags->sources, related->loc, out, &excerpt);
    fprintf(out, "      | %*s- %s\n", (int)excerpt.caret, "", related->text);
}

static void print_text(struct diags *diags, const struct diag *diag, const struct style *style, FILE *out)
{
    enum diag_severity severity = diag_code_severity(diag->code);
    const char *place = loc_text(diags->arena, diags->sources, diag->loc);
    fprintf(out, "%s%s%s%s[%s]%s: %s\n", style->bold, place[0] != '\0' ? place : "polc", ": ",
            style->names[severity], diag_code_name(diag->code), style->reset, diag->message);
    if (diag->loc.line > 0) {
        struct excerpt excerpt;
        print_line(diags->arena, diags->sources, diag->loc, out, &excerpt);
        if (diag->loc.column > 0) {
            print_caret(out, style, &excerpt, diag->label);
        }
    } else if (diag->label != NULL) {
        fprintf(out, "      | %s\n", diag->label);
    }
    for (size_t i = 0; i < diag->related.count; i++) {
        print_related(diags, diag, &diag->related.items[i], out);
    }
    if (diag->hint != NULL) {
        fprintf(out, "hint: %s\n", diag->hint);
    }
    fputc('\n', out);
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
    fprintf(out, "{\"code\": \"%s\", \"severity\": \"%s\", \"message\": ", diag_code_name(diag->code),
            plain.names[diag_code_severity(diag->code)]);
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
    fputc('}', out);
}

void diags_print(struct diags *diags, FILE *out, const struct diag_print_options *options)
{
    size_t max = options->max > 0 ? options->max : DEFAULT_MAX;
    size_t shown = diags->all.count < max ? diags->all.count : max;
    vec_sort(&diags->all, compare);
    if (options->json) {
        fputs("[", out);
        for (size_t i = 0; i < shown; i++) {
            fputs(i > 0 ? ",\n " : "", out);
            print_json(diags, diags->all.items[i], out);
        }
        fputs("]\n", out);
        return;
    }
    for (size_t i = 0; i < shown; i++) {
        print_text(diags, diags->all.items[i], options->color ? &coloured : &plain, out);
    }
    if (shown < diags->all.count) {
        fprintf(out, "... and %zu more\n", diags->all.count - shown);
    }
}
