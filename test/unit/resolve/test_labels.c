// SPDX-License-Identifier: GPL-2.0-or-later
// Effective labels: own, forced, inherited (semantics.md 2.5; catalogue 17, 40, 42, 43, 45).
#include "resolve/model_helper.h"

struct labels_case {
    const char *name; // what it shows
    const char *objects, *labels, *spec;
    const char *expected;
};

#define NS_A "pcns.kubernetes.io/metadata.name=a pcns.projectcalico.org/name=a "

static const struct labels_case workloads[] = {
    {"own labels and forced ones", "", "k: v", "",
     "k=v projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"17: an empty value is a label", "", "k: \"\"", "",
     "k= projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"42: reserved prefixes are stripped", "", "pcns.env: prod, pcsa.x: y, pcnsx: kept", "",
     "pcnsx=kept projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"43: the namespace is forced", "", "projectcalico.org/namespace: other", "",
     "projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"the orchestrator is forced", "", "projectcalico.org/orchestrator: fake", "orchestrator: k8s",
     "projectcalico.org/namespace=a projectcalico.org/orchestrator=k8s"},
    {"the service account is forced", "", "projectcalico.org/serviceaccount: fake",
     "serviceAccountName: real",
     "projectcalico.org/namespace=a projectcalico.org/orchestrator= "
     "projectcalico.org/serviceaccount=real"},
    {"45: own before inherited, first profile before second",
     "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p1}, spec: "
     "{labelsToApply: {k: p1, l: p1}}}\n---\n"
     "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p2}, "
     "spec: {labelsToApply: {k: p2, l: p2, m: p2}}}\n---\n",
     "k: own", "profiles: [p1, p2]",
     "k=own l=p1 m=p2 projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"45: the order of the profiles decides",
     "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p1}, spec: "
     "{labelsToApply: {l: p1}}}\n---\n"
     "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p2}, spec: "
     "{labelsToApply: {l: p2}}}\n---\n",
     "", "profiles: [p2, p1]",
     "l=p2 projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"a namespace's labels get a prefix",
     "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {env: prod}}}\n---\n", "",
     "profiles: [kns.a]",
     "pcns.env=prod " NS_A "projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"metadata.name of a namespace is its name, whatever it says, as in a cluster",
     "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: "
     "{kubernetes.io/metadata.name: z}}}\n---\n",
     "", "profiles: [kns.a]", NS_A "projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"a namespace without an object", "", "", "profiles: [kns.a]",
     NS_A "projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"a service account's labels get a prefix",
     "{apiVersion: v1, kind: ServiceAccount, metadata: {name: sa, namespace: a, labels: {g: "
     "low}}}\n---\n",
     "", "profiles: [ksa.a.sa], serviceAccountName: sa",
     "pcsa.g=low pcsa.projectcalico.org/name=sa projectcalico.org/namespace=a "
     "projectcalico.org/orchestrator= "
     "projectcalico.org/serviceaccount=sa"},
    {"a missing profile gives no label", "", "", "profiles: [nowhere]",
     "projectcalico.org/namespace=a projectcalico.org/orchestrator="},
    {"profiles of another namespace than the own one", "", "", "profiles: [kns.b]",
     "pcns.kubernetes.io/metadata.name=b pcns.projectcalico.org/name=b "
     "projectcalico.org/namespace=a "
     "projectcalico.org/orchestrator="},
};

START_TEST(workload_labels_are_effective)
{
    for (size_t i = 0; i < ARRAY_COUNT(workloads); i++) {
        const struct labels_case *test = &workloads[i];
        const char *text =
            join(test->objects, workload("a", "w", test->labels, "10.0.0.1/32", test->spec), NULL);
        const char *found = labels_text(&model_of(text, NULL)->endpoints.items[0].labels);
        ck_assert_msg(strcmp(found, test->expected) == 0, "%s: expected\n%s\ngot\n%s", test->name,
                      test->expected, found);
    }
}
END_TEST

#define ADDED(name) "projectcalico.org/kind=NetworkSet projectcalico.org/name=" name

START_TEST(set_labels_are_effective)
{
    const char *text = join(thing("Namespace", "", "a", "env: prod", ""),
                            thing("NetworkSet", "a", "s", "k: v", "nets: [10.0.0.0/8]"),
                            thing("GlobalNetworkSet", "", "g", "k: v", "nets: [10.0.0.0/8]"),
                            thing("GlobalNetworkSet", "", "h",
                                  "projectcalico.org/name: own, projectcalico.org/kind: own", ""),
                            NULL);
    const struct model *model = model_of(text, NULL);
    ck_assert_uint_eq(model->netsets.count, 3);
    ck_assert_str_eq(labels_text(&model->netsets.items[0].labels), "k=v " ADDED("g"));
    ck_assert_str_eq(labels_text(&model->netsets.items[1].labels),
                     "projectcalico.org/kind=own projectcalico.org/name=own");
    // 40: a set inherits from the profile of its namespace.
    ck_assert_str_eq(labels_text(&model->netsets.items[2].labels),
                     "k=v pcns.env=prod " NS_A ADDED("s") " projectcalico.org/namespace=a");
}
END_TEST

UNIT_TESTS("resolve labels", workload_labels_are_effective, set_labels_are_effective)
