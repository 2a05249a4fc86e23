// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> records with names, and with what the policies of a plan do to the flow (semantics.md 9.1, 9.2).
#include "internal.h"

struct flowlog_judge {
    struct flowlog_reader *reader;
    struct arena *scratch;
    const struct plan *plan;
    struct flow_evaluator *evaluator; // NULL without a plan
    struct flowlog_names *names;
    const struct dns_book *book; // NULL: nothing is known of domains
    bool keep_actions;
};

struct flowlog_judge *flowlog_judge_new(struct flowlog_reader *reader, struct arena *scratch,
                                        const struct plan *plan)
{
    struct arena *arena = reader_arena(reader);
    struct flowlog_judge *judge = arena_new_of(arena, struct flowlog_judge);
    judge->reader = reader;
    judge->scratch = scratch;
    judge->plan = plan;
    judge->evaluator = plan != NULL ? flow_evaluator_new(arena, plan) : NULL;
    judge->names = flowlog_names_new(arena, plan);
    return judge;
}

void flowlog_judge_keep_actions(struct flowlog_judge *judge)
{
    judge->keep_actions = true;
}

void flowlog_judge_set_book(struct flowlog_judge *judge, const struct dns_book *book)
{
    judge->book = book;
    if (judge->evaluator != NULL) { // what a CNAME led to opens rules, too
        flow_evaluator_set_names(judge->evaluator, book, true);
    }
}

const struct flow_evaluator *flowlog_judge_evaluator(const struct flowlog_judge *judge)
{
    return judge->evaluator;
}

// ---- names --------------------------------------------------------------------------------------------------------

static bool is_named(const struct flowlog_end *end)
{
    return end->name != NULL || end->name_aggr != NULL;
}

// `domains`: through which it was reached.
static void name_end(const struct flowlog_judge *judge, const char *other_ns,
                     const struct flow_strings *domains, struct flowlog_end *end)
{
    struct ip_addr addr;
    if (is_named(end)) {
        end->name_aggr = end->name_aggr != NULL ? end->name_aggr : end->name;
        return;
    }
    if (end->ip == NULL || ip_addr_parse(end->ip, strlen(end->ip), &addr) != ADDR_OK) {
        return;
    }
    struct flowlog_name name = flowlog_name_reached(judge->names, addr, domains, other_ns);
    end->type = reader_text(judge->reader, name.type);
    end->ns = reader_text(judge->reader, name.ns);
    end->name = reader_text(judge->reader, name.name);
    end->name_aggr = reader_text(judge->reader, name.aggregate);
}

// The namespace of a workload, by which the sets at the other end are chosen.
static const char *workload_ns(const struct flowlog_judge *judge, struct flowlog_end end)
{
    static const struct flow_strings none;
    name_end(judge, NULL, &none, &end);
    return texts_equal(end.type, "wep") ? end.ns : NULL;
}

static void name_ends(const struct flowlog_judge *judge, struct flowlog_record *record)
{
    static const struct flow_strings none;
    const char *source_ns = workload_ns(judge, record->source);
    const char *dest_ns = workload_ns(judge, record->dest);
    name_end(judge, dest_ns, &none, &record->source);
    name_end(judge, source_ns, &record->domains, &record->dest);
}

// Endpoints have names of their own.
static bool is_endpoint(const struct flowlog_judge *judge, const struct flowlog_end *end,
                        struct ip_addr addr)
{
    const char *type = is_named(end) && end->type != NULL
                           ? end->type
                           : flowlog_name_address(judge->names, addr, NULL).type;
    return strcmp(type, "wep") == 0 || strcmp(type, "hep") == 0;
}

void flowlog_judge_name_domains(const struct flowlog_judge *judge, struct flowlog_record *record)
{
    const struct flowlog_end *dest = &record->dest;
    struct ip_addr addr;
    if (judge->book != NULL && record->domains.count == 0 && dest->ip != NULL &&
        ip_addr_parse(dest->ip, strlen(dest->ip), &addr) == ADDR_OK &&
        !is_endpoint(judge, dest, addr)) {
        record->domains = find_domains(judge->reader, judge->scratch, judge->book, addr,
                                       record->start_time, record->end_time);
    }
}

