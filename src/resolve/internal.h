// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module resolve share.
#pragma once

#include <polc/resolve.h>

// Labels that Calico itself gives meaning to.
#define LABEL_NAMESPACE         "projectcalico.org/namespace"
#define LABEL_ORCHESTRATOR      "projectcalico.org/orchestrator"
#define LABEL_SERVICE_ACCOUNT   "projectcalico.org/serviceaccount"
#define LABEL_NAME              "projectcalico.org/name"
#define LABEL_KIND              "projectcalico.org/kind"
#define LABEL_METADATA_NAME     "kubernetes.io/metadata.name"
#define PREFIX_NAMESPACE        "pcns."
#define PREFIX_SERVICE_ACCOUNT  "pcsa."
#define PROFILE_NAMESPACE       "kns."
#define PROFILE_SERVICE_ACCOUNT "ksa."
#define PROFILE_DEFAULT_ALLOW   "projectcalico-default-allow"

// ---- labels.c: effective labels -------------------------------------------------------------------------------

struct label_scope;
struct label_scope *label_scope_new(struct arena *arena, const struct resources *resources);
// Workloads with the same labels of their own and the same profiles share theirs: one array, at one address.
struct labels workload_labels(struct label_scope *scope, const struct res_workload *workload);
struct labels host_labels(struct label_scope *scope, const struct res_host *host);
// Labels as they are written, ready for a selector.
struct labels own_labels(struct arena *arena, const struct res_label *items, size_t count);
struct labels netset_labels(struct label_scope *scope, const struct res_netset *netset);

// ---- bridges.c: what the inet hooks see of endpoints behind bridges ------------------------------------------------

// NULL when nothing is known of the node, or there is no such interface.
const struct host_node *inventory_node(const struct host_inventory *inventory, const char *node);
const struct host_interface *inventory_interface(const struct host_node *node, const char *name);
// Endpoints behind ports of bridges: what the inet hooks see of them.
void resolve_bridges(struct arena *arena, struct diags *diags,
                     const struct host_inventory *inventory, struct model *model);

// ---- the passes, in this order --------------------------------------------------------------------------------

void resolve_settings(struct arena *arena, const struct resources *resources, struct model *model);
void resolve_tiers(struct arena *arena, const struct resources *resources, struct model *model);
void resolve_policies(struct arena *arena, const struct resources *resources, struct model *model);
void resolve_endpoints(struct arena *arena, const struct resources *resources, struct model *model);
// Written host endpoints and those that are made for nodes.
void resolve_hosts(struct arena *arena, struct diags *diags, const struct resources *resources,
                   const struct host_inventory *inventory, struct model *model);
// Whether a name begins as those of workload interfaces do.
bool is_workload_prefix(const struct model_settings *settings, const char *name);
// Interfaces of the nodes, the bridges in front of workload endpoints, and which host endpoint governs what.
void resolve_interfaces(struct arena *arena, struct diags *diags,
                        const struct host_inventory *inventory, struct model *model);
void resolve_netsets(struct arena *arena, const struct resources *resources, struct model *model);
void resolve_services(struct arena *arena, const struct resources *resources, struct model *model);
// Whose DNS answers are believed, by the settings, the services and the hosts.
void resolve_dns_servers(struct arena *arena, const struct host_inventory *inventory,
                         struct model *model);
void resolve_profiles(struct arena *arena, const struct resources *resources, struct model *model);
void resolve_active(struct arena *arena, struct diags *diags, struct model *model);
void resolve_rules(struct arena *arena, struct model *model);

// Triples while they are collected.
struct triples {
    VEC_FIELDS(struct model_port_member);
};
// Sorts them and drops duplicates.
void triples_normalize(struct triples *triples);

// ---- fleet.c: host endpoints that are made for nodes --------------------------------------------------------------

struct fleet_hosts {
    VEC_FIELDS(struct res_host);
};

// The configuration that makes them; NULL when none does.
const struct res_fleet *enabled_fleet(const struct resources *resources);
// Reads the node and the settings of the model.
void resolve_fleet(struct arena *arena, struct diags *diags, const struct resources *resources,
                   const struct host_inventory *inventory, const struct model *model,
                   struct fleet_hosts *ret);

// ---- ipsets.c -------------------------------------------------------------------------------------------------

struct ipset_registry;
struct ipset_registry *ipset_registry_new(struct arena *arena, struct model *model);
// The number of the set of addresses, made on first use.
int32_t ipset_addresses(struct ipset_registry *registry, const struct sel *sel);
// The number of the set of triples for the named entries of `ports`; PLAN_NONE-like -1 when it has none.
// `sel` NULL: every endpoint. `protocol` 0: any. `within`: only addresses of this set of addresses; -1: any.
int32_t ipset_named_ports(struct ipset_registry *registry, const struct sel *sel, int32_t within,
                          uint8_t protocol, const struct res_ports *ports);
// The number of the set of a service: its triples, or its addresses alone. Empty for one that is not in the input.
int32_t ipset_service_ports(struct ipset_registry *registry, const char *ns, const char *name);
int32_t ipset_service_addresses(struct ipset_registry *registry, const char *ns, const char *name);
// Appends the domains of the network sets that the selector takes.
void ipset_domain_names(struct ipset_registry *registry, const struct sel *sel,
                        struct res_names *ret);

// ---- domains.c ------------------------------------------------------------------------------------------------

struct domain_registry;
struct domain_registry *domain_registry_new(struct arena *arena, struct model *model,
                                            struct ipset_registry *ipsets);
// The number of a list in the model, made on first use; -1 for an empty one.
int32_t domains_of_names(struct domain_registry *registry, const struct res_names *names);
int32_t domains_of_selector(struct domain_registry *registry, const struct sel *sel);
