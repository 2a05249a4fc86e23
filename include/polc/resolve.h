// SPDX-License-Identifier: GPL-2.0-or-later
// Module resolve: resources -> model. Fills in defaults, inherits labels from profiles, sorts tiers and policies,
// finds the active policies of each endpoint, and the members of each IP set that an active rule names.
#pragma once

#include <polc/host.h>
#include <polc/resource.h>

enum { MODEL_IN = 0, MODEL_OUT = 1, MODEL_DIRECTIONS = 2 }; // ingress, egress

// What a policy of a host endpoint judges (semantics.md 6.2).
enum model_stage { MODEL_NORMAL, MODEL_FORWARD, MODEL_PREDNAT, MODEL_UNTRACKED, MODEL_STAGES };

struct model_tier {
    const char *name;
    double order;
    bool pass;      // defaultAction Pass
    struct loc loc; // of the Tier object; none for a built-in one
};

struct model_indexes {
    VEC_FIELDS(uint32_t);
};

// Addresses of a selector (semantics.md 3.4), or (address, protocol, port) triples of a named port (4.4).
enum model_ipset_kind { MODEL_ADDRESSES, MODEL_NAMED_PORTS };

struct model_port_member {
    struct ip_addr addr;
    uint8_t protocol;
    uint16_t port;
};

struct model_ipset {
    uint8_t kind; // enum model_ipset_kind
    const char *
        name; // unique and stable: canonical selector; for named ports "PORTS/PROTOCOL of SELECTOR"
    const char *service;             // "NS/NAME" when it is the whole of a service; else NULL
    struct cidrset members;          // MODEL_ADDRESSES, normalized, both families
    struct model_port_member *ports; // MODEL_NAMED_PORTS: sorted, unique
    size_t port_count;
};

// Names whose addresses a rule allows (semantics.md 8).
struct model_domains {
    const char *name;      // the patterns, joined by blanks: equal lists are one entry
    const char **patterns; // lower case, without a dot at the end; sorted, unique
    size_t count;          // at least one
};

// What the side of a rule selects; -1: no such criterion.
struct model_side {
    int32_t ipset, not_ipset;
    int32_t named_ports, not_named_ports;
    int32_t domains; // or-ed with `ipset`; destinations of egress Allow rules only
};

struct model_rule {
    const struct res_rule *res;
    struct model_side source, destination;
};

// A policy or a profile.
struct model_policy {
    const struct res_policy *res; // NULL for a profile
    const struct res_meta *meta;  // NULL for a profile without an object
    const char *id;               // "np/NS/NAME", "gnp/NAME", "profile/NAME"
    const char *kind;             // sort and trace kind: "GlobalNetworkPolicy"; "Profile"
    const char *ns, *name;        // ns NULL for global ones
    struct loc loc;
    uint32_t tier;
    double order;         // +infinity when absent
    uint8_t types;        // RES_INGRESS | RES_EGRESS, defaulted
    bool staged, missing; // missing: a profile that does not exist and so denies everything
    bool active;          // governs an endpoint of the node; only then the rules are filled in
    struct {
        struct model_rule *items;
        size_t count;
    } rules[MODEL_DIRECTIONS];
};

struct model_endpoint {
    const struct res_workload *res;
    const char *id;       // "wep/NS/NAME"
    struct labels labels; // effective: own, forced and inherited
    bool local;           // on the node of this run, or no node was given
    // As the inet hooks see it: of the port of a bridge, the bridge. NULL: found by address alone; none was given, or other
    // ports of the bridge may have any address.
    const char *interface;
    const char *bridge; // that the endpoint is behind; NULL: none
    const char
        *port; // of the bridge; NULL: the endpoint names the bridge itself, or is behind none
    struct model_indexes
        policies[MODEL_DIRECTIONS]; // ascending = order of evaluation; staged included
    struct model_indexes profiles;
};

// A host endpoint: written as such, or made from a Node and a template (semantics.md 6.8).
struct model_host {
    const struct res_host *res;
    const char *id; // "hep/NAME"
    struct labels labels;
    bool local;
    bool all_interfaces; // interfaceName "*", and the first of its node
    struct {
        VEC_FIELDS(const char *);
    } interfaces; // that it governs (semantics.md 6.1), sorted; none for "*", and for one that comes second
    // By what the policy is for (enum model_stage); a normal one that applies on forward is in two lists.
    struct model_indexes policies[MODEL_STAGES][MODEL_DIRECTIONS];
    struct model_indexes profiles;
};

// An interface of a local node, as far as it is known.
struct model_interface {
    const char *node, *name;
    int32_t host; // number of the host endpoint that governs it ("*" included), or -1
    bool loopback, bridge, workload;
    const char *master;
    const struct cidr *addresses; // with the prefix length of the link
    size_t address_count;
};

enum model_service_origin {
    MODEL_FROM_NOTHING, // a Service without a selector, and nobody has written its backends
    MODEL_FROM_SLICES,
    MODEL_FROM_ENDPOINTS,
    MODEL_FROM_SELECTOR, // of the Service: the workloads of its namespace with such labels
};

// A service and where it leads: backends, not its own address (semantics.md 3.7).
struct model_service {
    const char *id; // "svc/NS/NAME"
    const char *ns, *name;
    const struct res_service *res;   // NULL when only its backends are in the input
    uint8_t origin;                  // enum model_service_origin
    struct cidrset addresses;        // normalized, both families
    struct model_port_member *ports; // sorted, unique
    size_t port_count;
};