// By the backend: the flow is seen behind the service's own address, so that its own port is not known.
static void name_service(const struct flowlog_judge *judge, const struct flow *flow,
                         struct flowlog_record *record)
{
    struct flowlog_service service = flowlog_find_service(judge->names, flow->destination,
                                                          flow->protocol, flow->destination_port);
    if (record->service_name == NULL && service.name != NULL) {
        record->service_name = reader_text(judge->reader, service.name);
        record->service_ns = reader_text(judge->reader, service.ns);
    }
}

// ---- reports --------------------------------------------------------------------------------------------------------

// What is sent by the source comes in at the others.
static void turn_counts(struct flowlog_record *record)
{
    int64_t bytes = record->bytes_in, packets = record->packets_in;
    record->bytes_in = record->bytes_out;
    record->bytes_out = bytes;
    record->packets_in = record->packets_out;
    record->packets_out = packets;
}

static void push_report(const struct flowlog_judge *judge, const struct flowlog_record *record,
                        const struct flow_report *report, const char *action,
                        struct flowlog_records *ret)
{
    struct flowlog_reader *reader = judge->reader;
    struct flowlog_record *copy = vec_add(reader_arena(reader), ret);
    *copy = *record;
    if (record->reporter == NULL && report->reporter != FLOW_REPORT_SOURCE) {
        turn_counts(copy);
    }
    copy->reporter = reader_text(reader, flow_reporter_text(report->reporter));
    copy->action = reader_text(reader, action);
    copy->host = report->node != NULL ? reader_text(reader, report->node) : copy->host;
    copy->enforced = reader_list(reader, &report->enforced);
    copy->pending = reader_list(reader, &report->pending);
    copy->all = reader_list(reader, &report->all);
    copy->transit = (struct flow_strings){0};
}

static const char *verdict_text(uint8_t verdict)
{
    return verdict == FLOW_ALLOW ? "allow" : "deny";
}

// Which of the reports stand for a record, [first, end).
struct choice {
    size_t first, end;
    bool otherwise; // the action that is kept is not that of the reports
};

// Up to the first one that denies.
static size_t count_reached(const struct flow_reports *reports)
{
    size_t end = 0;
    while (end < reports->count && reports->items[end].verdict == FLOW_ALLOW) {
        end++;
    }
    return end + (end < reports->count);
}

// False when no report stands for it.
static bool choose_own(const struct flowlog_record *record, const struct flow_reports *reports,
                       bool keep, struct choice *ret)
{
    size_t own = 0, end = count_reached(reports);
    while (own < reports->count &&
           strcmp(flow_reporter_text(reports->items[own].reporter), record->reporter) != 0) {
        own++;
    }
    if (own == reports->count) {
        return false;
    }
    bool was_denied = texts_equal(record->action, "deny");
    if (keep) {
        bool denies = reports->items[own].verdict == FLOW_DENY;
        *ret = (struct choice){own, own + 1, denies != was_denied};
        return true;
    }
    ret->first = own < end ? own : end;
    ret->end = own < end && !was_denied ? own + 1 : end;
    return true;
}

static bool choose_reports(const struct flowlog_judge *judge, const struct flowlog_record *record,
                           const struct flow_reports *reports, struct choice *ret)
{
    bool keep = judge->keep_actions && record->action != NULL;
    *ret = (struct choice){.end = count_reached(reports)};
    if (record->reporter != NULL) {
        return choose_own(record, reports, keep, ret);
    }
    if (keep && ret->end > 0) {
        bool denies = reports->items[ret->end - 1].verdict == FLOW_DENY;
        ret->otherwise = denies != texts_equal(record->action, "deny");
        ret->end = denies && ret->otherwise ? reports->count : ret->end;
    }
    return ret->end > 0;
}

static void push_reports(const struct flowlog_judge *judge, const struct flowlog_record *record,
                         const struct flow_reports *reports, const struct choice *choice,
                         struct flowlog_records *ret)
{
    bool was_denied = texts_equal(record->action, "deny");
    for (size_t i = choice->first; i < choice->end; i++) {
        bool is_last = i + 1 == choice->end;
        const char *action = verdict_text(reports->items[i].verdict);
        if (choice->otherwise) {
            action = was_denied && is_last ? "deny" : "allow";
        }
        push_report(judge, record, &reports->items[i], action, ret);
    }
}

