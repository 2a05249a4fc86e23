// SPDX-License-Identifier: GPL-2.0-or-later
// Operands -> subjects: their names, which stay, their selectors, and why there may be no policy.
#include "recommend_helper.h"

static const char world[] =
    "{apiVersion: v1, kind: Pod, metadata: {name: web-5d-x, generateName: web-5d-, namespace: a, labels: {app: web, "
    "pod-template-hash: 5d}}, spec: {nodeName: n1}, status: {phase: Running, podIP: 10.0.0.1}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: web-5d-y, generateName: web-5d-, namespace: a, labels: {app: web, "
    "pod-template-hash: 5d}}, spec: {nodeName: n1}, status: {phase: Running, podIP: 10.0.0.2}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: a, labels: {app: a, extra: e}}, spec: {nodeName: n1}, "
    "status: {phase: Running, podIP: 10.0.0.3}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: \"123\", labels: {app: c}}, spec: {nodeName: n1}, "
    "status: {phase: Running, podIP: 10.0.0.4}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: kube-system, labels: {app: d}}, spec: {nodeName: n1}, "
    "status: {phase: Running, podIP: 10.0.0.5}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: sa, namespace: \"123\"}, spec: {nodeName: n1, serviceAccountName: only}, "
    "status: {phase: Running, podIP: 10.0.0.6}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: n1.eth0, labels: {host: n1}}, spec: {node: n1, "
    "interfaceName: eth0, expectedIPs: [192.0.2.1]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: n2}, spec: {node: n2, interfaceName: eth0}}\n";

// "NAME [SELECTOR] COUNT" of each subject, or why there is none.
static const char *subjects(void)
{
    struct strbuf text = {.arena = arena};
    const struct recommend_subjects *all = recommend_subjects(run);
    for (size_t i = 0; i < all->count; i++) {
        const struct recommend_subject *subject = &all->items[i];
        strbuf_addf(&text, "%s%s ", i > 0 ? "; " : "", subject->name);
        subject->skipped != NULL
            ? strbuf_addf(&text, "- %s", subject->skipped)
            : strbuf_addf(&text, "[%s] %zu", subject->selector, subject->endpoints.count);
    }
    return strbuf_text(&text);
}

static const struct {
    const char *ask, *subjects; // operands, separated by blanks
} cases[] = {
    {"ns/a", "a [projectcalico.org/namespace == \"a\"] 3"},
    {"ns/123", "123 [projectcalico.org/namespace == \"123\"] 2"},
    // by a pod, by what logs call its kin, by a pattern: the same one
    {"wep/a/web-5d-x", "web [app == \"web\"] 2"},
    {"wep/a/web-5d-* wep/a/web-5d-y wep/a/web*", "web [app == \"web\"] 2"},
    {"wep/123/*", "c [app == \"c\"] 1; sa [projectcalico.org/serviceaccount == \"only\"] 1"},
    // a workload with the name of its namespace
    {"ns/a wep/a/a", "a [projectcalico.org/namespace == \"a\"] 3; a-workload [app == \"a\"] 1"},
    {"hep/n1.eth0", "n1-eth0 [host == \"n1\"] 1"},
    {"hep/n2", "n2 - it has no label that nothing else has, so no selector takes it alone"},
    {"--all",
     "123 [projectcalico.org/namespace == \"123\"] 2; a [projectcalico.org/namespace == \"a\"] 3"},
};

START_TEST(operands_name_subjects)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        recommend_setup(world, false);
        char *next = arena_strdup(arena, cases[i].ask), *operand;
        while ((operand = strsep(&next, " ")) != NULL) {
            if (strcmp(operand, "--all") == 0) {
                recommend_ask_all(run);
            } else {
                ck_assert_ptr_null(recommend_ask(run, operand).message);
            }
        }
        ck_assert_msg(strcmp(subjects(), cases[i].subjects) == 0, "%s: %s", cases[i].ask,
                      subjects());
    }
}
END_TEST

START_TEST(other_operands_name_none)
{
    static const char *const wrong[] = {
        "",           "a",          "ns",   "ns/",    "ns/b",    "ns/a/b",  "wep/a", "wep/a/",
        "wep/b/web*", "wep/a/webb", "hep/", "hep/n3", "node/n1", "pod/a/a", "/",     "//"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        recommend_setup(world, false);
        ck_assert_msg(recommend_ask(run, wrong[i]).message != NULL, "%s", wrong[i]);
        ck_assert_uint_eq(recommend_subjects(run)->count, 0);
    }
    recommend_setup(world, false);
    ck_assert_str_eq(recommend_ask(run, "wep/a/web-5d-z").hint, "did you mean wep/a/web-5d-*?");
}
END_TEST

// A namespace that YAML would take for a number, and selectors with quotes.
START_TEST(printed_policies_can_be_read)
{
    recommend_setup(world, false);
    recommend_ask(run, "ns/123");
    recommend_see("10.0.0.4 10.0.0.1 tcp 80");
    struct recommend_policies policies = recommend_build(run);
    ck_assert_uint_eq(policies.count, 1);
    const char *text = recommend_policy_yaml(arena, run, &policies.items[0], false);
    ck_assert_ptr_nonnull(strstr(text, "  namespace: \"123\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  selector: projectcalico.org/namespace == \"123\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nkind: StagedNetworkPolicy\n"));
    text = recommend_policy_yaml(arena, run, &policies.items[0], true);
    ck_assert_ptr_nonnull(strstr(text, "\nkind: NetworkPolicy\n"));
    ck_assert_ptr_null(strstr(text, "stagedAction"));
    recommend_setup(text, false); // no errors
}
END_TEST

UNIT_TESTS("recommend ask", operands_name_subjects, other_operands_name_none,
           printed_policies_can_be_read)
