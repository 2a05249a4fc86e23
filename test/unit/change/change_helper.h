// SPDX-License-Identifier: GPL-2.0-or-later
// Entries and state directories for the tests of module change.
#pragma once

#include "internal.h"
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

static const char id_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
__attribute__((unused)) static const char id_b[] =
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

__attribute__((unused)) static struct change_entry entry_of(uint32_t number,
                                                            enum change_state state, uint64_t order)
{
    return (struct change_entry){.number = number,
                                 .state = (uint8_t)state,
                                 .order = order,
                                 .id = state == CHANGE_DELETED ? NULL : id_a,
                                 .table = "polc",
                                 .token = "0123456789abcdef",
                                 .boot_id = "this boot",
                                 .window = 60000,
                                 .deadline = 100000};
}

// A history of these entries; what a test looks for it finds by number.
__attribute__((unused)) static struct change_history
history_of(struct arena *arena, const struct change_entry *entries, size_t count)
{
    struct change_history history = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        vec_push(arena, &history, entries[i]);
    }
    return history;
}
