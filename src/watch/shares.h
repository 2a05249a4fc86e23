// SPDX-License-Identifier: GPL-2.0-or-later
// Who may have how much of a table of fixed size: whoever has less than a part of what is still free may have one more.
// However many flood it, a part stays free for those who do not, and what anybody has is never taken away for others.
// Counts by interface, which nobody behind it can forge, and by client behind it, whose address may be forged only by its
// neighbours. Clients whose hash is the same have one share: as many as there are counters.
#pragma once

#include <polc/base.h>
#include <stdint.h>

enum { SHARE_INTERFACES = 1024, SHARE_CLIENTS = 16384 };

struct shares {
    uint32_t interfaces[SHARE_INTERFACES];
    uint32_t clients[SHARE_CLIENTS];
};

// Which counters an entry is counted by.
struct share {
    uint16_t interface, client;
};

struct share share_of(uint32_t interface, uint32_t client_hash);
// Whether this client may have one more of `free` ones.
bool share_allows(const struct shares *shares, struct share share, size_t free);
// Takes it. False: it may not.
bool share_take(struct shares *shares, struct share share, size_t free);
void share_give(struct shares *shares, struct share share);
