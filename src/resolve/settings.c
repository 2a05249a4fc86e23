// SPDX-License-Identifier: GPL-2.0-or-later
// FelixConfiguration "default", then "node.NAME" -> settings, with Calico's defaults (semantics.md appendix A).
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
    if (felix->allow_vxlan.present) {
        ret->drop_vxlan = !felix->allow_vxlan.value;
    }
    if (felix->allow_ipip.present) {
        ret->drop_ipip = !felix->allow_ipip.value;
    }
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

void resolve_settings(struct arena *arena, const struct resources *resources, const char *node,
                      struct model_settings *ret)
{
    static const char *default_prefixes[] = {"cali"};
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
    };
    apply_named(arena, resources, "default", ret);
    if (node != NULL) {
        apply_named(arena, resources, arena_printf(arena, "node.%s", node), ret);
    }
}
