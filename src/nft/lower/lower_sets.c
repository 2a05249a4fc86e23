// SPDX-License-Identifier: GPL-2.0-or-later
// IP sets, nets and port lists of the plan -> nft sets. Which kind (dataplane.md 1, 2.4): hosts in a hash, CIDRs in a
// padded concatenation (2 to 3 times faster to look up than a plain interval set), very many CIDRs in a plain
// interval set (the kernel copies a padded set at every change, and loads it slower).
// The name tells the kind, so that a set never has to change its shape in place.
#include "lower.h"

enum {
    PADDED_MAX = 16384, // CIDRs; above it a plain interval set
    SIZE_MIN = 16,
    PORT_NAME_MAX = 48,
};

uint32_t set_size(size_t count)
{
    uint32_t size = SIZE_MIN;
    while (size < count + count / 4 && size < UINT32_MAX / 2) {
        size *= 2;
    }
    return size;
}

struct set *lower_set(struct lower *lower, const char *name, enum set_content content,
                      bool *ret_new)
{
    struct set *set = strmap_get(lower->sets, name);
    *ret_new = set == NULL;
    if (set == NULL) {
        set = arena_new_of(lower->arena, struct set);
        set->name = name;
        set->content = (uint8_t)content;
        set->loc = lower->place;
        strmap_put(lower->sets, name, set);
    }
    return set;
}

// Picks hash, padded or interval for prefixes of one family, and fills it in.
// `place` names the set; without one the identity does.
static const struct set *cidr_set(struct lower *lower, const char *prefix, const char *place,
                                  const char *identity, struct cidrset cidrs, const char *comment)
{
    bool hosts = cidrset_all_hosts(&cidrs);
    bool padded = !hosts && cidrs.count <= PADDED_MAX;
    uint8_t family = cidrs.items[0].addr.family;
    const char *kind = arena_printf(lower->arena, "%s%u%s.", prefix, family,
                                    hosts    ? ""
                                    : padded ? "p"
                                             : "i");
    bool is_new;
    const char *name = place != NULL ? arena_printf(lower->arena, "%s%s", kind, place)
                                     : hashed_name(lower, kind, identity);
    struct set *set = lower_set(lower, name, padded ? SET_PADDED : SET_CIDRS, &is_new);
    if (is_new) {
        set->family = family;
        set->interval = !hosts;
        set->size = hosts ? set_size(cidrs.count) : 0;
        set->cidrs = cidrs;
        set->count = cidrs.count;
        set->comment = comment != NULL ? clean_comment(lower->arena, comment) : NULL;
    }
    return set;
}

static const struct set *triple_set(struct lower *lower, const struct plan_ipset *ipset,
                                    uint8_t family)
{
    // Sorted by address: IPv4 first.
    size_t first = 0;
    while (first < ipset->port_count && ipset->ports[first].addr.family < family) {
        first++;
    }
    size_t count = 0;
    while (first + count < ipset->port_count && ipset->ports[first + count].addr.family == family) {
        count++;
    }
    if (count == 0) {
        return NULL;
    }
    bool is_new;
    const char *kind = arena_printf(lower->arena, "port%u.", family);
    struct set *set = lower_set(lower, hashed_name(lower, kind, ipset->name), SET_TRIPLES, &is_new);
    set->family = family;
    set->size = set_size(count);
    set->triples = ipset->ports + first;
    set->count = count;
    set->comment = clean_comment(lower->arena, ipset->name);
    return set;
}

const struct set *lower_ipset(struct lower *lower, int32_t number, uint8_t family)
{
    static struct set empty;
    struct set **cached = &lower->ipset_cache[family == IP_V6][number];
    if (*cached != NULL) {
        return *cached == &empty ? NULL : *cached;
    }
    const struct plan_ipset *ipset = &lower->plan->ipsets.items[number];
    const struct set *set = NULL;
    if (ipset->named_ports) {
        set = triple_set(lower, ipset, family);
    } else {
        struct cidrset members = cidrset_family(&ipset->members, family);
        set = members.count > 0 ? cidr_set(lower, "sel", NULL, ipset->name, members, ipset->name)
                                : NULL;
    }
    *cached = set != NULL ? (struct set *)set : &empty;
    return set;
}

const struct set *lower_nets(struct lower *lower, const struct cidrset *nets, const char *place)
{
    if (nets->count > NETS_SHARED_MAX && place != NULL) {
        return cidr_set(lower, "net", place, NULL, *nets, NULL);
    }
    struct strbuf identity = {.arena = lower->arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < nets->count; i++) {
        strbuf_addf(&identity, "%s ", cidr_text(nets->items[i], false, buffer));
    }
    return cidr_set(lower, "net", NULL, strbuf_text(&identity), *nets, NULL);
}

static bool is_single(const struct plan_tuple *tuple)
{
    return cidr_is_host(tuple->net) && tuple->ports.min == tuple->ports.max;
}

const struct set *lower_tuples(struct lower *lower, const struct plan_policy *policy,
                               const struct path *path, const struct plan_step *step,
                               uint8_t family, const char *const *targets)
{
    const struct plan_tuple *tuples = step->tuples[family == IP_V6].items;
    size_t count = step->tuples[family == IP_V6].count;
    bool map = targets != NULL, interval = false, is_new;
    if (count == 0) {
        return NULL;
    }
    for (size_t i = 0; i < count && !interval; i++) {
        interval = !is_single(&tuples[i]);
    }
    // Named by its place, so that the change of a member is a change of elements; and behind the sets that many rules use,
    // since the kernel walks them in the order in which they were made, which is that of their names.
    const char *name =
        arena_printf(lower->arena, "%s%u%s.%s/%s%s/%u", map ? "verdicts" : "tuples", family,
                     interval ? "p" : "", short_id(lower->arena, policy->id),
                     direction_text(path->direction), map ? path->suffix : "", step->number);
    struct set *set = lower_set(lower, name, map ? SET_TUPLE_VERDICTS : SET_TUPLES, &is_new);
    set->family = family;
    set->interval = interval;
    set->size = interval ? 0 : set_size(count);
    set->tuples = tuples;
    set->count = count;
    for (size_t i = 0; map && i < PLAN_ACTION_COUNT; i++) {
        set->targets[i] = targets[i];
    }
    return set;
}

static const char *port_set_name(struct lower *lower, const struct portset *ports)
{
    struct strbuf text = {.arena = lower->arena};
    for (size_t i = 0; i < ports->count; i++) {
        struct port_range range = ports->items[i];
        strbuf_addf(&text, "%c%u", i > 0 ? '_' : '.', range.min);
        if (range.max != range.min) {
            strbuf_addf(&text, "-%u", range.max);
        }
    }
    if (text.length > PORT_NAME_MAX) {
        return hashed_name(lower, "ports.", strbuf_text(&text));
    }
    return arena_printf(lower->arena, "ports%s", strbuf_text(&text));
}

const struct set *lower_ports(struct lower *lower, const struct portset *ports)
{
    bool is_new;
    struct set *set = lower_set(lower, port_set_name(lower, ports), SET_PORTS, &is_new);
    set->interval = true;
    set->ports = *ports;
    set->count = ports->count;
    return set;
}
