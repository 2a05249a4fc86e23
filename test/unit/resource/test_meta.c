// SPDX-License-Identifier: GPL-2.0-or-later
// Names, namespaces, labels and annotations (semantics.md 1.2), and the types of scalars.
#include "res_helper.h"

struct meta_case {
    const char *kind, *metadata, *codes;
};

static void run(const struct meta_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        decode(arena_printf(arena, "apiVersion: %s\nkind: %s\nmetadata: {%s}\n",
                            res_kind_find(cases[i].kind) >= RES_NAMESPACE ? "v1"
                                                                          : "projectcalico.org/v3",
                            cases[i].kind, cases[i].metadata));
        const char *found = codes();
        ck_assert_msg(strcmp(found, cases[i].codes) == 0, "%s {%s}: expected <%s>, got <%s>\n%s",
                      cases[i].kind, cases[i].metadata, cases[i].codes, found, printed(false));
    }
}

static const char *long_text(size_t length)
{
    char *text = arena_alloc(arena, length + 1);
    memset(text, 'x', length);
    return text;
}

START_TEST(names)
{
    const struct meta_case cases[] = {
        {"Tier", "name: platform", ""},
        {"Tier", "name: a.b", "P011"},
        {"Tier", "name: Platform", "P011"},
        {"GlobalNetworkPolicy", "name: a.b", ""},
        {"GlobalNetworkPolicy", "name: a.b.c", "P011"},
        {"GlobalNetworkPolicy", "name: knp.default.a.b", "P011"},
        {"NetworkPolicy", "name: a.b.c", "P011"},
        {"NetworkPolicy", "name: knp.default.a.b", ""},
        {"NetworkPolicy", "name: ossg.default.a", ""},
        {"StagedGlobalNetworkPolicy", "name: a.b.c", "P011"},
        {"GlobalNetworkSet", "name: a.b.c.d", ""},
        {"GlobalNetworkSet", "name: -a", "P011"},
        {"GlobalNetworkSet", "name: a..b", "P011"},
        {"GlobalNetworkSet", "name: a_b", "P011"},
        {"GlobalNetworkSet", arena_printf(arena, "name: %s", long_text(253)), ""},
        {"GlobalNetworkSet", arena_printf(arena, "name: %s", long_text(254)), "P011"},
        {"FelixConfiguration", "name: default", ""},
        {"FelixConfiguration", "name: node.web-01", ""},
        {"FelixConfiguration", "name: defaults", "P011"},
        {"Tier", "labels: {}", "P010"},
        {"Tier", "name: ''", "P010"},
        {"Tier", "name: null", "P010"},
        {"Tier", "generateName: a-", "P010"},
        {"Tier", "name: 123", "P027"},
        {"Tier", "name: '123'", ""},
        {"Tier", "name: [a]", "P020"},
        {"Namespace", "name: a.b", "P011"},
        {"ServiceAccount", "name: a.b", ""},
    };
    run(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(namespaces)
{
    static const struct meta_case cases[] = {
        {"NetworkPolicy", "name: x, namespace: shop", ""},
        {"NetworkPolicy", "name: x, namespace: ''", ""},
        {"NetworkPolicy", "name: x, namespace: a.b", "P011"},
        {"GlobalNetworkPolicy", "name: x, namespace: shop", "P012"},
        {"GlobalNetworkPolicy", "name: x, namespace: ''", ""},
        {"Tier", "name: x, namespace: default", "P012"},
        {"Namespace", "name: x, namespace: y", "P012"},
    };
    run(cases, ARRAY_COUNT(cases));
    decode("apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: x}\n");
    ck_assert_str_eq(resources->policies.items[0].meta.ns, "default");
    ck_assert_str_eq(res_full_name(arena, &resources->policies.items[0].meta), "default/x");
    decode("apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: x}\n");
    ck_assert_ptr_null(resources->policies.items[0].meta.ns);
    ck_assert_str_eq(res_full_name(arena, &resources->policies.items[0].meta), "x");
}
END_TEST

START_TEST(labels)
{
    const struct meta_case cases[] = {
        {"Tier", "name: x, labels: {app: web, example.com/role: a_b.c, x: ''}", ""},
        {"Tier", "name: x, labels: {app: yes, b: on, c: No}", ""}, // strings, as YAML 1.2 says
        {"Tier", "name: x, labels: {app: true}", "P027"},
        {"Tier", "name: x, labels: {app: 1.10}", "P027"},
        {"Tier", "name: x, labels: {app: '1.10'}", ""},
        {"Tier", "name: x, labels: {app: 1.10.1}", ""},
        {"Tier", "name: x, labels: {app: null}", "P020"},
        {"Tier", "name: x, labels: {app: [a]}", "P020"},
        {"Tier", "name: x, labels: [a]", "P020"},
        {"Tier", "name: x, labels: {'a b': c}", "P013"},
        {"Tier", "name: x, labels: {'Example.com/a': c}", "P013"},
        {"Tier", "name: x, labels: {'a/b/c': c}", "P013"},
        {"Tier", "name: x, labels: {'/a': c}", "P013"},
        {"Tier", "name: x, labels: {'a/': c}", "P013"},
        {"Tier", "name: x, labels: {a: 'b c'}", "P014"},
        {"Tier", "name: x, labels: {a: -b}", "P014"},
        {"Tier", arena_printf(arena, "name: x, labels: {a: %s}", long_text(63)), ""},
        {"Tier", arena_printf(arena, "name: x, labels: {a: %s}", long_text(64)), "P014"},
        {"Tier", arena_printf(arena, "name: x, labels: {%s: a}", long_text(64)), "P013"},
        {"Tier", "name: x, annotations: {A.b/C: 'any text'}", ""},
        {"Tier", "name: x, annotations: {'a b': x}", "P013"},
        {"Tier", arena_printf(arena, "name: x, annotations: {a: %s}", long_text(262143)), ""},
        {"Tier", arena_printf(arena, "name: x, annotations: {a: %s}", long_text(262144)), "P016"},
        {"Tier", "name: x, uid: 7, ownerReferences: [], creationTimestamp: null", ""},
    };
    run(cases, ARRAY_COUNT(cases));
    decode("apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: {b: c, a: 'yes'}}\n");
    const struct res_meta *meta = &resources->namespaces.items[0].meta;
    ck_assert_uint_eq(meta->label_count, 2);
    ck_assert_str_eq(meta->labels[0].key, "b");
    ck_assert_str_eq(meta->labels[1].value, "yes");
    ck_assert_uint_eq(meta->labels[1].key_loc.line, 3);
}
END_TEST

UNIT_TESTS("resource/meta", names, namespaces, labels)
