// SPDX-License-Identifier: GPL-2.0-or-later
// FelixConfiguration "default", then "node.NAME" -> settings, with Calico's defaults (semantics.md appendix A)
// but for the failsafe ports.
#include "internal.h"

#include <stdlib.h>

static const struct {
    const char *name;
    uint64_t seconds;
} units[] = {
    {"second", 1},
    {"minute", 60},
    {"hour", 3600},
    {"day", 86400},
};

// "N/unit"; its form was validated.
static void parse_rate(const char *text, struct model_settings *settings)
{
    const char *slash = strchr(text, '/');
    if (slash == NULL) {
        return;
    }
    settings->log_rate = (uint32_t)strtoul(text, NULL, 10);
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (strcmp(slash + 1, units[i].name) == 0) {
            settings->log_unit = units[i].seconds;
        }
    }
}

static uint32_t lowest_bit(uint32_t mask)
{
    return mask & (~mask + 1);
}

// Calico's own list protects its datastore and BGP, which a plain host has not (semantics.md 6.5).
static const struct res_failsafe default_in[] = {
    {.protocol = PROTO_TCP, .port = 22},
    {.protocol = PROTO_UDP, .port = 68},
    {.protocol = PROTO_UDP, .port = 546},
};
static const struct res_failsafe default_out[] = {
    {.protocol = PROTO_UDP, .port = 53},
    {.protocol = PROTO_TCP, .port = 53},
    {.protocol = PROTO_UDP, .port = 67},
    {.protocol = PROTO_UDP, .port = 547},
};

static void set_failsafes(struct arena *arena, struct model_settings *settings, int direction,
                          const struct res_failsafe *items, size_t count)
{
    settings->failsafes[direction].count = 0;
    for (size_t i = 0; i < count; i++) {
        vec_push(arena, &settings->failsafes[direction], items[i]);
    }
}

static void apply_dns(const struct res_felix *felix, struct model_settings *ret)
{
    if (felix->dns_servers.present) {
        ret->dns_named = &felix->dns_servers;
    }
    const struct {
        const struct res_order *from;
        uint32_t *to;
    } seconds[] = {
        {&felix->dns_extra_ttl, &ret->dns_extra_ttl},
        {&felix->dns_min_ttl, &ret->dns_min_ttl},
        {&felix->dns_set_timeout, &ret->dns_set_timeout},
    };
    for (size_t i = 0; i < ARRAY_COUNT(seconds); i++) {
        if (seconds[i].from->present) {
            *seconds[i].to = (uint32_t)seconds[i].from->value;
        }
    }
    if (felix->dns_log_group.present) {
        ret->dns_log_group = (uint16_t)felix->dns_log_group.value;
    }
    if (felix->dns_watch.present) {
        ret->dns_watch = felix->dns_watch.value;
    }
}

static void apply(struct arena *arena, const struct res_felix *felix, struct model_settings *ret)
{
    if (felix->interface_prefixes.count > 0) {
        ret->interface_prefix_count = felix->interface_prefixes.count;
        ret->interface_prefixes = arena_array_of(arena, const char *, ret->interface_prefix_count);
        for (size_t i = 0; i < ret->interface_prefix_count; i++) {
            ret->interface_prefixes[i] = felix->interface_prefixes.items[i].text;
        }
    }
    if (felix->endpoint_to_host_action.text != NULL) {
        ret->host_action = strcasecmp(felix->endpoint_to_host_action.text, "Drop") == 0
                               ? MODEL_HOST_DROP
                               : MODEL_HOST_ACCEPT;
    }
    if (felix->deny_action.text != NULL) {
        ret->reject = strcasecmp(felix->deny_action.text, "Reject") == 0;
    }
    if (felix->log_prefix.text != NULL && felix->log_prefix.text[0] != '\0') {
        ret->log_prefix = felix->log_prefix.text;
    }
    if (felix->log_rate.text != NULL) {
        parse_rate(felix->log_rate.text, ret);
    }
    if (felix->log_burst.present) {
        ret->log_burst = (uint32_t)felix->log_burst.value;
    }
    if (felix->mark_mask != 0) {
        ret->mark = lowest_bit(felix->mark_mask);
    }
    if (felix->failsafes_in.present) {
        set_failsafes(arena, ret, MODEL_IN, felix->failsafes_in.items, felix->failsafes_in.count);
    }
    if (felix->failsafes_out.present) {
        set_failsafes(arena, ret, MODEL_OUT, felix->failsafes_out.items,
                      felix->failsafes_out.count);
    }
    if (felix->allow_vxlan.present) {
        ret->drop_vxlan = !felix->allow_vxlan.value;
    }
    if (felix->allow_ipip.present) {
        ret->drop_ipip = !felix->allow_ipip.value;
    }
    if (felix->flow_size.present) {
        ret->flow_size = (uint32_t)felix->flow_size.value;
    }
    if (felix->flow_timeout.present) {
        ret->flow_timeout = (uint32_t)felix->flow_timeout.value;
    }
    apply_dns(felix, ret);
    ret->rule_counters |= res_counts_rules(&felix->meta);
    if (felix->vxlan_port.present) {
        ret->vxlan_port = (uint16_t)felix->vxlan_port.value;
    }
    if (felix->no_conntrack_invalid_check.present) {
        ret->conntrack_invalid_check = !felix->no_conntrack_invalid_check.value;
    }
}

static void apply_named(struct arena *arena, const struct resources *resources, const char *name,
                        struct model_settings *ret)
{
    for (size_t i = 0; i < resources->felix.count; i++) {
        if (strcmp(resources->felix.items[i].meta.name, name) == 0) {
            apply(arena, &resources->felix.items[i], ret);
        }
    }
}

static void settings_of(struct arena *arena, const struct resources *resources, const char *node,
                        struct model_settings *ret)
{
    static const char *default_prefixes[] = {"cali"};
    static const uint32_t default_mark_mask = 0xffff0000;
    *ret = (struct model_settings){
        .interface_prefixes = default_prefixes,
        .interface_prefix_count = 1,
        .host_action = MODEL_HOST_DROP,
        .log_prefix = "calico-packet",
        .log_unit = 1,
        .log_burst = 5,
        .conntrack_invalid_check = true,
        .drop_vxlan = true,
        .drop_ipip = true,
        .vxlan_port = 4789,
        .mark = lowest_bit(default_mark_mask),
        .flow_size = 65536,
        .flow_timeout = 3600,
        .dns_min_ttl = 120,
        .dns_set_timeout = 3600,
        .dns_log_group = 53,
    };
    set_failsafes(arena, ret, MODEL_IN, default_in, ARRAY_COUNT(default_in));
    set_failsafes(arena, ret, MODEL_OUT, default_out, ARRAY_COUNT(default_out));
    apply_named(arena, resources, "default", ret);
    if (node != NULL) {
        apply_named(arena, resources, arena_printf(arena, "node.%s", node), ret);
    }
}

void resolve_settings(struct arena *arena, const struct resources *resources, struct model *model)
{
    static const char prefix[] = "node.";
    settings_of(arena, resources, model->node, &model->settings);
    for (size_t i = 0; model->node == NULL && i < resources->felix.count; i++) {
        const char *name = resources->felix.items[i].meta.name;
        if (text_begins(name, prefix)) {
            struct model_node_settings *own = vec_add(arena, &model->node_settings);
            own->node = name + strlen(prefix);
            settings_of(arena, resources, own->node, &own->settings);
        }
    }
}
