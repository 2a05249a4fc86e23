// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> flows: those that differ only in source port, time or reporter are one.
#include "internal.h"

#include <polc/base/compare.h>
#include <polc/dns.h>

struct key {
    struct ip_addr source, destination;
    uint16_t port;
    uint8_t protocol, padding;
    int16_t icmp_type, icmp_code;
};
_Static_assert(sizeof(struct key) == 2 * sizeof(struct ip_addr) + 8, "no holes: it is hashed");

static size_t reporter_index(const struct flowlog_record *record)
{
    static const char *const reporters[REPORTERS] = {"src", "dst", "fwd"};
    for (size_t i = 0; i < REPORTERS; i++) {
        if (texts_equal(record->reporter, reporters[i])) {
            return i;
        }
    }
    return 0;
}

static const char *end_name(struct recommend *run, const struct flowlog_end *end)
{
    const char *name = end->name != NULL ? end->name : end->name_aggr;
    if (name == NULL) {
        return "?";
    }
    if (texts_equal(end->type, "wep") || (texts_equal(end->type, "ns") && end->ns != NULL)) {
        return arena_printf(run->arena, "%s/%s", end->ns != NULL ? end->ns : "-", name);
    }
    return texts_equal(end->type, "hep") ? arena_printf(run->arena, "hep/%s", name) : name;
}

static struct recommend_flow *find_flow(struct recommend *run, const struct flow *flow,
                                        const struct flowlog_record *record,
                                        struct counts **ret_counts)
{
    const struct key key = {
        .source = flow->source,
        .destination = flow->destination,
        .port = flow->destination_port,
        .protocol = flow->protocol,
        .icmp_type = flow->icmp_type,
        .icmp_code = flow->icmp_code,
    };
    size_t *number = strmap_get_n(run->flow_numbers, &key, sizeof key);
    if (number == NULL) {
        number = arena_new_of(run->arena, size_t);
        *number = run->flows.count;
        strmap_put_n(run->flow_numbers, &key, sizeof key, number);
        vec_push(run->arena, &run->flows,
                 (struct recommend_flow){.flow = *flow,
                                         .first = FLOWLOG_UNKNOWN,
                                         .last = FLOWLOG_UNKNOWN,
                                         .source = end_name(run, &record->source),
                                         .destination = end_name(run, &record->dest)});
        vec_push(run->arena, &run->counts, arena_new_of(run->arena, struct counts));
    }
    *ret_counts = run->counts.items[*number];
    return &run->flows.items[*number];
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == FLOWLOG_UNKNOWN || (b != FLOWLOG_UNKNOWN && b < a) ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
    return b > a ? b : a; // what is not known is less than anything
}

void sort_names(struct flow_strings *names)
{
    names->count = texts_sort_unique(names->items, names->count);
}

// Logs of other programs may have what no rule can name.
static void add_domain(struct recommend *run, const char *text, struct flow_strings *ret)
{
    if (dns_name_problem(text) != NULL) {
        return;
    }
    const char *name = dns_name_canonical(run->arena, text);
    for (size_t i = 0; i < ret->count; i++) {
        if (strcmp(ret->items[i], name) == 0) {
            return;
        }
    }
    vec_push(run->arena, ret, name);
}

static void add_record(struct recommend *run, const struct flow *flow,
                       const struct flowlog_record *record)
{
    struct counts *counts;
    struct recommend_flow *known = find_flow(run, flow, record, &counts);
    uint64_t *count = &counts->by_reporter[reporter_index(record)];
    *count += record->num_flows > 0 ? (uint64_t)record->num_flows : 1;
    known->count = known->count > *count ? known->count : *count;
    int64_t end = later(record->end_time, record->start_time);
    known->first = earlier(known->first, earlier(record->start_time, record->end_time));
    known->last = later(known->last, end);
    for (size_t i = 0; i < record->domains.count; i++) {
        add_domain(run, record->domains.items[i], &known->domains);
    }
}

// Whether the record would be of interest, could it be read.
static bool is_about(const struct recommend *run, const struct flowlog_end *end)
{
    for (size_t i = 0; i < run->subjects.count; i++) {
        const struct recommend_subject *subject = &run->subjects.items[i];
        bool host = subject->scope == RECOMMEND_HOST;
        if (host ? texts_equal(end->type, "hep") &&
                       texts_equal(end->name, strchr(subject->text, '/') + 1)
                 : texts_equal(end->type, "wep") && texts_equal(end->ns, subject->ns)) {
            return true;
        }
    }
    return false;
}

void recommend_learn(struct recommend *run, const struct flowlog_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct flowlog_record *record = &records->items[i];
        struct flow flow;
        run->end = later(run->end, later(record->end_time, record->start_time));
        if (flowlog_find_flow(run->names, record, &flow)) {
            add_record(run, &flow, record);
        } else {
            run->unreadable += is_about(run, &record->source) || is_about(run, &record->dest);
        }
    }
    for (size_t i = 0; i < run->flows.count; i++) { // they have their places now
        struct recommend_flow *flow = &run->flows.items[i];
        sort_names(&flow->domains);
        flow->flow.names = &flow->domains;
    }
}
