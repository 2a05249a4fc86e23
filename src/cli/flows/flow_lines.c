// SPDX-License-Identifier: GPL-2.0-or-later
// Files of flows, line by line, with the place of what is no flow.
#include "flow_lines.h"

bool flow_lines_open(struct run *run, struct flow_lines *ret)
{
    const struct words *files = &run->options.flow_files;
    *ret = (struct flow_lines){.run = run};
    for (size_t i = 0; i < files->count; i++) {
        uint32_t source;
        if (!load_text_file(run->arena, run->sources, run->diags, files->items[i], &source)) {
            diags_print(run->diags, stderr,
                        &(struct diag_print_options){.color = run->options.color});
            return false;
        }
        ret->source = i == 0 ? source : ret->source;
        ret->last = source;
    }
    return true;
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\r", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool next_of_file(struct flow_lines *lines, const char **ret_text, size_t *ret_start,
                         size_t *ret_size)
{
    const struct source *source = sources_get(lines->run->sources, lines->source);
    while (lines->at < source->size) {
        const char *text = source->text + lines->at;
        const char *end = memchr(text, '\n', source->size - lines->at);
        size_t size = end != NULL ? (size_t)(end - text) : source->size - lines->at;
        *ret_text = text;
        *ret_start = lines->at;
        *ret_size = size;
        lines->at += size + 1;
        if (!is_blank(text, size)) {
            lines->count++;
            return true;
        }
    }
    return false;
}

bool flow_lines_next(struct flow_lines *lines, const char **ret_text, size_t *ret_start,
                     size_t *ret_size)
{
    while (!next_of_file(lines, ret_text, ret_start, ret_size)) {
        if (lines->source == lines->last) {
            return false;
        }
        lines->source++;
        lines->at = 0;
    }
    return true;
}

struct loc flow_lines_report(struct flow_lines *lines, size_t start,
                             const struct flow_record_error *error)
{
    struct run *run = lines->run;
    struct loc loc = sources_loc_at(run->sources, lines->source, start + error->offset);
    loc.length = (uint16_t)(error->length < UINT16_MAX ? error->length : UINT16_MAX);
    struct diag *diag = diag_report(run->diags, DIAG_F018, loc, "%s", error->message);
    if (error->hint != NULL) {
        diag_hint(diag, "%s", error->hint);
    }
    lines->bad++;
    return loc;
}

int flow_lines_finish(const struct flow_lines *lines)
{
    fflush(stdout);
    diags_print(lines->run->diags, stderr,
                &(struct diag_print_options){.color = lines->run->options.color});
    if (lines->bad > 0) {
        fprintf(stderr, "%zu of %zu flow%s could not be read\n", lines->bad, lines->count,
                plural(lines->count));
    }
    return lines->bad > 0 ? POLC_EXIT_USAGE : POLC_EXIT_OK;
}
