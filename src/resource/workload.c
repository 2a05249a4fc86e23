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
    ret->loc = loc; // even of a wrong one, so that nobody misses it
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
    {"ports", field_workload_ports, IN_WORKLOAD(ports), NULL},
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