struct model_netset {
    const struct res_netset *res;
    const char *id; // "netset/NS/NAME", "gns/NAME"
    struct labels labels;
};

enum model_host_action {
    MODEL_HOST_DROP,
    MODEL_HOST_ACCEPT
}; // Return means Accept within one table

struct model_settings {
    const char **interface_prefixes;
    size_t interface_prefix_count;
    uint8_t host_action;    // enum model_host_action
    bool reject;            // Deny renders as reject
    const char *log_prefix; // with its %t %k %n %p placeholders
    uint32_t log_rate;      // per log_unit; 0: no limit
    uint64_t log_unit;      // seconds
    uint32_t log_burst;
    bool conntrack_invalid_check;
    bool rule_counters;         // every rule of every policy is counted by itself
    bool drop_vxlan, drop_ipip; // tunnels that a workload opens itself
    uint16_t vxlan_port;
    uint32_t mark; // the one bit of the packet mark that polc uses, the lowest of nftablesMarkMask
    uint32_t flow_size;    // flows in each set of the flow table; 0: no flow table
    uint32_t flow_timeout; // seconds that a flow is kept behind its last new connection
    const struct res_dns_servers *dns_named; // as the settings have them; NULL: not given
    struct ip_ports dns_servers;             // whose answers are believed; normalized
    uint32_t dns_extra_ttl;                  // seconds that an address is kept behind its TTL
    uint32_t dns_min_ttl;                    // seconds; a shorter TTL counts as this one
    uint32_t
        dns_set_timeout; // seconds of an address that others put into a set without a time; 0: for good
    uint16_t dns_log_group; // netlink log group that answers are copied to
    bool dns_watch;         // answers are copied even when no rule has domains
    struct {
        VEC_FIELDS(struct res_failsafe);
    } failsafes[MODEL_DIRECTIONS];
};

struct model_node_settings {
    const char *node;
    struct model_settings settings;
};

struct model {
    const char *node;               // NULL: all nodes
    struct model_settings settings; // of the node; of a model of all nodes, those without their own
    struct {
        VEC_FIELDS(struct model_node_settings);
    } node_settings; // of a model of all nodes: those with a FelixConfiguration of their own
    struct {
        VEC_FIELDS(struct model_tier);
    } tiers; // in order of evaluation
    struct {
        VEC_FIELDS(struct model_policy);
    } policies; // in order of evaluation: tier, then order
    struct {
        VEC_FIELDS(struct model_policy);
    } profiles;
    struct {
        VEC_FIELDS(struct model_endpoint);
    } endpoints; // sorted by id
    struct {
        VEC_FIELDS(struct model_host);
    } hosts; // sorted by id
    struct {
        VEC_FIELDS(struct model_interface);
    } interfaces; // of local nodes, sorted by node and name
    struct {
        VEC_FIELDS(struct model_netset);
    } netsets; // sorted by id
    struct {
        VEC_FIELDS(struct model_service);
    } services; // sorted by namespace, then name
    struct {
        VEC_FIELDS(struct model_ipset);
    } ipsets;
    struct {
        VEC_FIELDS(struct model_domains);
    } domains;                // in the order in which rules use them first
    const char *const *nodes; // every node that an endpoint names, sorted
    size_t node_count;
    size_t local_endpoints; // host endpoints included
};

// Never fails: what could be wrong was reported by the decoder and the validator. `node` NULL takes all. `inventory` is
// what is known of the nodes' interfaces, NULL for nothing; without it a host endpoint governs the interface that it
// names. Warns of host endpoints that govern nothing. Everything is on `arena`; the model points into `resources` and
// `inventory`.
struct model *resolve(struct arena *arena, struct diags *diags, const struct resources *resources,
                      const char *node, const struct host_inventory *inventory);

// Which candidate objects a selector matches, ascending; used by `get -l` and `eval`.
void model_select(struct arena *arena, const struct model *model, const struct sel *sel,
                  struct model_indexes *ret_endpoints, struct model_indexes *ret_hosts,
                  struct model_indexes *ret_netsets);

// An inverted index from labels to candidates.
struct label_index;
struct label_index *label_index_new(struct arena *arena);
// Candidates are numbered by the caller, in ascending order of the calls. Those with the same labels (at one address)
// form a class; classes are numbered in the order of their first candidates.
void label_index_add(struct label_index *index, uint32_t number, const struct labels *labels);
// The numbers of all candidates that the selector matches, ascending.
void label_index_select(const struct label_index *index, struct arena *arena, const struct sel *sel,
                        struct model_indexes *ret);
// The same by class.
void label_index_classes(const struct label_index *index, struct arena *arena,
                         const struct sel *sel, struct model_indexes *ret);
// The keys of all labels, or with `key` the values of that one, each in the order of the candidates that have it first.
// The cursor is that of strmap_next.
bool label_index_next(const struct label_index *index, const char *key, void **cursor,
                      const char **ret_text);
size_t label_index_class_count(const struct label_index *index);
const struct model_indexes *label_index_members(const struct label_index *index, uint32_t class);

// The service of this name; NULL when the input has nothing of it.
const struct model_service *model_find_service(const struct model *model, const char *ns,
                                               const char *name);

// The node of this run by design.md 5: `wanted` if not NULL; else `hostname` if an endpoint names it; else
// `hostname` up to the first dot if one names that (then *ret_short is set); else `hostname`.
const char *model_choose_node(struct arena *arena, const struct resources *resources,
                              const char *wanted, const char *hostname, bool *ret_short);
