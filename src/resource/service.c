// SPDX-License-Identifier: GPL-2.0-or-later
// Service, EndpointSlice and Endpoints, as a cluster writes them: where a service leads (semantics.md 3.7). Only what
// matters to that is read.
#include "objects.h"
#include "values.h"

#define SERVICE_NAME "kubernetes.io/service-name" // label of an EndpointSlice

// A port as it is written in all three.
struct written_port {
    const char *name;
    struct res_text protocol;
    long port; // 0: absent
    struct res_port target;
    bool has_target;
};

static void port_number(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 1, 65535, target);
}

static void port_target(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    struct written_port *port = target;
    bool zero = node->type == NODE_SCALAR && (node->size == 0 || strcmp(node->text, "0") == 0);
    port->has_target = !zero && parse_single_port(decoder, node, NULL, &port->target);
}

static bool decode_port(struct res_decoder *decoder, const struct node *node,
                        struct written_port *port, uint8_t *ret_protocol)
{
    static const struct field rows[] = {
        {"name", field_string, offsetof(struct written_port, name), NULL},
        {"protocol", field_text, offsetof(struct written_port, protocol), NULL},
        {"port", port_number, offsetof(struct written_port, port), NULL},
        {"targetPort", port_target, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    if (!decode_map_in_part(decoder, node, &fields, port)) {
        return false;
    }
    const char *name =
        port->protocol.text == NULL || port->protocol.text[0] == '\0' ? "TCP" : port->protocol.text;
    unsigned protocol = proto_parse(name, strlen(name));
    *ret_protocol = (uint8_t)protocol;
    return proto_has_ports(protocol);
}

// ---- Service ----------------------------------------------------------------------------------------------------------

static void service_port(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct res_service *service = target;
    struct written_port port = {0};
    struct res_service_port entry = {.loc = node->loc};
    if (!decode_port(decoder, node, &port, &entry.protocol) || port.port == 0) {
        return;
    }
    entry.port = entry.target = (uint16_t)port.port;
    if (port.has_target) {
        entry.target = port.target.min;
        entry.target_name = port.target.name;
    }
    vec_push(decoder->arena, &service->ports, entry);
}

static void service_ports(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    decode_list(decoder, node, 0, service_port, target, arg);
}

static void service_selector(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    (void)arg;
    struct res_service *service = target;
    struct label_list list = decode_labels(decoder, node);
    service->selector = list.items;
    service->selector_count = list.count;
}

// "None" and "": a service without an address of its own.
static void service_address(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    (void)arg;
    struct res_service *service = target;
    struct res_net net;
    if (!scalar_string(decoder, node) || node->size == 0 || strcmp(node->text, "None") == 0 ||
        !parse_net(decoder, node->text, node->loc, NET_HOST, &net)) {
        return;
    }
    for (size_t i = 0; i < service->addresses.count; i++) {
        if (cidr_compare(service->addresses.items[i].cidr, net.cidr) == 0) {
            return;
        }
    }
    vec_push(decoder->arena, &service->addresses, net);
}

static void service_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg)
{
    decode_list(decoder, node, 0, service_address, target, arg);
}

void decode_service(struct res_decoder *decoder, const struct load_object *object,
                    enum res_kind kind)
{
    static const struct field spec_rows[] = {
        {"selector", service_selector, 0, NULL},
        {"ports", service_ports, 0, NULL},
        {"clusterIP", service_address, 0, NULL},
        {"clusterIPs", service_addresses, 0, NULL},
    };
    static const struct fields spec = FIELDS(spec_rows);
    static const struct field rows[] = {{"spec", field_map_in_part, 0, &spec}};
    static const struct fields fields = FIELDS(rows);
    struct res_service service = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, false, &service.meta);
    decode_map_in_part(decoder, object->root, &fields, &service);
    vec_push(decoder->arena, &decoder->resources->services, service);
}

