// SPDX-License-Identifier: GPL-2.0-or-later
// polc get and polc eval: objects of the input, as rows.
#include "get.h"

static bool add_kind(struct get_query *query, const char *word)
{
    if (strcmp(word, "policies") == 0 || strcmp(word, "policy") == 0) {
        for (int kind = 0; kind < RES_KIND_COUNT; kind++) {
            query->kinds[kind] = res_kind_info((enum res_kind)kind)->policy;
        }
        return true;
    }
    if (strcmp(word, "netsets") == 0) {
        query->kinds[RES_NETWORK_SET] = query->kinds[RES_GLOBAL_NETWORK_SET] = true;
        return true;
    }
    if (strcmp(word, "endpoints") == 0) {
        query->kinds[RES_HOST_ENDPOINT] = query->kinds[RES_WORKLOAD_ENDPOINT] = true;
        return true;
    }
    enum res_kind kind = res_kind_find(word);
    if (kind == RES_KIND_COUNT) {
        return false;
    }
    query->kinds[kind] = true;
    return true;
}

static bool parse_reference(struct run *run, struct get_query *query)
{
    static const char *const candidates[] = {
        "tier",      "gnp",     "np",      "knp",        "kcnp",     "netset",  "gns",
        "hep",       "wep",     "profile", "ns",         "sa",       "svc",     "policies",
        "endpoints", "netsets", "tiers",   "namespaces", "profiles", "services"};
    const char *text = run->options.operands.items[0];
    const char *kind = arena_strndup(run->arena, text, strcspn(text, "/"));
    if (!add_kind(query, kind)) {
        const char *best = spell_best(kind, candidates, ARRAY_COUNT(candidates));
        complain("there is no kind \"%s\"", kind);
        best != NULL
            ? hint("did you mean polc get %s?", best)
            : hint(
                  "kinds: tier gnp np knp kcnp anp banp policies netset gns hep wep endpoints profile ns sa svc");
        return false;
    }
    const char *slash = strchr(text, '/');
    if (slash == NULL) {
        return true;
    }
    const char *second = strchr(slash + 1, '/');
    query->name = second != NULL ? second + 1 : slash + 1;
    if (second != NULL) {
        query->ns = arena_strndup(run->arena, slash + 1, (size_t)(second - slash - 1));
    }
    return true;
}

static bool parse_selector(struct run *run, const char *text, const struct sel **ret)
{
    struct sel_error error = {0};
    *ret = sel_parse(run->arena, text, strlen(text), &error);
    if (*ret == NULL) {
        complain_at(run, "in the selector", error.message, text, error.offset, 1, error.label);
        return false;
    }
    return true;
}

static enum report_form form_of(const struct run *run)
{
    switch (run->options.output) {
    case OUTPUT_WIDE:
        return REPORT_WIDE;
    case OUTPUT_JSON:
        return REPORT_JSON;
    case OUTPUT_YAML:
        return REPORT_YAML;
    case OUTPUT_NAME:
        return REPORT_NAME;
    default:
        return REPORT_TABLE;
    }
}

static int print_rows(const struct run *run, const struct report *report, const char *nothing)
{
    bool machine = run->options.output == OUTPUT_JSON || run->options.output == OUTPUT_YAML;
    if (report_count(report) > 0 || machine) {
        report_print(report, form_of(run), stdout);
    } else if (!run->options.quiet) {
        fprintf(stderr, "%s\n", nothing);
    }
    return report_count(report) > 0 ? POLC_EXIT_OK : POLC_EXIT_NO;
}

static int read_model(struct run *run)
{
    int code = pipeline_read(run);
    if (code == POLC_EXIT_OK) {
        code = pipeline_model(run);
    }
    run_report(run);
    return code;
}

int cmd_get(struct run *run)
{
    struct get_query query = {.ns = run->options.ns};
    if (!parse_reference(run, &query) ||
        (run->options.selector != NULL &&
         !parse_selector(run, run->options.selector, &query.selector))) {
        return POLC_EXIT_USAGE;
    }
    int code = read_model(run);
    return code != POLC_EXIT_OK ? code : print_rows(run, get_rows(run, &query), "nothing found");
}

static void match_row(struct run *run, struct report *report, const char *id,
                      const struct res_meta *meta, const struct res_nets *nets,
                      const struct labels *labels)
{
    report_row(report, id);
    report_cell(report, id);
    get_cell_nets(run, report, nets);
    report_cell(report, loc_text(run->arena, run->sources, meta->loc));
    get_cell_labels(run, report, labels);
}

int cmd_eval(struct run *run)
{
    const struct sel *selector;
    if (!parse_selector(run, run->options.operands.items[0], &selector)) {
        return POLC_EXIT_USAGE;
    }
    int code = read_model(run);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    const struct model *model = run->model;
    struct model_indexes endpoints = {0}, hosts = {0}, netsets = {0};
    model_select(run->arena, model, selector, &endpoints, &hosts, &netsets);
    static const char *const columns[] = {"REF", "ADDRESSES", "+AT", "LABELS"};
    bool all = run->options.show_labels || run->options.output == OUTPUT_JSON;
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns) - !all);
    for (size_t i = 0; i < endpoints.count; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[endpoints.items[i]];
        match_row(run, report, endpoint->id, &endpoint->res->meta, &endpoint->res->addresses,
                  &endpoint->labels);
    }
    for (size_t i = 0; i < hosts.count; i++) {
        const struct model_host *host = &model->hosts.items[hosts.items[i]];
        match_row(run, report, host->id, &host->res->meta, &host->res->expected_ips, &host->labels);
    }
    for (size_t i = 0; i < netsets.count; i++) {
        const struct model_netset *netset = &model->netsets.items[netsets.items[i]];
        match_row(run, report, netset->id, &netset->res->meta, &netset->res->nets, &netset->labels);
    }
    return print_rows(run, report, "no endpoint and no network set matches");
}
