// SPDX-License-Identifier: GPL-2.0-or-later
// Domain sets, and copies of DNS answers for whoever fills them. Four base chains copy to a netlink log group and decide
// nothing:
//   dns/query-in, -out     what clients ask, as they send it: before NAT changes the destination
//   dns/answer-in, -out    answers as clients get them: behind policy, which may have dropped them, and behind NAT, which has
//                          put back the address that was asked
// Each begins with the port, of whatever protocol, which is enough for almost every packet: most of what they cost one (a
// twentieth of forwarding it) is that they are base chains. Answers count in the direction of answers only; what
// conntrack does not follow has none, and what it takes for invalid is no answer. Kernel fact: a test of the direction ends a
// rule for packets without a connection.
#include "lower.h"

#include "keys.h"

#define CHAIN_QUERY_IN   "dns/query-in"
#define CHAIN_QUERY_OUT  "dns/query-out"
#define CHAIN_ANSWER_IN  "dns/answer-in"
#define CHAIN_ANSWER_OUT "dns/answer-out"
#define CHAIN_QUERIES    "dns/queries"
#define CHAIN_ANSWERS    "dns/answers"
#define SET_SERVERS      "dns-servers" // with the family behind it
#define COPY_PREFIX      "polc dns"

enum {
    PRIORITY_BEFORE_DNAT = -110, // NAT of destinations is at -100
    PRIORITY_BEHIND_SNAT = 110,  // and of sources at 100
    COMPARED_PORTS_MAX = 4
};

// ---- sets -----------------------------------------------------------------------------------------------------

const struct set *lower_domain_set(struct lower *lower, int32_t number, uint8_t family)
{
    const struct plan_domains *domains = &lower->plan->domains.items[number];
    struct set **made = &lower->domain_sets[family == IP_V6][number];
    if (*made == NULL) {
        bool is_new;
        struct set *set = *made = lower_set(
            lower, nft_domain_set_name(lower->arena, domains->name, family), SET_DOMAINS, &is_new);
        set->family = family;
        set->domains = (uint32_t)number;
        set->dynamic = true;
        set->timeout = lower->plan->settings.dns_set_timeout;
        set->size = NFT_DOMAIN_SET_SIZE;
        set->comment = clean_comment(lower->arena, domains->name);
    }
    return *made;
}

// ---- copies ---------------------------------------------------------------------------------------------------

// Every server with both protocols; NULL when there is none of the family.
static const struct set *server_set(struct lower *lower, uint8_t family)
{
    static const uint8_t protocols[] = {PROTO_TCP, PROTO_UDP};
    const struct ip_ports *servers = &lower->plan->settings.dns_servers;
    struct {
        VEC_FIELDS(struct plan_port_member);
    } members = {.count = 0};
    bool is_new;
    for (size_t i = 0; i < servers->count; i++) {
        const struct ip_port *server = &servers->items[i];
        for (size_t j = 0; server->addr.family == family && j < ARRAY_COUNT(protocols); j++) {
            vec_push(lower->arena, &members,
                     (struct plan_port_member){server->addr, protocols[j], server->port});
        }
    }
    if (members.count == 0) {
        return NULL;
    }
    struct set *set = lower_set(lower, arena_printf(lower->arena, SET_SERVERS "%u", family),
                                SET_TRIPLES, &is_new);
    set->family = family;
    set->size = set_size(members.count);
    set->triples = members.items;
    set->count = members.count;
    return set;
}

static const struct portset *server_ports(struct lower *lower)
{
    const struct ip_ports *servers = &lower->plan->settings.dns_servers;
    struct portset *ports = arena_new_of(lower->arena, struct portset);
    ports->items = arena_array_of(lower->arena, struct port_range, servers->count);
    ports->count = servers->count;
    for (size_t i = 0; i < servers->count; i++) {
        ports->items[i] = (struct port_range){servers->items[i].port, servers->items[i].port};
    }
    portset_normalize(ports);
    return ports;
}

