// SPDX-License-Identifier: GPL-2.0-or-later
// polc test --kernel: the interfaces of hosts of which nothing is known. Each host endpoint gets an interface of its name
// with its expectedIPs, one that is found by its address gets one of its own, and one for all interfaces gets one that no
// other host endpoint has, by which the host is connected with all others.
#include "test.h"

struct maker {
    struct run *run;
    struct host_inventory *inventory;
};

// The node, unless it was known before.
static struct host_node *made_node(struct maker *maker, const char *name, size_t known)
{
    struct host_inventory *inventory = maker->inventory;
    for (size_t i = 0; i < inventory->count; i++) {
        if (inventory->items[i].name != NULL && strcmp(inventory->items[i].name, name) == 0) {
            return i >= known ? &inventory->items[i] : NULL;
        }
    }
    vec_push(maker->run->arena, inventory, (struct host_node){.name = name});
    return &inventory->items[inventory->count - 1];
}

static struct host_interface *made_interface(struct maker *maker, struct host_node *node,
                                             const char *name)
{
    for (size_t i = 0; i < node->count; i++) {
        if (strcmp(node->items[i].name, name) == 0) {
            return &node->items[i];
        }
    }
    vec_push(maker->run->arena, node, (struct host_interface){.name = name});
    return &node->items[node->count - 1];
}

static void add_addresses(struct maker *maker, struct host_interface *interface,
                          const struct res_nets *nets)
{
    struct cidr *addresses =
        arena_array_of(maker->run->arena, struct cidr, interface->address_count + nets->count);
    if (interface->address_count > 0) {
        memcpy(addresses, interface->addresses, interface->address_count * sizeof *addresses);
    }
    for (size_t i = 0; i < nets->count; i++) {
        addresses[interface->address_count++] = nets->items[i].cidr;
    }
    interface->addresses = addresses;
}

static void add_host(struct maker *maker, const struct model_host *host, size_t known)
{
    const char *name = host->res->interface_name.text;
    struct host_node *node = made_node(maker, host->res->node.text, known);
    if (node == NULL || (name != NULL && strcmp(name, "lo") == 0)) {
        return;
    }
    if (host->all_interfaces) {
        name = "uplink0";
    } else if (name == NULL) {
        name = arena_printf(maker->run->arena, "uplink%zu", node->count + 1);
    }
    add_addresses(maker, made_interface(maker, node, name), &host->res->expected_ips);
}

void test_make_interfaces(struct run *run)
{
    struct maker maker = {run, &run->inventory};
    const struct model *model = run->model;
    size_t known = run->inventory.count;
    for (int all = 1; all >= 0; all--) { // the one that leads to all others comes first
        for (size_t i = 0; i < model->hosts.count; i++) {
            if (model->hosts.items[i].all_interfaces == all) {
                add_host(&maker, &model->hosts.items[i], known);
            }
        }
    }
    if (run->inventory.count > known) {
        run->model = resolve(run->input, diags_new(run->arena, run->sources), &run->resources,
                             model->node, &run->inventory);
    }
}
