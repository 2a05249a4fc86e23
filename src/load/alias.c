// SPDX-License-Identifier: GPL-2.0-or-later
// Anchors and aliases: an alias becomes a copy of what its anchor marked, so that later stages see a tree and nothing
// else. Their number, what they make and how deep it is are bounded: a few lines could unfold to gigabytes.
#include "parser.h"

struct anchor {
    struct node *node;
};

void remember_anchor(struct parser *parser, const yaml_char_t *name, struct node *node)
{
    if (name == NULL) {
        return;
    }
    if (parser->anchors == NULL) {
        parser->anchors = strmap_new(parser->scratch);
    }
    struct anchor *anchor = arena_new_of(parser->scratch, struct anchor);
    anchor = strmap_put(parser->anchors, (const char *)name, anchor);
    anchor->node = node; // a later anchor of the same name takes over
}

static bool is_open(const struct parser *parser, const struct node *node)
{
    for (size_t i = 0; i < parser->depth; i++) {
        if (parser->stack[i].frame.node == node) {
            return true;
        }
    }
    return false;
}

// `loc` is that of the alias, for errors; `depth` that of the copy.
static struct node *copy_node(struct parser *parser, const struct node *node, struct loc loc,
                              size_t depth)
{
    struct node *copy = arena_new_of(parser->scratch, struct node);
    *copy = *node;
    copy->next = NULL;
    if (++parser->alias_nodes > LOAD_MAX_ALIAS_NODES) {
        fail(parser, DIAG_F008, loc, "aliases would make more than %d values of this file",
             LOAD_MAX_ALIAS_NODES);
        return copy;
    }
    if (node->type == NODE_SCALAR) {
        return copy;
    }
    if (depth >= LOAD_MAX_DEPTH) {
        fail(parser, DIAG_F007, loc,
             "with what this alias stands for, lists and maps are nested more than %d deep",
             LOAD_MAX_DEPTH);
        return copy;
    }
    struct node **tail = &copy->first;
    copy->first = NULL;
    for (const struct node *child = node->first; child != NULL && !parser->failed;
         child = child->next) {
        *tail = copy_node(parser, child, loc, depth + 1);
        tail = &(*tail)->next;
    }
    return copy;
}

static void place_alias(struct parser *parser, const struct node *target, struct loc loc)
{
    if (!awaits_key(parser)) {
        struct node *copy =
            is_skipped(parser) ? NULL : copy_node(parser, target, loc, parser->depth);
        link_node(parser, copy);
    } else if (target->type == NODE_SCALAR) {
        take_key(parser, target->text, loc, target->style == NODE_PLAIN);
    } else {
        refuse_key(parser, loc);
    }
}

void use_alias(struct parser *parser, const char *name, struct loc loc)
{
    const struct anchor *anchor =
        parser->anchors != NULL ? strmap_get(parser->anchors, name) : NULL;
    if (anchor == NULL) {
        fail(parser, DIAG_F014, loc, "no anchor \"&%s\" stands before this alias", name);
    } else if (is_open(parser, anchor->node)) {
        fail(parser, DIAG_F014, loc, "the alias \"*%s\" stands inside of what it names", name);
    } else if (++parser->aliases > LOAD_MAX_ALIASES) {
        fail(parser, DIAG_F008, loc, "more than %d aliases in one file", LOAD_MAX_ALIASES);
    } else {
        place_alias(parser, anchor->node, loc);
    }
}
