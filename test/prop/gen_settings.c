// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: FelixConfiguration, for all nodes and for one.
#include "gen.h"

// Each stands in about a third of the objects; two of one field never do.
static const char *const settings[][3] = {
    {"interfacePrefix: \"cali,tap\"", "interfacePrefix: tap", "interfacePrefix: cali"},
    {"defaultEndpointToHostAction: Accept", "defaultEndpointToHostAction: Return",
     "defaultEndpointToHostAction: Drop"},
    {"nftablesFilterDenyAction: Reject", "iptablesFilterDenyAction: Reject",
     "nftablesFilterDenyAction: Drop"},
    {"disableConntrackInvalidCheck: true", "disableConntrackInvalidCheck: true",
     "disableConntrackInvalidCheck: false"},
    {"allowVXLANPacketsFromWorkloads: true", "allowVXLANPacketsFromWorkloads: false",
     "vxlanPort: 8080"},
    {"allowIPIPPacketsFromWorkloads: true", "allowIPIPPacketsFromWorkloads: false",
     "allowIPIPPacketsFromWorkloads: true"},
    {"nftablesMarkMask: 1048576", "iptablesMarkMask: 4278190080", "nftablesMarkMask: 1048576"},
    {"logPrefix: \"%t %k %n %p\"", "logPrefix: seen", "logActionRateLimit: 10/second"},
    {"dnsTrustedServers: [10.66.0.53]",
     "dnsTrustedServers: [\"192.0.2.77:8080\", \"[2001:db8:1::77]:53\"]", "dnsTrustedServers: []"},
    {"dnsExtraTTL: 30s", "dnsExtraTTL: 1h", "dnsExtraTTL: 0s"},
};

static void put_failsafes(struct gen *gen, const char *key)
{
    uint32_t count = rng_below(&gen->rng, 4);
    gen_line(gen, 1, "%s:%s", key, count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, 2, "- protocol: %s", rng_chance(&gen->rng, 60) ? "tcp" : "udp");
        gen_line(gen, 3, "port: %u", gen_port(gen));
        if (rng_chance(&gen->rng, 40)) {
            uint8_t family = rng_chance(&gen->rng, 60) ? IP_V4 : IP_V6;
            gen_line(gen, 3, "net: \"%s\"", gen_cidr(gen, family, true, true));
        }
    }
}

static void put_settings(struct gen *gen, const char *name)
{
    gen_begin(gen, "projectcalico.org/v3", "FelixConfiguration", NULL, name);
    if (rng_chance(&gen->rng, 30)) {
        gen_line(gen, 1, "annotations:");
        gen_line(gen, 2, "polc.io/flow-table-size: \"%u\"", rng_below(&gen->rng, 2));
        gen_line(gen, 2, "polc.io/dns-watch: \"%s\"", rng_chance(&gen->rng, 50) ? "true" : "false");
        gen_line(gen, 2, "polc.io/dns-set-timeout: \"%u\"", rng_below(&gen->rng, 2) * 600);
    }
    gen_line(gen, 0, "spec:");
    for (size_t i = 0; i < ARRAY_COUNT(settings); i++) {
        if (rng_chance(&gen->rng, 33)) {
            gen_line(gen, 1, "%s", rng_pick(&gen->rng, settings[i]));
        }
    }
    if (rng_chance(&gen->rng, 35)) {
        put_failsafes(gen, "failsafeInboundHostPorts");
    }
    if (rng_chance(&gen->rng, 35)) {
        put_failsafes(gen, "failsafeOutboundHostPorts");
    }
    gen_end(gen);
}

void gen_settings(struct gen *gen)
{
    if (rng_chance(&gen->rng, 40)) {
        put_settings(gen, "default");
    }
    if (rng_chance(&gen->rng, 8)) {
        put_settings(gen, "node." SCENE_NODE);
    }
}
