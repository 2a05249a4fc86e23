// SPDX-License-Identifier: GPL-2.0-or-later
// Module plan: the IR between policy and dataplane. Complete, deterministic, printable; knows neither YAML nor
// selector text nor nftables. Every reference is an index; arrays are sorted, CIDR and port sets normalized.
// A plan owns nothing of the model: the arena of the input may go once it is built.
#pragma once

#include <polc/net.h>

struct model; // of resolve; only plan_build looks inside

enum plan_direction { PLAN_IN = 0, PLAN_OUT = 1, PLAN_DIRECTIONS = 2 };
enum plan_action { PLAN_ALLOW, PLAN_DENY, PLAN_LOG, PLAN_PASS, PLAN_ACTION_COUNT };
enum { PLAN_V4 = 1, PLAN_V6 = 2, PLAN_BOTH = 3 };

// RES_INGRESS and RES_EGRESS of the input, as the plan has them.
enum { PLAN_INGRESS = 1, PLAN_EGRESS = 2 };

// What the policy of a class judges, and at which hook (semantics.md 6.2). Workload endpoints have PLAN_NORMAL only.
// In PLAN_PREDNAT and PLAN_UNTRACKED the end of a tier passes whatever its default action; only PLAN_NORMAL has profiles.
enum plan_stage { PLAN_NORMAL, PLAN_FORWARD, PLAN_PREDNAT, PLAN_UNTRACKED, PLAN_STAGES };

#define PLAN_NO_CLASS UINT32_MAX

// A port of the host that stays open whatever the policies say: destination port, remote address in `net`.
struct plan_failsafe {
    uint8_t protocol;
    uint16_t port; // host byte order
    bool has_net;
    struct cidr net;
};

struct plan_failsafes {
    VEC_FIELDS(struct plan_failsafe);
};

enum plan_host_action { PLAN_HOST_DROP, PLAN_HOST_ACCEPT };

struct plan_settings {
    const char **interface_prefixes; // names of workload interfaces begin with one of these
    size_t interface_prefix_count;
    uint8_t
        host_action; // enum plan_host_action: a workload's packet to its host, after its egress policy
    bool reject;     // Deny renders as reject
    const char *log_prefix; // with its %t %k %n %p placeholders
    uint32_t log_rate;      // packets per log_unit; 0: no limit
    uint64_t log_unit;      // seconds
    uint32_t log_burst;     // packets
    bool conntrack_invalid_check;
    bool drop_vxlan, drop_ipip; // tunnels that a workload opens itself, before any policy
    uint16_t vxlan_port;
    uint32_t mark; // the one bit of the packet mark that carries "allowed already" between hooks
    uint32_t flow_size;    // flows in each set of the flow table; 0: no flow table
    uint32_t flow_timeout; // seconds that a flow is kept behind its last new connection
    // Servers whose answers are believed, normalized; none when neither a rule nor dns_watch asks for answers.
    struct ip_ports dns_servers;
    uint32_t dns_extra_ttl; // seconds that an address is kept behind its TTL
    uint32_t dns_min_ttl;   // seconds; a shorter TTL counts as this one
    uint32_t
        dns_set_timeout; // seconds of an address that others put into a set without a time; 0: for good
    uint16_t dns_log_group; // netlink log group that answers are copied to
    bool dns_watch;         // answers are copied even when no rule has domains
    struct plan_failsafes failsafes[PLAN_DIRECTIONS];
};

struct plan_side {
    bool has_nets, has_not_nets;
    struct cidrset nets, not_nets;
    int32_t ipset, not_ipset;        // -1: none; address sets
    bool has_ports;                  // numeric or named ones: the OR of `ports` and `named_ports`
    struct portset ports, not_ports; // numeric
    int32_t named_ports, not_named_ports; // named port sets
    // -1: none. Names of a destination, or-ed with `ipset`: the side has its set when the address is in the ipset or one
    // of the names has it. Only of Allow rules of PLAN_OUT. Named ports are those of the ipset; without one there are none.
    int32_t domains;
};

