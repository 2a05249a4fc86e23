// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of `polc get`: one table for each kind of object.
#include "get.h"

#include <math.h>

static bool wanted(const struct get_query *query, const struct res_meta *meta)
{
    if (!query->kinds[meta->kind] ||
        (query->name != NULL && strcmp(query->name, meta->name) != 0)) {
        return false;
    }
    return query->ns == NULL || (meta->ns != NULL && strcmp(query->ns, meta->ns) == 0);
}

static const char *reference(struct run *run, const struct res_meta *meta)
{
    const char *kind = res_kind_info(meta->kind)->short_name;
    return meta->ns != NULL ? arena_printf(run->arena, "%s/%s/%s", kind, meta->ns, meta->name)
                            : arena_printf(run->arena, "%s/%s", kind, meta->name);
}

static bool labels_match(struct run *run, const struct get_query *query,
                         const struct res_meta *meta)
{
    if (query->selector == NULL) {
        return true;
    }
    struct label *items = arena_array_of(run->arena, struct label, meta->label_count);
    for (size_t i = 0; i < meta->label_count; i++) {
        items[i] = (struct label){meta->labels[i].key, meta->labels[i].value};
    }
    struct labels labels = {items, meta->label_count};
    return sel_matches(query->selector, &labels);
}

void get_cell_labels(struct run *run, struct report *report, const struct labels *labels)
{
    const char **texts = arena_array_of(run->arena, const char *, labels->count);
    for (size_t i = 0; i < labels->count; i++) {
        texts[i] = arena_printf(run->arena, "%s=%s", labels->items[i].key, labels->items[i].value);
    }
    report_cell_list(report, texts, labels->count);
}

// ---- rows by kind ---------------------------------------------------------------------------------------------

static void cell_order(struct report *report, double order)
{
    isfinite(order) ? report_cellf(report, "%.15g", order) : report_cell(report, NULL);
}

static struct report *tier_rows(struct run *run, const struct get_query *query)
{
    static const char *const columns[] = {"NAME", "ORDER", "DEFAULT", "POLICIES", "STAGED", "+AT"};
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns));
    for (size_t i = 0; i < run->model->tiers.count; i++) {
        const struct model_tier *tier = &run->model->tiers.items[i];
        size_t enforced = 0;
        size_t staged = 0;
        for (size_t j = 0; j < run->model->policies.count; j++) {
            const struct model_policy *policy = &run->model->policies.items[j];
            enforced += policy->tier == i && !policy->staged;
            staged += policy->tier == i && policy->staged;
        }
        if (query->name != NULL && strcmp(query->name, tier->name) != 0) {
            continue;
        }
        report_row(report, arena_printf(run->arena, "tier/%s", tier->name));
        report_cell(report, tier->name);
        cell_order(report, tier->order);
        report_cell(report, tier->pass ? "Pass" : "Deny");
        report_cellf(report, "%zu", enforced);
        report_cellf(report, "%zu", staged);
        report_cell(report, tier->loc.line > 0 ? loc_text(run->arena, run->sources, tier->loc)
                                               : "built in");
    }
    return report;
}

// The endpoints that each policy governs are counted; one that it governs in several ways once.
struct tally {
    size_t *counts, *last; // by policy: so far, and the last endpoint that was counted, plus one
};

static void count_policies(const struct tally *tally, const struct model_indexes *policies,
                           size_t endpoint)
{
    for (size_t i = 0; i < policies->count; i++) {
        uint32_t policy = policies->items[i];
        tally->counts[policy] += tally->last[policy] != endpoint + 1;
        tally->last[policy] = endpoint + 1;
    }
}

static const size_t *count_governed(struct arena *arena, const struct model *model)
{
    struct tally tally = {arena_array_of(arena, size_t, model->policies.count),
                          arena_array_of(arena, size_t, model->policies.count)};
    for (size_t i = 0; i < model->endpoints.count; i++) {
        for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
            count_policies(&tally, &model->endpoints.items[i].policies[direction], i);
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        for (int list = 0; list < MODEL_STAGES * MODEL_DIRECTIONS; list++) {
            count_policies(
                &tally,
                &model->hosts.items[i].policies[list / MODEL_DIRECTIONS][list % MODEL_DIRECTIONS],
                model->endpoints.count + i);
        }
    }
    return tally.counts;
}

