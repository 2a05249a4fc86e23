// SPDX-License-Identifier: GPL-2.0-or-later
// What a record says of an end -> the addresses that it may have. Addresses of pods are given to others after them: a name
// counts more than an address.
#include "internal.h"

struct ranges {
    VEC_FIELDS(struct range);
};

// Addresses of both families that are put together.
struct addresses {
    struct ranges families[FAMILIES];
    size_t count;
};

static int family_number(uint8_t family)
{
    return family == IP_V4 ? FAMILY_V4 : FAMILY_V6;
}

static uint8_t family_of(int number)
{
    return number == FAMILY_V4 ? IP_V4 : IP_V6;
}

static void add_net(struct impact *impact, struct cidr cidr, struct addresses *ret)
{
    struct range range = {wide_of_addr(cidr_masked(cidr).addr), wide_of_addr(cidr_last(cidr))};
    vec_push(impact->scratch, &ret->families[family_number(cidr.addr.family)], range);
    ret->count++;
}

static void add_address(struct impact *impact, struct ip_addr addr, struct addresses *ret)
{
    add_net(impact, cidr_of_addr(addr), ret);
}

static void fill_sets(struct impact *impact, const struct addresses *addresses, struct end *ret)
{
    for (int family = 0; family < FAMILIES; family++) {
        const struct ranges *ranges = &addresses->families[family];
        ret->sets[family] = space_ranges(impact->space, ranges->items, ranges->count);
    }
}

static void add_members(struct impact *impact, const struct flowlog_members *members,
                        struct addresses *ret)
{
    for (size_t i = 0; i < members->count; i++) {
        for (size_t j = 0; j < members->items[i]->address_count; j++) {
            add_address(impact, members->items[i]->addresses[j], ret);
        }
    }
}

// ---- endpoints ----------------------------------------------------------------------------------------------------

// As the policies were, else as they will be: an endpoint that comes with the change may have been there all the time.
static const struct flowlog_members *members_of(struct impact *impact, const char *ns,
                                                const char *name)
{
    const struct flowlog_members *members = NULL;
    for (int i = 0; i < PLANS; i++) {
        members = flowlog_find_members(impact->names[i], ns, name);
        if (members->count > 0) {
            break;
        }
    }
    return members;
}

