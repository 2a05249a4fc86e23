// SPDX-License-Identifier: GPL-2.0-or-later
// Slots: which entry of a vector has a key, by the hash of the key (open addressing, at most three quarters full). Whoever
// has the vector compares the keys; a slot knows the whole hash, so that entries of other keys need not be looked at:
// tables of a large input are larger than the caches. Nothing is ever removed, and nothing freed.
//
//     slots_make_room(arena, &slots, vector.count);
//     struct slot *slot = slots_first(&slots, hash);
//     while (slot->entry != 0 && (slot->hash != hash || !same(&vector.items[slot->entry - 1], key))) {
//         slot = slots_next(&slots, slot);
//     }
//     if (slot->entry == 0) {
//         vec_push(arena, &vector, ...);
//         *slot = (struct slot){hash, (uint32_t)vector.count};
//     }
#pragma once

#include <polc/base/arena.h>
#include <stdint.h>

struct slot {
    uint32_t hash;
    uint32_t entry; // number, plus one; 0: free
};

// Zeroed: empty.
struct slots {
    struct slot *items;
    size_t count; // a power of two, or 0
};

// Room for one more entry than the `used` that are there. Invalidates pointers to slots.
void slots_make_room(struct arena *arena, struct slots *slots, size_t used);

// Where to begin to look for a hash, and where to go on: up to a free slot, of which there is always one. Not of slots
// without any room.
static inline struct slot *slots_first(const struct slots *slots, uint32_t hash)
{
    return &slots->items[hash & (slots->count - 1)];
}

static inline struct slot *slots_next(const struct slots *slots, const struct slot *slot)
{
    return &slots->items[(size_t)(slot - slots->items + 1) & (slots->count - 1)];
}
