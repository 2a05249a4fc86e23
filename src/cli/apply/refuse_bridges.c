// SPDX-License-Identifier: GPL-2.0-or-later
// S004: a policy that would have to see packets between two ports of a bridge, which the kernel shows to the firewall
// only when it is told to. polc never sets a sysctl.
#include "cli.h"

struct bridge {
    const char *name;
    struct words endpoints; // policed ones
    bool families[2];       // IPv4, IPv6: packets that the firewall does not see
    size_t ports;
};

struct bridges {
    VEC_FIELDS(struct bridge);
};

static const uint8_t families[] = {IP_V4, IP_V6};
static const char *const switches[] = {"net.bridge.bridge-nf-call-iptables",
                                       "net.bridge.bridge-nf-call-ip6tables"};

static bool allows_everything(const struct model_policy *profile)
{
    for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
        const struct res_rule *first =
            profile->rules[direction].count > 0 ? profile->rules[direction].items[0].res : NULL;
        if (first == NULL || first->action != RES_ALLOW || first->source.present ||
            first->destination.present || first->protocol.number != 0 ||
            first->not_protocol.number != 0 || first->ip_version != 0 || first->icmp.present ||
            first->not_icmp.present) {
            return false;
        }
    }
    return true;
}

static bool has_enforced(const struct model *model, const struct model_indexes *policies)
{
    for (size_t i = 0; i < policies->count; i++) {
        if (!model->policies.items[policies->items[i]].staged) {
            return true;
        }
    }
    return false;
}

// Nothing is lost when the packets of an endpoint that is open both ways are not seen.
static bool is_policed(const struct model *model, const struct model_endpoint *endpoint)
{
    return has_enforced(model, &endpoint->policies[MODEL_IN]) ||
           has_enforced(model, &endpoint->policies[MODEL_OUT]) || endpoint->profiles.count == 0 ||
           !allows_everything(&model->profiles.items[endpoint->profiles.items[0]]);
}

static size_t count_ports(const struct model *model, const char *bridge)
{
    size_t count = 0;
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const char *master = model->interfaces.items[i].master;
        count += master != NULL && strcmp(master, bridge) == 0;
    }
    return count;
}

static struct bridge *bridge_of(struct run *run, struct bridges *bridges, const char *name)
{
    for (size_t i = 0; i < bridges->count; i++) {
        if (strcmp(bridges->items[i].name, name) == 0) {
            return &bridges->items[i];
        }
    }
    struct bridge *bridge = vec_add(run->arena, bridges);
    bridge->name = name;
    bridge->ports = count_ports(run->model, name);
    return bridge;
}

// A workload is one endpoint on a bridge with at least one other port: what passes between them is bridged.
static struct bridges find_bridges(struct run *run)
{
    struct bridges bridges = {0};
    const struct model *model = run->model;
    bool seen[] = {host_bridge_filtered(IP_V4), host_bridge_filtered(IP_V6)};
    for (size_t i = 0; i < model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[i];
        if (!endpoint->local || endpoint->bridge == NULL || !is_policed(model, endpoint)) {
            continue;
        }
        struct bridge *bridge = bridge_of(run, &bridges, endpoint->bridge);
        if (bridge->ports < 2) {
            continue;
        }
        vec_push(run->arena, &bridge->endpoints, endpoint->id);
        for (size_t j = 0; j < endpoint->res->addresses.count; j++) {
            for (size_t k = 0; k < ARRAY_COUNT(families); k++) {
                bridge->families[k] |=
                    !seen[k] && endpoint->res->addresses.items[j].cidr.addr.family == families[k];
            }
        }
    }
    return bridges;
}

static void explain(struct run *run, const struct bridge *bridge, bool end)
{
    enum { SHOWN = 3 };
    size_t count = bridge->endpoints.count;
    size_t shown = count < SHOWN ? count : SHOWN;
    fprintf(stderr, "  policed on %s: %s%s\n", bridge->name,
            words_join(run->arena, bridge->endpoints.items, shown, ", "),
            shown < count ? arena_printf(run->arena, " and %zu more", count - shown) : "");
    struct strbuf wanted = {.arena = run->arena};
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        if (bridge->families[i]) {
            strbuf_addf(&wanted, " %s=1", switches[i]);
        }
    }
    if (end) {
        hint(
            "modprobe br_netfilter; sysctl -w%s     (or --force=S004: only routed packets are policed)",
            strbuf_text(&wanted));
    }
}

bool refuse_bridges(struct run *run)
{
    struct bridges bridges = find_bridges(run);
    bool end = false;
    for (size_t i = 0; i < bridges.count; i++) {
        const struct bridge *bridge = &bridges.items[i];
        if (bridge->families[0] || bridge->families[1]) {
            bool refused = refuse(
                run, DIAG_S004, "the firewall does not see the %s packets between the ports of %s",
                bridge->families[0] && bridge->families[1] ? "IPv4 and IPv6"
                : bridge->families[0]                      ? "IPv4"
                                                           : "IPv6",
                bridge->name);
            explain(run, bridge, refused);
            end |= refused;
        }
    }
    return end;
}
