// SPDX-License-Identifier: GPL-2.0-or-later
// Host endpoints: one base chain for each kind of policy that one of them has (semantics.md 6.2). In each, the interface
// leads to the class chain of its host endpoint, and what has none of its own to that of "*".
//   host-untracked-in, -out   before connection tracking: doNotTrack
//   host-prednat              before NAT: preDNAT
//   input                     normal policy, behind what comes from workloads (lower_dispatch.c)
//   host-out, host-out-dnat   normal policy; what NAT sends elsewhere is judged behind routing, by its final interface
//   host-forward-in, -out     applyOnForward, around the chain of the workloads
// An accept ends only its base chain, so each judges by itself; a drop is final.
#include "lower_dispatch.h"

#include "keys.h"

enum {
    PRIORITY_RAW = -300, // before connection tracking at -200
    PRIORITY_MANGLE = -150,
    PRIORITY_BEFORE_FILTER = -1,
    PRIORITY_FILTER = 0,
    PRIORITY_AFTER_FILTER = 1
};

// One place where host endpoints are dispatched.
struct place {
    const char *name; // of the chain and of its map
    uint8_t stage;    // enum plan_stage
    const struct path *path;
    uint8_t hook; // enum chain_hook
    int priority;
};

static const struct place place_untracked_in = {"host-untracked-in", PLAN_UNTRACKED,
                                                &path_untracked_in, HOOK_PREROUTING, PRIORITY_RAW};
static const struct place place_untracked_out = {"host-untracked-out", PLAN_UNTRACKED,
                                                 &path_untracked_out, HOOK_OUTPUT, PRIORITY_RAW};
static const struct place place_prednat = {"host-prednat", PLAN_PREDNAT, &path_prednat,
                                           HOOK_PREROUTING, PRIORITY_MANGLE};
static const struct place place_in = {"host-in", PLAN_NORMAL, &path_to, HOOK_INPUT,
                                      PRIORITY_FILTER};
static const struct place place_out = {"host-out", PLAN_NORMAL, &path_host_out, HOOK_OUTPUT,
                                       PRIORITY_FILTER};
static const struct place place_out_dnat = {"host-out-dnat", PLAN_NORMAL, &path_host_out_dnat,
                                            HOOK_POSTROUTING, PRIORITY_MANGLE};
static const struct place place_forward_in = {"host-forward-in", PLAN_FORWARD, &path_forward_in,
                                              HOOK_FORWARD, PRIORITY_BEFORE_FILTER};
static const struct place place_forward_out = {"host-forward-out", PLAN_FORWARD, &path_host_out,
                                               HOOK_FORWARD, PRIORITY_AFTER_FILTER};

static enum rule_key interface_key(const struct place *place)
{
    return place->path->direction == PLAN_IN ? KEY_IIFNAME : KEY_OIFNAME;
}

// ---- which class judges an interface ---------------------------------------------------------------------------

// Chains behind routing differ from those of `output` only where these reject, and those before `forward` from those of
// `input` only where these record flows.
static const struct path *path_at(const struct lower *lower, const struct place *place)
{
    if (place == &place_forward_in && !lower_records(lower)) {
        return &path_to;
    }
    bool same = place->path == &path_host_out_dnat && !lower->plan->settings.reject;
    return same ? &path_host_out : place->path;
}

// The class of a host endpoint at a place; PLAN_NO_CLASS when it has none.
static uint32_t class_at(const struct plan_host *host, const struct place *place)
{
    return host->classes[place->stage][place->path->direction];
}

// The first of those for "*" governs, by name; NULL when there is none.
static const struct plan_host *wildcard(const struct lower *lower)
{
    for (size_t i = 0; i < lower->plan->hosts.count; i++) {
        if (lower->plan->hosts.items[i].all_interfaces) {
            return &lower->plan->hosts.items[i];
        }
    }
    return NULL;
}

static bool governs(const struct lower *lower, const struct plan_host *host)
{
    return host == wildcard(lower) || host->interfaces.count > 0;
}

static bool place_has(const struct lower *lower, const struct place *place, bool staged_too)
{
    for (size_t i = 0; i < lower->plan->hosts.count; i++) {
        const struct plan_host *host = &lower->plan->hosts.items[i];
        uint32_t class = class_at(host, place);
        if (governs(lower, host) && class != PLAN_NO_CLASS &&
            (staged_too || class_decides(&lower->plan->classes.items[class]))) {
            return true;
        }
    }
    return false;
}

static bool place_used(const struct lower *lower, const struct place *place)
{
    return place_has(lower, place, true);
}

