// SPDX-License-Identifier: GPL-2.0-or-later
// polc trace: what happens to a flow, by the plan alone.
#include "answers.h"
#include "trace.h"

#include <polc/flowlog.h>

enum { DEFAULT_SOURCE_PORT = 40000, PAIRS_MAX = 100 * 1000, TYPE_MAX = 254 };

// What the command line asks for.
struct question {
    struct ref from, to;
    const struct dns_book *book; // NULL: nothing is known of names
    uint8_t protocol;            // 0: ICMP of the family
    uint16_t source_port, destination_port;
    int16_t icmp_type, icmp_code;
};

// ---- the command line -------------------------------------------------------------------------------------------

static bool parse_number(const char *option, const char *text, unsigned long min, unsigned long max,
                         unsigned long *ret)
{
    char *end;
    *ret = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || *ret < min || *ret > max) {
        complain("--%s is a number of %lu to %lu, not \"%s\"", option, min, max, text);
        return false;
    }
    return true;
}

static bool parse_icmp(const char *text, struct question *ret)
{
    char type[8] = "";
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    unsigned long number;
    memcpy(type, text, length < sizeof type ? length : sizeof type - 1);
    if (!parse_number("icmp", type, 0, TYPE_MAX, &number)) {
        return false;
    }
    ret->icmp_type = (int16_t)number;
    if (slash != NULL) {
        if (!parse_number("icmp", slash + 1, 0, UINT8_MAX, &number)) {
            return false;
        }
        ret->icmp_code = (int16_t)number;
    }
    return true;
}

static bool parse_protocol(const struct options *options, struct question *ret)
{
    if (options->proto == NULL) {
        ret->protocol = options->icmp != NULL ? 0 : PROTO_TCP;
        return true;
    }
    ret->protocol = flow_protocol_parse(options->proto);
    if (ret->protocol == 0) {
        const char *best =
            spell_best(options->proto, flow_protocol_names, flow_protocol_name_count);
        complain("there is no protocol \"%s\"", options->proto);
        hint(best != NULL ? "did you mean %s?"
                          : "tcp, udp, icmp, icmp6, sctp, or a number of 1 to 255%s",
             best != NULL ? best : "");
        return false;
    }
    if (options->icmp != NULL && ret->protocol != PROTO_ICMP && ret->protocol != PROTO_ICMPV6) {
        complain("--icmp is for icmp and icmp6, not for %s", options->proto);
        return false;
    }
    return true;
}

static bool parse_ports(const struct options *options, struct question *ret)
{
    unsigned long port = DEFAULT_SOURCE_PORT;
    if (options->sport != NULL && !parse_number("sport", options->sport, 1, UINT16_MAX, &port)) {
        return false;
    }
    ret->source_port = (uint16_t)port;
    if (options->dport != NULL) {
        if (!parse_number("dport", options->dport, 1, UINT16_MAX, &port)) {
            return false;
        }
        ret->destination_port = (uint16_t)port;
    }
    return true;
}

static bool has_question(const struct options *options)
{
    bool ends = options->from != NULL && options->to != NULL;
    if (options->flows != NULL && (options->from != NULL || options->to != NULL)) {
        complain("polc trace takes --from and --to, or --flows, not both");
        return false;
    }
    if (options->flows == NULL && !ends) {
        complain("polc trace needs to know the flow: --from and --to, or --flows");
        hint("polc trace %s", options->verb->usage);
        return false;
    }
    return true;
}

static bool parse_question(struct run *run, struct question *ret)
{
    *ret = (struct question){.icmp_type = -1, .icmp_code = -1};
    return has_question(&run->options) && parse_protocol(&run->options, ret) &&
           parse_ports(&run->options, ret) &&
           (run->options.icmp == NULL || parse_icmp(run->options.icmp, ret));
}

// ---- the ends -----------------------------------------------------------------------------------------------------

static bool complain_end(const char *option, const struct ref_problem *problem)
{
    complain("--%s: %s", option, problem->message);
    if (problem->hint != NULL) {
        hint("%s", problem->hint);
    }
    return false;
}

