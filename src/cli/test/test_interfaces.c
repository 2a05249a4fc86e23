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

static bool has_address(const struct host_node *node, struct ip_addr addr)
{
    for (size_t i = 0; i < node->count; i++) {
        for (size_t j = 0; j < node->items[i].address_count; j++) {
            if (ip_addr_compare(node->items[i].addresses[j].addr, addr) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void add_address(struct maker *maker, struct host_interface *interface, struct cidr cidr)
{
    struct arena *arena = maker->run->arena;
    struct cidr *addresses = arena_array_of(arena, struct cidr, interface->address_count + 1);
    if (interface->address_count > 0) {
        memcpy(addresses, interface->addresses, interface->address_count * sizeof *addresses);
    }
    addresses[interface->address_count++] = cidr;
    interface->addresses = addresses;
}

// One that is found by its address needs no interface where another has that address.
static void add_host(struct maker *maker, const struct model_host *host, size_t known)
{
    const struct res_nets *nets = &host->res->expected_ips;
    const char *name = host->all_interfaces ? "uplink0" : host->res->interface_name.text;
    struct host_node *node = made_node(maker, host->res->node.text, known);
    if (node == NULL || (name != NULL && strcmp(name, "lo") == 0)) {
        return;
    }
    const char *made = arena_printf(maker->run->arena, "uplink%zu", node->count + 1);
    if (name != NULL) {
        made_interface(maker, node, name);
    }
    for (size_t i = 0; i < nets->count; i++) {
        if (!has_address(node, nets->items[i].cidr.addr)) {
            add_address(maker, made_interface(maker, node, name != NULL ? name : made),
                        nets->items[i].cidr);
        }
    }
}

// The one that leads to all others comes first, then those with a name.
static int turn_of(const struct model_host *host)
{
    return host->all_interfaces ? 0 : host->res->interface_name.text != NULL ? 1 : 2;
}

void test_make_interfaces(struct run *run)
{
    struct maker maker = {run, &run->inventory};
    const struct model *model = run->model;
    size_t known = run->inventory.count;
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < model->hosts.count; i++) {
            if (turn_of(&model->hosts.items[i]) == turn) {
                add_host(&maker, &model->hosts.items[i], known);
            }
        }
    }
    if (run->inventory.count > known) {
        run->model = resolve(run->input, diags_new(run->arena, run->sources), &run->resources,
                             model->node, &run->inventory);
    }
}
