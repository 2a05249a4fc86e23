// SPDX-License-Identifier: GPL-2.0-or-later
// Module resource: nodes -> typed resources, from field tables. What a field may hold is decided here; what fields
// mean together is decided in validate. Strings are interned: equal text, equal pointer.
#pragma once

#include <polc/load.h>
#include <polc/net.h>
#include <polc/selector.h>

// Kinds that polc uses. One row each in the kind table (src/resource/kinds.c): api group, name, short name, scope.
enum res_kind {
    RES_TIER,
    RES_NETWORK_POLICY,
    RES_GLOBAL_NETWORK_POLICY,
    RES_STAGED_NETWORK_POLICY,
    RES_STAGED_GLOBAL_NETWORK_POLICY,
    RES_STAGED_KUBERNETES_NETWORK_POLICY,
    RES_KUBERNETES_NETWORK_POLICY,
    RES_CLUSTER_NETWORK_POLICY,
    RES_ADMIN_NETWORK_POLICY,
    RES_BASELINE_ADMIN_NETWORK_POLICY,
    RES_NETWORK_SET,
    RES_GLOBAL_NETWORK_SET,
    RES_HOST_ENDPOINT,
    RES_WORKLOAD_ENDPOINT,
    RES_PROFILE,
    RES_FELIX_CONFIGURATION,
    RES_KUBE_CONTROLLERS_CONFIGURATION,
    RES_NODE,
    RES_NAMESPACE,
    RES_POD,
    RES_SERVICE_ACCOUNT,
    RES_SERVICE,
    RES_ENDPOINT_SLICE,
    RES_ENDPOINTS,
    RES_CONNECTIVITY_TEST,
    RES_KIND_COUNT
};

struct res_kind_info {
    const char *name;       // "GlobalNetworkPolicy", as it is written in the input
    const char *plural;     // "globalnetworkpolicies"
    const char *short_name; // "gnp"
    const char *model_name; // what sorting and traces call it; NULL: as `name`
    bool namespaced;
    bool policy; // one of the policy kinds
    bool staged;
    bool kubernetes; // a policy that is converted when it is read
};
const struct res_kind_info *res_kind_info(enum res_kind kind);
// "KubernetesNetworkPolicy" where the input says NetworkPolicy of networking.k8s.io.
const char *res_kind_model_name(enum res_kind kind);
// By kind name, model name, plural or short name, in any letter case (for the command line); RES_KIND_COUNT when unknown.
enum res_kind res_kind_find(const char *name);

// A string with its place; text NULL when the field is absent.
struct res_text {
    const char *text;
    struct loc loc;
};

struct res_label {
    const char *key, *value;
    struct loc key_loc, value_loc;
};

struct res_meta {
    uint8_t kind;   // enum res_kind
    const char *ns; // "default" when absent in a namespaced kind; NULL in a global one
    const char *name;
    const char *generate_name; // NULL when absent
    struct loc loc;            // of the name, or of the object
    struct loc start;          // of the object's first line
    struct res_label *labels;
    size_t label_count;
    struct res_label *annotations;
    size_t annotation_count;
};

// A selector with its text and tree. tree NULL when absent, or empty after trimming blanks (means: absent).
struct res_selector {
    struct res_text text;
    const struct sel *tree;
};

struct res_net {
    struct cidr cidr; // masked
    struct loc loc;
};
struct res_nets {
    VEC_FIELDS(struct res_net);
};

// One entry of a port list: a range, or a name (then min is 0).
struct res_port {
    const char *name;
    uint16_t min, max;
    struct loc loc;
};
struct res_ports {
    VEC_FIELDS(struct res_port);
    struct loc loc;
};

struct res_names {
    VEC_FIELDS(struct res_text);
};

struct res_entity {
    bool present;
    struct loc loc;
    struct res_nets nets, not_nets;
    struct loc nets_loc, not_nets_loc;
    struct res_selector selector, not_selector, namespace_selector;
    struct res_ports ports, not_ports;
    bool has_service_accounts; // the map is there, maybe empty
    struct res_names service_account_names;
    struct res_selector service_account_selector;
    bool has_services;
    struct loc services_loc;
    struct res_text service_name, service_namespace;
    struct res_names domains;
    struct loc domains_loc;
};

