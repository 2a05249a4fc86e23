// SPDX-License-Identifier: GPL-2.0-or-later
// One document -> its objects: the document itself, the items of a List or typed list, or of a bare array.
#include "internal.h"

enum { LIST_DEPTH_MAX = 4 }; // lists of lists

const char *scalar_of(const struct node *map, const char *key, struct loc *ret_loc)
{
    const struct node *child = node_get(map, key);
    if (child == NULL || child->type != NODE_SCALAR || node_is_null(child)) {
        return NULL;
    }
    *ret_loc = child->loc;
    return child->text;
}

bool is_list_kind(const char *kind)
{
    size_t length = kind != NULL ? strlen(kind) : 0;
    return length >= 4 && strcmp(kind + length - 4, "List") == 0;
}

// Other kinds that end in List may be something else: a list of access rules, say.
static bool must_have_items(const char *api_version, const char *kind)
{
    bool is_core = api_version != NULL && strcmp(api_version, "v1") == 0;
    return is_list_kind(kind) && (is_core || strcmp(kind, "List") == 0);
}

struct inherited inherit(const struct loader *loader, const char *api_version, const char *kind)
{
    if (strcmp(kind, "List") == 0) {
        return (struct inherited){0};
    }
    size_t length = strlen(kind) - strlen("List");
    return (struct inherited){api_version, arena_strndup(loader->arena, kind, length)};
}

bool check_list_depth(const struct loader *loader, struct loc loc, int depth)
{
    if (depth > LIST_DEPTH_MAX) {
        diag_report(loader->diags, DIAG_F012, loc, "lists of objects are nested more than %d deep",
                    LIST_DEPTH_MAX);
    }
    return depth <= LIST_DEPTH_MAX;
}

void report_items(const struct loader *loader, const char *kind, const struct node *items)
{
    if (!node_is_null(items)) {
        diag_report(loader->diags, DIAG_F012, items->loc, "\"items\" of a %s is %s, not a list",
                    kind, node_type_text(items));
    }
}

const struct load_fields *fields_of(const struct loader *loader, const char *api_version,
                                    const char *kind)
{
    return loader->fields != NULL ? loader->fields(api_version, kind) : NULL;
}

static void split_items(const struct loader *loader, const struct node *list,
                        struct inherited inherited, int depth)
{
    for (const struct node *item = list->first; item != NULL; item = item->next) {
        split_node(loader, item, inherited, depth);
    }
}

static void give_object(const struct loader *loader, const struct node *root,
                        struct inherited inherited)
{
    struct load_object object = {.root = root, .api_version_loc = root->loc, .kind_loc = root->loc};
    object.api_version = scalar_of(root, "apiVersion", &object.api_version_loc);
    object.kind = scalar_of(root, "kind", &object.kind_loc);
    object.api_version = object.api_version != NULL ? object.api_version : inherited.api_version;
    object.kind = object.kind != NULL ? object.kind : inherited.kind;
    loader->on_object(loader->context, &object);
}

void split_node(const struct loader *loader, const struct node *root, struct inherited inherited,
                int depth)
{
    if (!check_list_depth(loader, root->loc, depth)) {
        return;
    }
    if (root->type == NODE_LIST) {
        split_items(loader, root, inherited, depth + 1);
        return;
    }
    if (root->type != NODE_MAP) {
        diag_report(loader->diags, DIAG_F011, root->loc, "expected an object, but this is %s",
                    node_type_text(root));
        return;
    }
    struct loc loc = root->loc;
    const char *kind = scalar_of(root, "kind", &loc);
    const char *api_version = scalar_of(root, "apiVersion", &loc);
    const struct node *items = node_get(root, "items");
    if (items == NULL && must_have_items(api_version, kind)) {
        diag_report(loader->diags, DIAG_F012, root->loc, "this %s has no \"items\"", kind);
    } else if (items == NULL || !is_list_kind(kind)) {
        give_object(loader, root, inherited);
    } else if (items->type == NODE_LIST) {
        split_items(loader, items, inherit(loader, api_version, kind), depth + 1);
    } else {
        report_items(loader, kind, items);
    }
}

void split_document(const struct loader *loader, const struct node *root)
{
    if (!node_is_null(root)) {
        split_node(loader, root, (struct inherited){0}, 0);
    }
}
