// SPDX-License-Identifier: GPL-2.0-or-later
// Questions about the history, answered from its entries alone. What is damaged counts for its number, so that it is not
// used again, and for nothing else.
#include "internal.h"

static bool is_of(const struct change_entry *entry, const char *table)
{
    return entry->problem == NULL && strcmp(entry->table, table) == 0;
}

static bool is_good(const struct change_entry *entry)
{
    return entry->state == CHANGE_APPLIED || entry->state == CHANGE_CONFIRMED;
}

uint32_t change_highest_number(const struct change_history *history)
{
    return history->count > 0 ? history->items[history->count - 1].number : 0;
}

uint64_t change_next_order(const struct change_history *history)
{
    uint64_t highest = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct change_entry *entry = &history->items[i];
        highest = entry->order > highest ? entry->order : highest;
    }
    return highest + 1;
}

struct change_entry *change_find(const struct change_history *history, uint32_t number)
{
    for (size_t i = 0; i < history->count; i++) {
        if (history->items[i].number == number) {
            return &history->items[i];
        }
    }
    return NULL;
}

struct change_entry *change_last_good(const struct change_history *history, const char *table)
{
    struct change_entry *last = NULL;
    for (size_t i = 0; i < history->count; i++) {
        struct change_entry *entry = &history->items[i];
        bool counts = is_of(entry, table) && (is_good(entry) || entry->state == CHANGE_DELETED);
        if (counts && (last == NULL || entry->order > last->order)) {
            last = entry;
        }
    }
    return last != NULL && last->state != CHANGE_DELETED ? last : NULL;
}

struct change_entry *change_pending(const struct change_history *history, const char *table)
{
    for (size_t i = history->count; i > 0; i--) {
        struct change_entry *entry = &history->items[i - 1];
        if (is_of(entry, table) && entry->state == CHANGE_PENDING) {
            return entry;
        }
    }
    return NULL;
}

const struct change_entry *change_taken_back(const struct change_history *history,
                                             const char *table, const char *id)
{
    const struct change_entry *last = NULL;
    for (size_t i = 0; i < history->count; i++) {
        const struct change_entry *entry = &history->items[i];
        bool counts = is_of(entry, table) && entry->id != NULL && strcmp(entry->id, id) == 0 &&
                      (is_good(entry) || entry->state == CHANGE_TAKEN_BACK);
        if (counts && (last == NULL || entry->order > last->order)) {
            last = entry;
        }
    }
    return last != NULL && last->state == CHANGE_TAKEN_BACK ? last : NULL;
}