// ---- EndpointSlice and Endpoints --------------------------------------------------------------------------------------

static void backend_port(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct res_backend_set *set = target;
    struct written_port port = {0};
    struct res_endpoint_port entry = {.loc = node->loc};
    // A port without a number means that the reader is to know it; nobody here does.
    if (decode_port(decoder, node, &port, &entry.protocol) && port.port != 0) {
        entry.name = port.name;
        entry.port = (uint16_t)port.port;
        vec_push(decoder->arena, &set->ports, entry);
    }
}

static void backend_ports(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    decode_list(decoder, node, 0, backend_port, target, arg);
}

static void add_address(struct res_decoder *decoder, const struct node *node,
                        struct res_backend_set *set)
{
    struct res_net net;
    if (scalar_string(decoder, node) && parse_net(decoder, node->text, node->loc, NET_HOST, &net)) {
        vec_push(decoder->arena, &set->addresses, net);
    }
}

static void slice_address(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    (void)arg;
    add_address(decoder, node, target);
}

static void slice_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    decode_list(decoder, node, 0, slice_address, target, arg);
}

// Whether it is ready does not matter to policy.
static void slice_endpoint(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    static const struct field rows[] = {{"addresses", slice_addresses, 0, NULL}};
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    decode_map_in_part(decoder, node, &fields, target);
}

static void slice_endpoints(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    decode_list(decoder, node, 0, slice_endpoint, target, arg);
}

static const char *label_value(const struct res_meta *meta, const char *key)
{
    for (size_t i = 0; i < meta->label_count; i++) {
        if (strcmp(meta->labels[i].key, key) == 0) {
            return meta->labels[i].value;
        }
    }
    return NULL;
}

void decode_endpoint_slice(struct res_decoder *decoder, const struct load_object *object,
                           enum res_kind kind)
{
    static const struct field rows[] = {
        {"endpoints", slice_endpoints, 0, NULL},
        {"ports", backend_ports, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    struct res_backends slice = {0};
    struct res_backend_set set = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, false, &slice.meta);
    slice.service = label_value(&slice.meta, SERVICE_NAME);
    const struct node *type = node_get(object->root, "addressType");
    bool names = type != NULL && type->type == NODE_SCALAR && strcmp(type->text, "FQDN") == 0;
    if (!names) {
        decode_map_in_part(decoder, object->root, &fields, &set);
        vec_push(decoder->arena, &slice.sets, set);
    }
    vec_push(decoder->arena, &decoder->resources->slices, slice);
}

static void subset_address(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    (void)arg;
    const struct node *ip = node_get(node, "ip");
    if (node->type != NODE_MAP) {
        report_type(decoder, node, "a map");
    } else if (ip != NULL && !node_is_null(ip)) {
        add_address(decoder, ip, target);
    }
}

static void subset_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    decode_list(decoder, node, 0, subset_address, target, arg);
}

static void subset(struct res_decoder *decoder, const struct node *node, void *target,
                   const void *arg)
{
    static const struct field rows[] = {
        {"addresses", subset_addresses, 0, NULL},
        {"notReadyAddresses", subset_addresses, 0, NULL},
        {"ports", backend_ports, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_backends *backends = target;
    struct res_backend_set set = {0};
    if (decode_map_in_part(decoder, node, &fields, &set)) {
        vec_push(decoder->arena, &backends->sets, set);
    }
}

static void subsets(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg)
{
    decode_list(decoder, node, 0, subset, target, arg);
}

void decode_endpoints(struct res_decoder *decoder, const struct load_object *object,
                      enum res_kind kind)
{
    static const struct field rows[] = {{"subsets", subsets, 0, NULL}};
    static const struct fields fields = FIELDS(rows);
    struct res_backends backends = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, false, &backends.meta);
    backends.service = backends.meta.name;
    decode_map_in_part(decoder, object->root, &fields, &backends);
    vec_push(decoder->arena, &decoder->resources->endpoints, backends);
}
