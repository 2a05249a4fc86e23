// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of models, plans and rulesets share: YAML text in, a model out, and its parts as
// text to compare.
#pragma once

#include "resource/res_helper.h"

#include <polc/resolve.h>

// Decodes and resolves for a node with what is known of interfaces; NULL takes all nodes, and knows nothing. Mistakes
// in the input fail the test.
__attribute__((unused)) static struct model *model_with(const char *text, const char *node,
                                                        const struct host_inventory *inventory)
{
    decode(text);
    ck_assert_msg(diags_count(diags, DIAG_ERROR) == 0, "the test's own input is wrong:\n%s",
                  printed(false));
    return resolve(arena, diags, resources, node, inventory);
}

__attribute__((unused)) static struct model *model_of(const char *text, const char *node)
{
    return model_with(text, node, NULL);
}

// "KIND NAMESPACE/NAME" or "KIND NAME" with labels and spec as the content of flow maps.
__attribute__((unused)) static const char *thing(const char *kind, const char *ns, const char *name,
                                                 const char *labels, const char *spec)
{
    bool core = strcmp(kind, "Namespace") == 0 || strcmp(kind, "ServiceAccount") == 0;
    return arena_printf(
        arena,
        "{apiVersion: %s, kind: %s, metadata: {name: \"%s\"%s%s, labels: {%s}}%s%s%s}\n---\n",
        core ? "v1" : "projectcalico.org/v3", kind, name, ns[0] != '\0' ? ", namespace: " : "", ns,
        labels, core ? "" : ", spec: {", core ? "" : spec, core ? "" : "}");
}

// A workload of node "n1" with one address.
__attribute__((unused)) static const char *workload(const char *ns, const char *name,
                                                    const char *labels, const char *address,
                                                    const char *more)
{
    return thing("WorkloadEndpoint", ns, name, labels,
                 arena_printf(arena, "node: n1, ipNetworks: [\"%s\"]%s%s", address,
                              more[0] != '\0' ? ", " : "", more));
}

// Texts joined; the last argument is NULL.
__attribute__((unused, sentinel)) static const char *join(const char *first, ...)
{
    struct strbuf text = {.arena = arena};
    va_list args;
    va_start(args, first);
    for (const char *next = first; next != NULL; next = va_arg(args, const char *)) {
        strbuf_add(&text, next);
    }
    va_end(args);
    return strbuf_text(&text);
}

// ---- parts of a model as text
// -----------------------------------------------------------------------------------

__attribute__((unused)) static const char *labels_text(const struct labels *labels)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < labels->count; i++) {
        strbuf_addf(&text, "%s%s=%s", i > 0 ? " " : "", labels->items[i].key,
                    labels->items[i].value);
    }
    return strbuf_text(&text);
}

__attribute__((unused)) static const struct model_endpoint *endpoint_of(const struct model *model,
                                                                        const char *id)
{
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (strcmp(model->endpoints.items[i].id, id) == 0) {
            return &model->endpoints.items[i];
        }
    }
    ck_abort_msg("no endpoint %s", id);
}

__attribute__((unused)) static const struct model_policy *policy_of(const struct model *model,
                                                                    const char *id)
{
    for (size_t i = 0; i < model->policies.count; i++) {
        if (strcmp(model->policies.items[i].id, id) == 0) {
            return &model->policies.items[i];
        }
    }
    ck_abort_msg("no policy %s", id);
}

// Ids of the policies that govern an endpoint in one direction, in order.
__attribute__((unused)) static const char *governing(const struct model *model, const char *id,
                                                     int direction)
{
    struct strbuf text = {.arena = arena};
    const struct model_indexes *list = &endpoint_of(model, id)->policies[direction];
    for (size_t i = 0; i < list->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", model->policies.items[list->items[i]].id);
    }
    return strbuf_text(&text);
}

__attribute__((unused)) static const struct model_host *host_of(const struct model *model,
                                                                const char *name)
{
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (strcmp(model->hosts.items[i].res->meta.name, name) == 0) {
            return &model->hosts.items[i];
        }
    }
    ck_abort_msg("no host endpoint %s", name);
}

// The name of an IP set, or "-" for -1.
__attribute__((unused)) static const char *set_name(const struct model *model, int32_t number)
{
    return number < 0 ? "-" : model->ipsets.items[number].name;
}

// "10.0.0.1 fd00::/64", or triples as "10.0.0.1/6/80".
__attribute__((unused)) static const char *members_text(const struct model_ipset *set)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < set->members.count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "",
                    cidr_text(set->members.items[i], true, buffer));
    }
    for (size_t i = 0; i < set->port_count; i++) {
        const struct model_port_member *port = &set->ports[i];
        strbuf_addf(&text, "%s%s/%u/%u", i > 0 ? " " : "", ip_addr_text(port->addr, buffer),
                    port->protocol, port->port);
    }
    return strbuf_text(&text);
}

__attribute__((unused)) static const struct model_ipset *set_of(const struct model *model,
                                                                const char *name)
{
    for (size_t i = 0; i < model->ipsets.count; i++) {
        if (strcmp(model->ipsets.items[i].name, name) == 0) {
            return &model->ipsets.items[i];
        }
    }
    ck_abort_msg("no set %s", name);
}