struct plan_match {
    uint8_t families;             // PLAN_V4 | PLAN_V6; never 0: such a rule is not in the plan
    uint8_t protocol;             // 0: any
    uint8_t not_protocol;         // 0: none
    int16_t icmp_type, icmp_code; // -1: any
    int16_t not_icmp_type, not_icmp_code; // type -1: none; with a code, the pair is negated
    struct plan_side source, destination;
};

struct plan_rule {
    uint8_t action; // enum plan_action
    uint32_t index; // position in the policy's list, Log rules counted (semantics.md 9.3)
    struct loc loc;
    struct plan_match match;
};

struct plan_rules {
    VEC_FIELDS(struct plan_rule);
};

struct plan_tier {
    const char *name;
    double order;
    bool pass;
    struct loc loc;
};

// A policy that governs an endpoint of this plan, or a profile.
struct plan_policy {
    const char *id;   // "np/NS/NAME", "gnp/NAME", "snp/...", "profile/NAME"
    const char *kind; // "GlobalNetworkPolicy"
    const char *ns, *name;
    uint32_t tier; // profiles: 0
    double order;
    uint8_t types; // PLAN_INGRESS | PLAN_EGRESS
    bool staged, missing;
    bool rule_counters;    // each rule is to be counted by itself, so that none may be merged
    uint8_t stage;         // PLAN_NORMAL, PLAN_PREDNAT or PLAN_UNTRACKED: what the policy is for
    bool apply_on_forward; // of a normal one: also in classes of PLAN_FORWARD
    struct loc loc;
    struct plan_rules rules[PLAN_DIRECTIONS];
};

struct plan_port_member {
    struct ip_addr addr;
    uint8_t protocol;
    uint16_t port;
};

struct plan_ipset {
    const char *name;    // canonical selector: identity and comment
    const char *service; // "NS/NAME" when it is the whole of a service; else NULL
    bool named_ports;
    struct cidrset members; // when not named_ports
    struct plan_port_member *ports;
    size_t port_count;
};

// Names whose addresses rules allow (semantics.md 8.2). Which addresses they have is known to no plan.
struct plan_domains {
    const char *name; // the patterns, joined by blanks: identity, and unique
    const char **
        patterns; // "www.example.com", "*.example.com": lower case, no dot at the end; sorted by bytes, unique
    size_t count; // at least one
};

struct plan_indexes {
    VEC_FIELDS(uint32_t);
};

struct plan_class_tier {
    uint32_t tier;
    struct plan_indexes policies; // ascending; staged included
    bool enforced;                // at least one that is not staged
};

// Endpoints that one ordered list of tiers, policies and profiles governs in one direction.
struct plan_class {
    uint8_t direction; // enum plan_direction
    uint8_t stage;     // enum plan_stage
    bool host;         // of a host endpoint
    struct {
        VEC_FIELDS(struct plan_class_tier);
    } tiers;
    struct plan_indexes profiles;
};

struct plan_endpoint {
    const char *id; // "wep/NS/NAME"
    const char *node;
    // As the inet hooks see it: of the port of a bridge, the bridge. NULL: found by address alone; none was given, or other
    // ports of the bridge may have any address.
    const char *interface;
    const char *bridge; // that the endpoint is behind; NULL: none
    const char
        *port; // of the bridge; NULL: the endpoint names the bridge itself, or is behind none
    struct ip_addr *addresses;
    size_t address_count;
    struct cidrset spoofable; // other source addresses that it may use
    uint32_t classes[PLAN_DIRECTIONS];
    struct loc loc;
};

