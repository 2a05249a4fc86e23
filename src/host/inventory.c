// SPDX-License-Identifier: GPL-2.0-or-later
// Order and look-up in an inventory; whether bridged packets pass the inet hooks.
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int compare_interfaces(const void *a, const void *b)
{
    return strcmp(((const struct host_interface *)a)->name,
                  ((const struct host_interface *)b)->name);
}

static int compare_addresses(const void *a, const void *b)
{
    return cidr_compare(*(const struct cidr *)a, *(const struct cidr *)b);
}

void inventory_sort(struct host_node *node)
{
    vec_sort(node, compare_interfaces);
    for (size_t i = 0; i < node->count; i++) {
        struct host_interface *interface = &node->items[i];
        if (interface->address_count > 1) {
            qsort(interface->addresses, interface->address_count, sizeof *interface->addresses,
                  compare_addresses);
        }
    }
}

const struct host_node *host_find(const struct host_inventory *inventory, const char *node)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const char *name = inventory->items[i].name;
        if (name == NULL || strcmp(name, node) == 0) {
            return &inventory->items[i];
        }
    }
    return NULL;
}

bool host_bridge_filtered(uint8_t family)
{
    const char *path = family == IP_V4 ? "/proc/sys/net/bridge/bridge-nf-call-iptables"
                                       : "/proc/sys/net/bridge/bridge-nf-call-ip6tables";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false; // br_netfilter is not loaded
    }
    char value = '0';
    bool on = read(fd, &value, 1) == 1 && value != '0';
    close(fd);
    return on;
}
