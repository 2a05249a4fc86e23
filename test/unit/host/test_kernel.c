// SPDX-License-Identifier: GPL-2.0-or-later
// Inventories from the kernel, of interfaces that the test makes in a namespace of its own, and what `ip -j addr` prints
// of them: both must give the same.
#include "nft/netns.h"

#include <polc/host.h>

static struct arena *arena;

static const struct host_interface *find(const struct host_inventory *inventory, const char *name)
{
    const struct host_node *node = host_find(inventory, "n1");
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        if (strcmp(node->items[i].name, name) == 0) {
            return &node->items[i];
        }
    }
    return NULL;
}

static bool has(const struct host_interface *interface, const char *text, uint8_t bits)
{
    struct ip_addr addr;
    require(ip_addr_parse(text, strlen(text), &addr) == ADDR_OK);
    for (size_t i = 0; i < interface->address_count; i++) {
        if (ip_addr_compare(interface->addresses[i].addr, addr) == 0 &&
            interface->addresses[i].bits == bits) {
            return true;
        }
    }
    return false;
}

static void run(const char *command)
{
    if (system(command) != 0) {
        fprintf(stderr, "skipped: %s\n", command);
        _exit(NETNS_SKIP);
    }
}

static void make_interfaces(void)
{
    run("ip link set lo up");
    run("ip link add br0 type bridge");
    run("ip link add veth0 type veth peer name veth1");
    run("ip link set veth1 master br0");
    run("ip addr add 10.1.0.1/24 dev br0");
    run("ip addr add fd00:1::1/64 dev br0 nodad");
    run("ip addr add 10.2.0.1 peer 10.2.0.2/32 dev veth0");
    // No addresses of their own, which would come between two looks.
    run("for name in br0 veth0 veth1; do ip link set $name addrgenmode none || exit 1; done");
    run("ip link set br0 up && ip link set veth0 up && ip link set veth1 up");
}

NETNS_TEST(kernel_inventory)
{
    arena = arena_new((size_t)1 << 30);
    make_interfaces();
    struct host_inventory inventory = {0};
    require(host_read_kernel(arena, "n1", &inventory) == 0);
    require(inventory.count == 1);
    const struct host_interface *lo = find(&inventory, "lo");
    const struct host_interface *bridge = find(&inventory, "br0");
    const struct host_interface *port = find(&inventory, "veth1");
    const struct host_interface *peer = find(&inventory, "veth0");
    require(lo != NULL && bridge != NULL && port != NULL && peer != NULL);
    require(lo->loopback && !bridge->loopback);
    require(bridge->bridge && !port->bridge);
    require(bridge->master == NULL && strcmp(port->master, "br0") == 0);
    require(has(lo, "127.0.0.1", 8) && has(bridge, "10.1.0.1", 24) && has(bridge, "fd00:1::1", 64));
    // The own end of a point-to-point address, not the other one.
    require(has(peer, "10.2.0.1", 32) && !has(peer, "10.2.0.2", 32));
    require(port->index != 0 && port->index != bridge->index);
}

static void print_inventory(const struct host_inventory *inventory, struct strbuf *ret)
{
    char buffer[IP_TEXT_MAX];
    const struct host_node *node = host_find(inventory, "n1");
    for (size_t i = 0; i < node->count; i++) {
        const struct host_interface *interface = &node->items[i];
        strbuf_addf(ret, "%s %u %d %d %s", interface->name, interface->index, interface->loopback,
                    interface->bridge, interface->master != NULL ? interface->master : "-");
        for (size_t j = 0; j < interface->address_count; j++) {
            strbuf_addf(ret, " %s/%u", ip_addr_text(interface->addresses[j].addr, buffer),
                        interface->addresses[j].bits);
        }
        strbuf_add(ret, "\n");
    }
}

NETNS_TEST(file_and_kernel_agree)
{
    arena = arena_new((size_t)1 << 30);
    make_interfaces();
    char path[] = "/tmp/polc-addr-XXXXXX";
    int fd = mkstemp(path);
    require(fd >= 0);
    for (int detailed = 0; detailed < 2; detailed++) {
        run(arena_printf(arena, "ip %s-j addr > %s", detailed ? "-d " : "", path));
        struct sources *sources = sources_new(arena);
        struct diags *diags = diags_new(arena, sources);
        struct host_inventory from_file = {0}, from_kernel = {0};
        require(host_read_path(arena, sources, diags, path, "n1", &from_file));
        require(host_read_kernel(arena, "n1", &from_kernel) == 0);
        struct strbuf file = {.arena = arena}, kernel = {.arena = arena};
        print_inventory(&from_file, &file);
        print_inventory(&from_kernel, &kernel);
        if (strcmp(strbuf_text(&file), strbuf_text(&kernel)) != 0) {
            fprintf(stderr, "file:\n%skernel:\n%s", strbuf_text(&file), strbuf_text(&kernel));
            unlink(path);
            _exit(EXIT_FAILURE);
        }
    }
    close(fd);
    unlink(path);
}

NETNS_TEST(bridge_filter_switches)
{
    static const struct {
        const char *path;
        uint8_t family;
    } switches[] = {{"/proc/sys/net/bridge/bridge-nf-call-iptables", IP_V4},
                    {"/proc/sys/net/bridge/bridge-nf-call-ip6tables", IP_V6}};
    for (size_t i = 0; i < ARRAY_COUNT(switches); i++) {
        if (access(switches[i].path, W_OK) != 0) {
            require(access(switches[i].path, F_OK) == 0 ||
                    !host_bridge_filtered(switches[i].family));
            continue;
        }
        require(netns_write(switches[i].path, "1"));
        require(host_bridge_filtered(switches[i].family));
        require(netns_write(switches[i].path, "0"));
        require(!host_bridge_filtered(switches[i].family));
    }
}

UNIT_TESTS("host kernel", kernel_inventory, file_and_kernel_agree, bridge_filter_switches)
