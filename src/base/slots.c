// SPDX-License-Identifier: GPL-2.0-or-later
// Slots of open addressing: how they grow.
#include <polc/base/slots.h>

#include <polc/base/exit.h>

enum { FIRST_SLOTS = 8 };

// The old slots stay in the arena: all old ones together are no larger than the last.
static void add_slots(struct arena *arena, struct slots *slots)
{
    const struct slots old = *slots;
    slots->count = old.count > 0 ? old.count * 2 : FIRST_SLOTS;
    slots->items = arena_array_of(arena, struct slot, slots->count);
    for (size_t i = 0; i < old.count; i++) {
        if (old.items[i].entry != 0) {
            struct slot *slot = slots_first(slots, old.items[i].hash);
            while (slot->entry != 0) {
                slot = slots_next(slots, slot);
            }
            *slot = old.items[i];
        }
    }
}

void slots_make_room(struct arena *arena, struct slots *slots, size_t used)
{
    if (used == UINT32_MAX) {
        POLC_UNREACHABLE("more than four thousand million entries");
    }
    if (used >= slots->count / 4 * 3) {
        add_slots(arena, slots);
    }
}
