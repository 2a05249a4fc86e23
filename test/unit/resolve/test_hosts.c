// SPDX-License-Identifier: GPL-2.0-or-later
// Host endpoints in the model: labels, what governs them at each stage, what they contribute to sets (semantics.md 2.5,
// 3.4, 6.2; catalogue 44, 52, 115, 121), failsafes and the mark (6.5).
#include "resolve/model_helper.h"

static const char *hep(const char *name, const char *labels, const char *spec)
{
    return thing("HostEndpoint", "", name, labels, arena_printf(arena, "node: n1, %s", spec));
}

static const char *gnp(const char *name, const char *spec)
{
    return thing("GlobalNetworkPolicy", "", name, "", spec);
}

START_TEST(labels_are_own_then_inherited)
{
    const struct model *model = model_of(
        join(thing("Profile", "", "p1", "", "labelsToApply: {k: p1, l: p1}"),
             thing("Profile", "", "p2", "", "labelsToApply: {l: p2, m: p2}"),
             hep("h", "k: own, pcns.env: prod", "interfaceName: eth0, profiles: [p1, p2, kns.a]"),
             NULL),
        NULL);
    ck_assert_str_eq(labels_text(&host_of(model, "h")->labels),
                     "k=own l=p1 m=p2 pcns.env=prod pcns.kubernetes.io/metadata.name=a "
                     "pcns.projectcalico.org/name=a");
    ck_assert_uint_eq(host_of(model, "h")->profiles.count, 3);
    ck_assert_str_eq(model->profiles.items[host_of(model, "h")->profiles.items[1]].name, "p2");
}
END_TEST

// "normal-in forward-out" for the lists that hold the only policy.
static const char *stages_text(const struct model_host *host)
{
    static const char *const stages[] = {"normal", "forward", "prednat", "untracked"};
    static const char *const directions[] = {"in", "out"};
    struct strbuf text = {.arena = arena};
    for (int stage = 0; stage < MODEL_STAGES; stage++) {
        for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
            if (host->policies[stage][direction].count > 0) {
                strbuf_addf(&text, "%s%s-%s", text.length > 0 ? " " : "", stages[stage],
                            directions[direction]);
            }
        }
    }
    return strbuf_text(&text);
}

#define BOTH "types: [Ingress, Egress], "

