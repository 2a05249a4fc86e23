// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that never decide (L301, L302, L303, L304, L401): what is said about them. That they are dead is proved in dead.c.
#include "dead.h"

#define SEE           "\n      " // what stands before "to see it" on a line of its own
#define SCRATCH_LIMIT ((size_t)4 << 30)

struct finder {
    const struct lint *lint;
    struct arena *scratch; // of one policy at a time
    struct judge *judge;
    struct dead *dead;
};

// The rule that a finding is about.
struct subject {
    const struct plan_policy *policy;
    const struct plan_rule *rule;
    const struct res_rule *res; // as it was written; NULL when that is not known
    int direction;
};

static const struct res_rule *written_rule(const struct finder *finder,
                                           const struct plan_policy *policy, int direction,
                                           const struct plan_rule *rule)
{
    const struct model_policy *model = lint_written(finder->lint, policy);
    return model != NULL && rule->index < model->rules[direction].count
               ? model->rules[direction].items[rule->index].res
               : NULL;
}

static const char *subject_text(const struct finder *finder, const struct subject *subject)
{
    return arena_printf(finder->lint->arena, "%s of %s",
                        lint_rule_text(finder->lint, subject->direction, subject->rule->index),
                        lint_policy_text(finder->lint, subject->policy));
}

static void set_key(const struct finder *finder, struct diag *diag, const struct subject *subject)
{
    diag_key(diag, "%s %s", lint_direction_text(subject->direction),
             subject->res != NULL ? lint_rule_key(finder->lint, subject->res) : "");
}

// ---- who decides first ----------------------------------------------------------------------------------------

// "tcp/22"
static const char *port_text(const struct finder *finder, const struct plan_failsafe *failsafe)
{
    const char *protocol = failsafe->protocol == PROTO_UDP   ? "udp"
                           : failsafe->protocol == PROTO_TCP ? "tcp"
                                                             : "sctp";
    return arena_printf(finder->lint->arena, "%s/%u", protocol, failsafe->port);
}

// "egress rule 0 of GlobalNetworkPolicy x denies"
static const char *decider_text(const struct finder *finder, const struct subject *subject,
                                const struct decider *decider)
{
    static const char *const verbs[] = {[PLAN_ALLOW] = "allows",
                                        [PLAN_DENY] = "denies",
                                        [PLAN_LOG] = "logs",
                                        [PLAN_PASS] = "passes"};
    const struct lint *lint = finder->lint;
    switch ((enum decider_kind)decider->kind) {
    case DECIDED_BY_RULE:
        return arena_printf(lint->arena, "%s of %s %s",
                            lint_rule_text(lint, subject->direction, decider->rule->index),
                            decider->policy == subject->policy
                                ? "this policy"
                                : lint_policy_text(lint, decider->policy),
                            verbs[decider->verdict]);
    case DECIDED_BY_TIER_END:
        return arena_printf(lint->arena, "the end of tier \"%s\" denies",
                            lint->plan->tiers.items[decider->tier].name);
    case DECIDED_BY_FAILSAFE:
        return arena_printf(lint->arena, "failsafe port %s allows",
                            port_text(finder, decider->failsafe));
    case DECIDED_BY_DISCOVERY:
        return "the rule that lets neighbour discovery through allows";
    case DECIDED_BY_NO_PROFILE: // comes behind every rule
        break;
    case DECIDED_BY_TUNNEL:
        return "the setting that drops tunnels of workloads denies";
    }
    return "";
}

static void relate(const struct finder *finder, struct diag *diag, const struct subject *subject,
                   const struct deciders *deciders)
{
    enum { SHOWN = 3 };
    for (size_t i = 0; i < deciders->count && i < SHOWN; i++) {
        const struct decider *decider = &deciders->items[i];
        struct loc loc = decider->rule != NULL ? decider->rule->loc
                         : decider->kind == DECIDED_BY_TIER_END && decider->policy != NULL
                             ? decider->policy->loc
                             : LOC_NONE;
        const char *armed = decider->kind == DECIDED_BY_TIER_END && decider->policy != NULL
                                ? arena_printf(finder->lint->arena, ", reached by %s",
                                               lint_policy_text(finder->lint, decider->policy))
                                : "";
        diag_related(diag, loc, "%s%s", decider_text(finder, subject, decider), armed);
    }
    if (deciders->count > SHOWN) {
        diag_related(diag, LOC_NONE, "%zu more take the rest", deciders->count - SHOWN);
    }
}

