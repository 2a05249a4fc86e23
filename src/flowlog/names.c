// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses -> what flow logs call them (semantics.md 9.2): an endpoint, else a network set, else inside or outside; and
// back. Look-ups are by binary search: files have a hundred thousand flows.
#include <polc/dns.h>
#include <polc/flowlog.h>

struct named_address {
    struct ip_addr addr;
    uint32_t order; // of its endpoint: the first one names a shared address
    const struct plan_name *name;
    const struct plan_name_member *member;
};

struct named_net {
    struct cidr cidr;
    uint32_t netset; // number in the plan, which is the order of full names
};

// A port of a backend of a service.
struct named_backend {
    struct plan_port_member port;
    uint32_t service; // number in the plan
};

struct flowlog_names {
    struct arena *arena;
    const struct plan *plan;
    struct {
        VEC_FIELDS(struct named_address);
    } addresses;
    struct {
        VEC_FIELDS(struct named_net);
    } nets;
    struct {
        VEC_FIELDS(struct named_backend);
    } backends;
    uint8_t bits[2][129]; // lengths that prefixes of IPv4 and IPv6 have, longest first
    size_t bit_counts[2];
    struct dns_index *domains; // of network sets, by their numbers in the plan
    struct strmap *by_name;    // "NS/NAME" -> struct named_members; made when first asked
};

// ---- making them ------------------------------------------------------------------------------------------------