static bool find_from(struct run *run, struct question *question)
{
    struct ref_problem problem;
    return ref_find(run->arena, run->model, run->options.from, &question->from, &problem) ||
           complain_end("from", &problem);
}

static bool find_to(struct run *run, struct question *question)
{
    struct ref_problem problem;
    return ref_find_destination(run->arena, run->model, question->book, 0, run->options.to,
                                &question->to, &problem) ||
           complain_end("to", &problem);
}

static bool has_port(struct question *question)
{
    bool ports = question->protocol == PROTO_UDPLITE || proto_has_ports(question->protocol);
    if (!ports) {
        question->source_port = question->destination_port = 0;
        return true;
    }
    question->destination_port =
        question->destination_port != 0 ? question->destination_port : question->to.port;
    if (question->destination_port == 0) {
        complain("to which port?");
        hint("--to %s:443, or --dport 443", question->to.text);
    }
    return question->destination_port != 0;
}

static int find_ends(struct run *run, struct question *question)
{
    if (!find_from(run, question) || !find_to(run, question) || !has_port(question)) {
        return POLC_EXIT_USAGE;
    }
    size_t pairs = question->from.ends.count * question->to.ends.count;
    if (pairs > PAIRS_MAX) {
        complain("%zu pairs of endpoints are too many to trace; name fewer (at most %d)", pairs,
                 PAIRS_MAX);
        return POLC_EXIT_USAGE;
    }
    return POLC_EXIT_OK;
}

// ---- every pair -------------------------------------------------------------------------------------------------

struct results {
    struct run *run;
    const struct flow_evaluator *evaluator;
    const struct question *question;
    const struct flowlog_names *names;
    struct strmap *known; // what happens, as text -> struct trace_result *
    VEC_FIELDS(struct trace_result *);
    bool denied, uncertain;
};

static uint8_t protocol_for(const struct question *question, uint8_t family)
{
    bool v4 = family == IP_V4;
    if (question->protocol == 0) {
        return v4 ? PROTO_ICMP : PROTO_ICMPV6;
    }
    bool other = question->protocol == (v4 ? PROTO_ICMPV6 : PROTO_ICMP);
    return other ? 0 : question->protocol;
}

// Two flows fare alike when the same rules decide in the same stages, staged ones too.
static const char *fate(const struct results *results, const struct flow_trace *trace)
{
    struct arena *arena = results->run->arena;
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%u%u", trace->verdict, trace->reason);
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        struct flow_strings strings = {0};
        strbuf_addf(&text, ";%u%u %u %u", stage->stage, stage->direction, stage->reason,
                    stage->pending_reason);
        flow_strings_add(arena, results->run->plan, stage, FLOW_VIEW_ENFORCED, &strings);
        flow_strings_add(arena, results->run->plan, stage, FLOW_VIEW_PENDING, &strings);
        for (size_t j = 0; j < strings.count; j++) {
            strbuf_addf(&text, " %s", strings.items[j]);
        }
    }
    return strbuf_text(&text);
}

static const char *pair_text(struct arena *arena, const struct ref_end *from,
                             const struct ref_end *to, const struct flow *flow)
{
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    return arena_printf(arena, "%s %s  ->  %s %s", from->name, ip_addr_text(flow->source, source),
                        to->name, ip_addr_text(flow->destination, destination));
}

static void add_result(struct results *results, const struct ref_end *from,
                       const struct ref_end *to, const struct flow *flow)
{
    struct arena *arena = results->run->arena;
    struct arena_mark mark = arena_mark(arena);
    struct trace_result *result = arena_new_of(arena, struct trace_result);
    *result = (struct trace_result){.from = from, .to = to, .flow = *flow};
    flow_trace(results->evaluator, arena, flow, &result->trace);
    results->denied |= result->trace.verdict == FLOW_DENY;
    results->uncertain |= result->trace.verdict == FLOW_UNCERTAIN;
    const char *key = fate(results, &result->trace);
    struct trace_result *known = strmap_get(results->known, key);
    if (known != NULL) {
        arena_rewind(arena, mark);
        vec_push(arena, &known->like, pair_text(arena, from, to, flow));
        return;
    }
    strmap_put(results->known, key, result);
    vec_push(arena, results, result);
}

