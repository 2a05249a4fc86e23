// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: services whose backends are told by slices, by Endpoints, or by a selector.
#include "gen.h"

static const char *const protocols[] = {"TCP", "TCP", "UDP", "SCTP"};

static const char *backend(struct gen *gen, uint8_t family)
{
    char buffer[IP_TEXT_MAX];
    size_t slot = rng_below(&gen->rng, SCENE_SLOTS);
    uint8_t number = (uint8_t)rng_between(&gen->rng, 1, 3);
    if (rng_chance(&gen->rng, 20)) {
        return family == IP_V4 ? "192.0.2.77" : "2001:db8:1::77";
    }
    return arena_strdup(gen->arena, ip_addr_text(scene_slot_address(slot, family, number), buffer));
}

static void put_slice(struct gen *gen, const char *ns, const char *service, uint32_t number)
{
    uint8_t family = rng_chance(&gen->rng, 65) ? IP_V4 : IP_V6;
    gen_begin(gen, "discovery.k8s.io/v1", "EndpointSlice", ns,
              arena_printf(gen->arena, "%s-%u", service, number));
    gen_line(gen, 1, "labels:");
    gen_line(gen, 2, "kubernetes.io/service-name: %s", service);
    gen_line(gen, 0, "addressType: IPv%u", family);
    gen_line(gen, 0, "endpoints:");
    for (uint32_t i = rng_between(&gen->rng, 1, 3); i > 0; i--) {
        gen_line(gen, 1, "- addresses:");
        gen_line(gen, 3, "- \"%s\"", backend(gen, family));
        if (rng_chance(&gen->rng, 20)) {
            gen_line(gen, 2, "conditions:");
            gen_line(gen, 3, "ready: false");
        }
    }
    gen_line(gen, 0, "ports:");
    for (uint32_t i = rng_between(&gen->rng, 1, 2); i > 0; i--) {
        gen_line(gen, 1, "- name: p%u", i);
        gen_line(gen, 2, "protocol: %s", rng_pick(&gen->rng, protocols));
        if (rng_chance(&gen->rng, 90)) {
            gen_line(gen, 2, "port: %u", gen_port(gen));
        }
    }
    gen_end(gen);
}

static void put_endpoints(struct gen *gen, const char *ns, const char *service)
{
    gen_begin(gen, "v1", "Endpoints", ns, service);
    gen_line(gen, 0, "subsets:");
    gen_line(gen, 1, "- addresses:");
    gen_line(gen, 3, "- ip: \"%s\"", backend(gen, IP_V4));
    gen_line(gen, 3, "- ip: \"%s\"", backend(gen, IP_V6));
    gen_line(gen, 2, "ports:");
    gen_line(gen, 3, "- port: %u", gen_port(gen));
    gen_line(gen, 4, "protocol: %s", rng_pick(&gen->rng, protocols));
    gen_end(gen);
}

static void put_service(struct gen *gen, const char *ns, const char *service)
{
    gen_begin(gen, "v1", "Service", ns, service);
    gen_line(gen, 0, "spec:");
    if (rng_chance(&gen->rng, 70)) {
        gen_line(gen, 1, "selector:");
        gen_line(gen, 2, "role: web");
    }
    gen_line(gen, 1, "ports:");
    gen_line(gen, 2, "- port: %u", gen_port(gen));
    gen_line(gen, 3, "protocol: %s", rng_pick(&gen->rng, protocols));
    if (gen->named_ports && rng_chance(&gen->rng, 40)) {
        gen_line(gen, 3, "targetPort: %s", gen_port_name(gen));
    } else if (rng_chance(&gen->rng, 40)) {
        gen_line(gen, 3, "targetPort: %u", gen_port(gen));
    }
    gen_end(gen);
}

void gen_services(struct gen *gen)
{
    gen->service_count =
        rng_chance(&gen->rng, 65) ? 0 : rng_between(&gen->rng, 1, GEN_SERVICES_MAX);
    for (size_t i = 0; i < gen->service_count; i++) {
        const char *name = arena_printf(gen->arena, "svc-%zu", i);
        const char *ns = gen_namespace(gen);
        gen->services[i] = (struct gen_service){ns, name};
        put_service(gen, ns, name);
        if (rng_chance(&gen->rng, 50)) {
            put_slice(gen, ns, name, 0);
            if (rng_chance(&gen->rng, 50)) {
                put_slice(gen, ns, name, 1);
            }
        }
        if (rng_chance(&gen->rng, 30)) {
            put_endpoints(gen, ns, name);
        }
    }
}