// Staged policies alone leave the mark as it is.
static bool place_decides(const struct lower *lower, const struct place *place)
{
    return place_has(lower, place, false);
}

// ---- dispatch --------------------------------------------------------------------------------------------------

static int compare_elements(const void *a, const void *b)
{
    return strcmp(((const struct map_element *)a)->ifname, ((const struct map_element *)b)->ifname);
}

// A map of interfaces with a host endpoint of their own.
struct host_map {
    const char *name;
    const struct stmt
        *judged;          // the verdict for those that are judged at this place; NULL: their class
    struct stmt unjudged; // for the others, which must not fall to "*"
};

static bool wildcard_judges(const struct lower *lower, const struct place *place)
{
    const struct plan_host *star = wildcard(lower);
    return star != NULL && class_at(star, place) != PLAN_NO_CLASS;
}

static struct stmt host_verdict(struct lower *lower, const struct plan_host *host,
                                const struct place *place, const struct host_map *map)
{
    uint32_t class = class_at(host, place);
    if (class == PLAN_NO_CLASS) {
        return map->unjudged;
    }
    return map->judged != NULL
               ? *map->judged
               : stmt_verdict(VERDICT_GOTO, lower_class(lower, class, path_at(lower, place)));
}

static const struct set *make_host_map(struct lower *lower, const struct place *place,
                                       const struct host_map *map)
{
    bool star_judges = wildcard_judges(lower, place);
    VEC(struct map_element) elements = {0};
    for (size_t i = 0; i < lower->plan->hosts.count; i++) {
        const struct plan_host *host = &lower->plan->hosts.items[i];
        if (class_at(host, place) == PLAN_NO_CLASS && !star_judges) {
            continue;
        }
        struct stmt verdict = host_verdict(lower, host, place, map);
        for (size_t j = 0; j < host->interfaces.count; j++) {
            struct map_element element = {.ifname = host->interfaces.items[j],
                                          .verdict = verdict.verdict,
                                          .chain = verdict.chain,
                                          .loc = host->loc};
            vec_push(lower->arena, &elements, element);
        }
    }
    vec_sort(&elements, compare_elements);
    bool is_new;
    struct set *set = lower_set(lower, map->name, SET_VERDICTS, &is_new);
    set->with_ifname = true;
    set->verdicts = elements.items;
    set->count = elements.count;
    set->size = set_size(elements.count);
    return set;
}

static struct stmt loopback(enum rule_key key, enum match_op op)
{
    static const char name[16] = "lo";
    return stmt_value(key, op, name, sizeof name);
}

// The end of a place's chain: own class, else that of "*".
static void add_dispatch(struct lower *lower, struct chain *chain, const struct place *place)
{
    enum rule_key key = interface_key(place);
    struct host_map map = {place->name, NULL, stmt_verdict(VERDICT_ACCEPT, NULL)};
    if (place == &place_forward_out && lower_records(lower)) {
        map.unjudged = stmt_verdict(VERDICT_GOTO, CHAIN_FORWARDED);
    }
    chain_add1(lower, chain, stmt_vmap(key, -1, make_host_map(lower, place, &map)));
    const struct plan_host *star = wildcard(lower);
    uint32_t class = star != NULL ? class_at(star, place) : PLAN_NO_CLASS;
    if (class == PLAN_NO_CLASS) {
        return;
    }
    chain_add2(lower, chain, loopback(key, OP_EQ), stmt_verdict(VERDICT_ACCEPT, NULL));
    if (place->stage == PLAN_NORMAL && place->path->direction == PLAN_OUT) {
        accept_to_workloads(lower, chain);
    }
    chain_add1(lower, chain,
               stmt_verdict(VERDICT_GOTO, lower_class(lower, class, path_at(lower, place))));
}

// ---- the mark: "allowed already" -------------------------------------------------------------------------------

static const struct set *governed_interfaces(struct lower *lower)
{
    VEC(const char *) names = {0};
    for (size_t i = 0; i < lower->plan->hosts.count; i++) {
        const struct plan_host *host = &lower->plan->hosts.items[i];
        for (size_t j = 0; j < host->interfaces.count; j++) {
            vec_push(lower->arena, &names, host->interfaces.items[j]);
        }
    }
    vec_sort(&names, compare_texts);
    bool is_new;
    struct set *set = lower_set(lower, SET_HOST_INTERFACES, SET_IFNAMES, &is_new);
    set->ifnames = names.items;
    set->count = names.count;
    set->size = set_size(names.count);
    return set;
}

