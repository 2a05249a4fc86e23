// SPDX-License-Identifier: GPL-2.0-or-later
// The ports that workload and host endpoints declare by name (semantics.md 1.8, 1.9).
#include "values.h"
#include "workload.h"

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
                           const struct port_row *row, bool host)
{
    if (row->port == 0 || row->protocol.number == 0) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s needs \"%s\" in %s",
                    field_name(decoder), row->port == 0 ? "port" : "protocol",
                    object_name(decoder));
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
        diag_label(diag, host ? "rules refer to the port by it"
                              : "only a port with \"hostPort\" can go without");
        return false;
    }
    return row->name != NULL;
}

#define IN_ROW(member) offsetof(struct port_row, member)

static const struct field workload_rows[] = {
    {"name", field_string, IN_ROW(name), NULL},
    {"protocol", field_protocol, IN_ROW(protocol), NULL},
    {"port", row_port, IN_ROW(port), NULL},
    {"hostPort", row_host_port, IN_ROW(host_port), NULL},
    {"hostIP", NULL, 0, NULL},
};
static const struct field host_rows[] = {
    {"name", field_string, IN_ROW(name), NULL},
    {"protocol", field_protocol, IN_ROW(protocol), NULL},
    {"port", row_port, IN_ROW(port), NULL},
};
static const struct fields workload_fields = FIELDS(workload_rows);
static const struct fields host_fields = {host_rows, ARRAY_COUNT(host_rows), &workload_fields,
                                          "a WorkloadEndpoint"};

static void port_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    struct res_endpoint_ports *ports = target;
    struct port_row row = {0};
    size_t errors = diags_count(decoder->diags, DIAG_ERROR);
    if (!decode_map(decoder, node, arg, &row) ||
        diags_count(decoder->diags, DIAG_ERROR) != errors) {
        return;
    }
    if (check_port_row(decoder, node, &row, arg == &host_fields)) {
        vec_push(decoder->arena, ports,
                 (struct res_endpoint_port){row.name, row.protocol.number, (uint16_t)row.port,
                                            node->loc});
    }
}

void field_workload_ports(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    (void)arg;
    decode_list(decoder, node, 0, port_item, target, &workload_fields);
}

void field_host_ports(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    decode_list(decoder, node, 0, port_item, target, &host_fields);
}
