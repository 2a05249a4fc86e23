// SPDX-License-Identifier: GPL-2.0-or-later
// A table of fixed size whose entries end when nothing renews them: found by digest, each within its client's share.
// What else is to be known of an entry stands in arrays of the caller, at the entry's number.
#pragma once

#include "digest.h"
#include "shares.h"

enum { TABLE_NONE = 0 }; // entries are numbered from 1

struct table;

// `life`: ms from the last renewal of an entry to its end.
struct table *table_new(struct arena *arena, uint32_t capacity, uint64_t life);

// Whether table_add has room for this client: to be asked before there is a digest, which costs more.
bool table_allows(const struct table *table, struct share share);
uint32_t table_find(const struct table *table, const struct digest *digest);
// A new entry, which must not be there yet. TABLE_NONE: the client, or its interface, has its share already.
uint32_t table_add(struct table *table, const struct digest *digest, struct share share,
                   uint64_t now);
void table_renew(struct table *table, uint32_t entry, uint64_t now);
void table_remove(struct table *table, uint32_t entry);
struct share table_share(const struct table *table, uint32_t entry);

// An entry whose end has come, for the caller to remove; TABLE_NONE: none.
uint32_t table_overdue(const struct table *table, uint64_t now);