// protocol 0: absent. `named` is set for a name ("TCP"), which alone implies an IP version (ICMP 4, ICMPv6 6).
struct res_protocol {
    uint8_t number;
    bool named;
    struct loc loc;
};

struct res_icmp {
    bool present;
    int16_t type, code; // -1: absent
    struct loc loc;
};

enum res_action { RES_ALLOW, RES_DENY, RES_LOG, RES_PASS, RES_ACTION_COUNT };

struct res_rule {
    uint8_t action;     // enum res_action
    uint8_t ip_version; // 0, 4, 6
    struct loc loc;     // of the rule's first key
    struct loc action_loc, ip_version_loc;
    struct res_protocol protocol, not_protocol;
    struct res_icmp icmp, not_icmp;
    struct res_entity source, destination;
    bool has_http;
    struct loc http_loc;
};
struct res_rules {
    VEC_FIELDS(struct res_rule);
    bool present;
    struct loc loc;
};

struct res_bool {
    bool value, present;
    struct loc loc;
};

struct res_order {
    double value; // valid when present
    bool present;
    struct loc loc;
};

enum { RES_INGRESS = 1, RES_EGRESS = 2 };
enum res_staged_action { RES_STAGED_SET, RES_STAGED_DELETE, RES_STAGED_LEARN, RES_STAGED_IGNORE };

// NetworkPolicy, GlobalNetworkPolicy and their staged kinds.
struct res_policy {
    struct res_meta meta;
    struct loc spec_loc;
    struct res_text tier; // absent: text "default"
    struct res_order order;
    struct res_selector selector, service_account_selector, namespace_selector;
    uint8_t types; // RES_INGRESS | RES_EGRESS as written; 0 when absent or empty
    struct loc types_loc;
    struct res_rules ingress, egress;
    struct res_bool do_not_track, pre_dnat, apply_on_forward;
    uint8_t staged_action; // enum res_staged_action
    struct loc staged_action_loc;
    // Set fields of spec besides tier and stagedAction, for "Delete needs an empty spec".
    struct res_text first_other_field;
};

struct res_tier {
    struct res_meta meta;
    struct res_order order;
    struct res_text default_action; // "Deny" or "Pass"; text NULL when absent
};

struct res_netset { // NetworkSet, GlobalNetworkSet
    struct res_meta meta;
    struct res_nets nets;
    struct res_names domains;
};

struct res_endpoint_port {
    const char *name; // NULL when unnamed
    uint8_t protocol;
    uint16_t port;
    struct loc loc;
};
struct res_endpoint_ports {
    VEC_FIELDS(struct res_endpoint_port);
};

// WorkloadEndpoint, and what a Pod becomes (semantics.md 7.4).
struct res_workload {
    struct res_meta meta;
    struct res_text node, interface_name; // interface text NULL when absent
    const char *orchestrator;             // "" when absent; "k8s" for a Pod
    const char *pod;                      // spec.pod, the Pod's name, or NULL
    const char *service_account;          // NULL when absent
    struct res_nets addresses;            // host prefixes
    struct loc addresses_loc;             // of ipNetworks when it has entries, even unreadable ones
    struct res_nets spoofable;            // allowSpoofedSourcePrefixes
    struct res_names profiles;
    struct res_endpoint_ports ports; // named ones only
};

// HostEndpoint.
struct res_host {
    struct res_meta meta;
    struct res_text node, interface_name; // interface text NULL when absent; "*" for all
    struct res_nets expected_ips;         // host prefixes
    struct loc expected_ips_loc;          // when it has entries, even unreadable ones
    struct res_names profiles;
    struct res_endpoint_ports ports;
};

// A port that a host keeps open whatever the policies say (failsafeInboundHostPorts, failsafeOutboundHostPorts).
struct res_failsafe {
    uint8_t protocol;
    uint16_t port;
    bool has_net;
    struct cidr net;
    struct loc loc;
};

