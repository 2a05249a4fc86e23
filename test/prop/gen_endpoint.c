// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: workload endpoints, pods, and what they inherit from: namespaces, service accounts, profiles.
#include "gen.h"

#define CALICO "projectcalico.org/v3"

// ---- profiles and namespaces ----------------------------------------------------------------------------------

void gen_profiles(struct gen *gen)
{
    uint32_t count = rng_below(&gen->rng, 3);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = arena_printf(gen->arena, "profile-%u", i);
        gen->profiles[gen->profile_count++] = name;
        gen_begin(gen, CALICO, "Profile", NULL, name);
        gen_line(gen, 0, "spec:");
        if (rng_chance(&gen->rng, 80)) {
            gen_rules(gen, 1, false, 3);
        }
        if (rng_chance(&gen->rng, 80)) {
            gen_rules(gen, 1, true, 3);
        }
        gen_labels(gen, 1, "labelsToApply");
        gen_end(gen);
    }
}

static void put_namespaces(struct gen *gen)
{
    static const char *const names[] = {"alpha", "beta", "gamma"};
    gen->namespace_count = rng_between(&gen->rng, 1, ARRAY_COUNT(names));
    for (size_t i = 0; i < gen->namespace_count; i++) {
        if (rng_chance(&gen->rng, 85)) {
            gen_begin(gen, "v1", "Namespace", NULL, names[i]);
            gen_labels(gen, 1, "labels");
            gen_end(gen);
        }
        if (rng_chance(&gen->rng, 20)) {
            gen_begin(gen, "v1", "ServiceAccount", names[i], "runner");
            gen_labels(gen, 1, "labels");
            gen_end(gen);
        }
    }
}

static void put_profiles(struct gen *gen, const char *ns)
{
    static const uint8_t weights[] = {60, 14, 16, 5, 5};
    size_t choice = rng_weighted(&gen->rng, weights, ARRAY_COUNT(weights));
    if (choice == 4 && !gen->open) {
        return;
    }
    gen_line(gen, 1, "profiles:");
    if (gen->profile_count > 0 && (choice == 2 || rng_chance(&gen->rng, 30))) {
        gen_line(gen, 2, "- %s", gen->profiles[rng_below(&gen->rng, (uint32_t)gen->profile_count)]);
    }
    if (choice == 3) {
        gen_line(gen, 2, "- nowhere");
    } else if (choice == 1) {
        gen_line(gen, 2, "- projectcalico-default-allow");
    } else {
        gen_line(gen, 2, "- kns.%s", ns);
    }
}

// ---- workloads ------------------------------------------------------------------------------------------------

static void put_address(struct gen *gen, struct ip_addr addr)
{
    char buffer[IP_TEXT_MAX];
    gen_line(gen, 2, "- \"%s/%u\"", ip_addr_text(addr, buffer), ip_family_bits(addr.family));
}

// Addresses first..last of the slot, in one family or both.
static void put_addresses(struct gen *gen, size_t slot, uint8_t first, uint8_t last)
{
    static const uint8_t weights[] = {60, 25, 15};
    size_t families = rng_weighted(&gen->rng, weights, ARRAY_COUNT(weights)); // both, IPv4, IPv6
    gen_line(gen, 1, "ipNetworks:");
    for (uint8_t number = first; number <= last; number++) {
        if (families != 2) {
            put_address(gen, scene_slot_address(slot, IP_V4, number));
        }
        if (families != 1) {
            put_address(gen, scene_slot_address(slot, IP_V6, number));
        }
    }
}

static void put_endpoint_ports(struct gen *gen)
{
    static const char *const protocols[] = {"TCP", "TCP", "UDP", "SCTP"};
    if (!gen->named_ports || rng_chance(&gen->rng, 30)) {
        return;
    }
    uint32_t count = rng_between(&gen->rng, 1, 3);
    gen_line(gen, 1, "ports:");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, 2, "- name: %s", gen_port_name(gen));
        gen_line(gen, 3, "protocol: %s", rng_pick(&gen->rng, protocols));
        gen_line(gen, 3, "port: %u", gen_port(gen));
    }
}

static void put_spoofed_prefixes(struct gen *gen)
{
    if (rng_chance(&gen->rng, 10)) {
        gen_line(gen, 1, "allowSpoofedSourcePrefixes:");
        gen_line(gen, 2, "- \"%s\"", gen_cidr(gen, IP_V4, true, true));
        if (rng_chance(&gen->rng, 50)) {
            gen_line(gen, 2, "- \"%s\"", gen_cidr(gen, IP_V6, true, false));
        }
    }
}

