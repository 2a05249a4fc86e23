// SPDX-License-Identifier: GPL-2.0-or-later
// Policy strings: what each kind of policy is called, and that a trace without staged policies, which is judged once, says
// what judging each view by itself would (semantics.md 9.3, 9.4).
#include "flow/flow_helper.h"

#include "unit.h"

static const char open_profile[] =
    "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: open},"
    " spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}}\n---\n";

// The entries of the last stage.
static const char *entries(const struct plan *plan, const char *text, enum flow_view view)
{
    struct flow_trace trace = trace_of(plan, text);
    struct flow_strings strings = {0};
    struct strbuf buffer = {.arena = arena};
    flow_strings_add(arena, plan, &trace.stages.items[trace.stages.count - 1], view, &strings);
    for (size_t i = 0; i < strings.count; i++) {
        strbuf_addf(&buffer, "%s%s", i > 0 ? " " : "", strings.items[i]);
    }
    return strbuf_text(&buffer);
}

#define FLOW "192.0.2.1 > 10.0.0.1 tcp/80"

// w (10.0.0.1) and one policy that denies everything to it.
static const char *deny_by(const char *kind, const char *ns, const char *name, const char *tier)
{
    struct plan *plan = plan_of(
        join(thing("Tier", "", "t", "", "order: 5"), workload("a", "w", "", "10.0.0.1/32", ""),
             thing(kind, ns, name, "",
                   arena_printf(arena, "tier: %s, ingress: [{action: Deny}]", tier)),
             NULL),
        NULL);
    return entries(plan, FLOW, FLOW_VIEW_PENDING);
}

START_TEST(policies_have_the_names_of_calico_enterprise)
{
    ck_assert_str_eq(deny_by("GlobalNetworkPolicy", "", "p", "t"), "0|t|t.p|deny|0");
    ck_assert_str_eq(deny_by("GlobalNetworkPolicy", "", "t.p", "t"), "0|t|t.p|deny|0");
    ck_assert_str_eq(deny_by("GlobalNetworkPolicy", "", "tt.p", "t"), "0|t|t.tt.p|deny|0");
    ck_assert_str_eq(deny_by("NetworkPolicy", "a", "p", "t"), "0|t|a/t.p|deny|0");
    ck_assert_str_eq(deny_by("NetworkPolicy", "a", "default.p", "default"),
                     "0|default|a/default.p|deny|0");
    ck_assert_str_eq(deny_by("StagedNetworkPolicy", "a", "p", "t"), "0|t|a/staged:t.p|deny|0");
    ck_assert_str_eq(deny_by("StagedGlobalNetworkPolicy", "", "t.p", "t"), "0|t|staged:t.p|deny|0");
}
END_TEST

START_TEST(failsafe_ports_and_profiles_have_names_of_their_own)
{
    struct plan *plan = plan_of(workload("a", "w", "", "10.0.0.1/32", "profiles: [gone]"), NULL);
    ck_assert_str_eq(entries(plan, FLOW, FLOW_VIEW_ENFORCED),
                     "0|__PROFILE__|__PROFILE__.gone|deny|0");
    plan = plan_of(workload("a", "w", "", "10.0.0.1/32", ""), NULL);
    ck_assert_str_eq(entries(plan, FLOW, FLOW_VIEW_ENFORCED),
                     "0|__PROFILE__|__PROFILE__.__NO_MATCH__|deny|0");
    ck_assert_str_eq(entries(plan, FLOW, FLOW_VIEW_PENDING),
                     "0|__PROFILE__|__PROFILE__.__PROFILE__|deny|-1");
    add_host(plan, "h", "n1", "eth0");
    add_interface(plan, "n1", "eth0", 0, "192.0.2.9/24");
    vec_push(arena, &plan->settings.failsafes[PLAN_OUT],
             (struct plan_failsafe){.protocol = PROTO_TCP, .port = 7});
    ck_assert_str_eq(entries(plan, "192.0.2.9 > 192.0.2.1 tcp/7", FLOW_VIEW_ENFORCED),
                     "0|__FAILSAFE__|__FAILSAFE__.outbound|allow|0");
}
END_TEST

