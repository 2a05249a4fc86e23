// SPDX-License-Identifier: GPL-2.0-or-later
// A text through both readers, the one of JSON and the one of YAML: what each makes of it, with every place.
#pragma once

#include "internal.h"

#include <polc/base/strbuf.h>

static void add_place(struct strbuf *out, struct loc loc)
{
    strbuf_addf(out, "@%u:%u+%u ", loc.line, loc.column, loc.length);
}

static void write_node(struct strbuf *out, const struct node *node)
{
    if (node->key != NULL) {
        strbuf_addf(out, "%zu:%s", strlen(node->key), node->key);
        add_place(out, node->key_loc);
    }
    strbuf_addf(out, "%u.%u.%u", node->type, node->style, node->size);
    add_place(out, node->loc);
    if (node->type == NODE_SCALAR) {
        strbuf_addf(out, "%s ", node->text);
        return;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        write_node(out, child);
    }
    strbuf_add(out, "; ");
}

static void write_object(void *context, const struct load_object *object)
{
    struct strbuf *out = context;
    strbuf_addf(out, "%s %s ", object->api_version != NULL ? object->api_version : "-",
                object->kind != NULL ? object->kind : "-");
    add_place(out, object->api_version_loc);
    add_place(out, object->kind_loc);
    write_node(out, object->root);
    strbuf_add(out, "\n");
}

// What one of the readers makes of a text: its objects and the printed diagnostics; NULL when the JSON reader leaves it.
static const char *one_reader(struct arena *arena, const char *text, size_t size, bool json,
                              load_fields_fn fields)
{
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct strbuf out = {.arena = arena};
    struct loader loader = {arena, sources, diags, fields, write_object, &out};
    // Only in what JSON is by its name are halves of characters joined for libyaml, and columns behind them lost.
    uint32_t source = sources_add(sources, "t.yaml", text, size);
    if (!json) {
        read_yaml(&loader, source);
    } else if (!read_json(&loader, source)) {
        return NULL;
    }
    char *printed = NULL;
    FILE *stream = open_memstream(&printed, &size);
    diags_print(diags, stream, &(struct diag_print_options){0});
    fclose(stream);
    strbuf_add(&out, printed);
    free(printed);
    return strbuf_text(&out);
}
