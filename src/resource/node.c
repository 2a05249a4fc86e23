// SPDX-License-Identifier: GPL-2.0-or-later
// Node, of Kubernetes and of Calico (semantics.md 6.8): the name, the labels and the addresses of a host. Only what
// matters is read.
#include "annotations.h"
#include "objects.h"
#include "values.h"

// An address, with the prefix length of its link or without. The same one twice is kept once.
static void add_address(struct res_decoder *decoder, const struct node *node,
                        struct res_nets *addresses)
{
    struct ip_addr addr;
    size_t length = strcspn(node->text, "/");
    if (ip_addr_parse(node->text, length, &addr) != ADDR_OK) {
        struct res_net net;
        parse_net(decoder, node->text, node->loc, NET_RELAXED, &net); // says what is wrong
        return;
    }
    for (size_t i = 0; i < addresses->count; i++) {
        if (ip_addr_compare(addresses->items[i].cidr.addr, addr) == 0) {
            return;
        }
    }
    vec_push(decoder->arena, addresses, (struct res_net){cidr_of_addr(addr), node->loc});
}

static void field_address(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    (void)arg;
    if (scalar_string(decoder, node) && node->size > 0) {
        add_address(decoder, node, target);
    }
}

struct address_row {
    const char *type;
    const struct node *address;
};

static void row_address(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    if (scalar_string(decoder, node) && node->size > 0) {
        ((struct address_row *)target)->address = node;
    }
}

// {type: InternalIP, address: 10.0.0.1}; the other types are names and addresses that others know the host by.
static void address_item(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    static const struct field rows[] = {
        {"type", field_string, offsetof(struct address_row, type), NULL},
        {"address", row_address, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct address_row row = {0};
    bool internal = decode_map_in_part(decoder, node, &fields, &row) && row.type != NULL &&
                    strcmp(row.type, "InternalIP") == 0;
    if (internal && row.address != NULL) {
        add_address(decoder, row.address, target);
    }
}

static void field_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    decode_list(decoder, node, 0, address_item, target, arg);
}

static void address_text_item(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg)
{
    field_address(decoder, node, target, arg);
}

static void interface_addresses(struct res_decoder *decoder, const struct node *node, void *target,
                                const void *arg)
{
    decode_list(decoder, node, 0, address_text_item, target, arg);
}

// Calico's nodes list the interfaces that they have: {name: eth0, addresses: [10.0.0.1]}.
static void interface_item(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    static const struct field rows[] = {
        {"name", field_string, offsetof(struct res_node_interface, name), NULL},
        {"addresses", interface_addresses, offsetof(struct res_node_interface, addresses), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_node *ret = target;
    struct res_node_interface interface = {0};
    if (decode_map_in_part(decoder, node, &fields, &interface) && interface.name != NULL) {
        vec_push(decoder->arena, &ret->interfaces, interface);
    }
}

static void field_interfaces(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    decode_list(decoder, node, 0, interface_item, target, arg);
}

static void add_annotation(struct res_decoder *decoder, const struct node *annotations,
                           const char *key, struct res_nets *addresses)
{
    const struct node *node = node_get(annotations, key);
    if (node != NULL && node->type == NODE_SCALAR && node->size > 0) {
        add_address(decoder, node, addresses);
    }
}

#define ADDRESSES offsetof(struct res_node, addresses)

static const struct field bgp_rows[] = {
    {"ipv4Address", field_address, ADDRESSES, NULL},
    {"ipv6Address", field_address, ADDRESSES, NULL},
    {"ipv4IPIPTunnelAddr", field_address, ADDRESSES, NULL},
};
static const struct fields bgp_fields = FIELDS(bgp_rows);

static const struct field wireguard_rows[] = {
    {"interfaceIPv4Address", field_address, ADDRESSES, NULL},
    {"interfaceIPv6Address", field_address, ADDRESSES, NULL},
};
static const struct fields wireguard_fields = FIELDS(wireguard_rows);

static const struct field spec_rows[] = {
    {"bgp", field_map_in_part, 0, &bgp_fields},
    {"ipv4VXLANTunnelAddr", field_address, ADDRESSES, NULL},
    {"ipv6VXLANTunnelAddr", field_address, ADDRESSES, NULL},
    {"wireguard", field_map_in_part, 0, &wireguard_fields},
    {"addresses", field_addresses, ADDRESSES, NULL},
    {"interfaces", field_interfaces, 0, NULL},
};
static const struct fields spec_fields = FIELDS(spec_rows);

static const struct field status_rows[] = {{"addresses", field_addresses, ADDRESSES, NULL}};
static const struct fields status_fields = FIELDS(status_rows);

void decode_node(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    static const struct field calico_rows[] = {{"spec", field_map_in_part, 0, &spec_fields}};
    static const struct field core_rows[] = {{"status", field_map_in_part, 0, &status_fields}};
    static const struct fields calico_fields = FIELDS(calico_rows);
    static const struct fields core_fields = FIELDS(core_rows);
    struct res_node node = {.kubernetes = strchr(object->api_version, '/') == NULL};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, false, &node.meta);
    decoder->depth = 0;
    if (node.kubernetes) {
        const struct node *annotations =
            node_get(node_get(object->root, "metadata"), "annotations");
        add_annotation(decoder, annotations, NODE_IPV4, &node.addresses);
        add_annotation(decoder, annotations, NODE_IPV6, &node.addresses);
    }
    decode_map_in_part(decoder, object->root, node.kubernetes ? &core_fields : &calico_fields,
                       &node);
    vec_push(decoder->arena, &decoder->resources->nodes, node);
}
