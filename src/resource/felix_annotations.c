// SPDX-License-Identifier: GPL-2.0-or-later
// Settings that Calico has not, as annotations: how many flows the kernel is to keep, and for how long; how addresses of
// domains are kept, and where answers are copied to.
#include "felix_annotations.h"

#include "duration.h"
#include "scalar.h"

#include <stdlib.h>

// Of others the reader of annotations has said so.
static bool is_string(const struct node *node)
{
    return node->type == NODE_SCALAR &&
           (node->style != NODE_PLAIN || plain_kind(node->text) == PLAIN_STRING);
}

struct number_limits {
    unsigned long max;
    const char *wanted;
};

static void annotation_number(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg)
{
    enum { DIGITS_MAX = 9 };
    const struct number_limits *limits = arg;
    if (!is_string(node)) {
        return;
    }
    unsigned long value = strtoul(node->text, NULL, 10);
    if (!is_decimal(node->text) || node->size > DIGITS_MAX || value > limits->max) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be \"%s\"",
                                        field_name(decoder), node->text);
        diag_label(diag, "%s", limits->wanted);
        return;
    }
    *(struct res_order *)target = (struct res_order){(double)value, true, node->loc};
}

static void annotation_duration(struct res_decoder *decoder, const struct node *node, void *target,
                                const void *arg)
{
    if (is_string(node)) {
        field_duration(decoder, node, target, arg);
    }
}

static void annotation_bool(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    (void)arg;
    if (!is_string(node)) {
        return;
    }
    bool value = strcmp(node->text, "true") == 0;
    if (!value && strcmp(node->text, "false") != 0) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be \"%s\"",
                                        field_name(decoder), node->text);
        diag_label(diag, "\"true\" or \"false\"");
        return;
    }
    *(struct res_bool *)target = (struct res_bool){value, true, node->loc};
}

static const struct number_limits flow_size = {RES_FLOWS_MAX,
                                               "flows, 1 to 1000000, or 0 for no flow table"};
_Static_assert(RES_FLOWS_MAX == 1000000, "the words above");
// What a review of a month needs.
static const struct duration_limits flow_timeout = {
    1, 31L * DAY_SECONDS, "a time like 90s, 30m, 1h30m or 7d, 31 days at most"};
static const struct number_limits log_group = {UINT16_MAX, "a netlink log group, 0 to 65535"};
static const struct duration_limits dns_min_ttl = {0, DAY_SECONDS,
                                                   "a time like 120s or 5m, one day at most"};
static const struct duration_limits dns_set_timeout = {
    0, 31L * DAY_SECONDS, "a time like 10m, 1h or 7d, 31 days at most, or 0 for no end"};

#define IN_FELIX(member) offsetof(struct res_felix, member)

static const struct field annotation_rows[] = {
    {"polc.io/flow-table-size", annotation_number, IN_FELIX(flow_size), &flow_size},
    {"polc.io/flow-table-timeout", annotation_duration, IN_FELIX(flow_timeout), &flow_timeout},
    {"polc.io/dns-min-ttl", annotation_duration, IN_FELIX(dns_min_ttl), &dns_min_ttl},
    {"polc.io/dns-log-group", annotation_number, IN_FELIX(dns_log_group), &log_group},
    {"polc.io/dns-set-timeout", annotation_duration, IN_FELIX(dns_set_timeout), &dns_set_timeout},
    {"polc.io/dns-watch", annotation_bool, IN_FELIX(dns_watch), NULL},
};
static const struct fields annotations = FIELDS(annotation_rows);
static const struct field metadata_rows[] = {{"annotations", field_map_in_part, 0, &annotations}};
const struct fields felix_metadata = FIELDS(metadata_rows);
