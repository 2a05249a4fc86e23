// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> how many flows have which values of some fields: a tree with one level for each field.
#include "internal.h"

struct counter {
    struct arena *arena;
    struct strtab *texts;
    struct strmap *nodes; // (parent, text) -> struct flowlog_node *
    const struct flowlog_field *const *fields;
    size_t count;
};

static struct flowlog_node *child_of(struct counter *counter, struct flowlog_node *parent,
                                     const char *value)
{
    const char *text = strtab_intern(counter->texts, value, strlen(value));
    const void *key[] = {parent, text};
    struct flowlog_node *node = strmap_get_n(counter->nodes, key, sizeof key);
    if (node == NULL) {
        node = arena_new_of(counter->arena, struct flowlog_node);
        node->text = text;
        node->parent = parent;
        strmap_put_n(counter->nodes, key, sizeof key, node);
        vec_push(counter->arena, &parent->children, node);
    }
    return node;
}

static bool is_repeated(const struct flowlog_value *value, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(value->items[i], value->items[at]) == 0) {
            return true;
        }
    }
    return false;
}

static void add(struct counter *counter, struct flowlog_node *node, size_t depth,
                const struct flowlog_record *record, uint64_t flows)
{
    struct flowlog_value value;
    node->count += flows;
    if (depth == counter->count) {
        return;
    }
    flowlog_value_get(counter->fields[depth], record, &value);
    if (value.count == 0) {
        add(counter, child_of(counter, node, "-"), depth + 1, record, flows);
    }
    for (size_t i = 0; i < value.count; i++) {
        if (!is_repeated(&value, i)) {
            add(counter, child_of(counter, node, value.items[i]), depth + 1, record, flows);
        }
    }
}

// From the root down, so that those with one parent stand together.
static int compare_paths(const struct flowlog_node *a, const struct flowlog_node *b)
{
    int order =
        a->parent == NULL || a->parent == b->parent ? 0 : compare_paths(a->parent, b->parent);
    return order != 0 || a->text == b->text ? order : strcmp(a->text, b->text);
}

static int compare_nodes(const void *a, const void *b)
{
    const struct flowlog_node *x = *(const struct flowlog_node *const *)a;
    const struct flowlog_node *y = *(const struct flowlog_node *const *)b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : compare_paths(x, y);
}

static void sort_below(struct flowlog_node *node)
{
    vec_sort(&node->children, compare_nodes);
    for (size_t i = 0; i < node->children.count; i++) {
        sort_below(node->children.items[i]);
    }
}

struct flowlog_node *flowlog_count(struct arena *arena, const struct flowlog_records *records,
                                   const struct flowlog_field *const *fields, size_t count)
{
    struct counter counter = {arena, strtab_new(arena), strmap_new(arena), fields, count};
    struct flowlog_node *root = arena_new_of(arena, struct flowlog_node);
    root->text = "";
    for (size_t i = 0; i < records->count; i++) {
        const struct flowlog_record *record = &records->items[i];
        uint64_t flows =
            record->num_flows != FLOWLOG_UNKNOWN ? (uint64_t)record->num_flows : (uint64_t)1;
        add(&counter, root, 0, record, flows);
    }
    sort_below(root);
    return root;
}

static void collect(struct arena *arena, const struct flowlog_node *node, size_t depth,
                    struct flowlog_nodes *ret)
{
    if (depth == 0) {
        vec_push(arena, ret, node);
        return;
    }
    for (size_t i = 0; i < node->children.count; i++) {
        collect(arena, node->children.items[i], depth - 1, ret);
    }
}

struct flowlog_nodes flowlog_level(struct arena *arena, const struct flowlog_node *root,
                                   size_t depth)
{
    struct flowlog_nodes ret = {0};
    collect(arena, root, depth, &ret);
    vec_sort(&ret, compare_nodes);
    return ret;
}