static struct report *policy_rows(struct run *run, const struct get_query *query)
{
    static const char *const columns[] = {"KIND",  "NAMESPACE", "NAME",  "TIER",      "ORDER",
                                          "TYPES", "ENDPOINTS", "RULES", "+SELECTOR", "+AT"};
    static const char *const types[] = {"", "Ingress", "Egress", "Ingress,Egress"};
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns));
    const size_t *governed = count_governed(run->arena, run->model);
    for (size_t i = 0; i < run->model->policies.count; i++) {
        const struct model_policy *policy = &run->model->policies.items[i];
        if (!wanted(query, policy->meta) || !labels_match(run, query, policy->meta)) {
            continue;
        }
        report_row(report, policy->id);
        report_cell(report, policy->kind);
        report_cell(report, policy->ns);
        report_cell(report, policy->name);
        report_cell(report, run->model->tiers.items[policy->tier].name);
        cell_order(report, policy->order);
        report_cell(report, types[policy->types]);
        report_cellf(report, "%zu", governed[i]);
        report_cellf(report, "%zu", policy->res->ingress.count + policy->res->egress.count);
        report_cell(report, policy->res->selector.tree != NULL
                                ? sel_text(run->arena, policy->res->selector.tree)
                                : "all()");
        report_cell(report, loc_text(run->arena, run->sources, policy->loc));
    }
    return report;
}

void get_cell_nets(struct run *run, struct report *report, const struct res_nets *nets)
{
    const char **texts = arena_array_of(run->arena, const char *, nets->count);
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < nets->count; i++) {
        texts[i] = arena_strdup(run->arena, cidr_text(nets->items[i].cidr, true, buffer));
    }
    report_cell_list(report, texts, nets->count);
}

static const char *const endpoint_columns[] = {"NAMESPACE", "NAME",      "NODE", "INTERFACE",
                                               "ADDRESSES", "+PROFILES", "+AT",  "LABELS"};

static void cell_names(struct run *run, struct report *report, const struct res_names *names)
{
    const char **texts = arena_array_of(run->arena, const char *, names->count);
    for (size_t i = 0; i < names->count; i++) {
        texts[i] = names->items[i].text;
    }
    report_cell_list(report, texts, names->count);
}

// `first` column: host endpoints alone have no namespace.
static void endpoint_row(struct run *run, struct report *report, size_t first,
                         const struct model_endpoint *endpoint)
{
    const struct res_workload *res = endpoint->res;
    report_row(report, endpoint->id);
    if (first == 0) {
        report_cell(report, res->meta.ns);
    }
    report_cell(report, res->meta.name);
    report_cell(report, res->node.text);
    report_cell(report,
                res->interface_name.text != NULL ? res->interface_name.text : endpoint->interface);
    get_cell_nets(run, report, &res->addresses);
    cell_names(run, report, &res->profiles);
    report_cell(report, loc_text(run->arena, run->sources, res->meta.loc));
    get_cell_labels(run, report, &endpoint->labels);
}

// As its interface stands what it names, else what it is known to govern.
static void host_row(struct run *run, struct report *report, size_t first,
                     const struct model_host *host)
{
    const struct res_host *res = host->res;
    report_row(report, host->id);
    if (first == 0) {
        report_cell(report, NULL);
    }
    report_cell(report, res->meta.name);
    report_cell(report, res->node.text);
    report_cell(report,
                res->interface_name.text != NULL
                    ? res->interface_name.text
                    : words_join(run->arena, host->interfaces.items, host->interfaces.count, ","));
    get_cell_nets(run, report, &res->expected_ips);
    cell_names(run, report, &res->profiles);
    report_cell(report, loc_text(run->arena, run->sources, res->meta.loc));
    get_cell_labels(run, report, &host->labels);
}

