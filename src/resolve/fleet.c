// SPDX-License-Identifier: GPL-2.0-or-later
// Host endpoints for a fleet: nodes and templates -> host endpoints that look like written ones (semantics.md 6.8).
#include "internal.h"

#include <polc/base/sha256.h>
#include <regex.h>

#define CREATED_BY_KEY   "projectcalico.org/created-by"
#define CREATED_BY_VALUE "calico-kube-controllers"
#define LABEL_HOSTNAME   "kubernetes.io/hostname"
#define NAME_SUFFIX      "auto-hep"

enum { MAX_NAME = 253 };

// A host: what its Node objects say and what is known of its interfaces.
struct fleet_node {
    const char *name;
    struct loc loc, start;
    struct {
        VEC_FIELDS(struct res_label);
    } labels;
    struct res_nets addresses;
    struct {
        VEC_FIELDS(struct res_node_interface);
    } interfaces;
    bool known; // something is known of its interfaces
};

struct fleet {
    struct arena *arena;
    struct diags *diags;
    const struct res_fleet *res;
    const struct host_inventory *inventory; // may be NULL
    const struct model *model;
    struct strmap *written; // names of written host endpoints
    struct strmap *nodes;   // name -> struct fleet_node
    struct {
        VEC_FIELDS(struct fleet_node *);
    } order;
    struct fleet_hosts *hosts;
};

// ---- nodes ----------------------------------------------------------------------------------------------------------

static void add_address(struct fleet *fleet, struct res_nets *addresses, struct res_net net)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (cidr_compare(addresses->items[i].cidr, net.cidr) == 0) {
            return;
        }
    }
    vec_push(fleet->arena, addresses, net);
}

static void add_addresses(struct fleet *fleet, struct res_nets *addresses,
                          const struct res_nets *more)
{
    for (size_t i = 0; i < more->count; i++) {
        add_address(fleet, addresses, more->items[i]);
    }
}

static void add_label(struct fleet *fleet, struct fleet_node *node, struct res_label label)
{
    for (size_t i = 0; i < node->labels.count; i++) {
        if (strcmp(node->labels.items[i].key, label.key) == 0) {
            return;
        }
    }
    vec_push(fleet->arena, &node->labels, label);
}

static struct fleet_node *node_of(struct fleet *fleet, const char *name, struct loc loc,
                                  struct loc start)
{
    struct fleet_node *node = strmap_get(fleet->nodes, name);
    if (node == NULL) {
        node = arena_new_of(fleet->arena, struct fleet_node);
        node->name = name;
        node->loc = loc;
        node->start = start;
        strmap_put(fleet->nodes, name, node);
        vec_push(fleet->arena, &fleet->order, node);
    }
    return node;
}

// Of two Nodes of one host, Calico's comes first where they differ.
static void add_nodes(struct fleet *fleet, const struct resources *resources, bool kubernetes)
{
    for (size_t i = 0; i < resources->nodes.count; i++) {
        const struct res_node *res = &resources->nodes.items[i];
        if (res->kubernetes != kubernetes) {
            continue;
        }
        struct fleet_node *node = node_of(fleet, res->meta.name, res->meta.loc, res->meta.start);
        for (size_t j = 0; j < res->meta.label_count; j++) {
            add_label(fleet, node, res->meta.labels[j]);
        }
        add_addresses(fleet, &node->addresses, &res->addresses);
        for (size_t j = 0; j < res->interfaces.count; j++) {
            vec_push(fleet->arena, &node->interfaces, res->interfaces.items[j]);
            add_addresses(fleet, &node->addresses, &res->interfaces.items[j].addresses);
        }
        node->known |= res->interfaces.count > 0;
    }
}

static void add_bare_node(struct fleet *fleet, const char *name)
{
    if (name != NULL && strmap_get(fleet->nodes, name) == NULL) {
        struct fleet_node *node =
            node_of(fleet, name, fleet->res->meta.loc, fleet->res->meta.start);
        add_label(fleet, node, (struct res_label){.key = LABEL_HOSTNAME, .value = name});
    }
}

// What every node would make for itself: a run for all of them must say the same.
static void add_bare_nodes(struct fleet *fleet, const struct resources *resources)
{
    for (size_t i = 0; i < resources->workloads.count; i++) {
        add_bare_node(fleet, resources->workloads.items[i].node.text);
    }
    for (size_t i = 0; i < resources->hosts.count; i++) {
        add_bare_node(fleet, resources->hosts.items[i].node.text);
    }
}