// The copying of what comes from a server, or goes to one.
static void add_copies(struct lower *lower, struct chain *chain, bool from_server)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    struct stmt copy = {.kind = STMT_COPY,
                        .copy = {COPY_PREFIX, lower->plan->settings.dns_log_group}};
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        const struct set *servers = server_set(lower, families[i]);
        struct stmt match = {.kind = STMT_MATCH,
                             .op = OP_SET,
                             .key_count = 3,
                             .set = servers,
                             .keys = {(uint8_t)key_address(families[i], from_server), KEY_L4PROTO,
                                      (uint8_t)key_port(0, from_server)}};
        if (servers != NULL) {
            chain_add2(lower, chain, match, copy);
        }
    }
}

static void fill_answers(struct lower *lower, struct chain *chain)
{
    static const uint32_t not_answered = 1 | 8; // invalid, new
    static const uint8_t original = CT_ORIGINAL;
    struct stmt end = stmt_verdict(VERDICT_RETURN, NULL);
    chain_add2(lower, chain, stmt_value(KEY_CT_STATE, OP_BITS, &not_answered, sizeof not_answered),
               end);
    chain_add2(lower, chain, stmt_value(KEY_CT_DIRECTION, OP_EQ, &original, sizeof original), end);
    add_copies(lower, chain, true);
}

// A compare for each port is cheaper than a look-up of several.
static void go_by_port(struct lower *lower, struct chain *chain, bool source, const char *target)
{
    struct stmt go = stmt_verdict(VERDICT_GOTO, target);
    const struct portset *ports = server_ports(lower);
    enum rule_key key = key_port(0, source);
    size_t single = 0;
    for (size_t i = 0; i < ports->count; i++) {
        single += ports->items[i].max - ports->items[i].min + 1u;
    }
    if (single > COMPARED_PORTS_MAX) {
        chain_add2(lower, chain, stmt_in_set(key, lower_ports(lower, ports)), go);
        return;
    }
    for (size_t i = 0; i < ports->count; i++) {
        for (uint32_t port = ports->items[i].min; port <= ports->items[i].max; port++) {
            chain_add2(lower, chain, stmt_port(key, (uint16_t)port), go);
        }
    }
}

static void lower_copies(struct lower *lower, const char *name, enum chain_hook hook, bool answers)
{
    struct chain *chain =
        base_chain(lower, name, hook, answers ? PRIORITY_BEHIND_SNAT : PRIORITY_BEFORE_DNAT);
    go_by_port(lower, chain, answers, answers ? CHAIN_ANSWERS : CHAIN_QUERIES);
}

// A query over TCP is known by its connection.
static void fill_queries(struct lower *lower, struct chain *chain)
{
    static const uint8_t udp = PROTO_UDP;
    chain_add2(lower, chain, stmt_value(KEY_L4PROTO, OP_NE, &udp, 1),
               stmt_verdict(VERDICT_RETURN, NULL));
    add_copies(lower, chain, false);
}

void lower_domains(struct lower *lower)
{
    const struct plan *plan = lower->plan;
    for (size_t i = 0; i < plan->domains.count; i++) {
        lower_domain_set(lower, (int32_t)i, IP_V4);
        lower_domain_set(lower, (int32_t)i, IP_V6);
    }
    if (plan->settings.dns_servers.count == 0 ||
        (plan->domains.count == 0 && !plan->settings.dns_watch)) {
        return;
    }
    lower_copies(lower, CHAIN_QUERY_IN, HOOK_PREROUTING, false);
    lower_copies(lower, CHAIN_QUERY_OUT, HOOK_OUTPUT, false);
    lower_copies(lower, CHAIN_ANSWER_IN, HOOK_INPUT, true);
    lower_copies(lower, CHAIN_ANSWER_OUT, HOOK_POSTROUTING, true);
    fill_queries(lower, lower_chain(lower, CHAIN_QUERIES));
    fill_answers(lower, lower_chain(lower, CHAIN_ANSWERS));
}
