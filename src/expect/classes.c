// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses -> classes of addresses that neither the policies nor the cases tell apart. Two are in one class when the same
// policies govern them, the same sets and prefixes of rules hold them, and the same references of cases match them; so a
// flow of one speaks for those of all. On plans with host endpoints the node and its interfaces matter too.
#include "internal.h"

struct sorter {
    struct arena *arena;
    const struct plan *plan;
    const struct expect_suite *suite;
    struct strmap *endpoints; // id -> struct plan_endpoint
    struct {
        VEC_FIELDS(const struct cidrset *);
    } nets;                 // of rules
    struct strmap *classes; // signature -> number + 1
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

// Members of a named port set, which holds triples, with their ports.
static void sign_ports(struct strbuf *text, const struct plan_ipset *set, struct ip_addr addr)
{
    for (size_t i = 0; i < set->port_count; i++) {
        if (ip_addr_compare(set->ports[i].addr, addr) == 0) {
            strbuf_addf(text, "%u:%u,", set->ports[i].protocol, set->ports[i].port);
        }
    }
    strbuf_add(text, ";");
}

static void sign_sets(struct sorter *sorter, struct strbuf *text, struct ip_addr addr)
{
    for (size_t i = 0; i < sorter->plan->ipsets.count; i++) {
        const struct plan_ipset *set = &sorter->plan->ipsets.items[i];
        if (set->named_ports) {
            sign_ports(text, set, addr);
        } else {
            strbuf_add(text, cidrset_contains_addr(&set->members, addr) ? "1" : "0");
        }
    }
    for (size_t i = 0; i < sorter->nets.count; i++) {
        strbuf_add(text, cidrset_contains_addr(sorter->nets.items[i], addr) ? "1" : "0");
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

static void sort_address(struct sorter *sorter, uint32_t number, struct ip_addr addr)
{
    const struct expect_party *party = &sorter->suite->parties.items[number];
    struct strbuf text = {.arena = sorter->arena};
    strbuf_addf(&text, "%u%d%d ", addr.family, party->known, party->local);
    sign_endpoint(sorter, &text, party);
    sign_sets(sorter, &text, addr);
    strbuf_add(&text, " ");
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
    for (uint32_t i = 0; i < suite->parties.count; i++) {
        const struct expect_party *party = &suite->parties.items[i];
        for (size_t j = 0; j < party->address_count; j++) {
            sort_address(&sorter, i, party->addresses[j]);
        }
    }
}