// A name that a rule allows which would have let the flow through; NULL when none is needed, or none helps.
static const char *find_missing_name(const struct flowlog_judge *judge, const struct flow *flow)
{
    struct flow_trace trace;
    const char *name = NULL;
    flow_evaluator_set_names(judge->evaluator, judge->book, false);
    if (flow_verdict_or_doubt(judge->evaluator, flow, false) == FLOW_UNCERTAIN) {
        flow_trace(judge->evaluator, judge->scratch, flow, &trace);
        const struct flow_step *step = flow_doubt(&trace, false);
        const char *pattern =
            judge->plan->domains.items[step->rule->match.destination.domains].patterns[0];
        const char *star = strchr(pattern, '*');
        name = star == NULL ? pattern
                            : arena_printf(judge->scratch, "%.*sany%s", (int)(star - pattern),
                                           pattern, star + 1);
    }
    flow_evaluator_set_names(judge->evaluator, judge->book, true);
    return name;
}

// What was let through had a name, even if nobody has told polc: a resolver may fill the kernel's sets by itself.
static void suppose_name(const struct flowlog_judge *judge, const struct flowlog_record *record,
                         struct flow *flow)
{
    if (!judge->keep_actions || judge->plan->domains.count == 0 ||
        !texts_equal(record->action, "allow") || record->domains.count > 0) {
        return;
    }
    const char *name = find_missing_name(judge, flow);
    if (name != NULL) {
        struct flow_strings *names = arena_new_of(judge->scratch, struct flow_strings);
        vec_push(judge->scratch, names, name);
        flow->names = names;
    }
}

enum flowlog_judged flowlog_judge(struct flowlog_judge *judge, const struct flowlog_record *record,
                                  struct flowlog_records *ret)
{
    struct flow flow;
    struct flow_trace trace;
    struct flow_reports reports = {0};
    struct choice choice;
    struct flowlog_record named = *record;
    struct arena_mark mark = arena_mark(judge->scratch);
    enum flowlog_judged judged = FLOWLOG_KEPT;
    flowlog_judge_name_domains(judge, &named);
    name_ends(judge, &named);
    if (judge->plan != NULL) {
        // Without a port which rule it meets cannot be said.
        bool whole = flowlog_find_flow(judge->names, &named, &flow);
        judged = whole ? FLOWLOG_JUDGED : FLOWLOG_NO_FLOW;
    }
    if (judged == FLOWLOG_JUDGED) {
        name_service(judge, &flow, &named);
        suppose_name(judge, &named, &flow);
        flow_trace_hits(judge->evaluator, judge->scratch, &flow, &trace);
        flow_reports_make(judge->scratch, judge->plan, &trace, &reports);
    }
    if (judged == FLOWLOG_JUDGED && choose_reports(judge, &named, &reports, &choice)) {
        push_reports(judge, &named, &reports, &choice, ret);
        judged = choice.otherwise ? FLOWLOG_OTHERWISE : FLOWLOG_JUDGED;
    } else {
        judged = judged == FLOWLOG_JUDGED ? FLOWLOG_KEPT : judged;
        vec_push(reader_arena(judge->reader), ret, named);
    }
    arena_rewind(judge->scratch, mark);
    return judged;
}

// ---- staged policies ------------------------------------------------------------------------------------------------

// The fourth part of "index|tier|name|action|rule".
static bool is_deny(const char *entry)
{
    for (int bars = 0; bars < 3 && entry != NULL; bars++) {
        entry = strchr(entry, '|');
        entry = entry != NULL ? entry + 1 : NULL;
    }
    return entry != NULL && strncmp(entry, "deny|", 5) == 0;
}

static bool ends_with_deny(const struct flow_strings *trace)
{
    return trace->count > 0 && is_deny(trace->items[trace->count - 1]);
}

bool flowlog_would_deny(const struct flowlog_record *record)
{
    // What happened may have been before the policies of the traces.
    if (texts_equal(record->action, "deny") || ends_with_deny(&record->enforced)) {
        return false;
    }
    if (record->pending.count > 0) {
        return ends_with_deny(&record->pending);
    }
    for (size_t i = 0; i < record->all.count; i++) { // logs of before there was a pending list
        if (strstr(record->all.items[i], "staged:") != NULL && is_deny(record->all.items[i])) {
            return true;
        }
    }
    return false;
}