static void relate_witness(const struct finder *finder, struct diag *diag,
                           const struct witness *witness, const char *what)
{
    diag_related(diag, LOC_NONE, "e.g. %s: %s", witness_text(finder->lint->arena, witness), what);
}

// The end of a hint: how to see the witness on its way. Nothing for a staged rule, which decides no packet, and for a
// host whose addresses are not known.
static const char *trace_text(const struct finder *finder, const struct subject *subject,
                              const struct witness *witness, const char *separator)
{
    struct arena *arena = finder->lint->arena;
    return subject->policy->staged || !witness->located
               ? ""
               : arena_printf(arena, "%sto see it: polc trace %s %s", separator,
                              finder->lint->paths, witness_options(arena, witness));
}

// ---- the findings ---------------------------------------------------------------------------------------------

// Policies of Kubernetes have no order that could be changed.
static bool is_movable(const struct finder *finder, const struct plan_policy *policy)
{
    const struct model_policy *written = lint_written(finder->lint, policy);
    return written != NULL && !res_kind_info((enum res_kind)written->meta->kind)->kubernetes;
}

// Where the rule would have to go, by what stands in its way.
static const char *advice(const struct finder *finder, const struct subject *subject,
                          const struct decider *decider)
{
    const struct lint *lint = finder->lint;
    if (decider->kind == DECIDED_BY_TUNNEL) {
        return "allowVXLANPacketsFromWorkloads or allowIPIPPacketsFromWorkloads: true in FelixConfiguration \"default\" opens it";
    }
    if (decider->kind == DECIDED_BY_DISCOVERY) {
        return "remove the rule";
    }
    const char *tier = lint->plan->tiers.items[decider->tier].name;
    if (decider->kind == DECIDED_BY_TIER_END) {
        return arena_printf(
            lint->arena, "add a rule with \"action: Pass\" for these packets to tier \"%s\"", tier);
    }
    if (decider->kind == DECIDED_BY_RULE && decider->policy == subject->policy) {
        return arena_printf(lint->arena, "move it before %s, or remove it",
                            lint_rule_text(lint, subject->direction, decider->rule->index));
    }
    if (decider->kind == DECIDED_BY_RULE && decider->tier == subject->policy->tier &&
        !is_movable(finder, subject->policy)) {
        return arena_printf(lint->arena, "take these packets out of %s, or remove the rule",
                            lint_policy_text(lint, decider->policy));
    }
    if (decider->kind == DECIDED_BY_RULE && decider->tier == subject->policy->tier) {
        return arena_printf(
            lint->arena, "give %s an \"order\" below that of %s, or remove the rule",
            lint_policy_text(lint, subject->policy), lint_policy_text(lint, decider->policy));
    }
    return arena_printf(lint->arena, "pass these packets in tier \"%s\", or remove the rule", tier);
}

static const struct decider *main_decider(const struct verdict *verdict)
{
    return &verdict->deciders.items[verdict->main];
}

static struct witness main_witness(const struct finder *finder, const struct verdict *verdict)
{
    return witness_of(finder->judge, verdict->class, &main_decider(verdict)->sample,
                      verdict->family);
}