// An endpoint on a node; `slot` SCENE_SLOTS: on the other one.
static void put_workload(struct gen *gen, size_t slot, uint8_t first, uint8_t last)
{
    bool local = slot < SCENE_SLOTS;
    const char *ns = gen_namespace(gen);
    const char *wanted = local ? arena_printf(gen->arena, "w%zu", slot) : "far";
    gen_begin(gen, CALICO, "WorkloadEndpoint", ns,
              gen_fresh_name(gen, "WorkloadEndpoint", ns, wanted));
    gen_labels(gen, 1, "labels");
    gen_line(gen, 0, "spec:");
    if (rng_chance(&gen->rng, 50)) {
        gen_line(gen, 1, "orchestrator: k8s");
    }
    gen_line(gen, 1, "node: %s", local ? SCENE_NODE : SCENE_OTHER);
    if (!local) {
        uint32_t number = rng_below(&gen->rng, 60);
        gen_line(gen, 1, "interfaceName: cali0");
        gen_line(gen, 1, "ipNetworks:");
        gen_line(gen, 2, "- 10.66.0.%u/32", number + 64u * first);
        gen_line(gen, 2, "- \"fd66::%x/128\"", number + 64u * first);
    } else {
        if (scene_slots[slot].use == SCENE_WORKLOAD) {
            gen_line(gen, 1, "interfaceName: %s", scene_slots[slot].interface);
        }
        put_addresses(gen, slot, first, last);
    }
    put_profiles(gen, ns);
    if (rng_chance(&gen->rng, 20)) {
        gen_line(gen, 1, "serviceAccountName: %s", rng_chance(&gen->rng, 70) ? "runner" : "other");
    }
    put_endpoint_ports(gen);
    put_spoofed_prefixes(gen);
    gen_end(gen);
}

static void put_pod(struct gen *gen)
{
    gen_begin(gen, "v1", "Pod", "alpha", "pod-5");
    gen_labels(gen, 1, "labels");
    gen_line(gen, 0, "spec:");
    gen_line(gen, 1, "nodeName: " SCENE_NODE);
    if (rng_chance(&gen->rng, 50)) {
        gen_line(gen, 1, "serviceAccountName: runner");
    }
    gen_line(gen, 1, "containers:");
    gen_line(gen, 2, "- name: main");
    gen_line(gen, 3, "image: none");
    if (gen->named_ports) {
        gen_line(gen, 3, "ports:");
        gen_line(gen, 4, "- name: %s", gen_port_name(gen));
        gen_line(gen, 5, "containerPort: %u", gen_port(gen));
    }
    char buffer[IP_TEXT_MAX];
    gen_line(gen, 0, "status:");
    gen_line(gen, 1, "podIPs:");
    gen_line(gen, 2, "- ip: %s", ip_addr_text(scene_slot_address(5, IP_V4, 2), buffer));
    if (rng_chance(&gen->rng, 70)) {
        gen_line(gen, 2, "- ip: \"%s\"", ip_addr_text(scene_slot_address(5, IP_V6, 2), buffer));
    }
    gen_end(gen);
}

// One endpoint behind a slot, or two that share its interface and not their addresses.
static void put_slot(struct gen *gen, size_t slot)
{
    uint8_t first = (uint8_t)rng_between(&gen->rng, 1, 3);
    if (scene_slots[slot].use == SCENE_POD) {
        put_pod(gen);
        return;
    }
    put_workload(gen, slot, first, (uint8_t)(first + rng_below(&gen->rng, 2)));
    if (rng_chance(&gen->rng, 12)) {
        put_workload(gen, slot, 5, (uint8_t)rng_between(&gen->rng, 5, 6));
    }
}

void gen_endpoints(struct gen *gen)
{
    bool any = false;
    put_namespaces(gen);
    gen_profiles(gen);
    for (size_t slot = 0; slot < SCENE_SLOTS; slot++) {
        bool plain = scene_slots[slot].use == SCENE_PLAIN;
        if (scene_slots[slot].use != SCENE_UNKNOWN &&
            (slot == 0 || rng_chance(&gen->rng, plain ? 35
                                                : any ? 45
                                                      : 60))) {
            put_slot(gen, slot);
            any = slot > 0;
        }
    }
    for (uint8_t i = 0; i < 2; i++) {
        if (rng_chance(&gen->rng, 35)) {
            put_workload(gen, SCENE_SLOTS, i, i);
        }
    }
}