static struct stmt governed_by_any(struct lower *lower, enum rule_key key)
{
    return wildcard(lower) != NULL ? loopback(key, OP_NE)
                                   : stmt_in_set(key, governed_interfaces(lower));
}

// Nobody else's mark may stand for an Allow. Only on governed interfaces: other packets stay as they are.
static void clear_mark(struct lower *lower, struct chain *chain, const struct place *place)
{
    struct stmt governed = governed_by_any(lower, interface_key(place));
    struct stmt clear = {.kind = STMT_SET_MARK, .mark = {.keep = ~lower->plan->settings.mark}};
    chain_add2(lower, chain, governed, clear);
}

static struct stmt is_marked(const struct lower *lower)
{
    uint32_t bit = lower->plan->settings.mark;
    return stmt_value(KEY_MARK, OP_BITS, &bit, sizeof bit);
}

static void accept_marked(struct lower *lower, struct chain *chain)
{
    chain_add2(lower, chain, is_marked(lower), stmt_verdict(VERDICT_ACCEPT, NULL));
}

// Where nothing judges it any more. On other interfaces the mark is somebody else's.
static void record_marked(struct lower *lower, struct chain *chain)
{
    struct stmt stmts[] = {is_marked(lower), governed_by_any(lower, KEY_IIFNAME),
                           flow_allow(lower)};
    chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), NULL, LOC_NONE);
}

static bool marks_in(const struct lower *lower)
{
    return place_decides(lower, &place_untracked_in) || place_decides(lower, &place_prednat);
}

// A verdict for what comes from the address, or goes to it, of a workload without an interface of its own.
static void of_addresses(struct lower *lower, struct chain *chain, bool source, struct stmt verdict)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        VEC(struct cidr) found = {0};
        for (size_t j = 0; j < lower->plan->endpoints.count; j++) {
            const struct plan_endpoint *endpoint = &lower->plan->endpoints.items[j];
            for (size_t k = 0; endpoint->interface == NULL && k < endpoint->address_count; k++) {
                if (endpoint->addresses[k].family == families[i]) {
                    vec_push(lower->arena, &found, cidr_of_addr(endpoint->addresses[k]));
                }
            }
        }
        if (found.count > 0) {
            struct cidrset *set = arena_new_of(lower->arena, struct cidrset);
            *set = (struct cidrset){found.items, found.count};
            cidrset_normalize(set);
            chain_add2(lower, chain,
                       stmt_address_set(families[i], source, lower_nets(lower, set, NULL)),
                       verdict);
        }
    }
}

// Behind some interface of the host, which never judges what the host sends to them.
static void accept_to_addresses(struct lower *lower, struct chain *chain)
{
    of_addresses(lower, chain, false, stmt_verdict(VERDICT_ACCEPT, NULL));
}

// ---- flows that go through this host ---------------------------------------------------------------------------

bool lower_hosts_forward(const struct lower *lower, int direction)
{
    return place_used(lower, direction == PLAN_IN ? &place_forward_in : &place_forward_out);
}

// What a host endpoint let in is a flow of this endpoint, though no workload has part in it.
static void record_let_in(struct lower *lower, struct chain *chain)
{
    if (marks_in(lower)) {
        record_marked(lower, chain);
    }
    if (place_used(lower, &place_forward_in)) {
        struct stmt record = flow_allow(lower);
        struct host_map map = {SET_FORWARDED, &record, stmt_verdict(VERDICT_ACCEPT, NULL)};
        const struct set *judged = make_host_map(lower, &place_forward_in, &map);
        chain_add1(lower, chain, stmt_vmap(KEY_IIFNAME, -1, judged));
        if (wildcard_judges(lower, &place_forward_in)) {
            chain_add1(lower, chain, record);
        }
    }
}

void lower_transit_end(struct lower *lower, struct chain *chain)
{
    if (!place_used(lower, &place_forward_out)) {
        record_let_in(lower, chain);
    }
    chain_add1(lower, chain, stmt_verdict(VERDICT_ACCEPT, NULL));
}

// The end of host-forward-out, for what no host endpoint judges there: what the chains before it judged and left to it.
static void fill_forwarded(struct lower *lower)
{
    struct chain *chain = lower_chain(lower, CHAIN_FORWARDED);
    const struct set *interfaces = make_interfaces(lower);
    of_workloads(lower, chain, KEY_IIFNAME, interfaces, flow_allow(lower));
    of_workloads(lower, chain, KEY_OIFNAME, interfaces, flow_allow(lower));
    of_addresses(lower, chain, true, flow_allow(lower));
    of_addresses(lower, chain, false, flow_allow(lower));
    record_let_in(lower, chain);
}