// Whose address stands for others is asked about by its name alone.
static const struct flow_strings *names_of(const struct results *results, const struct ref_end *to)
{
    struct flow_strings *names = arena_new_of(results->run->arena, struct flow_strings);
    if (to->stands_in) {
        vec_push(results->run->arena, names, to->domain);
    }
    return names;
}

static void add_pair(struct results *results, const struct ref_end *from, const struct ref_end *to)
{
    const struct question *question = results->question;
    const struct flow_strings *names = names_of(results, to);
    for (size_t i = 0; i < from->address_count; i++) {
        for (size_t j = 0; j < to->address_count; j++) {
            uint8_t family = from->addresses[i].family;
            struct flow flow = {.source = from->addresses[i],
                                .destination = to->addresses[j],
                                .protocol = protocol_for(question, family),
                                .source_port = question->source_port,
                                .destination_port = question->destination_port,
                                .icmp_type = question->icmp_type,
                                .icmp_code = question->icmp_code,
                                .in_interface = results->run->options.in_interface,
                                .names = names};
            bool same_family = to->addresses[j].family == family;
            // An endpoint among many is not asked whether it may talk to itself.
            bool itself = same_family && strcmp(from->name, to->name) == 0 &&
                          question->from.ends.count + question->to.ends.count > 2;
            if (same_family && flow.protocol != 0 && !itself) {
                flow_default_icmp(&flow);
                add_result(results, from, to, &flow);
            }
        }
    }
}

static void add_pairs(struct results *results)
{
    const struct question *question = results->question;
    for (size_t i = 0; i < question->from.ends.count; i++) {
        for (size_t j = 0; j < question->to.ends.count; j++) {
            add_pair(results, &question->from.ends.items[i], &question->to.ends.items[j]);
        }
    }
}

// ---- output -----------------------------------------------------------------------------------------------------

// The names of an end as flow logs have them: "source_name", "source_namespace", ...
static void set_names(const struct results *results, json_t *object, const char *end,
                      struct ip_addr addr, const struct ref_end *other)
{
    struct run *run = results->run;
    struct flowlog_name name = flowlog_name_address(results->names, addr, other->ns);
    const struct {
        const char *key, *value;
    } fields[] = {{"type", name.type},
                  {"namespace", name.ns},
                  {"name", name.name},
                  {"name_aggr", name.aggregate}};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        json_object_set_new(object, arena_printf(run->arena, "%s_%s", end, fields[i].key),
                            json_string(fields[i].value));
    }
}

static json_t *result_json(const struct results *results, const struct trace_result *result)
{
    struct run *run = results->run;
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    const struct flow *flow = &result->flow;
    const struct flow_trace *trace = &result->trace;
    json_t *object = json_pack("{s:s, s:s}", "from", result->from->name, "source_ip",
                               ip_addr_text(flow->source, source));
    set_names(results, object, "source", flow->source, result->to);
    json_object_set_new(object, "to", json_string(result->to->name));
    json_object_set_new(object, "dest_ip",
                        json_string(ip_addr_text(flow->destination, destination)));
    set_names(results, object, "dest", flow->destination, result->from);
    if (result->to->domain != NULL) {
        json_object_set_new(object, "dest_domains", json_pack("[s]", result->to->domain));
    }
    json_object_set_new(object, "proto",
                        json_string(flow_protocol_text(run->arena, flow->protocol)));
    if (flow->destination_port != 0) {
        json_object_set_new(object, "source_port", json_integer(flow->source_port));
        json_object_set_new(object, "dest_port", json_integer(flow->destination_port));
    }
    if (flow->icmp_type >= 0) {
        json_object_set_new(object, "icmp_type", json_integer(flow->icmp_type));
        json_object_set_new(object, "icmp_code", json_integer(flow->icmp_code));
    }
    json_object_set_new(object, "like", json_integer((json_int_t)result->like.count));
    json_t *verdict = trace_json(run->arena, run->plan, trace, true);
    json_object_update(object, verdict);
    json_decref(verdict);
    return object;
}

