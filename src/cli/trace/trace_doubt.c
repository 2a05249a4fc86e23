// SPDX-License-Identifier: GPL-2.0-or-later
// What an uncertain verdict depends on: names that rules allow, and of which nobody knows whether they have the address.
#include "trace.h"

// ---- the command that decides -----------------------------------------------------------------------------------

// A name that one of the patterns matches.
static const char *name_for(struct run *run, const struct flow_step *step)
{
    const struct plan_domains *domains =
        &run->plan->domains.items[step->rule->match.destination.domains];
    const char *pattern = domains->patterns[0];
    const char *star = strchr(pattern, '*');
    return star == NULL
               ? pattern
               : arena_printf(run->arena, "%.*swww%s", (int)(star - pattern), pattern, star + 1);
}

static bool reads_stdin(const struct options *options)
{
    for (size_t i = 0; i < options->paths.count; i++) {
        if (strcmp(options->paths.items[i], "-") == 0) {
            return true;
        }
    }
    return false;
}

static const char *this_command(struct run *run)
{
    const struct options *options = &run->options;
    struct strbuf text = {.arena = run->arena};
    const struct {
        const char *name, *value;
    } given[] = {{"interfaces", options->interfaces},
                 {"from", options->from},
                 {"to", options->to},
                 {"proto", options->proto},
                 {"dport", options->dport},
                 {"sport", options->sport},
                 {"icmp", options->icmp},
                 {"in-interface", options->in_interface}};
    strbuf_add(&text, "polc trace");
    strbuf_add(&text, same_options(run, true));
    for (size_t i = 0; i < ARRAY_COUNT(given); i++) {
        if (given[i].value != NULL) {
            strbuf_addf(&text, " --%s", given[i].name);
            add_shell_word(&text, given[i].value);
        }
    }
    return strbuf_text(&text);
}

// As if the first name had the address; what this host has learned is one more answer.
static const char *command_for(struct run *run, const struct flow_step *step,
                               const struct flow *flow)
{
    char buffer[IP_TEXT_MAX];
    const char *name = name_for(run, step);
    const char *addr = ip_addr_text(flow->destination, buffer);
    return reads_stdin(&run->options)
               ? arena_printf(run->arena, "--dns FILE, which has a line \"%s %s\" or not", name,
                              addr)
               : arena_printf(run->arena, "echo %s %s | %s --dns -", name, addr, this_command(run));
}

// ---- the whole --------------------------------------------------------------------------------------------------

static const char *rule_text(struct run *run, const struct flow_step *step)
{
    const char *place = trace_place(run, step->loc);
    return arena_printf(run->arena, "rule %u of %s %s allows it%s%s", step->rule->index,
                        step->tier < 0 ? "profile" : step->policy->kind,
                        trace_policy_name(run, step->policy), place[0] != '\0' ? "     " : "",
                        place);
}

// All that may allow it at one stage; the way there goes on as if none did.
static const char *print_stage(struct run *run, const struct trace_result *result,
                               const struct flow_stage *stage, const char *name)
{
    for (size_t i = 0; i < stage->enforced.count && stage->doubtful; i++) {
        const struct flow_step *step = &stage->enforced.items[i];
        if (step->result == FLOW_STEP_MAYBE) {
            trace_print_fact(name, arena_printf(run->arena, "whether %s",
                                                trace_condition(run, step, &result->flow)));
            trace_print_fact("if so", rule_text(run, step));
            name = "or on";
        }
    }
    if (stage->verdict == FLOW_UNCERTAIN) {
        trace_print_fact("if not", trace_otherwise(run, stage));
        name = "and on";
    }
    return name;
}

void trace_print_doubt(struct run *run, const struct trace_result *result)
{
    const struct flow_trace *trace = &result->trace;
    const char *name = "depends on";
    for (size_t i = 0; i < trace->stages.count; i++) {
        name = print_stage(run, result, &trace->stages.items[i], name);
    }
    trace_print_fact("to decide", command_for(run, flow_doubt(trace, false), &result->flow));
}
