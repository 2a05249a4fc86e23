// SPDX-License-Identifier: GPL-2.0-or-later
// Linking nodes into lists and maps, and finding the keys of a map that is being read.
#include "tree.h"

enum { KEYS_BEFORE_MAP = 16 }; // larger maps look for duplicate keys through a string map

struct frame frame_open(struct node *node)
{
    return (struct frame){.node = node, .tail = &node->first};
}

const struct node *frame_find(const struct frame *frame, const char *key)
{
    if (frame->keys != NULL) {
        return strmap_get(frame->keys, key);
    }
    return node_get(frame->node, key);
}

static void index_keys(struct arena *scratch, struct frame *frame)
{
    frame->keys = strmap_new(scratch);
    for (struct node *child = frame->node->first; child != NULL; child = child->next) {
        strmap_put(frame->keys, child->key, child);
    }
}

static void add_key(struct arena *scratch, struct frame *frame, struct node *node)
{
    node->key = frame->key;
    node->key_loc = frame->key_loc;
    frame->key = NULL;
    if (frame->node->size == KEYS_BEFORE_MAP) {
        index_keys(scratch, frame);
    } else if (frame->keys != NULL) {
        strmap_put(frame->keys, node->key, node);
    }
}

void frame_add(struct arena *scratch, struct frame *frame, struct node *node)
{
    *frame->tail = node;
    frame->tail = &node->next;
    if (frame->node->type == NODE_MAP) {
        add_key(scratch, frame, node);
    }
    frame->node->size++;
}

void report_twice(const struct loader *loader, const char *key, struct loc loc, struct loc before)
{
    struct diag *diag =
        diag_report(loader->diags, DIAG_F009, loc, "\"%s\" stands twice in this map", key);
    diag_related(diag, before, "it is here already");
}

void report_too_many(const struct loader *loader, struct loc loc)
{
    diag_report(loader->diags, DIAG_F015, loc, "an object holds more than %d values",
                LOAD_MAX_NODES_PER_DOCUMENT);
}

const struct load_field *find_field(const struct load_fields *fields, const char *name,
                                    size_t length)
{
    for (size_t i = 0; i < fields->count; i++) {
        const char *row = fields->rows[i].name;
        if (strncmp(row, name, length) == 0 && row[length] == '\0') {
            return &fields->rows[i];
        }
    }
    return NULL;
}
