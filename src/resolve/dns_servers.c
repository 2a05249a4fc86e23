// SPDX-License-Identifier: GPL-2.0-or-later
// dnsTrustedServers -> addresses and ports (semantics.md 8.3): services of the cluster become their cluster IPs and their
// backends, because a rule sees either, before or behind the translation of addresses.
#include "internal.h"

static const uint16_t dns_port = 53;
static const char kube_namespace[] = "kube-system", kube_service[] = "kube-dns";

static bool has_port(const struct res_service *service, uint16_t port)
{
    for (size_t i = 0; i < service->ports.count; i++) {
        if (service->ports.items[i].port == port) {
            return true;
        }
    }
    return false;
}

// Where the service itself is asked: the port that was named, else that of DNS, else the first one.
static uint16_t service_port(const struct res_service *service, uint16_t named)
{
    if (named != 0) {
        return named;
    }
    return service->ports.count == 0 || has_port(service, dns_port) ? dns_port
                                                                    : service->ports.items[0].port;
}

// A service of DNS has other TCP ports as well, for metrics say; those for DNS are the UDP ones.
static void add_backends(struct arena *arena, const struct model_service *service,
                         struct ip_ports *ret)
{
    for (size_t i = 0; i < service->port_count; i++) {
        const struct model_port_member *port = &service->ports[i];
        if (port->protocol == PROTO_UDP) {
            vec_push(arena, ret, (struct ip_port){port->addr, port->port});
        }
    }
}

static void add_service(struct arena *arena, const struct model *model, const char *ns,
                        const char *name, uint16_t port, struct ip_ports *ret)
{
    const struct model_service *service = model_find_service(model, ns, name);
    if (service == NULL) {
        return;
    }
    for (size_t i = 0; service->res != NULL && i < service->res->addresses.count; i++) {
        vec_push(arena, ret,
                 (struct ip_port){service->res->addresses.items[i].cidr.addr,
                                  service_port(service->res, port)});
    }
    add_backends(arena, service, ret);
}

static void add_named(struct arena *arena, const struct model *model,
                      const struct res_dns_servers *named, struct ip_ports *ret)
{
    for (size_t i = 0; i < named->count; i++) {
        const struct res_dns_server *server = &named->items[i];
        if (server->service_name != NULL) {
            add_service(arena, model, server->service_ns, server->service_name, server->port, ret);
        } else {
            vec_push(arena, ret,
                     (struct ip_port){server->addr, server->port != 0 ? server->port : dns_port});
        }
    }
}

// Where nothing is named: the cluster's, as in Calico, and those that the host itself asks.
static void add_defaults(struct arena *arena, const struct model *model,
                         const struct host_node *host, struct ip_ports *ret)
{
    add_service(arena, model, kube_namespace, kube_service, 0, ret);
    for (size_t i = 0; host != NULL && i < host->nameservers.count; i++) {
        vec_push(arena, ret, (struct ip_port){host->nameservers.items[i], dns_port});
    }
}

static void set_servers(struct arena *arena, const struct model *model,
                        const struct host_node *host, struct model_settings *ret)
{
    if (ret->dns_named != NULL) {
        add_named(arena, model, ret->dns_named, &ret->dns_servers);
    } else {
        add_defaults(arena, model, host, &ret->dns_servers);
    }
    ip_ports_normalize(&ret->dns_servers);
}

void resolve_dns_servers(struct arena *arena, const struct host_inventory *inventory,
                         struct model *model)
{
    set_servers(arena, model, inventory_node(inventory, model->node), &model->settings);
    for (size_t i = 0; i < model->node_settings.count; i++) {
        struct model_node_settings *own = &model->node_settings.items[i];
        set_servers(arena, model, inventory_node(inventory, own->node), &own->settings);
    }
}