static bool endpoint_wanted(const struct get_query *query, const struct res_meta *meta,
                            const struct labels *labels)
{
    return (query->name == NULL || strcmp(query->name, meta->name) == 0) &&
           (query->ns == NULL || (meta->ns != NULL && strcmp(query->ns, meta->ns) == 0)) &&
           (query->selector == NULL || sel_matches(query->selector, labels));
}

static struct report *endpoint_rows(struct run *run, const struct get_query *query)
{
    bool workloads = query->kinds[RES_WORKLOAD_ENDPOINT] || query->kinds[RES_POD];
    bool labels = run->options.show_labels || run->options.output == OUTPUT_JSON ||
                  run->options.output == OUTPUT_YAML;
    size_t first = workloads ? 0 : 1;
    struct report *report = report_new(run->arena, endpoint_columns + first,
                                       ARRAY_COUNT(endpoint_columns) - first - !labels);
    const struct model *model = run->model;
    for (size_t i = 0; query->kinds[RES_HOST_ENDPOINT] && i < model->hosts.count; i++) {
        const struct model_host *host = &model->hosts.items[i];
        if (host->local && endpoint_wanted(query, &host->res->meta, &host->labels)) {
            host_row(run, report, first, host);
        }
    }
    for (size_t i = 0; workloads && i < model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[i];
        if (endpoint->local && endpoint_wanted(query, &endpoint->res->meta, &endpoint->labels)) {
            endpoint_row(run, report, first, endpoint);
        }
    }
    return report;
}

static const char *const netset_columns[] = {
    "NAMESPACE",        "NAME", "NETS",  "DOMAINS", "+CIDRS", "+NAMES", "+ADDRESSES",
    "+WITHOUT-ADDRESS", "+AT",  "LABELS"};

static void netset_row(struct run *run, struct report *report, const struct dns_book *book,
                       const struct model_netset *netset)
{
    const struct res_netset *res = netset->res;
    report_row(report, netset->id);
    report_cell(report, netset->res->meta.ns);
    report_cell(report, netset->res->meta.name);
    report_cellf(report, "%zu", res->nets.count);
    report_cellf(report, "%zu", res->domains.count);
    get_cell_nets(run, report, &res->nets);
    get_cells_names(run, report, book, &res->domains);
    report_cell(report, loc_text(run->arena, run->sources, netset->res->meta.loc));
    get_cell_labels(run, report, &netset->labels);
}

static struct report *netset_rows(struct run *run, const struct get_query *query)
{
    size_t all = run->options.show_labels || run->options.output == OUTPUT_JSON;
    struct report *report =
        report_new(run->arena, netset_columns, ARRAY_COUNT(netset_columns) - !all);
    const struct dns_book *book = get_book(run);
    for (size_t i = 0; i < run->model->netsets.count; i++) {
        const struct model_netset *netset = &run->model->netsets.items[i];
        bool matches = query->selector == NULL || sel_matches(query->selector, &netset->labels);
        if (wanted(query, &netset->res->meta) && matches) {
            netset_row(run, report, book, netset);
        }
    }
    return report;
}

// Profiles, namespaces and service accounts: name, labels, place.
static void meta_row(struct run *run, struct report *report, const struct get_query *query,
                     const struct res_meta *meta)
{
    if (!wanted(query, meta) || !labels_match(run, query, meta)) {
        return;
    }
    const char **labels = arena_array_of(run->arena, const char *, meta->label_count);
    for (size_t i = 0; i < meta->label_count; i++) {
        labels[i] = arena_printf(run->arena, "%s=%s", meta->labels[i].key, meta->labels[i].value);
    }
    report_row(report, reference(run, meta));
    report_cell(report, meta->ns);
    report_cell(report, meta->name);
    report_cell_list(report, labels, meta->label_count);
    report_cell(report, loc_text(run->arena, run->sources, meta->loc));
}

