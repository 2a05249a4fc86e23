// SPDX-License-Identifier: GPL-2.0-or-later
// Making nodes of a selector tree.
#pragma once

#include <polc/selector.h>

struct sel *node_new(struct arena *arena, enum sel_op op);
struct sel *node_match(struct arena *arena, enum sel_op op, const char *key, const char *value);

// A group of two or more children; the array is kept, not copied.
struct sel *node_group(struct arena *arena, enum sel_op op, struct sel *const *children,
                       size_t count);

// IN or NOT_IN; `values` is sorted in place, duplicates are dropped, and it is kept.
struct sel *node_set(struct arena *arena, enum sel_op op, const char *key, const char **values,
                     size_t count);
