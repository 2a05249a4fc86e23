// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of the loader share: text in; the objects it saw, and the printed diagnostics, out.
#pragma once

#include "unit.h"

#include <polc/load.h>

struct fixture {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    struct strbuf seen; // the objects, as node_text writes them, one a line
};

static void add_node(struct strbuf *out, const struct node *node)
{
    if (node->type == NODE_SCALAR) {
        strbuf_addf(out, node->style == NODE_PLAIN ? "%s" : "\"%s\"", node->text);
        return;
    }
    strbuf_add(out, node->type == NODE_MAP ? "{" : "[");
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (node->type == NODE_MAP) {
            strbuf_addf(out, "%s:", child->key);
        }
        add_node(out, child);
        strbuf_add(out, child->next != NULL ? "," : "");
    }
    strbuf_add(out, node->type == NODE_MAP ? "}" : "]");
}

static void on_object(void *context, const struct load_object *object)
{
    struct fixture *fixture = context;
    add_node(&fixture->seen, object->root);
    strbuf_add(&fixture->seen, "\n");
}

static struct fixture make(void)
{
    struct fixture fixture = {.arena = arena_new((size_t)1 << 30)};
    fixture.sources = sources_new(fixture.arena);
    fixture.diags = diags_new(fixture.arena, fixture.sources);
    fixture.seen.arena = fixture.arena;
    return fixture;
}

__attribute__((unused)) static struct fixture load_named(const char *path, const char *text,
                                                         size_t size)
{
    struct fixture fixture = make();
    const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                  NULL,          on_object,       &fixture};
    load_text(&loader, path, text, size);
    return fixture;
}

__attribute__((unused)) static struct fixture load(const char *text)
{
    return load_named("t.yaml", text, strlen(text));
}

__attribute__((unused)) static struct fixture load_these(const char *const *paths, size_t count)
{
    struct fixture fixture = make();
    const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                  NULL,          on_object,       &fixture};
    load_paths(&loader, paths, count);
    return fixture;
}

__attribute__((unused)) static const char *printed(struct fixture *fixture)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diags_print(fixture->diags, out, &(struct diag_print_options){0});
    fclose(out);
    const char *copy = arena_strdup(fixture->arena, text);
    free(text);
    return copy;
}