// The node of the run needs no object; that it has none while others have one may be a slip.
static void add_missing_node(struct fleet *fleet, const struct resources *resources)
{
    const char *name = fleet->model->node;
    if (strmap_get(fleet->nodes, name) != NULL) {
        return;
    }
    if (resources->nodes.count > 0) {
        struct diag *diag =
            diag_report(fleet->diags, DIAG_W045, fleet->res->meta.loc,
                        "node \"%s\" has no Node object, so its host endpoints have no labels but "
                        "its name",
                        name);
        diag_hint(diag, "kubectl get nodes -o yaml > nodes.yaml     (or check --node)");
    }
    add_bare_node(fleet, name);
}

// ---- what is known of interfaces ------------------------------------------------------------------------------------

// Interfaces that Calico leaves out when it looks for those of a node: virtual ones with the same address everywhere.
static bool is_virtual(const char *name)
{
    static const char *const prefixes[] = {"docker",  "cbr",       "dummy", "virbr",
                                           "lxcbr",   "veth",      "tunl",  "vxlan",
                                           "flannel", "kube-ipvs", "cni"};
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
        if (text_begins(name, prefixes[i])) {
            return true;
        }
    }
    return false;
}

// The kernel, or a file about the host, knows better than an old object.
static void take_inventory(struct fleet *fleet, struct fleet_node *node)
{
    const struct host_node *known =
        fleet->inventory != NULL ? host_find(fleet->inventory, node->name) : NULL;
    if (known == NULL) {
        return;
    }
    node->known = true;
    node->interfaces.count = 0;
    for (size_t i = 0; i < known->count; i++) {
        const struct host_interface *interface = &known->items[i];
        if (interface->loopback || interface->master != NULL || is_virtual(interface->name) ||
            is_workload_prefix(&fleet->model->settings, interface->name)) {
            continue;
        }
        struct res_node_interface *ret = vec_add(fleet->arena, &node->interfaces);
        ret->name = interface->name;
        for (size_t j = 0; j < interface->address_count; j++) {
            if (!ip_addr_is_link_local(interface->addresses[j].addr)) {
                struct res_net net = {cidr_of_addr(interface->addresses[j].addr), node->loc};
                vec_push(fleet->arena, &ret->addresses, net);
            }
        }
        add_addresses(fleet, &node->addresses, &ret->addresses);
    }
}

// ---- host endpoints -------------------------------------------------------------------------------------------------

// Calico hashes a name that is too long as well, in its own way.
static const char *endpoint_name(struct fleet *fleet, const char *name)
{
    if (strlen(name) <= MAX_NAME) {
        return name;
    }
    char hash[65];
    sha256_hex(name, strlen(name), hash);
    return arena_printf(fleet->arena, "%s-" NAME_SUFFIX, hash);
}

// The node's labels, changed by those of the template, and who made it.
static void set_labels(struct fleet *fleet, const struct fleet_node *node,
                       const struct res_template *template, struct res_meta *meta)
{
    VEC(struct res_label) labels = {0};
    vec_push(fleet->arena, &labels,
             (struct res_label){.key = CREATED_BY_KEY, .value = CREATED_BY_VALUE});
    for (size_t i = 0; template != NULL && i < template->label_count; i++) {
        vec_push(fleet->arena, &labels, template->labels[i]);
    }
    for (size_t i = 0; i < node->labels.count; i++) {
        vec_push(fleet->arena, &labels, node->labels.items[i]);
    }
    meta->labels = labels.items;
    meta->label_count = labels.count;
}

static void make_host(struct fleet *fleet, const struct fleet_node *node,
                      const struct res_template *template, const char *name, const char *interface,
                      const struct res_nets *addresses)
{
    name = endpoint_name(fleet, name);
    if (strmap_get(fleet->written, name) != NULL) {
        return; // one that was written by hand stays as it is
    }
    struct loc loc = template != NULL ? template->loc : fleet->res->meta.loc;
    struct res_host host = {
        .meta = {.kind = RES_HOST_ENDPOINT, .name = name, .loc = node->loc, .start = node->start},
        .node = {node->name, node->loc},
        .interface_name = {interface, interface != NULL ? loc : LOC_NONE},
        .expected_ips_loc = loc,
    };
    set_labels(fleet, node, template, &host.meta);
    add_addresses(fleet, &host.expected_ips, addresses);
    vec_push(fleet->arena, &host.profiles, (struct res_text){PROFILE_DEFAULT_ALLOW, loc});
    vec_push(fleet->arena, fleet->hosts, host);
}

