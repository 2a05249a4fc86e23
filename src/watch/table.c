// SPDX-License-Identifier: GPL-2.0-or-later
// Entries are in chains by hash, and in one list by the time of their last renewal; free ones are in a list of their own.
#include "table.h"

struct entry {
    struct digest digest;
    uint64_t renewed;
    struct share share;
    uint32_t next;         // in the chain, or the next free one
    uint32_t older, newer; // in the list; that of entry 0 are its ends
};

struct table {
    struct entry *entries; // entry 0 is none
    uint32_t *chains;
    uint32_t chain_count; // a power of two
    uint32_t free_count, first_free;
    uint64_t life;
    struct shares shares;
};

struct table *table_new(struct arena *arena, uint32_t capacity, uint64_t life)
{
    struct table *table = arena_new_of(arena, struct table);
    *table =
        (struct table){.chain_count = 1, .free_count = capacity, .first_free = 1, .life = life};
    while (table->chain_count < capacity) {
        table->chain_count *= 2;
    }
    table->entries = arena_array_of(arena, struct entry, (size_t)capacity + 1);
    table->chains = arena_array_of(arena, uint32_t, table->chain_count);
    for (uint32_t i = 1; i < capacity; i++) {
        table->entries[i].next = i + 1;
    }
    return table;
}

static uint32_t *chain_of(const struct table *table, const struct digest *digest)
{
    return &table->chains[digest_hash(digest) & (table->chain_count - 1)];
}

uint32_t table_find(const struct table *table, const struct digest *digest)
{
    uint32_t entry = *chain_of(table, digest);
    while (entry != TABLE_NONE && !digest_equal(&table->entries[entry].digest, digest)) {
        entry = table->entries[entry].next;
    }
    return entry;
}

bool table_allows(const struct table *table, struct share share)
{
    return share_allows(&table->shares, share, table->free_count);
}

static void list_add(struct table *table, uint32_t number)
{
    struct entry *ends = &table->entries[0], *entry = &table->entries[number];
    entry->older = ends->older;
    entry->newer = 0;
    table->entries[ends->older].newer = number;
    ends->older = number;
}

static void list_take(struct table *table, uint32_t number)
{
    struct entry *entry = &table->entries[number];
    table->entries[entry->older].newer = entry->newer;
    table->entries[entry->newer].older = entry->older;
}

uint32_t table_add(struct table *table, const struct digest *digest, struct share share,
                   uint64_t now)
{
    uint32_t number = table->first_free, *chain = chain_of(table, digest);
    if (number == TABLE_NONE || !share_take(&table->shares, share, table->free_count)) {
        return TABLE_NONE;
    }
    struct entry *entry = &table->entries[number];
    table->first_free = entry->next;
    table->free_count--;
    *entry = (struct entry){.digest = *digest, .renewed = now, .share = share, .next = *chain};
    *chain = number;
    list_add(table, number);
    return number;
}

void table_renew(struct table *table, uint32_t entry, uint64_t now)
{
    list_take(table, entry);
    list_add(table, entry);
    table->entries[entry].renewed = now;
}

void table_remove(struct table *table, uint32_t number)
{
    struct entry *entry = &table->entries[number];
    uint32_t *place = chain_of(table, &entry->digest);
    while (*place != number) {
        place = &table->entries[*place].next;
    }
    *place = entry->next;
    list_take(table, number);
    share_give(&table->shares, entry->share);
    entry->next = table->first_free;
    table->first_free = number;
    table->free_count++;
}

struct share table_share(const struct table *table, uint32_t entry)
{
    return table->entries[entry].share;
}

uint32_t table_overdue(const struct table *table, uint64_t now)
{
    uint32_t oldest = table->entries[0].newer;
    return oldest != TABLE_NONE && now - table->entries[oldest].renewed > table->life ? oldest
                                                                                      : TABLE_NONE;
}
