// SPDX-License-Identifier: GPL-2.0-or-later
// Selector trees: making nodes, and the building blocks with which resolve rewrites namespace and
// service-account selectors (semantics.md 2.6, done on the tree and not on the text).
#include "node.h"

#include <stdlib.h>

struct sel *node_new(struct arena *arena, enum sel_op op)
{
    struct sel *sel = arena_new_of(arena, struct sel);
    sel->op = op;
    return sel;
}

struct sel *node_match(struct arena *arena, enum sel_op op, const char *key, const char *value)
{
    struct sel *sel = node_new(arena, op);
    sel->key = key;
    sel->value = value;
    return sel;
}

struct sel *node_group(struct arena *arena, enum sel_op op, struct sel *const *children,
                       size_t count)
{
    struct sel *sel = node_new(arena, op);
    sel->children = children;
    sel->count = (uint32_t)count;
    return sel;
}

struct sel *node_set(struct arena *arena, enum sel_op op, const char *key, const char **values,
                     size_t count)
{
    struct sel *sel = node_match(arena, op, key, NULL);
    sel->count = (uint32_t)texts_sort_unique(values, count);
    sel->values = values;
    return sel;
}

// The tree of the caller is never written to; the cast is for the shape of `children`.
static struct sel *shared(const struct sel *sel)
{
    return (struct sel *)sel;
}

static size_t and_add(struct sel **children, size_t count, const struct sel *sel)
{
    if (sel->op != SEL_AND) {
        children[count] = shared(sel);
        return count + 1;
    }
    memcpy(children + count, sel->children, sel->count * sizeof *children);
    return count + sel->count;
}

struct sel *sel_and(struct arena *arena, const struct sel *a, const struct sel *b)
{
    if (a == NULL || b == NULL) {
        return shared(a == NULL ? b : a);
    }
    size_t most = (a->op == SEL_AND ? a->count : 1) + (b->op == SEL_AND ? b->count : 1);
    struct sel **children = arena_array_of(arena, struct sel *, most);
    size_t count = and_add(children, and_add(children, 0, a), b);
    return node_group(arena, SEL_AND, children, count);
}

struct sel *sel_not(struct arena *arena, const struct sel *a)
{
    if (a->op == SEL_NOT) {
        return a->children[0];
    }
    struct sel **child = arena_new_of(arena, struct sel *);
    *child = shared(a);
    return node_group(arena, SEL_NOT, child, 1);
}

struct sel *sel_has(struct arena *arena, const char *key)
{
    return node_match(arena, SEL_HAS, key, NULL);
}

struct sel *sel_eq(struct arena *arena, const char *key, const char *value)
{
    return node_match(arena, SEL_EQ, key, value);
}

static struct sel *copied_set(struct arena *arena, enum sel_op op, const char *key,
                              const char *const *values, size_t count)
{
    const char **copy = arena_array_of(arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        copy[i] = values[i];
    }
    return node_set(arena, op, key, copy, count);
}

struct sel *sel_in(struct arena *arena, const char *key, const char *const *values, size_t count)
{
    return copied_set(arena, SEL_IN, key, values, count);
}

struct sel *sel_not_in(struct arena *arena, const char *key, const char *const *values,
                       size_t count)
{
    return copied_set(arena, SEL_NOT_IN, key, values, count);
}

bool sel_is(const struct sel *sel, enum sel_op op)
{
    return sel != NULL && sel->op == op;
}

static struct sel *rewrite_group(struct arena *arena, const struct sel *sel, const char *prefix,
                                 const struct sel *all, const struct sel *global)
{
    struct sel **children = arena_array_of(arena, struct sel *, sel->count);
    for (uint32_t i = 0; i < sel->count; i++) {
        children[i] = sel_rewrite(arena, sel->children[i], prefix, all, global);
    }
    // Through sel_not, because what took the place of all() may itself be a negation.
    return sel->op == SEL_NOT ? sel_not(arena, children[0])
                              : node_group(arena, sel->op, children, sel->count);
}

struct sel *sel_rewrite(struct arena *arena, const struct sel *sel, const char *prefix,
                        const struct sel *all, const struct sel *global)
{
    if (sel->op == SEL_AND || sel->op == SEL_OR || sel->op == SEL_NOT) {
        return rewrite_group(arena, sel, prefix, all, global);
    }
    if (sel->op == SEL_ALL || sel->op == SEL_GLOBAL) {
        const struct sel *other = sel->op == SEL_ALL ? all : global;
        return shared(other == NULL ? sel : other);
    }
    struct sel *copy = node_new(arena, sel->op);
    *copy = *sel;
    copy->key = arena_printf(arena, "%s%s", prefix, sel->key);
    return copy;
}
