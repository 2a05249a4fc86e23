// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: rules with every field, valid ones only: what excludes what is decided here before it is written.
#include "gen.h"

struct rule {
    struct gen *gen;
    int depth; // of the keys behind the first one
    bool egress;
    uint8_t ip_version; // 0, 4, 6
    uint8_t family;     // of all nets of the rule
    bool has_ports;     // a protocol that has them
    bool has_protocol;
    bool names; // its destination may be names
};

static bool chance(const struct rule *rule, uint32_t percent)
{
    return rng_chance(&rule->gen->rng, percent);
}

static void put_icmp(const struct rule *rule, const char *key)
{
    static const uint8_t types[] = {0, 3, 8, 13, 128, 129, 135, 254};
    struct gen *gen = rule->gen;
    gen_line(gen, rule->depth, "%s:", key);
    gen_line(gen, rule->depth + 1, "type: %u", rng_pick(&gen->rng, types));
    if (chance(rule, 50)) {
        gen_line(gen, rule->depth + 1, "code: %u", rng_below(&gen->rng, 3));
    }
}

static const char *pick_protocol(struct rule *rule)
{
    static const char *const with_ports[] = {"TCP",  "TCP", "TCP", "UDP",    "UDP",
                                             "SCTP", "6",   "17",  "\"132\""};
    static const char *const without[] = {"UDPLite", "47", "4", "50", "255", "1", "58"};
    uint32_t choice = rng_below(&rule->gen->rng, 100);
    rule->has_ports = choice < 68;
    rule->has_protocol = true;
    if (rule->has_ports) {
        return rng_pick(&rule->gen->rng, with_ports);
    }
    if (choice < 92) {
        bool v6 = rule->ip_version != 0 ? rule->ip_version == 6 : choice >= 80;
        return v6 ? "ICMPv6" : "ICMP";
    }
    return without[rng_below(&rule->gen->rng,
                             ARRAY_COUNT(without) - (rule->ip_version != 0 ? 2 : 0))];
}

static void put_protocol(struct rule *rule)
{
    struct gen *gen = rule->gen;
    static const char *const negated[] = {"TCP", "UDP", "SCTP", "UDPLite", "47", "6"};
    if (chance(rule, 62)) {
        const char *protocol = pick_protocol(rule);
        gen_line(gen, rule->depth, "protocol: %s", protocol);
        bool icmp = strncmp(protocol, "ICMP", 4) == 0 || strcmp(protocol, "1") == 0 ||
                    strcmp(protocol, "58") == 0;
        if (icmp && chance(rule, 60)) {
            put_icmp(rule, "icmp");
        }
        if (icmp && chance(rule, 30)) {
            put_icmp(rule, "notICMP");
        }
    }
    if (chance(rule, 8)) {
        gen_line(gen, rule->depth, "notProtocol: %s", rng_pick(&gen->rng, negated));
    }
}

static void put_port(const struct rule *rule, int depth, bool named)
{
    struct gen *gen = rule->gen;
    uint32_t port = gen_port(gen);
    if (named) {
        gen_line(gen, depth, "- %s", gen_port_name(gen));
    } else if (chance(rule, 30)) {
        uint32_t last = port + rng_below(&gen->rng, 40);
        gen_line(gen, depth, "- \"%u:%u\"", port, last > 65535 ? 65535 : last);
    } else {
        gen_line(gen, depth, chance(rule, 15) ? "- \"%u\"" : "- %u", port);
    }
}

// `numbers`: no port by its name.
static void put_ports(const struct rule *rule, const char *key, bool numbers)
{
    struct gen *gen = rule->gen;
    uint32_t count = rng_between(&gen->rng, 1, chance(rule, 10) ? 20 : 3);
    gen_line(gen, rule->depth + 1, "%s:", key);
    for (uint32_t i = 0; i < count; i++) {
        put_port(rule, rule->depth + 2,
                 !numbers && (!rule->has_protocol || (gen->named_ports && chance(rule, 30))));
    }
}

static void put_nets(const struct rule *rule, const char *key, bool negated)
{
    struct gen *gen = rule->gen;
    uint32_t count = rng_between(&gen->rng, 1, chance(rule, 15) ? 9 : 3);
    gen_line(gen, rule->depth + 1, "%s:", key);
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, rule->depth + 2, "- \"%s\"", gen_cidr(gen, rule->family, true, !negated));
    }
}

static void put_service_accounts(const struct rule *rule)
{
    struct gen *gen = rule->gen;
    bool names = chance(rule, 60);
    gen_line(gen, rule->depth + 1, "serviceAccounts:");
    if (names) {
        gen_line(gen, rule->depth + 2, "names:");
        gen_line(gen, rule->depth + 3, "- %s", chance(rule, 50) ? "runner" : "default");
    }
    if (!names || chance(rule, 25)) {
        gen_service_account_selector(gen, rule->depth + 2, "selector");
    }
}

// The side that is looked at: the peer most of the time.
static void put_addresses(const struct rule *rule, bool peer)
{
    struct gen *gen = rule->gen;
    if (chance(rule, peer ? 24 : 10)) {
        put_nets(rule, "nets", false);
    }
    if (chance(rule, peer ? 10 : 4)) {
        put_nets(rule, "notNets", true);
    }
    if (chance(rule, peer ? 40 : 8)) {
        gen_selector(gen, rule->depth + 1, "selector");
    }
    if (chance(rule, peer ? 10 : 4)) {
        gen_selector(gen, rule->depth + 1, "notSelector");
    }
    if (chance(rule, peer ? 14 : 3)) {
        if (chance(rule, 15)) {
            gen_line(gen, rule->depth + 1, "namespaceSelector: global()");
        } else {
            gen_namespace_selector(gen, rule->depth + 1, "namespaceSelector");
        }
    }
    if (chance(rule, peer ? 6 : 2)) {
        put_service_accounts(rule);
    }
}

