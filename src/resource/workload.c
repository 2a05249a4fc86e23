// SPDX-License-Identifier: GPL-2.0-or-later
// WorkloadEndpoint (semantics.md 1.9).
#include "workload.h"
#include "objects.h"
#include "values.h"

enum { MAX_INTERFACE_NAME = 15 };

static bool is_interface_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= MAX_INTERFACE_NAME &&
           text[strspn(text,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] ==
               '\0' &&
           strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

void set_interface(struct res_decoder *decoder, const char *text, struct loc loc,
                   struct res_text *ret)
{
    if (!is_interface_name(text)) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P061, loc,
                                        "\"%s\" cannot be the name of an interface", text);
        diag_label(diag, "1 to 15 of letters, digits, \"_\", \".\" and \"-\"");
        return;
    }
    *ret = (struct res_text){keep(decoder, text, strlen(text)), loc};
}

static void workload_interface(struct res_decoder *decoder, const struct node *node, void *target,
                               const void *arg)
{
    (void)arg;
    if (scalar_string(decoder, node) && node->size > 0) {
        set_interface(decoder, node->text, node->loc, target);
    }
}

struct port_row {
    const char *name;
    struct res_protocol protocol;
    long port, host_port;
    struct loc port_loc;
};

static void row_port(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 1, 65535, target);
}

static void row_host_port(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 0, 65535, target);
}

static bool check_port_row(struct res_decoder *decoder, const struct node *node,
                           const struct port_row *row)
{
    if (row->port == 0 || row->protocol.number == 0) {
        report_missing(decoder, node->loc, row->port == 0 ? "port" : "protocol");
        return false;
    }
    if (!proto_has_ports(row->protocol.number)) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P035, row->protocol.loc,
                        "%s names a protocol that has no ports", field_name(decoder));
        diag_label(diag, "TCP, UDP or SCTP");
        return false;
    }
    if (row->name == NULL && row->host_port == 0) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P025, node->loc, "%s needs a name in %s",
                        field_name(decoder), object_name(decoder));
        diag_label(diag, "only a port with \"hostPort\" can go without");
        return false;
    }
    return row->name != NULL;
}

static void port_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const struct field rows[] = {
        {"name", field_string, offsetof(struct port_row, name), NULL},
        {"protocol", field_protocol, offsetof(struct port_row, protocol), NULL},
        {"port", row_port, offsetof(struct port_row, port), NULL},
        {"hostPort", row_host_port, offsetof(struct port_row, host_port), NULL},
        {"hostIP", NULL, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_workload *workload = target;
    struct port_row row = {0};
    size_t errors = diags_count(decoder->diags, DIAG_ERROR);
    if (!decode_map(decoder, node, &fields, &row) ||
        diags_count(decoder->diags, DIAG_ERROR) != errors) {
        return;
    }
    if (check_port_row(decoder, node, &row)) {
        vec_push(decoder->arena, &workload->ports,
                 (struct res_endpoint_port){row.name, row.protocol.number, (uint16_t)row.port,
                                            node->loc});
    }
}

static void workload_ports(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    decode_list(decoder, node, 0, port_item, target, arg);
}

static void workload_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                               const void *arg)
{
    struct res_workload *workload = target;
    if (node->size > 0) {
        workload->addresses_loc = node->loc;
    }
    field_nets(decoder, node, &workload->addresses, arg);
}

#define IN_WORKLOAD(member) offsetof(struct res_workload, member)

static const struct field workload_rows[] = {
    {"node", field_text, IN_WORKLOAD(node), NULL},
    {"orchestrator", field_string, IN_WORKLOAD(orchestrator), NULL},
    {"workload", NULL, 0, NULL},
    {"pod", field_string, IN_WORKLOAD(pod), NULL},
    {"endpoint", NULL, 0, NULL},
    {"containerID", NULL, 0, NULL},
    {"interfaceName", workload_interface, IN_WORKLOAD(interface_name), NULL},
    {"ipNetworks", workload_addresses, 0, &net_host},
    {"profiles", field_names, IN_WORKLOAD(profiles), NULL},
    {"ports", workload_ports, 0, NULL},
    {"serviceAccountName", field_string, IN_WORKLOAD(service_account), NULL},
    {"allowSpoofedSourcePrefixes", field_nets, IN_WORKLOAD(spoofable), &net_relaxed},
    {"ipNATs", NULL, 0, NULL},
    {"ipv4Gateway", NULL, 0, NULL},
    {"ipv6Gateway", NULL, 0, NULL},
    {"mac", NULL, 0, NULL},
    {"qosControls", NULL, 0, NULL},
};
static const struct fields workload_fields = FIELDS(workload_rows);

void decode_workload(struct res_decoder *decoder, const struct load_object *object,
                     enum res_kind kind)
{
    struct res_workload workload = {.orchestrator = ""};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, true, &workload.meta);
    decode_calico(decoder, object, &workload_fields, &workload);
    vec_push(decoder->arena, &decoder->resources->workloads, workload);
}