// failsafeInboundHostPorts or failsafeOutboundHostPorts; present and empty: none at all.
struct res_failsafes {
    VEC_FIELDS(struct res_failsafe);
    bool present;
};

struct res_profile {
    struct res_meta meta;
    struct res_rules ingress, egress;
    struct res_label *labels_to_apply;
    size_t label_count;
};

struct res_node_interface {
    const char *name;
    struct res_nets addresses; // host prefixes
};

// Node, of Kubernetes or of Calico; both may describe one host.
struct res_node {
    struct res_meta meta;
    bool kubernetes;
    struct res_nets addresses; // host prefixes
    struct {
        VEC_FIELDS(struct res_node_interface);
    } interfaces; // Calico's
};

// KubeControllersConfiguration: host endpoints that are made for nodes.
struct res_template {
    struct loc loc;
    struct res_text name; // generateName
    struct res_nets cidrs;
    struct loc cidrs_loc;    // when there are entries, even unreadable ones
    struct res_text pattern; // an extended regular expression that compiles
    struct res_selector selector;
    struct res_label *labels;
    size_t label_count;
};

struct res_fleet {
    struct res_meta meta;
    struct res_text auto_create, create_default; // "Enabled" or "Disabled"; text NULL when absent
    struct {
        VEC_FIELDS(struct res_template);
    } templates;
};

// Namespace or ServiceAccount: only name and labels matter.
struct res_named {
    struct res_meta meta;
};

// A port of a Service, and where it leads on the workload: a number, or the name of a port there.
struct res_service_port {
    uint8_t protocol;
    uint16_t port, target;   // target as `port` when absent
    const char *target_name; // NULL: by number
    struct loc loc;
};

struct res_service {
    struct res_meta meta;
    struct res_label *selector; // none: the backends are written by somebody else
    size_t selector_count;
    struct {
        VEC_FIELDS(struct res_service_port);
    } ports;
    struct res_nets addresses; // host prefixes: where the cluster has the service; none of a headless one
};

// Each of the addresses has each of the ports.
struct res_backend_set {
    struct res_nets addresses; // host prefixes, ready or not
    struct res_endpoint_ports ports;
};

// EndpointSlice (one set) or Endpoints (one for each subset).
struct res_backends {
    struct res_meta meta;
    const char *service; // its name; NULL for a slice of none
    struct {
        VEC_FIELDS(struct res_backend_set);
    } sets;
};

// One of dnsTrustedServers: an address, or a service of the cluster.
struct res_dns_server {
    struct ip_addr addr;                   // family 0: a service
    const char *service_ns, *service_name; // of a service
    uint16_t port;                         // 0: not given
    struct loc loc;
};

// Present and empty: no server is trusted.
struct res_dns_servers {
    VEC_FIELDS(struct res_dns_server);
    bool present;
};

// FelixConfiguration: the settings that polc uses; text NULL or present false when absent.
enum { RES_FLOWS_MAX = 1000 * 1000 }; // in a set of the flow table: some 200 MB of the kernel

struct res_felix {
    struct res_meta meta;                    // name "default" or "node.NAME"
    struct res_names interface_prefixes;     // interfacePrefix, split at commas
    struct res_text endpoint_to_host_action; // defaultEndpointToHostAction: Drop Return Accept
    struct res_text
        deny_action; // nftablesFilterDenyAction or iptablesFilterDenyAction: Drop Reject
    struct res_text log_prefix;
    struct res_text log_rate;   // logActionRateLimit "10/second"
    struct res_order log_burst; // logActionRateLimitBurst
    struct res_bool no_conntrack_invalid_check;
    struct res_bool allow_vxlan; // allowVXLANPacketsFromWorkloads
    struct res_bool allow_ipip;  // allowIPIPPacketsFromWorkloads
    struct res_order vxlan_port; // vxlanPort
    uint32_t mark_mask;          // nftablesMarkMask or iptablesMarkMask; 0 when absent
    struct res_failsafes failsafes_in, failsafes_out;
    struct res_order flow_size;    // annotation polc.io/flow-table-size: flows a set; 0: no table
    struct res_order flow_timeout; // annotation polc.io/flow-table-timeout, in seconds
    struct res_dns_servers dns_servers;
    struct res_order dns_extra_ttl;   // dnsExtraTTL, in seconds
    struct res_order dns_min_ttl;     // annotation polc.io/dns-min-ttl, in seconds
    struct res_order dns_log_group;   // annotation polc.io/dns-log-group
    struct res_order dns_set_timeout; // annotation polc.io/dns-set-timeout, in seconds
    struct res_bool dns_watch;        // annotation polc.io/dns-watch
};