static void report_dead(const struct finder *finder, const struct subject *subject,
                        const struct verdict *verdict)
{
    const struct lint *lint = finder->lint;
    static const char *const what[] = {
        [PLAN_ALLOW] = "allow", [PLAN_DENY] = "deny", [PLAN_LOG] = "log", [PLAN_PASS] = "pass on"};
    const struct decider *decider = main_decider(verdict);
    struct witness witness = main_witness(finder, verdict);
    const char *decides = decider_text(finder, subject, decider);
    const char *action = what[subject->rule->action];
    const char *before =
        verdict->deciders.count == 1
            ? arena_printf(lint->arena, "%s all that it would %s", decides, action)
            : arena_printf(lint->arena, "all that it would %s is decided before it", action);
    struct diag *diag = verdict->same ? diag_report(lint->diags, DIAG_L302, subject->rule->loc,
                                                    "rule adds nothing: %s", before)
                                      : diag_report(lint->diags, DIAG_L301, subject->rule->loc,
                                                    "rule never decides: %s", before);
    diag_label(diag, "%s", subject_text(finder, subject));
    relate(finder, diag, subject, &verdict->deciders);
    relate_witness(finder, diag, &witness, decides);
    diag_hint(diag, "%s%s", verdict->same ? "remove it" : advice(finder, subject, decider),
              trace_text(finder, subject, &witness, verdict->same ? "; " : SEE));
    set_key(finder, diag, subject);
}

static bool only_failsafes(const struct deciders *deciders)
{
    for (size_t i = 0; i < deciders->count; i++) {
        if (deciders->items[i].kind != DECIDED_BY_FAILSAFE) {
            return false;
        }
    }
    return deciders->count > 0;
}

static void add_failsafe(struct strbuf *text, const struct plan_failsafe *failsafe,
                         const struct cidr *net)
{
    char buffer[IP_TEXT_MAX];
    strbuf_addf(text, "\n        - {protocol: %s, port: %u", proto_name(failsafe->protocol),
                failsafe->port);
    if (net != NULL) {
        strbuf_addf(text, ", net: \"%s\"", cidr_text(*net, false, buffer));
    }
    strbuf_add(text, "}");
}

// The whole list of the setting, with the port only for what the rule allows: a list that is written replaces the
// default one.
static const char *failsafe_setting(const struct finder *finder, const struct subject *subject,
                                    const struct plan_failsafe *open)
{
    bool in = subject->direction == PLAN_IN;
    const struct plan_failsafes *list = &finder->lint->plan->settings.failsafes[subject->direction];
    const struct plan_side *far =
        in ? &subject->rule->match.source : &subject->rule->match.destination;
    bool narrow = subject->rule->action == PLAN_ALLOW && far->has_nets;
    struct strbuf text = {.arena = finder->lint->arena};
    strbuf_addf(&text, "        failsafe%sHostPorts:", in ? "Inbound" : "Outbound");
    size_t before = text.length;
    for (size_t i = 0; i < list->count; i++) {
        const struct plan_failsafe *failsafe = &list->items[i];
        if (failsafe != open) {
            add_failsafe(&text, failsafe, failsafe->has_net ? &failsafe->net : NULL);
            continue;
        }
        for (size_t j = 0; narrow && j < far->nets.count; j++) {
            add_failsafe(&text, failsafe, &far->nets.items[j]);
        }
    }
    strbuf_add(&text, text.length == before ? " []" : "");
    return strbuf_text(&text);
}

static void report_failsafe(const struct finder *finder, const struct subject *subject,
                            const struct verdict *verdict)
{
    const struct lint *lint = finder->lint;
    const struct plan_failsafe *failsafe = main_decider(verdict)->failsafe;
    bool in = subject->direction == PLAN_IN;
    char buffer[IP_TEXT_MAX];
    const char *whom = failsafe->has_net ? cidr_text(failsafe->net, false, buffer)
                       : in              ? "every source"
                                         : "every destination";
    struct witness witness = main_witness(finder, verdict);
    struct diag *diag = diag_report(lint->diags, DIAG_L401, subject->rule->loc,
                                    "rule never decides: %s is already open to %s",
                                    port_text(finder, failsafe), whom);
    diag_label(diag, "%s", subject_text(finder, subject));
    diag_related(diag, LOC_NONE, "failsafe ports come before every policy: %s %s %s",
                 port_text(finder, failsafe), in ? "from" : "to", failsafe->has_net ? whom : "any");
    relate_witness(finder, diag, &witness, "allowed as failsafe port");
    if (failsafe->has_net) {
        diag_hint(
            diag,
            "remove the rule, or take the port out of failsafe%sHostPorts in FelixConfiguration \"default\"",
            in ? "Inbound" : "Outbound");
    } else {
        diag_hint(
            diag,
            "the list replaces the default one, so write all of it, in FelixConfiguration \"default\":\n%s",
            failsafe_setting(finder, subject, failsafe));
    }
    set_key(finder, diag, subject);
}

