// SPDX-License-Identifier: GPL-2.0-or-later
// KubeControllersConfiguration: how host endpoints are made from nodes (semantics.md 6.8). The other controllers do
// things that polc does not do; their settings are skipped.
#include "meta.h"
#include "objects.h"
#include "values.h"

#include <regex.h>
#include <strings.h>

enum {
    MAX_PATTERN = 256,
    MAX_REPEATS = 2,
    MAX_REPEAT = 15, // an interface name has no more characters
};

static void report_pattern(struct res_decoder *decoder, const struct node *node, const char *why)
{
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P062, node->loc,
                    "%s is no regular expression that polc can use: %s", field_name(decoder), why);
    diag_label(diag, "an extended POSIX one, like eth[0-9]+ or ^(eth0|eth1)$");
}

// Each {n,m} multiplies what a compiled expression needs, so that a short one could take all memory.
static bool repeats_are_small(const char *text)
{
    size_t repeats = 0;
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        const char *number = at + 1;
        for (int i = 0; i < 2; i++) {
            char *end;
            if (strtoul(number, &end, 10) > MAX_REPEAT) {
                return false;
            }
            number = *end == ',' ? end + 1 : "";
        }
        repeats++;
    }
    return repeats <= MAX_REPEATS;
}

static void template_pattern(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    (void)arg;
    struct res_text *ret = target;
    if (!scalar_string(decoder, node) || node->size == 0) {
        return;
    }
    *ret = keep_text(decoder, node);
    regex_t regex;
    const char *digit = strstr(node->text, "\\d");
    int error = 0;
    if (digit != NULL) {
        report_pattern(decoder, node, "it has no \\d; write [0-9]");
    } else if (node->size > MAX_PATTERN || !repeats_are_small(node->text)) {
        report_pattern(decoder, node, "it is too large");
    } else if ((error = regcomp(&regex, node->text, REG_EXTENDED | REG_NOSUB)) != 0) {
        char why[128];
        regerror(error, &regex, why, sizeof why);
        report_pattern(decoder, node, why);
    } else {
        regfree(&regex);
    }
}

static void template_labels(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    (void)arg;
    struct res_template *template = target;
    struct label_list list = decode_labels(decoder, node);
    template->labels = list.items;
    template->label_count = list.count;
}

static void template_cidrs(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    struct res_template *template = target;
    if (node->size > 0) {
        template->cidrs_loc = node->loc;
    }
    field_nets(decoder, node, &template->cidrs, arg);
}

static void template_name(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    (void)arg;
    if (!scalar_string(decoder, node) || node->size == 0) {
        return;
    }
    *(struct res_text *)target = keep_text(decoder, node);
    const char *problem = name_problem(NAME_SUBDOMAIN, node->text);
    if (problem != NULL) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P011, node->loc,
                        "\"%s\" cannot be a part of the name of a HostEndpoint", node->text);
        diag_label(diag, "%s", problem);
    }
}

#define IN_TEMPLATE(member) offsetof(struct res_template, member)

static void template_item(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    static const struct field rows[] = {
        {"generateName", template_name, IN_TEMPLATE(name), NULL},
        {"interfaceCIDRs", template_cidrs, 0, &net_relaxed},
        {"interfacePattern", template_pattern, IN_TEMPLATE(pattern), NULL},
        {"nodeSelector", field_selector, IN_TEMPLATE(selector), NULL},
        {"labels", template_labels, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_fleet *fleet = target;
    struct res_template template = {.loc = node->loc};
    if (decode_map(decoder, node, &fields, &template)) {
        vec_push(decoder->arena, &fleet->templates, template);
    }
}

static void fleet_templates(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    decode_list(decoder, node, 0, template_item, target, arg);
}

static const char *const switch_words[] = {"Enabled", "Disabled"};
static const struct words switches = WORDS(switch_words);

#define IN_FLEET(member) offsetof(struct res_fleet, member)

static const struct field host_rows[] = {
    {"autoCreate", field_word, IN_FLEET(auto_create), &switches},
    {"createDefaultHostEndpoint", field_word, IN_FLEET(create_default), &switches},
    {"templates", fleet_templates, 0, NULL},
};
static const struct fields host_fields = FIELDS(host_rows);

static const struct field node_rows[] = {{"hostEndpoint", field_map, 0, &host_fields}};
static const struct fields node_fields = FIELDS(node_rows);

static const struct field controller_rows[] = {{"node", field_map_in_part, 0, &node_fields}};
static const struct fields controller_fields = FIELDS(controller_rows);

static const struct field spec_rows[] = {{"controllers", field_map_in_part, 0, &controller_fields}};
static const struct fields spec_fields = FIELDS(spec_rows);

void decode_kube_controllers(struct res_decoder *decoder, const struct load_object *object,
                             enum res_kind kind)
{
    static const struct field rows[] = {{"spec", field_map_in_part, 0, &spec_fields}};
    static const struct fields fields = FIELDS(rows);
    struct res_fleet fleet = {0};
    meta_decode(decoder, object, kind, NAME_DEFAULT, true, &fleet.meta);
    decoder->depth = 0;
    decode_map_in_part(decoder, object->root, &fields, &fleet);
    vec_push(decoder->arena, &decoder->resources->fleets, fleet);
}
