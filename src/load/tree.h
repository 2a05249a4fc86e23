// SPDX-License-Identifier: GPL-2.0-or-later
// Trees of nodes while they grow.
#pragma once

#include "internal.h"

// A list or map that is open.
struct frame {
    struct node *node;
    struct node **tail;  // where the next child is linked
    struct strmap *keys; // of a large map
    const char *key;     // read, its value not yet
    struct loc key_loc;
};

struct frame frame_open(struct node *node);
// The child of this key; NULL when there is none.
const struct node *frame_find(const struct frame *frame, const char *key);
// Adds a child; to a map under the key that was read.
void frame_add(struct arena *scratch, struct frame *frame, struct node *node);

void report_twice(const struct loader *loader, const char *key, struct loc loc, struct loc before);
void report_too_many(const struct loader *loader, struct loc loc);

// The row of a field, of which `name` has `length` bytes; NULL when there is none.
const struct load_field *find_field(const struct load_fields *fields, const char *name,
                                    size_t length);