static struct res_nets addresses_within(struct fleet *fleet, const struct fleet_node *node,
                                        const struct res_nets *cidrs)
{
    struct res_nets ret = {0};
    for (size_t i = 0; i < node->addresses.count; i++) {
        for (size_t j = 0; j < cidrs->count; j++) {
            if (cidr_contains(cidrs->items[j].cidr, node->addresses.items[i].cidr)) {
                add_address(fleet, &ret, node->addresses.items[i]);
            }
        }
    }
    return ret;
}

static void warn_interfaces(struct fleet *fleet, const struct fleet_node *node,
                            const struct res_template *template)
{
    bool local = fleet->model->node != NULL && strcmp(fleet->model->node, node->name) == 0;
    if (node->known || !local) {
        return;
    }
    struct diag *diag =
        diag_report(fleet->diags, DIAG_W046, template->pattern.loc,
                    "template \"%s\" makes no host endpoint for %s, whose interfaces are not known",
                    template->name.text, node->name);
    diag_hint(diag, "ip -j addr > %s.json     (on %s; then here: --interfaces %s.json)", node->name,
              node->name, node->name);
}

static void free_regex(regex_t *regex)
{
    regfree(regex);
}

static void make_by_pattern(struct fleet *fleet, const struct fleet_node *node,
                            const struct res_template *template, const struct res_nets *addresses)
{
    __attribute__((cleanup(free_regex))) regex_t regex;
    if (regcomp(&regex, template->pattern.text, REG_EXTENDED | REG_NOSUB) != 0) {
        POLC_UNREACHABLE("a pattern that was compiled before");
    }
    for (size_t i = 0; i < node->interfaces.count; i++) {
        const struct res_node_interface *interface = &node->interfaces.items[i];
        if (regexec(&regex, interface->name, 0, NULL, 0) != 0) {
            continue;
        }
        struct res_nets all = {0};
        add_addresses(fleet, &all, addresses);
        add_addresses(fleet, &all, &interface->addresses);
        make_host(fleet, node, template,
                  arena_printf(fleet->arena, "%s-%s-%s-" NAME_SUFFIX, node->name,
                               template->name.text, interface->name),
                  interface->name, &all);
    }
    warn_interfaces(fleet, node, template);
}

static void apply_template(struct fleet *fleet, const struct fleet_node *node,
                           const struct res_template *template)
{
    struct labels labels = own_labels(fleet->arena, node->labels.items, node->labels.count);
    if (template->selector.tree != NULL && !sel_matches(template->selector.tree, &labels)) {
        return;
    }
    struct res_nets addresses = addresses_within(fleet, node, &template->cidrs);
    if (template->pattern.text != NULL) {
        make_by_pattern(fleet, node, template, &addresses);
    } else if (addresses.count > 0) {
        make_host(fleet, node, template,
                  arena_printf(fleet->arena, "%s-%s-" NAME_SUFFIX, node->name, template->name.text),
                  NULL, &addresses);
    }
}

static bool is_word(const struct res_text *text, const char *word)
{
    return text->text != NULL && strcmp(text->text, word) == 0;
}

static void make_hosts(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->order.count; i++) {
        struct fleet_node *node = fleet->order.items[i];
        take_inventory(fleet, node);
        if (!is_word(&fleet->res->create_default, "Disabled")) {
            make_host(fleet, node, NULL, arena_printf(fleet->arena, "%s-" NAME_SUFFIX, node->name),
                      "*", &node->addresses);
        }
        for (size_t j = 0; j < fleet->res->templates.count; j++) {
            apply_template(fleet, node, &fleet->res->templates.items[j]);
        }
    }
}

const struct res_fleet *enabled_fleet(const struct resources *resources)
{
    for (size_t i = 0; i < resources->fleets.count; i++) {
        if (is_word(&resources->fleets.items[i].auto_create, "Enabled")) {
            return &resources->fleets.items[i];
        }
    }
    return NULL;
}

void resolve_fleet(struct arena *arena, struct diags *diags, const struct resources *resources,
                   const struct host_inventory *inventory, const struct model *model,
                   struct fleet_hosts *ret)
{
    struct fleet fleet = {
        .arena = arena,
        .diags = diags,
        .res = enabled_fleet(resources),
        .inventory = inventory,
        .model = model,
        .written = strmap_new(arena),
        .nodes = strmap_new(arena),
        .hosts = ret,
    };
    if (fleet.res == NULL) {
        return;
    }
    for (size_t i = 0; i < resources->hosts.count; i++) {
        strmap_put(fleet.written, resources->hosts.items[i].meta.name, &fleet);
    }
    add_nodes(&fleet, resources, false);
    add_nodes(&fleet, resources, true);
    if (model->node != NULL) {
        add_missing_node(&fleet, resources);
    } else {
        add_bare_nodes(&fleet, resources);
    }
    make_hosts(&fleet);
}