enum res_expect { RES_EXPECT_NOTHING, RES_EXPECT_ALLOW, RES_EXPECT_DENY };

// One assertion: every flow from one of `from` to one of `to` on one of `ports` is allowed, or denied. What is absent
// means any. References are kept as text; what they match only the model knows.
struct res_test_case {
    struct loc loc; // of the case's first key
    struct res_text description;
    struct res_names from, to;
    struct res_protocol protocol;
    struct res_ports ports;
    struct res_icmp icmp;
    uint8_t expect; // enum res_expect
};

// ConnectivityTest.
struct res_test {
    struct res_meta meta;
    struct res_text description;
    struct res_bool closed; // what no case of the input allows is denied
    struct {
        VEC_FIELDS(struct res_test_case);
    } cases;
    struct loc cases_loc; // of "cases"; none when the spec is a list or a case itself
    struct loc single;    // of the first field of a case that stands in the spec itself
};

// Everything that was decoded, in input order.
struct resources {
    struct {
        VEC_FIELDS(struct res_tier);
    } tiers;
    struct {
        VEC_FIELDS(struct res_policy);
    } policies;
    struct {
        VEC_FIELDS(struct res_netset);
    } netsets;
    struct {
        VEC_FIELDS(struct res_workload);
    } workloads;
    struct {
        VEC_FIELDS(struct res_host);
    } hosts;
    struct {
        VEC_FIELDS(struct res_profile);
    } profiles;
    struct {
        VEC_FIELDS(struct res_named);
    } namespaces;
    struct {
        VEC_FIELDS(struct res_named);
    } service_accounts;
    struct {
        VEC_FIELDS(struct res_service);
    } services;
    struct {
        VEC_FIELDS(struct res_backends);
    } slices;
    struct {
        VEC_FIELDS(struct res_backends);
    } endpoints;
    struct {
        VEC_FIELDS(struct res_felix);
    } felix;
    struct {
        VEC_FIELDS(struct res_fleet);
    } fleets;
    struct {
        VEC_FIELDS(struct res_node);
    } nodes;
    struct {
        VEC_FIELDS(struct res_test);
    } tests;
    size_t objects; // seen, skipped ones included
    size_t skipped; // listed other kinds and kinds of other groups
    size_t
        pods_skipped; // pods that are no endpoint: host network, not scheduled, finished, without an address
};

struct res_decoder;

// All memory from `arena`; `ret_resources` is filled while objects are decoded.
struct res_decoder *res_decoder_new(struct arena *arena, struct diags *diags,
                                    struct resources *ret_resources);

// A load_object_fn with the decoder as context. Reports unknown kinds and fields, wrong types and values.
void res_decode_object(void *decoder, const struct load_object *object);

// A load_fields_fn that goes with it: what is decoded of an object of this kind. Kinds in which an unknown field is an
// error are read in whole, but for metadata and status.
const struct load_fields *res_read_fields(const char *api_version, const char *kind);

// The name that Calico gives the host side of a pod's interface: prefix and 11 hex digits (semantics.md 7.4).
const char *res_pod_interface(struct arena *arena, const char *prefix, const char *ns,
                              const char *name);

// Whether an object asks, by its annotation polc.io/rule-counters, that rules be counted one by one.
bool res_counts_rules(const struct res_meta *meta);

// "hipstershop/frontend" or "frontend": how the object is named in messages.
const char *res_full_name(struct arena *arena, const struct res_meta *meta);
