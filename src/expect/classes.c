// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses -> classes of addresses that neither the policies nor the cases tell apart. Two are in one class when the same
// policies govern them, the same sets and prefixes of rules hold them, and the same references of cases match them; so a
// flow of one speaks for those of all. On plans with host endpoints the node and its interfaces matter too.
#include "internal.h"

#include <polc/dns.h>
#include <stdlib.h>

// An address of a party, and the sets that hold it: their numbers, with the ports of named port sets.
struct entry {
    uint32_t party;
    struct ip_addr addr;
    struct strbuf sets;
};

struct sorter {
    struct arena *arena;
    const struct plan *plan;
    const struct expect_suite *suite;
    struct strmap *endpoints; // id -> struct plan_endpoint
    struct {
        VEC_FIELDS(const struct cidrset *);
    } nets; // of rules
    struct {
        VEC_FIELDS(struct entry);
    } entries;
    struct entry **by_address; // sorted
    struct strmap *classes;    // signature -> number + 1
    struct classes *ret;
};

static void add_nets(struct sorter *sorter, const struct plan_side *side)
{
    if (side->has_nets) {
        vec_push(sorter->arena, &sorter->nets, &side->nets);
    }
    if (side->has_not_nets) {
        vec_push(sorter->arena, &sorter->nets, &side->not_nets);
    }
}

static void collect_nets(struct sorter *sorter, const struct plan_policy *policies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            const struct plan_rules *rules = &policies[i].rules[direction];
            for (size_t j = 0; j < rules->count; j++) {
                add_nets(sorter, &rules->items[j].match.source);
                add_nets(sorter, &rules->items[j].match.destination);
            }
        }
    }
}

static void sign_endpoint(struct sorter *sorter, struct strbuf *text,
                          const struct expect_party *party)
{
    if (party->endpoint != NULL) {
        const struct plan_endpoint *endpoint = strmap_get(sorter->endpoints, party->endpoint->id);
        if (endpoint == NULL) {
            strbuf_add(text, "elsewhere ");
        } else {
            strbuf_addf(text, "%u %u ", endpoint->classes[PLAN_IN], endpoint->classes[PLAN_OUT]);
        }
    }
    if (party->host != NULL || sorter->plan->hosts.count > 0) {
        strbuf_addf(text, "%s %s ", party->host != NULL ? party->host->id : "",
                    party->node != NULL ? party->node : "");
    }
}

static int compare_entries(const void *a, const void *b)
{
    return ip_addr_compare((*(struct entry *const *)a)->addr, (*(struct entry *const *)b)->addr);
}

static void collect_entries(struct sorter *sorter)
{
    struct arena *arena = sorter->arena;
    for (uint32_t i = 0; i < sorter->suite->parties.count; i++) {
        const struct expect_party *party = &sorter->suite->parties.items[i];
        for (size_t j = 0; j < party->address_count; j++) {
            vec_push(
                arena, &sorter->entries,
                (struct entry){.party = i, .addr = party->addresses[j], .sets = {.arena = arena}});
        }
    }
    size_t count = sorter->entries.count;
    sorter->by_address = arena_array_of(arena, struct entry *, count);
    for (size_t i = 0; i < count; i++) {
        sorter->by_address[i] = &sorter->entries.items[i];
    }
    if (count > 1) {
        qsort(sorter->by_address, count, sizeof(struct entry *), compare_entries);
    }
}

