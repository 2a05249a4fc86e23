// SPDX-License-Identifier: GPL-2.0-or-later
// Pod -> workload endpoint (semantics.md 7.4). Only what matters to policy is read, since a pod is
// what a cluster wrote, not the user. A pod that is no endpoint (host network, not scheduled,
// finished, no address) leaves a count.
#include "annotations.h"
#include "objects.h"
#include "pod_addresses.h"
#include "sha1.h"
#include "values.h"
#include "workload.h"

struct pod {
    struct res_workload *workload;
    struct res_bool host_network;
    struct res_text phase;
    struct pod_addresses addresses;
};

// A port of a container; without a name it is of no use.
struct container_port {
    const char *name;
    struct res_text protocol;
    long port;
};

static void container_port_number(struct res_decoder *decoder, const struct node *node,
                                  void *target, const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 1, 65535, target);
}

static void port_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const struct field rows[] = {
        {"name", field_string, offsetof(struct container_port, name), NULL},
        {"protocol", field_text, offsetof(struct container_port, protocol), NULL},
        {"containerPort", container_port_number, offsetof(struct container_port, port), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct pod *pod = target;
    struct container_port port = {0};
    if (!decode_map_in_part(decoder, node, &fields, &port) || port.name == NULL || port.port == 0) {
        return;
    }
    const char *name = port.protocol.text == NULL ? "TCP" : port.protocol.text;
    unsigned protocol = proto_parse(name, strlen(name));
    if (proto_has_ports(protocol)) {
        vec_push(decoder->arena, &pod->workload->ports,
                 (struct res_endpoint_port){port.name, (uint8_t)protocol, (uint16_t)port.port,
                                            node->loc});
    }
}

static void container_ports(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    decode_list(decoder, node, 0, port_item, target, arg);
}

static void container_item(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    static const struct field rows[] = {{"ports", container_ports, 0, NULL}};
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    decode_map_in_part(decoder, node, &fields, target);
}

static void containers(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    decode_list(decoder, node, 0, container_item, target, arg);
}

static void pod_node_name(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    field_text(decoder, node, &((struct pod *)target)->workload->node, arg);
}

static void pod_service_account(struct res_decoder *decoder, const struct node *node, void *target,
                                const void *arg)
{
    field_string(decoder, node, &((struct pod *)target)->workload->service_account, arg);
}

static const struct field spec_rows[] = {
    {"nodeName", pod_node_name, 0, NULL},
    {"hostNetwork", field_bool, offsetof(struct pod, host_network), NULL},
    {"serviceAccountName", pod_service_account, 0, NULL},
    {"containers", containers, 0, NULL},
    {"initContainers", containers, 0, NULL},
};
static const struct fields spec_fields = FIELDS(spec_rows);

static const struct field status_rows[] = {
    {"phase", field_text, offsetof(struct pod, phase), NULL},
    {"podIP", field_text, offsetof(struct pod, addresses.status_ip), NULL},
    {"podIPs", field_pod_ips, offsetof(struct pod, addresses), NULL},
};
static const struct fields status_fields = FIELDS(status_rows);

static const struct field pod_rows[] = {
    {"spec", field_map_in_part, 0, &spec_fields},
    {"status", field_map_in_part, 0, &status_fields},
};
static const struct fields pod_fields = FIELDS(pod_rows);

static bool is_finished(const struct pod *pod, const struct node *metadata)
{
    static const char *const phases[] = {"Failed", "Succeeded", "Completed"};
    for (size_t i = 0; pod->phase.text != NULL && i < ARRAY_COUNT(phases); i++) {
        if (strcmp(pod->phase.text, phases[i]) == 0) {
            return true;
        }
    }
    const struct node *deleted = node_get(metadata, "deletionTimestamp");
    return deleted != NULL && !node_is_null(deleted) && pod_addresses_taken_back(metadata);
}

static void set_interface_from_annotation(struct res_decoder *decoder, const struct node *metadata,
                                          struct res_workload *workload)
{
    const struct node *node = pod_annotation(metadata, POD_INTERFACE);
    if (node != NULL) {
        set_interface(decoder, node->text, node->loc, &workload->interface_name);
    }
}

static void set_profiles(struct res_decoder *decoder, struct res_workload *workload)
{
    const struct res_meta *meta = &workload->meta;
    const char *names[] = {
        arena_printf(decoder->arena, "kns.%s", meta->ns),
        arena_printf(decoder->arena, "ksa.%s.%s", meta->ns, workload->service_account),
    };
    workload->profiles.items = arena_array_of(decoder->arena, struct res_text, ARRAY_COUNT(names));
    workload->profiles.count = workload->profiles.capacity = ARRAY_COUNT(names);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        workload->profiles.items[i] =
            (struct res_text){keep(decoder, names[i], strlen(names[i])), meta->loc};
    }
}

void decode_pod(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    struct res_workload workload = {.orchestrator = "k8s"};
    struct pod pod = {.workload = &workload};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, false, &workload.meta);
    decoder->depth = 0;
    decode_map_in_part(decoder, object->root, &pod_fields, &pod);
    const struct node *metadata = node_get(object->root, "metadata");
    bool scheduled = workload.node.text != NULL && workload.node.text[0] != '\0';
    if (pod.host_network.value || !scheduled || is_finished(&pod, metadata)) {
        decoder->resources->pods_skipped++;
        return;
    }
    pod_addresses_choose(decoder, metadata, &pod.addresses, &workload);
    if (workload.addresses.count == 0) {
        decoder->resources->pods_skipped++;
        return;
    }
    workload.pod = workload.meta.name;
    if (workload.service_account == NULL) {
        workload.service_account = keep(decoder, "default", strlen("default"));
    }
    set_interface_from_annotation(decoder, metadata, &workload);
    set_profiles(decoder, &workload);
    vec_push(decoder->arena, &decoder->resources->workloads, workload);
}

const char *res_pod_interface(struct arena *arena, const char *prefix, const char *ns,
                              const char *name)
{
    uint8_t digest[SHA1_SIZE];
    const char *text = arena_printf(arena, "%s.%s", ns, name);
    sha1(text, strlen(text), digest);
    struct strbuf buffer = {.arena = arena};
    strbuf_add(&buffer, prefix);
    for (size_t i = 0; i < 6; i++) {
        strbuf_addf(&buffer, "%02x", digest[i]);
    }
    // 11 of the 12 digits: with the prefix "cali" that fills a kernel name.
    return arena_strndup(arena, strbuf_text(&buffer), buffer.length - 1);
}