static void print_json(const struct results *results)
{
    json_t *list = json_array();
    for (size_t i = 0; i < results->count; i++) {
        json_array_append_new(list, result_json(results, results->items[i]));
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
}

static void print_text(struct run *run, const struct results *results, const char *this_node)
{
    const struct trace_here *here = trace_here_read(run, this_node);
    for (size_t i = 0; i < results->count; i++) {
        if (i > 0) {
            putchar('\n');
        }
        trace_print(run, results->items[i], this_node, here);
    }
}

static int answer(struct run *run, const struct flow_evaluator *evaluator,
                  const struct question *question, const char *this_node)
{
    struct results results = {.run = run,
                              .evaluator = evaluator,
                              .question = question,
                              .names = flowlog_names_new(run->arena, run->plan),
                              .known = strmap_new(run->arena)};
    add_pairs(&results);
    if (results.count == 0) {
        complain("%s and %s have no addresses of one family%s", question->from.text,
                 question->to.text,
                 question->protocol == PROTO_ICMP || question->protocol == PROTO_ICMPV6
                     ? " that the protocol is for"
                     : "");
        return POLC_EXIT_USAGE;
    }
    run->options.output == OUTPUT_JSON ? print_json(&results)
                                       : print_text(run, &results, this_node);
    return results.denied ? POLC_EXIT_NO : results.uncertain ? POLC_EXIT_UNCERTAIN : POLC_EXIT_OK;
}

// Of what nobody says anything is uncertain.
static const struct flow_evaluator *make_evaluator(struct run *run, const struct dns_book *book)
{
    struct flow_evaluator *evaluator = flow_evaluator_new(run->arena, run->plan);
    flow_evaluator_set_names(evaluator, book, book != NULL);
    return evaluator;
}

static bool is_endpoint_interface(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        if ((endpoint->interface != NULL && strcmp(endpoint->interface, name) == 0) ||
            (endpoint->port != NULL && strcmp(endpoint->port, name) == 0)) {
            return true;
        }
    }
    return plan_is_workload_name(&plan->settings, name);
}

// Where the interfaces of a host are known, one that it does not have is a slip of the pen.
static bool has_interface(struct run *run)
{
    const struct plan *plan = run->plan;
    const char *name = run->options.in_interface;
    if (name == NULL || plan->interfaces.count == 0 || is_endpoint_interface(plan, name)) {
        return true;
    }
    const char **names = arena_array_of(run->arena, const char *, plan->interfaces.count);
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        names[i] = plan->interfaces.items[i].name;
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    const char *best = spell_best(name, names, plan->interfaces.count);
    complain("--in-interface: there is no interface \"%s\"", name);
    hint("%s %s%s", best != NULL ? "did you mean" : "there are",
         best != NULL ? best : words_join(run->arena, names, plan->interfaces.count, ", "),
         best != NULL ? "?" : "");
    return false;
}

int cmd_trace(struct run *run)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model};
    struct question question;
    if (!parse_question(run, &question)) {
        return POLC_EXIT_USAGE;
    }
    int code = pipeline_run(run, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    run->diags = diags_new(run->arena, run->sources); // they were printed
    if (!answers_read(run, &question.book) ||
        (run->options.flows == NULL && find_ends(run, &question) != POLC_EXIT_OK)) {
        return POLC_EXIT_USAGE;
    }
    bool is_short;
    const char *this_node = model_choose_node(run->arena, &run->resources, run->options.node,
                                              this_hostname(run), &is_short);
    if (run->options.flows != NULL) {
        pipeline_plan(run);
        return trace_flows(run, make_evaluator(run, question.book));
    }
    run->plan = plan_build(run->arena, run->model); // the model stays, for the names of the ends
    if (!has_interface(run)) {
        return POLC_EXIT_USAGE;
    }
    return answer(run, make_evaluator(run, question.book), &question, this_node);
}
