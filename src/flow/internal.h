// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module flow share: matching a rule, walking a class, the packet's way.
#pragma once

#include <polc/dns.h>
#include <polc/flow.h>

// ---- match.c: one rule ----------------------------------------------------------------------------------------

// The criterion of a rule that a flow does not meet.
enum mismatch {
    MISMATCH_NONE,
    MISMATCH_FAMILY,
    MISMATCH_PROTOCOL,
    MISMATCH_NOT_PROTOCOL,
    MISMATCH_ICMP,
    MISMATCH_NOT_ICMP,
    MISMATCH_PORTS,
    MISMATCH_NOT_PORTS,
    MISMATCH_NETS,
    MISMATCH_NOT_NETS,
    MISMATCH_SET,
    MISMATCH_NOT_SET,
    MISMATCH_NOT_NAMED_PORTS,
    MISMATCH_DOMAINS, // of these two nothing but the names is missing
    MISMATCH_MAYBE,   // whether one of the names has the address is not known
};

// What of the names that are not known to have an address.
enum guess { GUESS_NO, GUESS_YES, GUESS_NONE };

// What is known of the names of a destination.
struct known_names {
    const uint64_t
        *sets;      // bits, by number in plan.domains: one of these names has it; NULL: none has
    uint8_t others; // enum guess
};

// The first criterion that is not met, names last; *ret_source says of which side, when it is one of a side. `names` NULL:
// no name has the destination.
enum mismatch match_rule(const struct plan *plan, const struct plan_match *match,
                         const struct flow *flow, const struct known_names *names,
                         bool *ret_source);

// ---- walk.c: the tiers, policies and profiles of a class --------------------------------------------------------

enum walk_mode {
    WALK_ENFORCED, // staged policies are not there
    WALK_PENDING,  // staged policies decide
    WALK_ALL,      // staged policies are noted and decide nothing
};

enum outcome { OUTCOME_ALLOW, OUTCOME_DENY, OUTCOME_CONTINUE };

struct decision {
    uint8_t outcome; // enum outcome
    uint8_t reason;  // enum flow_reason
    bool maybe;      // a rule before it may match: nobody knows the names of the destination
};

// Where steps are noted; NULL when only the decision counts.
struct recorder {
    struct arena *arena;
    bool hits_only; // not the steps that do not match
    struct flow_steps *steps;
};

struct decision walk_class(const struct plan *plan, const struct plan_class *class,
                           const struct flow *flow, const struct known_names *names,
                           enum walk_mode mode, struct recorder *recorder);

// Enforced steps of a class without staged policies as the pending view has them: ends of tiers name the first policy.
void walk_as_pending(const struct plan *plan, const struct plan_class *class,
                     const struct flow_steps *enforced, struct recorder *recorder);

// ---- evaluator.c: who is who ------------------------------------------------------------------------------------

enum { NODE_UNKNOWN = -1 };

struct address_owner {
    struct ip_addr addr;
    const struct plan_endpoint *endpoint; // NULL: an address of the host `node`
    int32_t node;
};

struct node_info {
    const char *name; // NULL: the only one, and it has no name
    const struct plan_settings *settings;
    const struct plan_host *all; // its "*" host endpoint, or NULL
    struct {
        VEC_FIELDS(const struct plan_host *);
    } hosts;
    struct {
        VEC_FIELDS(const struct plan_interface *);
    } interfaces;
};

struct flow_evaluator {
    const struct plan *plan;
    struct {
        VEC_FIELDS(struct address_owner);
    } owners; // by address, workload endpoints first
    struct {
        VEC_FIELDS(struct node_info);
    } nodes;
    int32_t *endpoint_nodes, *host_nodes; // numbers of nodes, by index in the plan
    struct strmap *workload_interfaces;   // names of interfaces and bridge ports of endpoints
    bool *has_staged;                     // of each class: whether a staged policy is in it
    int32_t own_node; // the plan's, or the only one; NODE_UNKNOWN when there are several
    struct names *names;
};

