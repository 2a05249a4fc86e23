// SPDX-License-Identifier: GPL-2.0-or-later
// Plan -> where names of addresses may change: at what endpoints, network sets and private nets begin with and end before.
#include "spans.h"

#include <polc/flowlog.h>
#include <polc/space.h>

struct spans {
    struct {
        VEC_FIELDS(wide);
    } begins[2]; // of IPv4 and IPv6; sorted
};

static void add_net(struct arena *arena, struct spans *spans, struct cidr net)
{
    bool v6 = net.addr.family == IP_V6;
    wide last = wide_of_addr(cidr_last(net));
    vec_push(arena, &spans->begins[v6], wide_of_addr(cidr_masked(net).addr));
    if (last != (v6 ? ~(wide)0 : (wide)UINT32_MAX)) {
        vec_push(arena, &spans->begins[v6], last + 1);
    }
}

static void add_addresses(struct arena *arena, struct spans *spans, const struct plan_name *name)
{
    for (size_t i = 0; i < name->members.count; i++) {
        const struct plan_name_member *member = &name->members.items[i];
        for (size_t j = 0; j < member->address_count; j++) {
            struct ip_addr addr = member->addresses[j];
            add_net(arena, spans, (struct cidr){addr, (uint8_t)ip_family_bits(addr.family)});
        }
    }
}

static int compare_wide(const void *a, const void *b)
{
    wide left = *(const wide *)a, right = *(const wide *)b;
    return (left > right) - (left < right);
}

struct spans *spans_new(struct arena *arena, const struct plan *plan)
{
    struct spans *spans = arena_new_of(arena, struct spans);
    size_t count;
    const struct cidr *nets = flowlog_private_nets(&count);
    for (size_t i = 0; i < count; i++) {
        add_net(arena, spans, nets[i]);
    }
    for (size_t i = 0; i < plan->names.count; i++) {
        add_addresses(arena, spans, &plan->names.items[i]);
    }
    for (size_t i = 0; i < plan->netsets.count; i++) {
        for (size_t j = 0; j < plan->netsets.items[i].net_count; j++) {
            add_net(arena, spans, plan->netsets.items[i].nets[j]);
        }
    }
    for (int i = 0; i < 2; i++) {
        vec_sort(&spans->begins[i], compare_wide);
    }
    return spans;
}

// The first one that lies behind `value`.
static size_t find_behind(const struct spans *spans, bool v6, wide value)
{
    size_t low = 0, high = spans->begins[v6].count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->begins[v6].items[middle] <= value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool spans_next(const struct spans *spans, struct cidr net, size_t *at, struct ip_addr *ret)
{
    bool v6 = net.addr.family == IP_V6;
    if (*at == 0) {
        *ret = net.addr;
        *at = find_behind(spans, v6, wide_of_addr(net.addr)) + 1;
        return true;
    }
    if (*at > spans->begins[v6].count ||
        spans->begins[v6].items[*at - 1] > wide_of_addr(cidr_last(net))) {
        return false;
    }
    wide value = spans->begins[v6].items[*at - 1];
    *ret = addr_of_wide(value, net.addr.family);
    *at = find_behind(spans, v6, value) + 1;
    return true;
}
