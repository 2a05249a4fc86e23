// SPDX-License-Identifier: GPL-2.0-or-later
// HostEndpoint (semantics.md 1.8).
#include "objects.h"
#include "values.h"
#include "workload.h"

static void host_interface(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    (void)arg;
    if (!scalar_string(decoder, node) || node->size == 0) {
        return;
    }
    if (strcmp(node->text, "*") == 0) {
        *(struct res_text *)target = keep_text(decoder, node);
        return;
    }
    set_interface(decoder, node->text, node->loc, target);
}

static void host_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    struct res_host *host = target;
    if (node->size > 0) {
        host->expected_ips_loc = node->loc;
    }
    field_nets(decoder, node, &host->expected_ips, arg);
}

#define IN_HOST(member) offsetof(struct res_host, member)

static const struct field host_rows[] = {
    {"node", field_text, IN_HOST(node), NULL},
    {"interfaceName", host_interface, IN_HOST(interface_name), NULL},
    {"expectedIPs", host_addresses, 0, &net_bare},
    {"profiles", field_names, IN_HOST(profiles), NULL},
    {"ports", field_host_ports, IN_HOST(ports), NULL},
};
static const struct fields host_fields = FIELDS(host_rows);

void decode_host(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    struct res_host host = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, true, &host.meta);
    decode_calico(decoder, object, &host_fields, &host);
    vec_push(decoder->arena, &decoder->resources->hosts, host);
}
