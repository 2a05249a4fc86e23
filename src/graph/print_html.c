// SPDX-License-Identifier: GPL-2.0-or-later
// Graph -> a page: the files of page/ with the graph as JSON in it. The browser may run no script but that one and ask
// for nothing, as the page itself says by their hashes (Content Security Policy), whatever the names in the data are.
#include "internal.h"

#include <polc/base/sha256.h>
#include <stdlib.h>

extern const char graph_page_html[], graph_page_style[], graph_page_script[];

// "sha256-..." in base64 (RFC 4648).
static const char *hash_source(struct arena *arena, const char *text)
{
    enum { BYTES = 32, PADDED = 33, HEX = 16 };
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[2 * BYTES + 1];
    unsigned bytes[PADDED] = {0};
    struct strbuf ret = {.arena = arena};
    sha256_hex(text, strlen(text), hex);
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = (unsigned)strtoul((char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, HEX);
    }
    strbuf_add(&ret, "sha256-");
    for (size_t i = 0; i < PADDED; i += 3) {
        unsigned group = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) {
            strbuf_add_n(&ret, &digits[group >> shift & 63], 1);
        }
    }
    ret.text[ret.length - 1] = '='; // the byte that was padded
    return strbuf_text(&ret);
}

struct data {
    FILE *out;
    bool indent; // at the beginning of a line
};

// In JSON these signs stand in strings only, and may be written so; in a page they could end the data. Lines are joined:
// strings have no line ends.
static ssize_t write_data(void *cookie, const char *text, size_t size)
{
    struct data *data = cookie;
    for (size_t i = 0; i < size; i++) {
        data->indent = text[i] == '\n' || (data->indent && text[i] == ' ');
        if (text[i] == '<' || text[i] == '>' || text[i] == '&') {
            fprintf(data->out, "\\u%04x", text[i]);
        } else if (!data->indent) {
            fputc(text[i], data->out);
        }
    }
    return (ssize_t)size;
}

static void print_data(struct arena *arena, const struct graph *graph, FILE *out)
{
    struct data data = {.out = out};
    FILE *stream = fopencookie(&data, "w", (cookie_io_functions_t){.write = write_data});
    if (stream != NULL) {
        graph_print_json(arena, graph, stream);
        fclose(stream);
    }
}

static void print_attribute(struct arena *arena, const char *text, FILE *out)
{
    for (text = safe_text(arena, text); *text != '\0'; text++) {
        strchr("<>&\"'", *text) != NULL ? fprintf(out, "&#%d;", *text) : fputc(*text, out);
    }
}

void graph_print_html(struct arena *arena, const struct graph *graph, const char *level,
                      const char *more, FILE *out)
{
    const char *at = graph_page_html;
    for (;;) {
        const char *mark = strstr(at, "{{");
        size_t length = mark != NULL ? (size_t)(mark - at) : strlen(at);
        fwrite(at, 1, length, out);
        if (mark == NULL) {
            return;
        }
        mark += 2;
        at = strstr(mark, "}}") + 2;
        if (text_begins(mark, "data}")) {
            print_data(arena, graph, out);
        } else if (text_begins(mark, "level}")) {
            fputs(level != NULL ? level : "", out);
        } else if (text_begins(mark, "more}")) {
            print_attribute(arena, more, out);
        } else if (text_begins(mark, "style}")) {
            fputs(graph_page_style, out);
        } else if (text_begins(mark, "script}")) {
            fputs(graph_page_script, out);
        } else {
            bool style = text_begins(mark, "style-hash}");
            fputs(hash_source(arena, style ? graph_page_style : graph_page_script), out);
        }
    }
}
