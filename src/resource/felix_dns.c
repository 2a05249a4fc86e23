// SPDX-License-Identifier: GPL-2.0-or-later
// Whose DNS answers are believed (semantics.md 8.3): addresses and services of the cluster, each with a port or without.
#include "felix_dns.h"

#include "names.h"
#include "scalar.h"

#define SERVICE "k8s-service:"

static const char default_namespace[] = "kube-system";

// Behind the prefix: "[ns/]name[:port]".
static bool parse_service(struct res_decoder *decoder, const char *text, struct res_dns_server *ret)
{
    enum { PORT_DIGITS_MAX = 5 };
    const char *slash = strchr(text, '/');
    const char *name = slash != NULL ? slash + 1 : text;
    size_t length = strcspn(name, ":");
    ret->service_ns =
        slash != NULL ? keep(decoder, text, (size_t)(slash - text)) : default_namespace;
    ret->service_name = keep(decoder, name, length);
    if (name[length] == ':') {
        const char *port = name + length + 1;
        unsigned long value = strtoul(port, NULL, 10);
        if (!is_decimal(port) || strlen(port) > PORT_DIGITS_MAX || value == 0 ||
            value > UINT16_MAX) {
            return false;
        }
        ret->port = (uint16_t)value;
    }
    return name_is_dns_label(ret->service_ns) &&
           name_problem(NAME_SUBDOMAIN, ret->service_name) == NULL;
}

static bool parse_server(struct res_decoder *decoder, const char *text, struct res_dns_server *ret)
{
    struct ip_port server;
    if (text_begins(text, SERVICE)) {
        return parse_service(decoder, text + strlen(SERVICE), ret);
    }
    if (!ip_port_parse(text, strlen(text), &server)) {
        return false;
    }
    ret->addr = server.addr;
    ret->port = server.port;
    return true;
}

static void servers_item(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct res_dns_servers *servers = target;
    struct res_dns_server server = {.loc = node->loc};
    if (!scalar_string(decoder, node)) {
        return;
    }
    if (parse_server(decoder, node->text, &server)) {
        vec_push(decoder->arena, servers, server);
        return;
    }
    struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be \"%s\"",
                                    field_name(decoder), node->text);
    diag_label(
        diag,
        "write it like 10.0.0.53, 10.0.0.53:53, \"[fd00::53]:53\" or k8s-service:kube-system/kube-dns");
}

void field_dns_servers(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    struct res_dns_servers *servers = target;
    servers->present = true;
    decode_list(decoder, node, 0, servers_item, servers, arg);
}