// A host endpoint of this node (of every node, if the plan is for all).
struct plan_host {
    const char *id; // "hep/NAME"
    const char *node;
    bool
        all_interfaces; // interfaceName "*": governs what no other host endpoint of the node governs
    struct {
        VEC_FIELDS(const char *);
    } interfaces;              // that it governs by name or address, sorted; none for "*"
    struct ip_addr *addresses; // expectedIPs
    size_t address_count;
    // PLAN_NO_CLASS: no policy there. PLAN_NORMAL always has both; PLAN_PREDNAT has PLAN_IN only.
    uint32_t classes[PLAN_STAGES][PLAN_DIRECTIONS];
    struct loc loc;
};

// An interface of a host, as far as it is known.
struct plan_interface {
    const char *node; // NULL: of the only one
    const char *name;
    int32_t host; // number of the host endpoint that governs it ("*" included), or -1
    bool loopback, bridge;
    bool workload;          // of a workload endpoint, or named with an interfacePrefix
    const char *master;     // the bridge that it is a port of, or NULL
    struct cidr *addresses; // with the prefix length of the link; not masked
    size_t address_count;
};

// What flow logs call the addresses of endpoints (semantics.md 9.2), also of other nodes.
enum plan_name_type { PLAN_NAME_WORKLOAD, PLAN_NAME_HOST, PLAN_NAME_TYPES };

struct plan_name_member {
    const char *name;
    struct ip_addr *addresses;
    size_t address_count;
};

// Those that have one name when logs are aggregated: pods that one object made, host endpoints of a node.
struct plan_name {
    uint8_t type;          // enum plan_name_type
    const char *ns;        // NULL: of a host endpoint
    const char *aggregate; // "web-86c57db685-*"
    struct {
        VEC_FIELDS(struct plan_name_member);
    } members;
};

struct plan_netset {
    const char *ns, *name; // ns NULL: global
    struct cidr *nets;     // each as it was written, masked
    size_t net_count;
    const char **domains; // patterns, canonical
    size_t domain_count;
};

// Where a service leads: what a flow to one of these is called.
struct plan_service {
    const char *ns, *name;
    struct plan_port_member *ports; // of its backends, sorted, unique
    size_t port_count;
};

struct plan_node_settings {
    const char *node;
    struct plan_settings settings;
};

struct plan {
    const char *node; // NULL: all nodes
    struct plan_settings
        settings; // of the node; in a plan of all nodes, of those without their own
    struct {
        VEC_FIELDS(struct plan_node_settings);
    } node_settings; // in a plan of all nodes: of those that differ
    struct {
        VEC_FIELDS(struct plan_tier);
    } tiers;
    struct {
        VEC_FIELDS(struct plan_policy);
    } policies;
    struct {
        VEC_FIELDS(struct plan_policy);
    } profiles;
    struct {
        VEC_FIELDS(struct plan_ipset);
    } ipsets;
    struct {
        VEC_FIELDS(struct plan_domains);
    } domains; // of the rules; equal lists are one
    struct {
        VEC_FIELDS(struct plan_class);
    } classes;
    struct {
        VEC_FIELDS(struct plan_endpoint);
    } endpoints; // local ones
    struct {
        VEC_FIELDS(struct plan_host);
    } hosts; // local ones, sorted by id
    struct {
        VEC_FIELDS(struct plan_interface);
    } interfaces; // sorted by node and name
    // For logs only: they change nothing of what is enforced.
    struct {
        VEC_FIELDS(struct plan_name);
    } names; // workload endpoints first
    struct {
        VEC_FIELDS(struct plan_netset);
    } netsets; // sorted by id
    struct {
        VEC_FIELDS(struct plan_service);
    } services;               // sorted by namespace, then name
    size_t policies_in_input; // of any kind and node
    size_t endpoints_in_input;
};

// ---- the optimizer --------------------------------------------------------------------------------------------

enum plan_pass {
    PLAN_PRUNE = 1,   // rules that never get a packet are left out
    PLAN_MERGE = 2,   // rules that differ in one list of nets or ports become one
    PLAN_FLATTEN = 4, // rules that choose by address, protocol and port become one look-up
    PLAN_ALL_PASSES = 7
};