// The backends of a service, instead of addresses; and as a destination instead of ports.
static void put_services(const struct rule *rule)
{
    struct gen *gen = rule->gen;
    const struct gen_service *service =
        &gen->services[rng_below(&gen->rng, (uint32_t)gen->service_count)];
    gen_line(gen, rule->depth + 1, "services:");
    gen_line(gen, rule->depth + 2, "name: %s", service->name);
    gen_line(gen, rule->depth + 2, "namespace: %s", service->ns);
}

static void put_domains(const struct rule *rule)
{
    gen_domains(rule->gen, rule->depth + 1, "domains");
    if (chance(rule, 20)) {
        put_nets(rule, "notNets", true);
    }
}

static void put_side(const struct rule *rule, bool destination)
{
    struct gen *gen = rule->gen;
    bool peer = destination == rule->egress;
    bool domains = destination && rule->names && chance(rule, 25);
    bool ports = rule->has_ports ||
                 (!domains && !rule->has_protocol && gen->named_ports && chance(rule, 15));
    gen_line(gen, rule->depth, destination ? "destination:" : "source:");
    if (peer && gen->service_count > 0 && chance(rule, 20)) {
        put_services(rule);
        if (destination) {
            return;
        }
    } else if (domains) {
        put_domains(rule);
    } else {
        put_addresses(rule, peer);
    }
    if (ports && chance(rule, destination ? 65 : 10)) {
        put_ports(rule, "ports", domains);
    }
    if (ports && chance(rule, destination ? 12 : 4)) {
        put_ports(rule, "notPorts", false);
    }
}

static const char *pick_action(struct gen *gen)
{
    static const uint8_t weights[] = {58, 20, 14, 8}, staged[] = {36, 20, 36, 8};
    static const char *const actions[] = {"Allow", "Deny", "Pass", "Log"};
    return actions[rng_weighted(&gen->rng, gen->staged ? staged : weights, ARRAY_COUNT(weights))];
}

static void put_rule(struct gen *gen, int depth, bool egress, bool broad)
{
    struct rule rule = {.gen = gen, .depth = depth + 1, .egress = egress};
    const char *action = broad ? "Allow" : pick_action(gen);
    rule.names = egress && strcmp(action, "Allow") == 0;
    gen_line(gen, depth, "- action: %s", action);
    if (chance(&rule, 12)) {
        rule.ip_version = chance(&rule, 50) ? 4 : 6;
        gen_line(gen, depth + 1, "ipVersion: %u", rule.ip_version);
    }
    rule.family = rule.ip_version != 0 ? rule.ip_version : chance(&rule, 60) ? 4 : 6;
    if (!broad || chance(&rule, 50)) {
        put_protocol(&rule);
    }
    if (broad) {
        return;
    }
    if (chance(&rule, egress ? 25 : 65)) {
        put_side(&rule, false);
    }
    if (chance(&rule, egress ? 75 : 50)) {
        put_side(&rule, true);
    }
    if (chance(&rule, 3)) {
        gen_line(gen, depth + 1, "metadata:");
        gen_line(gen, depth + 2, "annotations:");
        gen_line(gen, depth + 3, "why: because");
    }
}

// A rule that chooses by peer, protocol and port alone, as the optimizer likes them; now and then not quite.
static void put_flat_rule(struct gen *gen, int depth, bool egress, const char *action)
{
    struct rule rule = {.gen = gen, .depth = depth + 1, .egress = egress, .has_ports = true};
    bool domains = egress && strcmp(action, "Allow") == 0 && chance(&rule, 10);
    rule.has_protocol = true;
    rule.family = chance(&rule, 70) ? 4 : 6;
    gen_line(gen, depth, "- action: %s", !domains && chance(&rule, 3) ? "Log" : action);
    gen_line(gen, depth + 1, "protocol: %s", chance(&rule, 75) ? "TCP" : "UDP");
    gen_line(gen, depth + 1, egress ? "destination:" : "source:");
    if (domains) {
        put_domains(&rule);
    } else if (chance(&rule, 60)) {
        put_nets(&rule, "nets", false);
    } else {
        gen_selector(gen, depth + 2, "selector");
    }
    if (!egress) {
        gen_line(gen, depth + 1, "destination:");
    }
    put_ports(&rule, chance(&rule, 4) ? "notPorts" : "ports", domains);
}

static void put_flat_rules(struct gen *gen, int depth, bool egress)
{
    enum { RUN_MAX = 24 };
    uint32_t count = rng_between(&gen->rng, 3, RUN_MAX);
    bool mixed = rng_chance(&gen->rng, 50);
    const char *action = rng_chance(&gen->rng, 70) ? "Allow" : "Deny";
    for (uint32_t i = 0; i < count; i++) {
        bool other = mixed && rng_chance(&gen->rng, 30);
        put_flat_rule(gen, depth, egress,
                      other ? rng_chance(&gen->rng, 90) ? "Deny" : "Pass" : action);
    }
}

void gen_rules(struct gen *gen, int depth, bool egress, uint32_t most)
{
    if (rng_chance(&gen->rng, 12)) {
        gen_line(gen, depth, "%s:", egress ? "egress" : "ingress");
        put_flat_rules(gen, depth + 1, egress);
        return;
    }
    uint32_t count = rng_chance(&gen->rng, 8) ? 0 : rng_between(&gen->rng, 1, most);
    gen_line(gen, depth, "%s:%s", egress ? "egress" : "ingress", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        put_rule(gen, depth + 1, egress, last && rng_chance(&gen->rng, gen->open ? 60 : 25));
    }
}