static int compare_addresses(const void *a, const void *b)
{
    const struct named_address *x = a;
    const struct named_address *y = b;
    int order = ip_addr_compare(x->addr, y->addr);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static int compare_nets(const void *a, const void *b)
{
    const struct named_net *x = a;
    const struct named_net *y = b;
    int order = cidr_compare(x->cidr, y->cidr);
    return order != 0 ? order : (x->netset > y->netset) - (x->netset < y->netset);
}

static void add_endpoints(struct flowlog_names *names)
{
    uint32_t order = 0;
    for (size_t i = 0; i < names->plan->names.count; i++) {
        const struct plan_name *name = &names->plan->names.items[i];
        for (size_t j = 0; j < name->members.count; j++, order++) {
            const struct plan_name_member *member = &name->members.items[j];
            for (size_t k = 0; k < member->address_count; k++) {
                vec_push(names->arena, &names->addresses,
                         (struct named_address){member->addresses[k], order, name, member});
            }
        }
    }
    vec_sort(&names->addresses, compare_addresses);
}

static int family_index(uint8_t family)
{
    return family == IP_V4 ? 0 : 1;
}

static void add_nets(struct flowlog_names *names)
{
    bool seen[2][129] = {0};
    for (size_t i = 0; i < names->plan->netsets.count; i++) {
        const struct plan_netset *netset = &names->plan->netsets.items[i];
        for (size_t j = 0; j < netset->net_count; j++) {
            struct cidr cidr = cidr_masked(netset->nets[j]);
            vec_push(names->arena, &names->nets, (struct named_net){cidr, (uint32_t)i});
            seen[family_index(cidr.addr.family)][cidr.bits] = true;
        }
    }
    vec_sort(&names->nets, compare_nets);
    for (int family = 0; family < 2; family++) {
        for (int bits = 128; bits >= 0; bits--) {
            if (seen[family][bits]) {
                names->bits[family][names->bit_counts[family]++] = (uint8_t)bits;
            }
        }
    }
}

static void add_domains(struct flowlog_names *names)
{
    names->domains = dns_index_new(names->arena);
    for (size_t i = 0; i < names->plan->netsets.count; i++) {
        const struct plan_netset *netset = &names->plan->netsets.items[i];
        for (size_t j = 0; j < netset->domain_count; j++) {
            dns_index_add(names->domains, netset->domains[j], (uint32_t)i);
        }
    }
}

static int compare_ports(const struct plan_port_member *a, const struct plan_port_member *b)
{
    int order = ip_addr_compare(a->addr, b->addr);
    order = order != 0 ? order : (a->protocol > b->protocol) - (a->protocol < b->protocol);
    return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

static int compare_backends(const void *a, const void *b)
{
    const struct named_backend *x = a;
    const struct named_backend *y = b;
    int order = compare_ports(&x->port, &y->port);
    return order != 0 ? order : (x->service > y->service) - (x->service < y->service);
}

static void add_services(struct flowlog_names *names)
{
    for (size_t i = 0; i < names->plan->services.count; i++) {
        const struct plan_service *service = &names->plan->services.items[i];
        for (size_t j = 0; j < service->port_count; j++) {
            vec_push(names->arena, &names->backends,
                     (struct named_backend){service->ports[j], (uint32_t)i});
        }
    }
    vec_sort(&names->backends, compare_backends);
}

struct flowlog_names *flowlog_names_new(struct arena *arena, const struct plan *plan)
{
    static const struct plan none;
    struct flowlog_names *names = arena_new_of(arena, struct flowlog_names);
    names->arena = arena;
    names->plan = plan != NULL ? plan : &none;
    add_endpoints(names);
    add_nets(names);
    add_domains(names);
    add_services(names);
    return names;
}

// ---- address -> name --------------------------------------------------------------------------------------------

static const struct named_address *find_address(const struct flowlog_names *names,
                                                struct ip_addr addr)
{
    size_t low = 0, high = names->addresses.count;
    while (low < high) { // the first one that is not lower
        size_t middle = low + (high - low) / 2;
        if (ip_addr_compare(names->addresses.items[middle].addr, addr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < names->addresses.count &&
                 ip_addr_compare(names->addresses.items[low].addr, addr) == 0;
    return found ? &names->addresses.items[low] : NULL;
}

static size_t first_net(const struct flowlog_names *names, struct cidr cidr)
{
    size_t low = 0, high = names->nets.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cidr_compare(names->nets.items[middle].cidr, cidr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// 0: of the namespace of the other end; 1: global; 2: of another namespace.
static int rank_of(const struct plan_netset *netset, const char *other_ns)
{
    if (netset->ns == NULL) {
        return 1;
    }
    return texts_equal(netset->ns, other_ns) ? 0 : 2;
}

// The best rank; in it the longest prefix; of those the first name.
static const struct plan_netset *find_netset(const struct flowlog_names *names, struct ip_addr addr,
                                             const char *other_ns)
{
    const struct plan_netset *best = NULL;
    int best_rank = 3;
    int family = family_index(addr.family);
    for (size_t i = 0; i < names->bit_counts[family] && best_rank > 0; i++) {
        struct cidr cidr = cidr_masked((struct cidr){addr, names->bits[family][i]});
        for (size_t j = first_net(names, cidr);
             j < names->nets.count && cidr_compare(names->nets.items[j].cidr, cidr) == 0; j++) {
            const struct plan_netset *netset =
                &names->plan->netsets.items[names->nets.items[j].netset];
            int rank = rank_of(netset, other_ns);
            if (rank < best_rank) {
                best = netset;
                best_rank = rank;
            }
        }
    }
    return best;
}

const struct cidr *flowlog_private_nets(size_t *ret_count)
{
    static const struct cidr nets[] = {
        {{IP_V4, {10}}, 8}, {{IP_V4, {172, 16}}, 12}, {{IP_V4, {192, 168}}, 16}};
    *ret_count = ARRAY_COUNT(nets);
    return nets;
}

static bool is_private(struct ip_addr addr)
{
    size_t count;
    const struct cidr *nets = flowlog_private_nets(&count);
    for (size_t i = 0; i < count; i++) {
        if (cidr_contains_addr(nets[i], addr)) {
            return true;
        }
    }
    return false;
}

static struct flowlog_name netset_name(const struct plan_netset *netset)
{
    return (struct flowlog_name){"ns", netset->ns != NULL ? netset->ns : "-", netset->name,
                                 netset->name};
}

struct flowlog_name flowlog_name_address(const struct flowlog_names *names, struct ip_addr addr,
                                         const char *other_ns)
{
    const struct named_address *endpoint = find_address(names, addr);
    if (endpoint != NULL) {
        bool workload = endpoint->name->type == PLAN_NAME_WORKLOAD;
        const char *ns = endpoint->name->ns;
        return (struct flowlog_name){workload ? "wep" : "hep", ns != NULL ? ns : "-",
                                     endpoint->member->name, endpoint->name->aggregate};
    }
    const struct plan_netset *netset = find_netset(names, addr, other_ns);
    if (netset != NULL) {
        return netset_name(netset);
    }
    return (struct flowlog_name){"net", "-", "-", is_private(addr) ? "pvt" : "pub"};
}

// The best rank; of those the first name.
static const struct plan_netset *find_netset_by_domain(const struct flowlog_names *names,
                                                       const struct flow_strings *domains,
                                                       const char *other_ns)
{
    const struct plan_netset *best = NULL;
    for (size_t i = 0; i < domains->count; i++) {
        struct arena_mark mark = arena_mark(names->arena);
        struct dns_sets sets;
        dns_index_find(names->domains, names->arena,
                       dns_name_canonical(names->arena, domains->items[i]), &sets);
        for (size_t j = 0; j < sets.count; j++) {
            const struct plan_netset *netset = &names->plan->netsets.items[sets.items[j]];
            int order = best == NULL ? -1 : rank_of(netset, other_ns) - rank_of(best, other_ns);
            best = order < 0 || (order == 0 && netset < best) ? netset : best;
        }
        arena_rewind(names->arena, mark);
    }
    return best;
}

struct flowlog_name flowlog_name_reached(const struct flowlog_names *names, struct ip_addr addr,
                                         const struct flow_strings *domains, const char *other_ns)
{
    struct flowlog_name name = flowlog_name_address(names, addr, other_ns);
    const struct plan_netset *netset =
        strcmp(name.type, "net") == 0 ? find_netset_by_domain(names, domains, other_ns) : NULL;
    return netset != NULL ? netset_name(netset) : name;
}

struct flowlog_service flowlog_find_service(const struct flowlog_names *names, struct ip_addr addr,
                                            uint8_t protocol, uint16_t port)
{
    const struct plan_port_member wanted = {addr, protocol, port};
    size_t low = 0, high = names->backends.count;
    while (low < high) { // the first one that is not lower
        size_t middle = low + (high - low) / 2;
        bool lower = compare_ports(&names->backends.items[middle].port, &wanted) < 0;
        low = lower ? middle + 1 : low;
        high = lower ? high : middle;
    }
    size_t count = 0;
    while (low + count < names->backends.count &&
           compare_ports(&names->backends.items[low + count].port, &wanted) == 0) {
        count++;
    }
    if (count != 1) {
        return count > 0 ? (struct flowlog_service){"*", "*"} : (struct flowlog_service){0};
    }
    const struct plan_service *service =
        &names->plan->services.items[names->backends.items[low].service];
    return (struct flowlog_service){service->ns, service->name};
}

// ---- name -> addresses --------------------------------------------------------------------------------------------

static const char *full_name(struct arena *arena, const char *ns, const char *name)
{
    return arena_printf(arena, "%s/%s", ns != NULL ? ns : "", name);
}

// Those of one name; `exact`: it is their own.
struct named_members {
    struct flowlog_members members;
    bool exact;
};

static void index_name(struct flowlog_names *names, const char *ns, const char *text, bool exact,
                       const struct plan_name_member *member)
{
    const char *key = full_name(names->arena, ns, text);
    struct named_members *named = strmap_get(names->by_name, key);
    if (named == NULL) {
        named = arena_new_of(names->arena, struct named_members);
        named->exact = exact;
        strmap_put(names->by_name, key, named);
    }
    if (named->exact == exact) {
        vec_push(names->arena, &named->members, member);
    }
}

// Names before what they are aggregated to: a name is one endpoint.
static void index_names(struct flowlog_names *names)
{
    names->by_name = strmap_new(names->arena);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < names->plan->names.count; i++) {
            const struct plan_name *name = &names->plan->names.items[i];
            for (size_t j = 0; j < name->members.count; j++) {
                const struct plan_name_member *member = &name->members.items[j];
                if (member->address_count > 0) {
                    index_name(names, name->ns, pass == 0 ? member->name : name->aggregate,
                               pass == 0, member);
                }
            }
        }
    }
}

static struct named_members *find_prefix(const struct flowlog_names *names, const char *ns,
                                         const char *name)
{
    struct named_members *ret = arena_new_of(names->arena, struct named_members);
    size_t length = strlen(name) - 1;
    for (size_t i = 0; i < names->plan->names.count; i++) {
        const struct plan_name *kin = &names->plan->names.items[i];
        for (size_t j = 0; texts_equal(kin->ns, ns) && j < kin->members.count; j++) {
            const struct plan_name_member *member = &kin->members.items[j];
            if (member->address_count > 0 && strncmp(member->name, name, length) == 0) {
                vec_push(names->arena, &ret->members, member);
            }
        }
    }
    return ret;
}

const struct flowlog_members *flowlog_find_members(struct flowlog_names *names, const char *ns,
                                                   const char *name)
{
    static struct named_members none;
    if (names->by_name == NULL) {
        index_names(names);
    }
    const char *text = full_name(names->arena, ns, name);
    struct named_members *named = strmap_get(names->by_name, text);
    if (named == NULL) { // looked for once
        bool prefix = name[0] != '\0' && name[strlen(name) - 1] == '*';
        named = prefix ? find_prefix(names, ns, name) : &none;
        strmap_put(names->by_name, text, named);
    }
    return &named->members;
}

size_t flowlog_find_addresses(struct flowlog_names *names, const char *ns, const char *name,
                              const struct ip_addr **ret)
{
    const struct flowlog_members *members = flowlog_find_members(names, ns, name);
    *ret = members->count > 0 ? members->items[0]->addresses : NULL;
    return members->count > 0 ? members->items[0]->address_count : 0;
}