static struct report *named_rows(struct run *run, const struct get_query *query)
{
    static const char *const columns[] = {"NAMESPACE", "NAME", "LABELS", "+AT"};
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns));
    const struct resources *resources = &run->resources;
    for (size_t i = 0; i < resources->profiles.count; i++) {
        meta_row(run, report, query, &resources->profiles.items[i].meta);
    }
    for (size_t i = 0; i < resources->namespaces.count; i++) {
        meta_row(run, report, query, &resources->namespaces.items[i].meta);
    }
    for (size_t i = 0; i < resources->service_accounts.count; i++) {
        meta_row(run, report, query, &resources->service_accounts.items[i].meta);
    }
    for (size_t i = 0; i < resources->slices.count; i++) {
        meta_row(run, report, query, &resources->slices.items[i].meta);
    }
    for (size_t i = 0; i < resources->endpoints.count; i++) {
        meta_row(run, report, query, &resources->endpoints.items[i].meta);
    }
    for (size_t i = 0; i < resources->nodes.count; i++) {
        meta_row(run, report, query, &resources->nodes.items[i].meta);
    }
    for (size_t i = 0; i < resources->fleets.count; i++) {
        meta_row(run, report, query, &resources->fleets.items[i].meta);
    }
    for (size_t i = 0; i < resources->felix.count; i++) {
        meta_row(run, report, query, &resources->felix.items[i].meta);
    }
    for (size_t i = 0; i < resources->tests.count; i++) {
        meta_row(run, report, query, &resources->tests.items[i].meta);
    }
    return report;
}

static void cell_members(struct run *run, struct report *report,
                         const struct model_service *service)
{
    const char **texts = arena_array_of(run->arena, const char *, service->port_count);
    for (size_t i = 0; i < service->port_count; i++) {
        const struct model_port_member *member = &service->ports[i];
        char buffer[IP_TEXT_MAX];
        texts[i] =
            arena_printf(run->arena, "%s/%s", ip_port_text(member->addr, member->port, buffer),
                         proto_name(member->protocol));
    }
    report_cell_list(report, texts, service->port_count);
}

// Where services lead: what their name stands for in a rule.
static struct report *service_rows(struct run *run, const struct get_query *query)
{
    static const char *const columns[] = {"NAMESPACE", "NAME", "BACKENDS", "FROM", "+PORTS", "+AT"};
    static const char *const origins[] = {
        [MODEL_FROM_NOTHING] = "-",
        [MODEL_FROM_SLICES] = "EndpointSlice",
        [MODEL_FROM_ENDPOINTS] = "Endpoints",
        [MODEL_FROM_SELECTOR] = "selector",
    };
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns));
    for (size_t i = 0; i < run->model->services.count; i++) {
        const struct model_service *service = &run->model->services.items[i];
        bool named = query->name == NULL || strcmp(query->name, service->name) == 0;
        bool in_namespace = query->ns == NULL || strcmp(query->ns, service->ns) == 0;
        static const struct res_meta no_labels;
        if (!named || !in_namespace ||
            !labels_match(run, query, service->res != NULL ? &service->res->meta : &no_labels)) {
            continue;
        }
        report_row(report, service->id);
        report_cell(report, service->ns);
        report_cell(report, service->name);
        report_cellf(report, "%zu", service->addresses.count);
        report_cell(report, origins[service->origin]);
        cell_members(run, report, service);
        report_cell(report, service->res != NULL
                                ? loc_text(run->arena, run->sources, service->res->meta.loc)
                                : NULL);
    }
    return report;
}

struct report *get_rows(struct run *run, const struct get_query *query)
{
    if (query->kinds[RES_TIER]) {
        return tier_rows(run, query);
    }
    if (query->kinds[RES_HOST_ENDPOINT] || query->kinds[RES_WORKLOAD_ENDPOINT] ||
        query->kinds[RES_POD]) {
        return endpoint_rows(run, query);
    }
    if (query->kinds[RES_NETWORK_SET] || query->kinds[RES_GLOBAL_NETWORK_SET]) {
        return netset_rows(run, query);
    }
    if (query->kinds[RES_SERVICE]) {
        return service_rows(run, query);
    }
    for (int kind = 0; kind < RES_KIND_COUNT; kind++) {
        if (query->kinds[kind] && res_kind_info((enum res_kind)kind)->policy) {
            return policy_rows(run, query);
        }
    }
    return named_rows(run, query);
}