// An end of a flow.
struct party {
    const struct plan_endpoint *endpoint; // a workload
    int32_t node;          // of it, or of the host whose address it is; NODE_UNKNOWN: elsewhere
    bool spoofed;          // enters by a workload's interface with an address that is not its own
    bool no_workload;      // leaves by a workload's interface, for an address that no workload has
    const char *interface; // NULL: not given
};

// The owners of an address: *ret_count of them.
const struct address_owner *owners_of(const struct flow_evaluator *evaluator, struct ip_addr addr,
                                      size_t *ret_count);
int32_t node_of_endpoint(const struct flow_evaluator *evaluator,
                         const struct plan_endpoint *endpoint);
// The settings of a node, also of NODE_UNKNOWN.
const struct plan_settings *settings_of_node(const struct flow_evaluator *evaluator, int32_t node);
const struct plan_settings *settings_of_host(const struct flow_evaluator *evaluator,
                                             const struct plan_host *host);
bool is_workload_interface(const struct flow_evaluator *evaluator, const char *name);

// ---- names.c: which sets of domains an address is in ---------------------------------------------------------------

// `names` is NULL in a plan without domains.
struct names *names_new(struct arena *arena, const struct plan *plan);
// For a class of the plan; `others` is what of the names of which nothing is known. Valid until it is asked again.
struct known_names names_of(const struct flow_evaluator *evaluator, uint32_t class,
                            const struct flow *flow, enum guess others);

// ---- host.c: which host endpoint ---------------------------------------------------------------------------------

// The host endpoint that governs the interface of `node` called `name`; NULL for none.
const struct plan_host *host_of_interface(const struct flow_evaluator *evaluator, int32_t node,
                                          const char *name);
enum host_search {
    SEARCH_GUESS,     // take the only interface, or the "*" host endpoint
    SEARCH_CONNECTED, // only what the addresses of the interfaces tell, and a "*" that is alone
};
// The one that governs the interface towards `remote`, as flow.h says; `own` is the host's own address, or NULL.
const struct plan_host *host_towards(const struct flow_evaluator *evaluator, int32_t node,
                                     struct ip_addr remote, const struct ip_addr *own,
                                     enum host_search search, bool *ret_unknown);

// ---- party.c: who the ends are ------------------------------------------------------------------------------------

void parties_find(const struct flow_evaluator *evaluator, const struct flow *flow,
                  struct party *ret_source, struct party *ret_destination);
bool uses_own_address(const struct party *source, struct ip_addr addr);

// ---- way.c: which stages judge a flow -----------------------------------------------------------------------------

enum { WAY_MAX = FLOW_STOPS_MAX };

// One place on the way. A decision that is already known has no class.
struct stop {
    uint8_t stage, direction; // enum plan_stage, enum plan_direction
    uint8_t group;            // an untracked or preDNAT Allow skips the rest of its group
    bool fixed;               // `decision` stands, whatever policies say
    struct decision decision;
    uint32_t class;
    const struct plan_endpoint *endpoint;
    const struct plan_host *host;
};

struct way {
    struct stop stops[WAY_MAX];
    size_t count;
    uint8_t empty_reason; // enum flow_reason, when there is no stop
    bool unknown_interface;
    int32_t unknown_node; // of that interface
    struct party source, destination;
};

void way_find(const struct flow_evaluator *evaluator, const struct flow *flow, struct way *ret);

bool is_discovery(const struct flow *flow); // ICMPv6 130-136 and 143
enum { PROTO_IPIP = 4, FIRST_DISCOVERY = 130, LAST_DISCOVERY = 136, MLD2_REPORT = 143 };
enum { DHCP_CLIENT = 68, DHCP_SERVER = 67, DHCP6_CLIENT = 546, DHCP6_SERVER = 547 };
