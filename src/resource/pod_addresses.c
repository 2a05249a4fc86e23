// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses of a pod: the status, else the annotations of the network plugins; the first that has
// any wins.
#include "pod_addresses.h"

#include "annotations.h"

static void pod_ip_item(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const struct field rows[] = {{"ip", field_text, 0, NULL}};
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct pod_addresses *addresses = target;
    struct res_text ip = {0};
    if (decode_map_in_part(decoder, node, &fields, &ip) && ip.text != NULL && ip.text[0] != '\0') {
        vec_push(decoder->arena, &addresses->status_ips, ip);
    }
}

void field_pod_ips(struct res_decoder *decoder, const struct node *node, void *target,
                   const void *arg)
{
    vec_expect(decoder, &((struct pod_addresses *)target)->status_ips, node);
    decode_list(decoder, node, 0, pod_ip_item, target, arg);
}

const struct node *pod_annotation(const struct node *metadata, const char *key)
{
    const struct node *node = node_get(node_get(metadata, "annotations"), key);
    return node != NULL && node->type == NODE_SCALAR ? node : NULL;
}

bool pod_addresses_taken_back(const struct node *metadata)
{
    static const char *const keys[] = {POD_IP, AWS_IPS};
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        const struct node *node = pod_annotation(metadata, keys[i]);
        if (node != NULL && node->size == 0) {
            return true;
        }
    }
    return false;
}

static void add_address(struct res_decoder *decoder, const char *text, struct loc loc,
                        struct res_workload *workload)
{
    struct res_net net;
    if (parse_net(decoder, text, loc, NET_HOST, &net)) {
        vec_push(decoder->arena, &workload->addresses, net);
    }
}

// Entries that are separated by commas, blanks around them dropped.
static void add_list(struct res_decoder *decoder, const struct node *node,
                     struct res_workload *workload)
{
    const char *text = node->text;
    while (*text != '\0') {
        text += strspn(text, ", \t");
        size_t length = strcspn(text, ", \t");
        if (length > 0) {
            add_address(decoder, arena_strndup(decoder->arena, text, length), node->loc, workload);
        }
        text += length;
    }
}

static void choose(struct res_decoder *decoder, const struct node *metadata,
                   const struct pod_addresses *addresses, struct res_workload *workload)
{
    static const char *const keys[] = {POD_IPS, POD_IP, AWS_IPS};
    workload->addresses.capacity = addresses->status_ips.count;
    workload->addresses.items =
        arena_array_of(decoder->arena, struct res_net, workload->addresses.capacity);
    for (size_t i = 0; i < addresses->status_ips.count; i++) {
        const struct res_text *ip = &addresses->status_ips.items[i];
        add_address(decoder, ip->text, ip->loc, workload);
    }
    if (addresses->status_ips.count > 0) {
        return;
    }
    if (addresses->status_ip.text != NULL && addresses->status_ip.text[0] != '\0') {
        add_address(decoder, addresses->status_ip.text, addresses->status_ip.loc, workload);
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        const struct node *node = pod_annotation(metadata, keys[i]);
        if (node != NULL && node->size > 0) {
            add_list(decoder, node, workload);
            return;
        }
    }
}

static void report_sources(struct res_decoder *decoder, const struct node *node)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P040, node->loc,
                                    "annotation %s is not a list of prefixes", POD_SOURCES);
    diag_label(diag, "write it like [\"192.0.2.0/24\"]");
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\n");
}

// A JSON array of strings, none of which needs an escape.
static void add_sources(struct res_decoder *decoder, const struct node *node,
                        struct res_workload *workload)
{
    const char *text = skip_blanks(node->text);
    if (*text++ != '[') {
        report_sources(decoder, node);
        return;
    }
    text = skip_blanks(text);
    while (*text == '"') {
        size_t length = strcspn(++text, "\"\\");
        struct res_net net;
        if (text[length] != '"' || !parse_net(decoder, arena_strndup(decoder->arena, text, length),
                                              node->loc, NET_RELAXED, &net)) {
            break;
        }
        vec_push(decoder->arena, &workload->spoofable, net);
        text = skip_blanks(text + length + 1);
        text = *text == ',' ? skip_blanks(text + 1) : text;
    }
    if (*text != ']' || *skip_blanks(text + 1) != '\0') {
        report_sources(decoder, node);
    }
}

void pod_addresses_choose(struct res_decoder *decoder, const struct node *metadata,
                          const struct pod_addresses *addresses, struct res_workload *workload)
{
    choose(decoder, metadata, addresses, workload);
    const struct node *sources = pod_annotation(metadata, POD_SOURCES);
    if (sources != NULL && sources->size > 0) {
        add_sources(decoder, sources, workload);
    }
}