// ---- rules that match no packet at all ------------------------------------------------------------------------

static bool names_empty_set(const struct plan *plan, const struct plan_side *side)
{
    bool no_address =
        side->ipset >= 0 && side->domains < 0 && plan->ipsets.items[side->ipset].members.count == 0;
    bool no_port = side->named_ports >= 0 && side->ports.count == 0 &&
                   plan->ipsets.items[side->named_ports].port_count == 0;
    return no_address || no_port;
}

static bool matches_something(const struct finder *finder, int direction, struct target target)
{
    return judge_rule(finder->judge, IP_V4, direction, target)->count > 0 ||
           judge_rule(finder->judge, IP_V6, direction, target)->count > 0;
}

// The IP version of the rule, when no endpoint has it; 0 else.
static unsigned missing_version(const struct finder *finder, const struct subject *subject,
                                struct target target, const struct verdict *verdict)
{
    bool v4 = judge_rule(finder->judge, IP_V4, subject->direction, target)->count > 0;
    bool v6 = judge_rule(finder->judge, IP_V6, subject->direction, target)->count > 0;
    if (v4 == v6 || verdict->asked[v4 ? 0 : 1]) {
        return 0;
    }
    return v4 ? IP_V4 : IP_V6;
}

static void say_why_never(const struct subject *subject, struct diag *diag, unsigned version)
{
    bool in = subject->direction == PLAN_IN;
    if (version != 0) {
        diag_hint(diag, "give the endpoints an IPv%u address, or remove the rule", version);
        return;
    }
    diag_related(diag, LOC_NONE, "the %s of an %s rule is the endpoint itself",
                 in ? "destination" : "source", lint_direction_text(subject->direction));
    diag_hint(diag, "what is meant as the other end stands in \"%s\"",
              in ? "source" : "destination");
}

static void report_never(const struct finder *finder, const struct subject *subject,
                         struct target target, const struct verdict *verdict)
{
    const struct lint *lint = finder->lint;
    const struct plan_match *match = &subject->rule->match;
    if (names_empty_set(lint->plan, &match->source) ||
        names_empty_set(lint->plan, &match->destination)) {
        return; // said about the selector, by name
    }
    bool some = matches_something(finder, subject->direction, target);
    unsigned version = missing_version(finder, subject, target, verdict);
    const char *why =
        !some          ? "its own conditions exclude each other"
        : version != 0 ? arena_printf(lint->arena, "no endpoint of the policy has IPv%u", version)
                       : arena_printf(lint->arena, "no endpoint of the policy is in its %s",
                                      subject->direction == PLAN_IN ? "destination" : "source");
    struct diag *diag =
        diag_report(lint->diags, DIAG_L303, subject->rule->loc, "rule never matches: %s", why);
    diag_label(diag, "%s", subject_text(finder, subject));
    if (some) {
        say_why_never(subject, diag, version);
    } else {
        diag_hint(diag,
                  "all conditions of a rule must hold at once; make two rules of it, or remove it");
    }
    set_key(finder, diag, subject);
}

// ---- whole policies -------------------------------------------------------------------------------------------

static void report_policy(const struct finder *finder, const struct plan_policy *policy,
                          int direction, const struct verdict *verdict)
{
    const struct lint *lint = finder->lint;
    const struct decider *decider = main_decider(verdict);
    struct subject subject = {.policy = policy, .direction = direction};
    struct witness witness = main_witness(finder, verdict);
    struct diag *diag =
        diag_report(lint->diags, DIAG_L304, policy->loc,
                    "none of the %zu %s rules of %s ever decides", policy->rules[direction].count,
                    lint_direction_text(direction), lint_policy_text(lint, policy));
    relate(finder, diag, &subject, &verdict->deciders);
    relate_witness(finder, diag, &witness, decider_text(finder, &subject, decider));
    diag_hint(diag, "%s%s", advice(finder, &subject, decider),
              trace_text(finder, &subject, &witness, SEE));
    diag_key(diag, "%s", lint_direction_text(direction));
}

