// SPDX-License-Identifier: GPL-2.0-or-later
// Dynamic thresholds, as switches share a packet buffer: of N interfaces that want all, each gets 1/(N + 1), and the
// last part stays free.
#include "shares.h"

enum { CLIENT_PART = 4 }; // of what is free, for one client

struct share share_of(uint32_t interface, uint32_t client_hash)
{
    return (struct share){
        .interface = (uint16_t)(interface % SHARE_INTERFACES),
        .client = (uint16_t)(client_hash % SHARE_CLIENTS),
    };
}

bool share_allows(const struct shares *shares, struct share share, size_t free)
{
    return shares->interfaces[share.interface] < free &&
           shares->clients[share.client] < free / CLIENT_PART;
}

bool share_take(struct shares *shares, struct share share, size_t free)
{
    if (!share_allows(shares, share, free)) {
        return false;
    }
    shares->interfaces[share.interface]++;
    shares->clients[share.client]++;
    return true;
}

void share_give(struct shares *shares, struct share share)
{
    shares->interfaces[share.interface]--;
    shares->clients[share.client]--;
}