// Three tiers: the first ends with Pass, the second passes by a rule, the third denies at its end. A staged policy that
// matches nothing, in a tier that has ended before, makes all views be judged; without it, one is.
START_TEST(one_view_or_three_say_the_same)
{
    static const char staged[] = "StagedGlobalNetworkPolicy";
    const char *policies =
        join(open_profile, thing("Tier", "", "one", "", "order: 1, defaultAction: Pass"),
             thing("Tier", "", "two", "", "order: 2"), thing("Tier", "", "three", "", "order: 3"),
             workload("a", "w", "", "10.0.0.1/32", "profiles: [open]"),
             thing("GlobalNetworkPolicy", "", "a", "", "tier: one, order: 1, ingress: []"),
             thing("GlobalNetworkPolicy", "", "b", "", "tier: one, order: 2, ingress: []"),
             thing("GlobalNetworkPolicy", "", "c", "",
                   "tier: two, ingress: [{action: Log}, {action: Pass}]"),
             thing("GlobalNetworkPolicy", "", "d", "", "tier: three, order: 1, ingress: []"),
             thing("GlobalNetworkPolicy", "", "e", "", "tier: three, order: 2, ingress: []"), NULL);
    struct plan *once = plan_of(policies, NULL);
    struct plan *thrice = plan_of(
        join(policies, thing(staged, "", "z", "", "tier: default, ingress: []"), NULL), NULL);
    const char *enforced = "0|one|one.b|pass|-1 1|two|two.c|pass|1 2|three|three.e|deny|-1";
    const char *pending = "0|one|one.a|pass|-1 1|two|two.c|pass|1 2|three|three.d|deny|-1";
    ck_assert_str_eq(entries(once, FLOW, FLOW_VIEW_ENFORCED), enforced);
    ck_assert_str_eq(entries(thrice, FLOW, FLOW_VIEW_ENFORCED), enforced);
    ck_assert_str_eq(entries(once, FLOW, FLOW_VIEW_PENDING), pending);
    ck_assert_str_eq(entries(thrice, FLOW, FLOW_VIEW_PENDING), pending);
    ck_assert_str_eq(entries(once, FLOW, FLOW_VIEW_ALL), enforced);
    ck_assert_str_eq(entries(thrice, FLOW, FLOW_VIEW_ALL), enforced);
}
END_TEST

START_TEST(a_trace_of_hits_has_the_same_strings)
{
    struct plan *plan =
        plan_of(join(open_profile, workload("a", "w", "", "10.0.0.1/32", "profiles: [open]"),
                     thing("StagedNetworkPolicy", "a", "s", "",
                           "ingress: [{action: Allow, protocol: UDP}]"),
                     NULL),
                NULL);
    struct flow flow = flow_of(FLOW);
    struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    struct flow_trace hits;
    flow_trace_hits(evaluator, arena, &flow, &hits);
    struct flow_trace full = trace_of(plan, FLOW);
    ck_assert_uint_lt(hits.stages.items[0].pending.count, full.stages.items[0].pending.count);
    for (int view = FLOW_VIEW_ENFORCED; view <= FLOW_VIEW_ALL; view++) {
        struct flow_strings a = {0};
        struct flow_strings b = {0};
        flow_strings_add(arena, plan, &hits.stages.items[0], (enum flow_view)view, &a);
        flow_strings_add(arena, plan, &full.stages.items[0], (enum flow_view)view, &b);
        ck_assert_uint_eq(a.count, b.count);
        for (size_t i = 0; i < a.count; i++) {
            ck_assert_str_eq(a.items[i], b.items[i]);
        }
    }
}
END_TEST

UNIT_TESTS("flow: strings", policies_have_the_names_of_calico_enterprise,
           failsafe_ports_and_profiles_have_names_of_their_own, one_view_or_three_say_the_same,
           a_trace_of_hits_has_the_same_strings)
