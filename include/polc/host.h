// SPDX-License-Identifier: GPL-2.0-or-later
// Module host: what a machine's network looks like: its interfaces, addresses and bridges; from the kernel (rtnetlink) or
// from a file for another machine. Decides nothing about policy.
#pragma once

#include <polc/base.h>
#include <polc/net.h>

struct host_interface {
    const char *name;
    uint32_t index; // 0: not known
    bool loopback, bridge;
    const char *
        master; // the bridge that it is a port of, or NULL (other masters, such as bonds, too: they hide the port)
    struct cidr *addresses; // with the prefix length of the link; not masked
    size_t address_count;
};

// The interfaces of one node, sorted by name.
struct host_node {
    const char *name; // NULL: the node of this run
    VEC_FIELDS(struct host_interface);
    struct {
        VEC_FIELDS(struct ip_addr);
    } nameservers; // by host_read_nameservers; none of other machines
};

// What is known of every node: this host's own from the kernel, others from files.
struct host_inventory {
    VEC_FIELDS(struct host_node);
};

// The interfaces of the network namespace of this process. Needs no privilege. 0, or an errno.
int host_read_kernel(struct arena *arena, const char *node, struct host_inventory *ret);

// FILE: what `ip -j addr` prints, for `node`, or with `node` NULL for the node of the file's name. DIR: files NODE.json,
// one for each node. Errors are reported with their place and false is returned.
bool host_read_path(struct arena *arena, struct sources *sources, struct diags *diags,
                    const char *path, const char *node, struct host_inventory *ret);

// NULL when nothing is known of the node.
const struct host_node *host_find(const struct host_inventory *inventory, const char *node);

// Adds the DNS servers that programs on this host ask, in their order: those of /etc/resolv.conf, and where that names the
// stub of systemd-resolved also those that this one asks. What cannot be read has none.
void host_read_nameservers(struct arena *arena, struct host_node *ret);

// Whether bridged packets of the family pass the inet hooks (net.bridge.bridge-nf-call-iptables, -ip6tables).
// False also when br_netfilter is not loaded.
bool host_bridge_filtered(uint8_t family);
