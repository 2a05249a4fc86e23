// SPDX-License-Identifier: GPL-2.0-or-later
// How many flows the kernel is to keep, and for how long: annotations, since Calico has no such setting.
#include "felix_flows.h"

#include "scalar.h"

#include <stdlib.h>

// What a review of a month needs.
enum { MAX_DAYS = 31, MAX_SECONDS = MAX_DAYS * 86400 };

// Of others the reader of annotations has said so.
static bool is_string(const struct node *node)
{
    return node->type == NODE_SCALAR &&
           (node->style != NODE_PLAIN || plain_kind(node->text) == PLAIN_STRING);
}

static void flow_size(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    if (!is_string(node)) {
        return;
    }
    unsigned long value = strtoul(node->text, NULL, 10);
    if (!is_decimal(node->text) || node->size > 9 || value > RES_FLOWS_MAX) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be \"%s\"",
                                        field_name(decoder), node->text);
        diag_label(diag, "flows, 1 to %d, or 0 for no flow table", RES_FLOWS_MAX);
        return;
    }
    *(struct res_order *)target = (struct res_order){(double)value, true, node->loc};
}

static unsigned long unit_seconds(char unit)
{
    switch (unit) {
    case 's':
    case '\0':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

// "90s", "30m", "1h30m", "7d", "90" (seconds): seconds, 0 when it is none or too long.
static unsigned long parse_duration(const char *text)
{
    unsigned long total = 0;
    while (*text != '\0') {
        size_t digits = strspn(text, "0123456789");
        unsigned long unit = digits > 0 ? unit_seconds(text[digits]) : 0;
        if (unit == 0 || digits > 7) {
            return 0;
        }
        total += strtoul(text, NULL, 10) * unit;
        if (total > MAX_SECONDS) {
            return 0;
        }
        text += digits + (text[digits] != '\0');
    }
    return total;
}

static void flow_timeout(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    if (!is_string(node)) {
        return;
    }
    unsigned long seconds = parse_duration(node->text);
    if (seconds == 0) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be \"%s\"",
                                        field_name(decoder), node->text);
        diag_label(diag, "a time like 90s, 30m, 1h30m or 7d, %d days at most", MAX_DAYS);
        return;
    }
    *(struct res_order *)target = (struct res_order){(double)seconds, true, node->loc};
}

static const struct field annotation_rows[] = {
    {"polc.io/flow-table-size", flow_size, offsetof(struct res_felix, flow_size), NULL},
    {"polc.io/flow-table-timeout", flow_timeout, offsetof(struct res_felix, flow_timeout), NULL},
};
static const struct fields annotations = FIELDS(annotation_rows);
static const struct field metadata_rows[] = {{"annotations", field_map_in_part, 0, &annotations}};
const struct fields felix_metadata = FIELDS(metadata_rows);
