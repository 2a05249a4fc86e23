// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: services and what says where they lead: slices, endpoints, or a selector; and rules that name them. Few
// names, so that some lead somewhere and some nowhere.
#include "gen.h"

enum { SERVICES = 3 }; // in each namespace

static const char *service_name(struct gen *gen)
{
    return arena_printf(gen->arena, "service-%u", rng_below(&gen->rng, SERVICES));
}

void gen_service_of_rule(struct gen *gen, int depth)
{
    gen_line(gen, depth, "services:");
    gen_line(gen, depth + 1, "name: %s", service_name(gen));
    gen_line(gen, depth + 1, "namespace: %s", gen_namespace(gen));
}

static const char *protocol(struct gen *gen)
{
    static const char *const protocols[] = {"TCP", "TCP", "UDP", "SCTP"};
    return rng_pick(&gen->rng, protocols);
}

static const char *address(struct gen *gen, uint8_t family)
{
    char buffer[IP_TEXT_MAX];
    struct ip_addr addr = scene_slot_address(rng_below(&gen->rng, SCENE_SLOTS), family,
                                             (uint8_t)rng_below(&gen->rng, SCENE_SLOT_ADDRESSES));
    return arena_strdup(gen->arena, ip_addr_text(addr, buffer));
}

static void put_ports(struct gen *gen, int depth)
{
    uint32_t count = rng_below(&gen->rng, 4);
    gen_line(gen, depth, "ports:%s", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, depth, "- protocol: %s", protocol(gen));
        if (!rng_chance(&gen->rng, 10)) {
            gen_line(gen, depth + 1, "port: %u", gen_port(gen));
        }
    }
}

static void put_slice(struct gen *gen, const char *ns, const char *service, uint8_t family)
{
    gen_begin(gen, "discovery.k8s.io/v1", "EndpointSlice", ns,
              arena_printf(gen->arena, "%s-v%u", service, family));
    gen_line(gen, 1, "labels:");
    gen_line(gen, 2, "kubernetes.io/service-name: %s", service);
    gen_line(gen, 0, "addressType: IPv%u", family);
    uint32_t count = rng_below(&gen->rng, 4);
    gen_line(gen, 0, "endpoints:%s", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, 0, "- addresses:");
        gen_line(gen, 1, "- \"%s\"", address(gen, family));
    }
    put_ports(gen, 0);
    gen_end(gen);
}

static void put_endpoints(struct gen *gen, const char *ns, const char *service)
{
    static const char *const lists[] = {"addresses", "notReadyAddresses"};
    gen_begin(gen, "v1", "Endpoints", ns, service);
    uint32_t count = rng_below(&gen->rng, 3);
    gen_line(gen, 0, "subsets:%s", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, 0, "- %s:", rng_pick(&gen->rng, lists));
        gen_line(gen, 1, "- ip: \"%s\"", address(gen, rng_chance(&gen->rng, 60) ? IP_V4 : IP_V6));
        put_ports(gen, 1);
    }
    gen_end(gen);
}

static void put_service(struct gen *gen, const char *ns, const char *service)
{
    gen_begin(gen, "v1", "Service", ns, service);
    gen_line(gen, 0, "spec:");
    gen_labels(gen, 1, "selector");
    uint32_t count = rng_below(&gen->rng, 4);
    gen_line(gen, 1, "ports:%s", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, 1, "- port: %u", gen_port(gen));
        gen_line(gen, 2, "protocol: %s", protocol(gen));
        if (rng_chance(&gen->rng, 50)) {
            gen_line(gen, 2, "targetPort: %s", gen_port_name(gen));
        } else if (rng_chance(&gen->rng, 50)) {
            gen_line(gen, 2, "targetPort: %u", gen_port(gen));
        }
    }
    gen_end(gen);
}

void gen_services(struct gen *gen)
{
    static const char *const namespaces[] = {"alpha", "beta", "gamma"};
    for (size_t i = 0; i < gen->namespace_count * SERVICES; i++) {
        const char *ns = namespaces[i / SERVICES];
        const char *service = arena_printf(gen->arena, "service-%zu", i % SERVICES);
        if (rng_chance(&gen->rng, 45)) {
            put_service(gen, ns, service);
        }
        if (rng_chance(&gen->rng, 20)) {
            put_endpoints(gen, ns, service);
        }
        if (rng_chance(&gen->rng, 25)) {
            put_slice(gen, ns, service, IP_V4);
        }
        if (rng_chance(&gen->rng, 15)) {
            put_slice(gen, ns, service, IP_V6);
        }
    }
}
