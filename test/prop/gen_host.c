// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: host endpoints, by interface, by address, and for all interfaces.
#include "gen.h"

static void put_host_profiles(struct gen *gen)
{
    uint32_t choice = rng_below(&gen->rng, 100);
    if (choice < 25) {
        return; // closed
    }
    gen_line(gen, 1, "profiles:");
    if (choice < 75 || gen->profile_count == 0) {
        gen_line(gen, 2, "- projectcalico-default-allow");
    } else {
        gen_line(gen, 2, "- %s", gen->profiles[rng_below(&gen->rng, (uint32_t)gen->profile_count)]);
    }
}

static void put_host_ports(struct gen *gen)
{
    if (gen->named_ports && rng_chance(&gen->rng, 50)) {
        gen_line(gen, 1, "ports:");
        gen_line(gen, 2, "- name: %s", gen_port_name(gen));
        gen_line(gen, 3, "protocol: %s", rng_chance(&gen->rng, 70) ? "TCP" : "UDP");
        gen_line(gen, 3, "port: %u", gen_port(gen));
    }
}

static void put_host_addresses(struct gen *gen, uint32_t first)
{
    static const char *const addresses[] = {"192.0.2.1", "2001:db8:1::1", "198.51.100.1",
                                            "2001:db8:2::1"};
    gen_line(gen, 1, "expectedIPs:");
    gen_line(gen, 2, "- \"%s\"", addresses[first]);
    if (rng_chance(&gen->rng, 50)) {
        gen_line(gen, 2, "- \"%s\"", addresses[first ^ 1]);
    }
}

static void put_host(struct gen *gen, uint32_t number)
{
    static const char *const interfaces[] = {"eth0", "eth1", "\"*\"", "\"*\"", "net6", "eth0"};
    bool by_address = rng_chance(&gen->rng, 20);
    bool local = rng_chance(&gen->rng, 92);
    gen_begin(gen, "projectcalico.org/v3", "HostEndpoint", NULL,
              arena_printf(gen->arena, "h%u", number));
    gen_labels(gen, 1, "labels");
    gen_line(gen, 0, "spec:");
    gen_line(gen, 1, "node: %s", local ? SCENE_NODE : SCENE_OTHER);
    if (!by_address) {
        gen_line(gen, 1, "interfaceName: %s", rng_pick(&gen->rng, interfaces));
    }
    if (by_address || rng_chance(&gen->rng, 30)) {
        put_host_addresses(gen, rng_below(&gen->rng, 4));
    }
    put_host_profiles(gen);
    put_host_ports(gen);
    gen_end(gen);
}

// Host endpoints that Calico makes for the nodes of a fleet.
static void put_fleet(struct gen *gen)
{
    gen_begin(gen, "projectcalico.org/v3", "Node", NULL, SCENE_NODE);
    gen_labels(gen, 1, "labels");
    gen_line(gen, 0, "spec:");
    gen_line(gen, 1, "addresses:");
    gen_line(gen, 2, "- type: InternalIP");
    gen_line(gen, 3, "address: 192.0.2.1");
    gen_end(gen);
    gen_begin(gen, "projectcalico.org/v3", "KubeControllersConfiguration", NULL, "default");
    gen_line(gen, 0, "spec:");
    gen_line(gen, 1, "controllers:");
    gen_line(gen, 2, "node:");
    gen_line(gen, 3, "hostEndpoint:");
    gen_line(gen, 4, "autoCreate: Enabled");
    gen_line(gen, 4, "createDefaultHostEndpoint: %s",
             rng_chance(&gen->rng, 60) ? "Enabled" : "Disabled");
    gen_line(gen, 4, "templates:");
    gen_line(gen, 5, "- generateName: public");
    if (rng_chance(&gen->rng, 50)) {
        gen_line(gen, 6, "interfaceCIDRs:");
        gen_line(gen, 7, "- 192.0.2.0/24");
    } else {
        gen_line(gen, 6, "interfacePattern: \"eth1|net\"");
    }
    gen_labels(gen, 6, "labels");
    gen_end(gen);
}

void gen_hosts(struct gen *gen)
{
    uint32_t count = rng_chance(&gen->rng, 50) ? 0 : rng_between(&gen->rng, 1, 3);
    gen->hosts = count > 0;
    for (uint32_t i = 0; i < count; i++) {
        put_host(gen, i);
    }
    if (rng_chance(&gen->rng, 8)) {
        put_fleet(gen);
        gen->hosts = true;
    }
}