enum plan_step_kind {
    PLAN_STEP_RULE, // match -> action
    PLAN_STEP_SET,  // match and one of the tuples -> action
    PLAN_STEP_MAP, // match and one of the tuples -> the action of the tuple, PLAN_ALLOW or PLAN_DENY
};

// Part of a match: an address of the peer (the source of what comes in, the destination of what goes out), and a
// protocol with destination ports.
struct plan_tuple {
    struct cidr net;
    uint8_t protocol;
    uint8_t action; // enum plan_action
    struct port_range ports;
};

// What a dataplane does for one rule of a policy, or for several that became one.
struct plan_step {
    uint8_t kind;                   // enum plan_step_kind
    uint8_t action;                 // enum plan_action; not of PLAN_STEP_MAP
    const struct plan_match *match; // of a step with tuples what they leave to ask
    struct plan_indexes sources;    // numbers of the rules in the policy's list, ascending
    struct {
        const struct plan_tuple *items; // disjoint
        size_t count;
    } tuples[2];     // IPv4, IPv6
    uint32_t number; // of a step with tuples: which one of its list it is
};

struct plan_steps {
    VEC_FIELDS(struct plan_step);
};

// The steps of one policy (or profile) and direction, on `arena`; they use the plan. `passes`: enum plan_pass. Steps take
// the same packets as the rules in their order, log the same, and are never more. `scratch` is left as it was.
struct plan_steps plan_steps(struct arena *arena, struct arena *scratch, const struct plan *plan,
                             const struct plan_policy *policy, int direction, unsigned passes);

struct plan *plan_build(struct arena *arena, const struct model *model);

// The whole plan as JSON, keys in a fixed order; places as "file:line:col".
void plan_print_json(const struct plan *plan, const struct sources *sources, FILE *out);

const char *plan_action_text(enum plan_action action); // "allow" "deny" "log" "pass"
// Interfaces with such a name are workloads', whether an endpoint has them or not.
bool plan_is_workload_name(const struct plan_settings *settings, const char *interface);

// ---- plan <-> bytes, for generations that are kept ----------------------------------------------------------------

struct plan_source {
    const char *path;
    uint64_t size;      // bytes
    const char *sha256; // of its text, hex
};

// What a plan was made from.
struct plan_origin {
    struct {
        VEC_FIELDS(struct plan_source);
    } sources;                // in the order of the numbers in places
    const char *const *roots; // the operands, absolute
    size_t root_count;
};

struct plan_bytes {
    const uint8_t *data;
    size_t size;
};

struct plan_origin plan_origin_of(struct arena *arena, const struct sources *sources,
                                  const char *const *roots, size_t root_count);
// Sources that know their paths and have no text: places can be named, lines cannot be quoted.
struct sources *plan_origin_sources(struct arena *arena, const struct plan_origin *origin);

// Hex of a SHA-256 over what the plan says. Where it stood, in which files, what governs nothing here, and the interfaces
// that the host had (not those that are governed) do not count.
const char *plan_id(struct arena *arena, const struct plan *plan);

// Deterministic. A later polc reads what an earlier one wrote.
struct plan_bytes plan_encode(struct arena *arena, const struct plan *plan,
                              const struct plan_origin *origin);

// NULL, or in words why the bytes are no plan. What it returns is safe to use whatever the bytes: references are within
// their arrays, sets are normalized, names are there.
const char *plan_decode(struct arena *arena, const uint8_t *data, size_t size,
                        struct plan **ret_plan, struct plan_origin *ret_origin);
// The same for the part inside of the frame with its length and checksum: what a fuzzer can reach.
const char *plan_decode_unframed(struct arena *arena, const uint8_t *data, size_t size,
                                 struct plan **ret_plan, struct plan_origin *ret_origin);