// ---- the chains ------------------------------------------------------------------------------------------------

static struct chain *open_place(struct lower *lower, const struct place *place)
{
    return base_chain(lower, place->name, place->hook, place->priority);
}

static void accept_established(struct lower *lower, struct chain *chain)
{
    chain_add2(lower, chain, established(), stmt_verdict(VERDICT_ACCEPT, NULL));
}

static void lower_untracked(struct lower *lower, const struct place *place)
{
    struct chain *chain = open_place(lower, place);
    if (place_decides(lower, place)) {
        clear_mark(lower, chain, place);
    }
    accept_discovery(lower, chain);
    add_dispatch(lower, chain, place);
}

static void lower_prednat(struct lower *lower)
{
    struct chain *chain = open_place(lower, &place_prednat);
    accept_established(lower, chain);
    if (place_decides(lower, &place_untracked_in)) {
        accept_marked(lower, chain);
    } else if (place_decides(lower, &place_prednat)) {
        clear_mark(lower, chain, &place_prednat);
    }
    accept_discovery(lower, chain);
    if (wildcard_judges(lower, &place_prednat)) {
        accept_dhcp_of_workloads(lower, chain);
    }
    add_dispatch(lower, chain, &place_prednat);
}

static void lower_forward(struct lower *lower, const struct place *place)
{
    struct chain *chain = open_place(lower, place);
    accept_established(lower, chain);
    if (place->path->direction == PLAN_IN && marks_in(lower)) {
        accept_marked(lower, chain);
    }
    accept_discovery(lower, chain); // between the ports of a bridge it comes by here
    add_dispatch(lower, chain, place);
    if (place == &place_forward_out && lower_records(lower)) {
        fill_forwarded(lower);
        chain_add1(lower, chain, stmt_verdict(VERDICT_GOTO, CHAIN_FORWARDED));
    }
}

// A packet whose destination NAT has changed may leave by another interface than routing said first.
static void lower_out(struct lower *lower)
{
    static const uint32_t dnat = CT_STATUS_DNAT;
    struct chain *chain = open_place(lower, &place_out);
    accept_established(lower, chain);
    if (place_decides(lower, &place_untracked_out)) {
        accept_marked(lower, chain);
    }
    chain_add2(lower, chain, stmt_value(KEY_CT_STATUS, OP_BITS, &dnat, sizeof dnat),
               stmt_verdict(VERDICT_ACCEPT, NULL));
    accept_discovery(lower, chain);
    accept_to_addresses(lower, chain);
    add_dispatch(lower, chain, &place_out);
}

static void lower_out_dnat(struct lower *lower)
{
    static const uint32_t dnat = CT_STATUS_DNAT, none = 0;
    struct chain *chain = open_place(lower, &place_out_dnat);
    accept_established(lower, chain);
    struct stmt stmts[] = {stmt_value(KEY_IIF, OP_EQ, &none, sizeof none), // not forwarded
                           stmt_value(KEY_CT_STATUS, OP_BITS, &dnat, sizeof dnat),
                           stmt_verdict(VERDICT_GOTO, CHAIN_HOST_DNAT)};
    chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), NULL, LOC_NONE);
    struct chain *dispatch = lower_chain(lower, CHAIN_HOST_DNAT);
    accept_to_addresses(lower, dispatch);
    add_dispatch(lower, dispatch, &place_out_dnat);
}

void lower_host_input(struct lower *lower, struct chain *input)
{
    if (!place_used(lower, &place_in)) {
        return;
    }
    if (marks_in(lower)) {
        if (lower_records(lower)) {
            record_marked(lower, input);
        }
        accept_marked(lower, input);
    }
    accept_discovery(lower, input);
    add_dispatch(lower, input, &place_in);
}

void lower_hosts(struct lower *lower)
{
    if (place_used(lower, &place_untracked_in)) {
        lower_untracked(lower, &place_untracked_in);
    }
    if (place_used(lower, &place_untracked_out)) {
        lower_untracked(lower, &place_untracked_out);
    }
    if (place_used(lower, &place_prednat)) {
        lower_prednat(lower);
    }
    if (place_used(lower, &place_out)) {
        lower_out(lower);
        lower_out_dnat(lower);
    }
    if (place_used(lower, &place_forward_in)) {
        lower_forward(lower, &place_forward_in);
    }
    if (place_used(lower, &place_forward_out)) {
        lower_forward(lower, &place_forward_out);
    }
}