// The first entry whose address is not below this one.
static size_t first_entry(const struct sorter *sorter, struct ip_addr addr)
{
    size_t low = 0, high = sorter->entries.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_addr_compare(sorter->by_address[middle]->addr, addr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// By the members or by the addresses, whichever are fewer: there may be many sets, and large ones.
static void sign_nets(struct sorter *sorter, size_t number, const struct cidrset *set)
{
    size_t count = sorter->entries.count;
    for (size_t i = 0; i < count && count < set->count; i++) {
        if (cidrset_contains_addr(set, sorter->by_address[i]->addr)) {
            strbuf_addf(&sorter->by_address[i]->sets, "%zx,", number);
        }
    }
    for (size_t i = 0; i < set->count && count >= set->count; i++) {
        struct cidr member = set->items[i];
        for (size_t j = first_entry(sorter, member.addr);
             j < count && cidr_contains_addr(member, sorter->by_address[j]->addr); j++) {
            strbuf_addf(&sorter->by_address[j]->sets, "%zx,", number);
        }
    }
}

// Members of a named port set are triples, sorted by address.
static void sign_ports(struct sorter *sorter, size_t number, const struct plan_ipset *set)
{
    size_t at = 0;
    for (size_t i = 0; i < set->port_count; i++) {
        const struct plan_port_member *member = &set->ports[i];
        if (i == 0 || ip_addr_compare(member->addr, set->ports[i - 1].addr) != 0) {
            at = first_entry(sorter, member->addr);
        }
        for (size_t j = at; j < sorter->entries.count &&
                            ip_addr_compare(sorter->by_address[j]->addr, member->addr) == 0;
             j++) {
            strbuf_addf(&sorter->by_address[j]->sets, "%zx:%u:%u,", number, member->protocol,
                        member->port);
        }
    }
}

static void sign_sets(struct sorter *sorter)
{
    size_t count = sorter->plan->ipsets.count;
    for (size_t i = 0; i < count; i++) {
        const struct plan_ipset *set = &sorter->plan->ipsets.items[i];
        set->named_ports ? sign_ports(sorter, i, set) : sign_nets(sorter, i, &set->members);
    }
    for (size_t i = 0; i < sorter->nets.count; i++) {
        sign_nets(sorter, count + i, sorter->nets.items[i]);
    }
}

// What rules with domains tell apart: the names of an address.
static void sign_names(struct sorter *sorter)
{
    const struct dns_book *book = sorter->suite->book;
    struct dns_view facts;
    for (size_t i = 0; i < sorter->entries.count; i++) {
        struct entry *entry = &sorter->entries.items[i];
        const struct expect_party *party = &sorter->suite->parties.items[entry->party];
        if (book != NULL && dns_book_addr(book, entry->addr, &facts)) {
            for (size_t j = 0; j < facts.count; j++) {
                strbuf_addf(&entry->sets, "%s,", facts.items[j]->name);
            }
        }
        if (party->domain) { // its address may be anybody's
            strbuf_addf(&entry->sets, "dns %s %zu,", party->name, i);
        }
    }
}

static bool names_ports(const struct expect_case *item)
{
    for (size_t i = 0; i < item->ports.count; i++) {
        if (item->ports.items[i].name != NULL) {
            return true;
        }
    }
    return false;
}

static void sign_cases(struct sorter *sorter, struct strbuf *text, uint32_t number)
{
    const struct expect_party *party = &sorter->suite->parties.items[number];
    bool by_name = false;
    for (size_t i = 0; i < sorter->suite->cases.count; i++) {
        const struct expect_case *item = &sorter->suite->cases.items[i];
        strbuf_addf(text, "%c", '0' + item->from.has[number] + 2 * item->to.has[number]);
        by_name |= item->to.has[number] && names_ports(item);
    }
    for (size_t i = 0; by_name && party->ports != NULL && i < party->ports->count; i++) {
        const struct res_endpoint_port *port = &party->ports->items[i];
        strbuf_addf(text, " %s=%u:%u", port->name, port->protocol, port->port);
    }
}

static void sort_address(struct sorter *sorter, struct entry *entry)
{
    uint32_t number = entry->party;
    struct ip_addr addr = entry->addr;
    const struct expect_party *party = &sorter->suite->parties.items[number];
    struct strbuf text = {.arena = sorter->arena};
    strbuf_addf(&text, "%u%d%d ", addr.family, party->known, party->local);
    sign_endpoint(sorter, &text, party);
    strbuf_addf(&text, "%s ", strbuf_text(&entry->sets));
    sign_cases(sorter, &text, number);
    size_t known = (size_t)strmap_get(sorter->classes, strbuf_text(&text));
    if (known == 0) {
        vec_push(sorter->arena, sorter->ret, (struct class){.family = addr.family});
        known = sorter->ret->count;
        strmap_put(sorter->classes, strbuf_text(&text), (void *)known);
    }
    struct class *class = &sorter->ret->items[known - 1];
    vec_push(sorter->arena, class, (struct member){number, addr});
}

void classes_collect(struct arena *arena, const struct plan *plan, const struct expect_suite *suite,
                     struct classes *ret)
{
    struct sorter sorter = {.arena = arena,
                            .plan = plan,
                            .suite = suite,
                            .endpoints = strmap_new(arena),
                            .classes = strmap_new(arena),
                            .ret = ret};
    *ret = (struct classes){0};
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        strmap_put(sorter.endpoints, plan->endpoints.items[i].id, &plan->endpoints.items[i]);
    }
    collect_nets(&sorter, plan->policies.items, plan->policies.count);
    collect_nets(&sorter, plan->profiles.items, plan->profiles.count);
    collect_entries(&sorter);
    sign_sets(&sorter);
    sign_names(&sorter);
    for (size_t i = 0; i < sorter.entries.count; i++) {
        sort_address(&sorter, &sorter.entries.items[i]);
    }
}