START_TEST(each_policy_is_of_one_kind)
{
    static const struct {
        const char *spec, *host, *all, *workload;
        bool warned;
    } cases[] = {
        {BOTH "order: 1", "normal-in normal-out", "normal-in normal-out", "in out", false},
        {"types: [Egress]", "normal-out", "normal-out", "out", false},
        {BOTH "applyOnForward: true", "normal-in normal-out forward-in forward-out",
         "normal-in normal-out forward-in forward-out", "in out", false},
        {"applyOnForward: true", "normal-in forward-in", "normal-in forward-in", "in", false},
        // 115: neither has an effect on a workload.
        {"preDNAT: true, applyOnForward: true", "prednat-in", "prednat-in", "", false},
        {BOTH "doNotTrack: true, applyOnForward: true", "untracked-in untracked-out", "", "",
         true}, // 121
        {"selector: \"!has(all)\", doNotTrack: true, applyOnForward: true", "untracked-in", "", "",
         false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model =
            model_of(join(hep("eth", "", "interfaceName: eth0"),
                          hep("rest", "all: \"\"", "interfaceName: \"*\""),
                          workload("a", "w", "", "10.0.0.1/32", ""), gnp("p", cases[i].spec), NULL),
                     "n1");
        const char *in = governing(model, "wep/a/w", MODEL_IN);
        const char *out = governing(model, "wep/a/w", MODEL_OUT);
        const char *found =
            arena_printf(arena, "%s%s%s", in[0] != '\0' ? "in" : "",
                         in[0] != '\0' && out[0] != '\0' ? " " : "", out[0] != '\0' ? "out" : "");
        ck_assert_msg(strcmp(stages_text(host_of(model, "eth")), cases[i].host) == 0 &&
                          strcmp(stages_text(host_of(model, "rest")), cases[i].all) == 0 &&
                          strcmp(found, cases[i].workload) == 0,
                      "%s: <%s> <%s> <%s>", cases[i].spec, stages_text(host_of(model, "eth")),
                      stages_text(host_of(model, "rest")), found);
        ck_assert_str_eq(codes(), cases[i].warned ? "W043" : "");
        ck_assert(model->policies.items[0].active);
    }
}
END_TEST

// What governs nothing is not active, and its rules make no sets.
START_TEST(an_ignored_policy_is_not_active)
{
    const struct model *model = model_of(
        join(hep("rest", "", "interfaceName: \"*\""), workload("a", "w", "", "10.0.0.1/32", ""),
             gnp("raw", "doNotTrack: true, applyOnForward: true, "
                        "ingress: [{action: Deny, source: {selector: all()}}]"),
             thing("GlobalNetworkPolicy", "", "dnat", "",
                   "selector: has(projectcalico.org/namespace), preDNAT: true, "
                   "applyOnForward: true"),
             NULL),
        "n1");
    ck_assert(!policy_of(model, "gnp/raw")->active);
    ck_assert(!policy_of(model, "gnp/dnat")->active);
    ck_assert_uint_eq(model->ipsets.count, 0);
}
END_TEST

START_TEST(staged_and_tiered_lists_are_in_order)
{
    const struct model *model = model_of(
        join(hep("eth", "", "interfaceName: eth0"), thing("Tier", "", "first", "", "order: 1"),
             gnp("b", "order: 2"), gnp("a", "order: 3, applyOnForward: true"),
             thing("StagedGlobalNetworkPolicy", "", "s", "", "order: 1, applyOnForward: true"),
             gnp("t", "tier: first"), NULL),
        NULL);
    const struct model_host *host = host_of(model, "eth");
    static const char *const normal[] = {"gnp/t", "sgnp/s", "gnp/b", "gnp/a"};
    static const char *const forward[] = {"sgnp/s", "gnp/a"};
    const struct model_indexes *list = &host->policies[MODEL_NORMAL][MODEL_IN];
    ck_assert_uint_eq(list->count, ARRAY_COUNT(normal));
    for (size_t i = 0; i < list->count; i++) {
        ck_assert_str_eq(model->policies.items[list->items[i]].id, normal[i]);
    }
    list = &host->policies[MODEL_FORWARD][MODEL_IN];
    ck_assert_uint_eq(list->count, ARRAY_COUNT(forward));
    for (size_t i = 0; i < list->count; i++) {
        ck_assert_str_eq(model->policies.items[list->items[i]].id, forward[i]);
    }
}
END_TEST

START_TEST(namespaced_policies_need_the_label) // 44
{
    const char *policy = thing("NetworkPolicy", "ns1", "p", "", "");
    const struct model *model =
        model_of(join(hep("plain", "", "interfaceName: eth0"),
                      hep("posing", "projectcalico.org/namespace: ns1", "interfaceName: eth1"),
                      policy, NULL),
                 NULL);
    ck_assert_str_eq(stages_text(host_of(model, "plain")), "");
    ck_assert_str_eq(stages_text(host_of(model, "posing")), "normal-in");
}
END_TEST

START_TEST(sets_have_expected_addresses) // 52
{
    const struct model *model = model_of(
        join(
            hep("named", "role: web",
                "interfaceName: eth0, ports: [{name: http, protocol: TCP, port: 80}]"),
            hep("addressed", "role: web",
                "expectedIPs: [10.0.0.1, \"fd00::1\"], ports: [{name: http, protocol: TCP, port: 80}, "
                "{name: http, protocol: UDP, port: 81}]"),
            thing("HostEndpoint", "", "elsewhere", "role: web",
                  "node: n2, interfaceName: eth0, expectedIPs: [10.0.0.2]"),
            workload("a", "w", "role: web", "10.0.0.5/32", ""),
            thing("GlobalNetworkSet", "", "s", "role: web", "nets: [10.1.0.0/16]"),
            gnp("p",
                "ingress: [{action: Allow, source: {selector: role == \"web\"}}, {action: Allow, "
                "protocol: TCP, destination: {ports: [http]}}]"),
            NULL),
        "n1");
    ck_assert_str_eq(members_text(set_of(model, "role == \"web\"")),
                     "10.0.0.1 10.0.0.2 10.0.0.5 10.1.0.0/16 fd00::1");
    ck_assert_str_eq(members_text(set_of(model, "port http/TCP of all()")),
                     "10.0.0.1/6/80 fd00::1/6/80");
}
END_TEST

START_TEST(nodes_have_hosts)
{
    const struct model *model = model_of(
        join(hep("h", "", "interfaceName: eth0"), workload("a", "w", "", "10.0.0.1/32", ""),
             thing("HostEndpoint", "", "g", "", "node: n0, interfaceName: eth0"), NULL),
        "n0");
    ck_assert_uint_eq(model->node_count, 2);
    ck_assert_str_eq(model->nodes[0], "n0");
    ck_assert_uint_eq(model->local_endpoints, 1);
    ck_assert(host_of(model, "g")->local && !host_of(model, "h")->local);
    bool is_short;
    ck_assert_str_eq(model_choose_node(arena, resources, NULL, "n0.example.com", &is_short), "n0");
    ck_assert(is_short);
}
END_TEST

START_TEST(settings_of_hosts)
{
    const struct model *model = model_of("", NULL);
    ck_assert_uint_eq(model->settings.mark, 0x10000);
    ck_assert_uint_eq(model->settings.failsafes[MODEL_IN].count, 3);
    ck_assert_uint_eq(model->settings.failsafes[MODEL_OUT].count, 4);
    const char *text =
        join(thing("FelixConfiguration", "", "default", "",
                   "nftablesMarkMask: 0x00ff0000, failsafeInboundHostPorts: [{protocol: tcp, port: "
                   "2222}]"),
             thing("FelixConfiguration", "", "node.n1", "",
                   "nftablesMarkMask: 0x00c00000, failsafeInboundHostPorts: none"),
             NULL);
    model = model_of(text, "n2");
    ck_assert_uint_eq(model->settings.mark, 0x10000);
    ck_assert_uint_eq(model->settings.failsafes[MODEL_IN].count, 1);
    ck_assert_uint_eq(model->settings.failsafes[MODEL_IN].items[0].port, 2222);
    ck_assert_uint_eq(model->settings.failsafes[MODEL_OUT].count, 4);
    model = model_of(text, "n1");
    ck_assert_uint_eq(model->settings.mark, 0x400000);
    ck_assert_uint_eq(model->settings.failsafes[MODEL_IN].count, 0);
}
END_TEST

UNIT_TESTS("resolve hosts", labels_are_own_then_inherited, each_policy_is_of_one_kind,
           an_ignored_policy_is_not_active, staged_and_tiered_lists_are_in_order,
           namespaced_policies_need_the_label, sets_have_expected_addresses, nodes_have_hosts,
           settings_of_hosts)