// One of the addresses that the name has: that one.
static bool has_address(const struct flowlog_members *members, struct ip_addr addr)
{
    for (size_t i = 0; i < members->count; i++) {
        for (size_t j = 0; j < members->items[i]->address_count; j++) {
            if (ip_addr_compare(members->items[i]->addresses[j], addr) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void find_endpoint(struct impact *impact, const struct flowlog_end *end,
                          const struct ip_addr *addr, struct end *ret)
{
    struct addresses addresses = {0};
    const char *own = end->name != NULL ? end->name : end->name_aggr;
    const struct flowlog_members *members = members_of(impact, end->ns, own);
    ret->label.kind = IMPACT_ENDPOINTS;
    if (members->count == 0 && end->name_aggr != NULL && end->name_aggr != own) {
        members = members_of(impact, end->ns, end->name_aggr);
        ret->label.kind = IMPACT_KIN;
        addr = NULL;
    }
    if (addr != NULL && has_address(members, *addr)) {
        add_address(impact, *addr, &addresses);
    } else {
        add_members(impact, members, &addresses);
    }
    if (addresses.count == 1 && ret->label.kind == IMPACT_ENDPOINTS) {
        ret->label.kind = IMPACT_ADDRESS;
    }
    ret->label.address_count = addresses.count;
    fill_sets(impact, &addresses, ret);
}

// ---- network sets and the rest ------------------------------------------------------------------------------------

// Addresses that endpoints have, as the policies were: by those they are called.
static void add_endpoints(struct impact *impact, struct addresses *ret)
{
    const struct plan *plan = impact->plans[BEFORE];
    for (size_t i = 0; i < plan->names.count; i++) {
        for (size_t j = 0; j < plan->names.items[i].members.count; j++) {
            const struct plan_name_member *member = &plan->names.items[i].members.items[j];
            for (size_t k = 0; k < member->address_count; k++) {
                add_address(impact, member->addresses[k], ret);
            }
        }
    }
}

static void add_netsets(struct impact *impact, struct addresses *ret)
{
    const struct plan *plan = impact->plans[BEFORE];
    for (size_t i = 0; i < plan->netsets.count; i++) {
        for (size_t j = 0; j < plan->netsets.items[i].net_count; j++) {
            add_net(impact, plan->netsets.items[i].nets[j], ret);
        }
    }
}

static void take_out(struct impact *impact, const struct addresses *addresses, struct end *ret)
{
    struct end taken = {0};
    fill_sets(impact, addresses, &taken);
    for (int family = 0; family < FAMILIES; family++) {
        ret->sets[family] = space_minus(impact->space, ret->sets[family], taken.sets[family]);
    }
}

static void find_netset(struct impact *impact, const struct flowlog_end *end, struct end *ret)
{
    struct addresses addresses = {0};
    const char *name = end->name != NULL ? end->name : end->name_aggr;
    for (int i = 0; i < PLANS && addresses.count == 0; i++) {
        for (size_t j = 0; j < impact->plans[i]->netsets.count; j++) {
            const struct plan_netset *netset = &impact->plans[i]->netsets.items[j];
            bool same = texts_equal(netset->ns, end->ns) && strcmp(netset->name, name) == 0;
            for (size_t k = 0; same && k < netset->net_count; k++) {
                add_net(impact, netset->nets[k], &addresses);
            }
        }
    }
    struct addresses endpoints = {0};
    add_endpoints(impact, &endpoints);
    ret->label.kind = IMPACT_NETSET;
    fill_sets(impact, &addresses, ret);
    take_out(impact, &endpoints, ret);
}

static uint32_t every_address(struct impact *impact, int family)
{
    return space_everything(impact->space, family_of(family)).sides[SIDE_SOURCE];
}

static void find_anything(struct impact *impact, struct end *ret)
{
    for (int family = 0; family < FAMILIES; family++) {
        ret->sets[family] = every_address(impact, family);
    }
    ret->label.kind = IMPACT_ANYTHING;
}

static void add_nets(struct impact *impact, const struct cidr *nets, size_t count,
                     struct addresses *ret)
{
    for (size_t i = 0; i < count; i++) {
        add_net(impact, nets[i], ret);
    }
}

// Loopback, multicast and the like never leave a link: were they meant, nothing could be said of anybody outside.
static void find_outside(struct impact *impact, bool inside, struct end *ret)
{
    struct addresses taken = {0}, private = {0};
    size_t private_count, special_count;
    const struct cidr *private_nets = flowlog_private_nets(&private_count);
    const struct cidr *special_nets = flow_special_nets(&special_count);
    add_nets(impact, private_nets, private_count, inside ? &private : &taken);
    add_nets(impact, special_nets, special_count, &taken);
    add_endpoints(impact, &taken);
    add_netsets(impact, &taken);
    if (inside) {
        fill_sets(impact, &private, ret);
    } else {
        find_anything(impact, ret);
    }
    take_out(impact, &taken, ret);
    ret->label.kind = IMPACT_OUTSIDE;
}

// Nobody knows what the policies would make of it; what they make of the others of its namespace is the best guess.
static void find_gone(struct impact *impact, const char *ns, struct end *ret)
{
    struct addresses addresses = {0};
    const struct plan *plan = impact->plans[BEFORE];
    for (size_t i = 0; i < plan->names.count; i++) {
        const struct plan_name *name = &plan->names.items[i];
        for (size_t j = 0; texts_equal(name->ns, ns) && j < name->members.count; j++) {
            for (size_t k = 0; k < name->members.items[j].address_count; k++) {
                add_address(impact, name->members.items[j].addresses[k], &addresses);
            }
        }
    }
    if (addresses.count > 0) {
        fill_sets(impact, &addresses, ret);
    } else {
        find_anything(impact, ret);
    }
    ret->label.kind = IMPACT_GONE;
}

// ---- all of them --------------------------------------------------------------------------------------------------

static const char *intern(struct impact *impact, const char *text)
{
    return text == NULL || strcmp(text, "-") == 0
               ? NULL
               : strtab_intern(impact->texts, text, strlen(text));
}

static bool parse_address(const struct flowlog_end *end, struct ip_addr *ret)
{
    return end->ip != NULL && ip_addr_parse(end->ip, strlen(end->ip), ret) == ADDR_OK;
}

// The name that the policies give to an address; as they will be where they had none.
static struct flowlog_name name_of(struct impact *impact, struct ip_addr addr, const char *other_ns)
{
    struct flowlog_name name = flowlog_name_address(impact->names[BEFORE], addr, other_ns);
    if (strcmp(name.type, "net") == 0) {
        name = flowlog_name_address(impact->names[AFTER], addr, other_ns);
    }
    return name;
}

static void label_end(struct impact *impact, const struct flowlog_end *end,
                      const struct ip_addr *addr, const char *other_ns, struct impact_end *ret)
{
    struct flowlog_name name = {end->type, end->ns, end->name,
                                end->name_aggr != NULL ? end->name_aggr : end->name};
    if (name.aggregate == NULL && addr != NULL) {
        name = name_of(impact, *addr, other_ns);
    }
    ret->type = intern(impact, name.type);
    ret->ns = intern(impact, name.ns);
    ret->name = intern(impact, name.aggregate);
}

static void resolve_end(struct impact *impact, const struct flowlog_end *end, const char *other_ns,
                        struct end *ret)
{
    struct ip_addr addr;
    bool known = parse_address(end, &addr);
    const char *name = end->name_aggr != NULL ? end->name_aggr : end->name;
    bool pvt = texts_equal(name, "pvt"), outside = pvt || texts_equal(name, "pub");
    bool net = texts_equal(end->type, "net") || (end->type == NULL && end->ns == NULL && outside);
    bool netset = texts_equal(end->type, "ns");
    label_end(impact, end, known ? &addr : NULL, other_ns, &ret->label);
    if (known && (name == NULL || net || netset)) {
        struct addresses addresses = {0};
        add_address(impact, addr, &addresses);
        fill_sets(impact, &addresses, ret);
        ret->label.kind = IMPACT_ADDRESS;
    } else if (name == NULL || (net && !outside)) {
        find_anything(impact, ret);
    } else if (net) {
        find_outside(impact, pvt, ret);
    } else if (netset) {
        find_netset(impact, end, ret);
    } else {
        find_endpoint(impact, end, known ? &addr : NULL, ret);
    }
    if (ret->sets[FAMILY_V4] == SPACE_EMPTY && ret->sets[FAMILY_V6] == SPACE_EMPTY) {
        find_gone(impact, end->ns, ret);
    }
}

// What is known of the other end's namespace.
static const char *namespace_of(struct impact *impact, const struct flowlog_end *end)
{
    struct ip_addr addr;
    if (end->name != NULL || end->name_aggr != NULL) {
        return texts_equal(end->type, "ns") ? NULL : end->ns;
    }
    if (!parse_address(end, &addr)) {
        return NULL;
    }
    struct flowlog_name name = name_of(impact, addr, NULL);
    return strcmp(name.type, "wep") == 0 ? name.ns : NULL;
}

// Names of what is no endpoint; NULL when there are none.
static const char *domains_text(struct impact *impact, const struct flow_strings *domains)
{
    struct strbuf text = {.arena = impact->scratch};
    for (size_t i = 0; domains != NULL && i < domains->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? "\n" : "", domains->items[i]);
    }
    return text.length > 0 ? intern(impact, strbuf_text(&text)) : NULL;
}

const struct end *find_end(struct impact *impact, const struct flowlog_end *end,
                           const struct flowlog_end *other, const struct flow_strings *domains)
{
    struct arena_mark start = arena_mark(impact->scratch);
    const char *names = domains_text(impact, domains);
    arena_rewind(impact->scratch, start);
    const char *other_ns = intern(impact, namespace_of(impact, other));
    const void *key[] = {end->ip, end->name, end->name_aggr, end->ns, end->type, other_ns, names};
    struct end *found = strmap_get_n(impact->ends, key, sizeof key);
    if (found == NULL) {
        struct arena_mark mark = arena_mark(impact->scratch);
        found = arena_new_of(impact->arena, struct end);
        resolve_end(impact, end, other_ns, found);
        bool endpoint =
            texts_equal(found->label.type, "wep") || texts_equal(found->label.type, "hep");
        found->label.domains = endpoint ? NULL : names;
        arena_rewind(impact->scratch, mark);
        strmap_put_n(impact->ends, key, sizeof key, found);
    }
    return found;
}
