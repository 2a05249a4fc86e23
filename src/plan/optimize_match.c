// SPDX-License-Identifier: GPL-2.0-or-later
// Equal matches, found by sorting hashes: what a pass takes out of a match is blank on both sides.
#include "optimize.h"

#include <stdlib.h>

static bool side_equal(const struct plan_side *a, const struct plan_side *b)
{
    return a->has_nets == b->has_nets && a->has_not_nets == b->has_not_nets &&
           a->ipset == b->ipset && a->not_ipset == b->not_ipset && a->has_ports == b->has_ports &&
           a->named_ports == b->named_ports && a->not_named_ports == b->not_named_ports &&
           a->domains == b->domains && portset_equal(&a->ports, &b->ports) &&
           portset_equal(&a->not_ports, &b->not_ports) && cidrset_equal(&a->nets, &b->nets) &&
           cidrset_equal(&a->not_nets, &b->not_nets);
}

bool match_equal(const struct plan_match *a, const struct plan_match *b)
{
    return a->families == b->families && a->protocol == b->protocol &&
           a->not_protocol == b->not_protocol && a->icmp_type == b->icmp_type &&
           a->icmp_code == b->icmp_code && a->not_icmp_type == b->not_icmp_type &&
           a->not_icmp_code == b->not_icmp_code && side_equal(&a->source, &b->source) &&
           side_equal(&a->destination, &b->destination);
}

// FNV-1a, a number at a time.
static void add(uint64_t *hash, uint64_t value)
{
    *hash = (*hash ^ value) * 0x100000001b3u;
    *hash ^= *hash >> 29;
}

static void add_nets(uint64_t *hash, const struct cidrset *nets)
{
    add(hash, nets->count);
    for (size_t i = 0; i < nets->count; i++) {
        uint64_t words[2];
        memcpy(words, nets->items[i].addr.bytes, sizeof words);
        add(hash, words[0]);
        add(hash, words[1]);
        add(hash, nets->items[i].bits);
    }
}

static void add_ports(uint64_t *hash, const struct portset *ports)
{
    add(hash, ports->count);
    for (size_t i = 0; i < ports->count; i++) {
        add(hash, (uint64_t)ports->items[i].min << 16 | ports->items[i].max);
    }
}

static void add_side(uint64_t *hash, const struct plan_side *side)
{
    add(hash, (uint64_t)side->has_nets << 2 | (uint64_t)side->has_not_nets << 1 | side->has_ports);
    add(hash, (uint32_t)side->ipset);
    add(hash, (uint32_t)side->not_ipset);
    add(hash, (uint32_t)side->named_ports);
    add(hash, (uint32_t)side->not_named_ports);
    add(hash, (uint32_t)side->domains);
    add_nets(hash, &side->nets);
    add_nets(hash, &side->not_nets);
    add_ports(hash, &side->ports);
    add_ports(hash, &side->not_ports);
}

static uint64_t match_hash(const struct plan_match *match)
{
    uint64_t hash = 0xcbf29ce484222325u;
    add(&hash, (uint64_t)match->families << 16 | match->protocol << 8 | match->not_protocol);
    add(&hash, (uint64_t)(uint16_t)match->icmp_type << 16 | (uint16_t)match->icmp_code);
    add(&hash, (uint64_t)(uint16_t)match->not_icmp_type << 16 | (uint16_t)match->not_icmp_code);
    add_side(&hash, &match->source);
    add_side(&hash, &match->destination);
    return hash;
}

void sort_sources(struct plan_indexes *sources)
{
    vec_sort(sources, compare_u32);
}

struct hashed {
    uint64_t hash;
    size_t index;
};

static int compare_hashed(const void *a, const void *b)
{
    const struct hashed *left = a, *right = b;
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return (left->index > right->index) - (left->index < right->index);
}

size_t *match_groups(struct arena *arena, const struct plan_match *keys, size_t count)
{
    size_t *groups = arena_array_of(arena, size_t, count);
    struct hashed *sorted = arena_array_of(arena, struct hashed, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct hashed){match_hash(&keys[i]), i};
    }
    if (count > 1) {
        qsort(sorted, count, sizeof *sorted, compare_hashed);
    }
    size_t first = 0; // of those with this hash; another match with it stays alone
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].hash != sorted[first].hash) {
            first = i;
        }
        bool same = match_equal(&keys[sorted[first].index], &keys[sorted[i].index]);
        groups[sorted[i].index] = sorted[same ? first : i].index;
    }
    return groups;
}