static void report(const struct finder *finder, const struct subject *subject, struct target target,
                   const struct verdict *verdict)
{
    if (verdict->fate == FATE_NEVER) {
        report_never(finder, subject, target, verdict);
    } else if (verdict->fate == FATE_DEAD && only_failsafes(&verdict->deciders)) {
        report_failsafe(finder, subject, verdict);
    } else if (verdict->fate == FATE_DEAD) {
        report_dead(finder, subject, verdict);
    }
}

// With several dead rules and no other, one finding about the policy says more than one about each of them.
static bool report_whole(const struct finder *finder, const struct plan_policy *policy,
                         int direction, const struct verdict *verdicts)
{
    const struct verdict *speaker = NULL;
    size_t count = policy->rules[direction].count;
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].fate != FATE_DEAD || only_failsafes(&verdicts[i].deciders)) {
            return false;
        }
        speaker = speaker == NULL && !verdicts[i].same ? &verdicts[i] : speaker;
    }
    bool elsewhere = speaker != NULL && main_decider(speaker)->policy != policy;
    if (count < 2 || !elsewhere) {
        return false;
    }
    report_policy(finder, policy, direction, speaker);
    return true;
}

// A rule of a Kubernetes policy becomes several, one for each peer and protocol. It is dead when all of them are, and
// then the first one speaks for it, or the first with another verdict.
static bool speaks(const struct plan_rules *rules, const struct verdict *verdicts, size_t at)
{
    size_t speaker = rules->count;
    for (size_t i = 0; i < rules->count; i++) {
        if (loc_compare(rules->items[i].loc, rules->items[at].loc) != 0) {
            continue;
        }
        if (verdicts[i].fate == FATE_ALIVE || verdicts[i].fate == FATE_UNKNOWN) {
            return false;
        }
        bool tells_more =
            speaker < rules->count && verdicts[i].fate == FATE_DEAD &&
            (verdicts[speaker].fate == FATE_NEVER || (verdicts[speaker].same && !verdicts[i].same));
        speaker = speaker == rules->count || tells_more ? i : speaker;
    }
    return speaker == at;
}

static void check_policy(const struct finder *finder, uint32_t number, int direction)
{
    const struct plan_policy *policy = &finder->lint->plan->policies.items[number];
    const struct plan_rules *rules = &policy->rules[direction];
    struct arena_mark mark = arena_mark(finder->scratch);
    struct arena_mark texts = arena_mark(finder->lint->arena);
    struct verdict *verdicts = arena_array_of(finder->scratch, struct verdict, rules->count);
    for (size_t i = 0; i < rules->count; i++) {
        verdicts[i] = dead_judge(finder->dead, direction, (struct target){number, i});
    }
    bool whole = report_whole(finder, policy, direction, verdicts);
    for (size_t i = 0; i < rules->count && !whole; i++) {
        struct subject subject = {
            .policy = policy,
            .rule = &rules->items[i],
            .res = written_rule(finder, policy, direction, &rules->items[i]),
            .direction = direction,
        };
        if (speaks(rules, verdicts, i)) {
            report(finder, &subject, (struct target){number, i}, &verdicts[i]);
        }
    }
    arena_rewind(finder->lint->arena, texts);
    arena_rewind(finder->scratch, mark);
}

void lint_shadow(const struct lint *lint, struct judge *judge)
{
    struct arena *scratch = arena_new(SCRATCH_LIMIT);
    struct finder finder = {
        .lint = lint,
        .scratch = scratch,
        .judge = judge,
        .dead = dead_new(scratch, lint, judge),
    };
    for (size_t i = 0; i < lint->plan->policies.count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            check_policy(&finder, (uint32_t)i, direction);
        }
    }
    arena_free(scratch);
}
