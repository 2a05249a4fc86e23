// SPDX-License-Identifier: GPL-2.0-or-later
// Flows -> rules: who is named how, which ports and peers share a rule, what is left out, and the status.
#include "recommend_helper.h"

static const struct {
    const char *ns, *name, *addr, *labels;
} pods[] = {
    {"a", "web", "10.0.0.1", "app: web, tier: front"},
    {"a", "shop", "10.0.0.2", "app: shop, tier: front"},
    {"a", "db", "10.0.0.3", "app: db"},
    {"b", "main", "10.0.1.1", "app: db, role: main"},
    {"b", "copy", "10.0.1.2", "app: db, role: copy"},
    {"b", "main-job", "10.0.1.3", "app: job, role: main"},
    {"b", "one", "10.0.1.4", "app: twin"},
    {"b", "two", "10.0.1.5", "app: twin"},
    {"b", "bare", "10.0.1.6", ""},
    {"c", "three", "10.0.2.1", "app: twin"},
};

static const struct {
    const char *kind, *name, *spec;
} objects[] = {
    {"NetworkSet", "near, namespace: a", "nets: [192.0.2.0/25]"},
    {"NetworkSet", "other, namespace: b", "nets: [192.0.2.128/25]"},
    {"GlobalNetworkSet", "far", "nets: [198.51.100.0/24]"},
    {"GlobalNetworkSet", "beyond", "nets: [9.9.9.9/32]"},
    // from here on only where it is asked for
    {"GlobalNetworkPolicy", "default-deny", "selector: app == \"db\", types: [Ingress]"},
    {"Tier", "front", "order: 10"},
    {"GlobalNetworkPolicy", "front.block",
     "tier: front, selector: all(), ingress: [{action: Deny, source: {nets: [203.0.113.0/24]}}, "
     "{action: Pass}], egress: [{action: Pass}]"},
};
enum { SETS = 4 };

// The world, with a default deny and a block list if wanted.
static void setup(bool denies, bool include_denied)
{
    arena = arena != NULL ? arena : arena_new((size_t)1 << 28);
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < ARRAY_COUNT(pods); i++) {
        strbuf_addf(
            &text,
            "{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: %s, labels: {%s}}, spec: "
            "{nodeName: n1}, status: {phase: Running, podIP: %s}}\n---\n",
            pods[i].name, pods[i].ns, pods[i].labels, pods[i].addr);
    }
    for (size_t i = 0; i < (denies ? ARRAY_COUNT(objects) : SETS); i++) {
        strbuf_addf(
            &text,
            "{apiVersion: projectcalico.org/v3, kind: %s, metadata: {name: %s}, spec: {%s}}\n---\n",
            objects[i].kind, objects[i].name, objects[i].spec);
    }
    recommend_setup(strbuf_text(&text), include_denied);
}

static const struct {
    const char *ask, *policy, *flows, *rules;
} cases[] = {
    // ports of one peer: one rule, contiguous ones a range
    {"wep/a/web", "web",
     "10.0.0.1 10.0.0.3 tcp 80; 10.0.0.1 10.0.0.3 tcp 82; 10.0.0.1 10.0.0.3 tcp 81; "
     "10.0.0.1 10.0.0.3 tcp 443; 10.0.0.1 10.0.0.3 udp 80",
     "out tcp/80:82,443 app == \"db\"; out udp/80 app == \"db\""},
    // peers with the same ports: one value of a list each
    {"wep/a/db", "db", "10.0.0.1 10.0.0.3 tcp 80; 10.0.0.2 10.0.0.3 tcp 80",
     "in tcp/80 app in {\"shop\", \"web\"}"},
    {"wep/a/db", "db", "10.0.0.1 10.0.0.3 tcp 80; 10.0.0.2 10.0.0.3 tcp 81",
     "in tcp/81 app == \"shop\"; in tcp/80 app == \"web\""},
    // two labels where one is not enough; a third one that both have when the ports are the same
    {"wep/a/web", "web", "10.0.0.1 10.0.1.1 tcp 80",
     "out tcp/80 app == \"db\" && role == \"main\" of projectcalico.org/name == \"b\""},
    {"wep/a/web", "web", "10.0.0.1 10.0.1.1 tcp 80; 10.0.0.1 10.0.1.2 tcp 80",
     "out tcp/80 app == \"db\" of projectcalico.org/name == \"b\""},
    // one selector in several namespaces
    {"wep/a/web", "web", "10.0.1.4 10.0.0.1 tcp 80; 10.0.2.1 10.0.0.1 tcp 80",
     "in tcp/80 app == \"twin\" of projectcalico.org/name in {\"b\", \"c\"}"},
    {"wep/a/web", "web", "10.0.1.4 10.0.0.1 tcp 80; 10.0.2.1 10.0.0.1 tcp 81",
     "in tcp/80 app == \"twin\" of projectcalico.org/name == \"b\"; "
     "in tcp/81 app == \"twin\" of projectcalico.org/name == \"c\""},
    // what labels do not tell apart; what has none
    {"wep/a/web", "web", "10.0.0.1 10.0.1.4 tcp 80",
     "out tcp/80 app == \"twin\" of projectcalico.org/name == \"b\""},
    {"wep/a/web", "web", "10.0.0.1 10.0.1.6 tcp 80", "out tcp/80 nets 10.0.1.6/32"},
    {"wep/b/bare", "bare", "10.0.1.6 10.0.0.1 tcp 80", "-"},
    // a namespace tells peers by theirs; sets are not among its own
    {"ns/a", "a", "10.0.0.1 10.0.1.1 tcp 80; 10.0.0.2 10.0.1.6 tcp 80",
     "out tcp/80 projectcalico.org/kind != \"NetworkSet\" of projectcalico.org/name == \"b\""},
    // sets: of the own namespace, global, of another one; several of one place in one rule
    {"wep/a/web", "web", "10.0.0.1 192.0.2.1 tcp 80",
     "out tcp/80 projectcalico.org/name == \"near\" && projectcalico.org/kind == \"NetworkSet\""},
    {"wep/a/web", "web", "10.0.0.1 192.0.2.200 tcp 80",
     "out tcp/80 projectcalico.org/name == \"other\" && projectcalico.org/kind == \"NetworkSet\" "
     "of projectcalico.org/name == \"b\""},
    {"wep/a/web", "web", "10.0.0.1 198.51.100.1 udp 53; 10.0.0.1 9.9.9.9 udp 53",
     "out udp/53 projectcalico.org/name in {\"beyond\", \"far\"} && projectcalico.org/kind == "
     "\"NetworkSet\" of global()"},
    // addresses without a name
    {"wep/a/web", "web", "10.0.0.1 172.20.0.1 tcp 80; 203.0.113.5 10.0.0.1 tcp 80",
     "in tcp/80 not 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16; "
     "out tcp/80 nets 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"},
    {"wep/a/web", "web", "10.0.0.1 203.0.113.5 icmp 0; 10.0.0.1 203.0.113.5 47 0",
     "out icmp/8.0 not 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16; "
     "out protocol 47/ not 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"},
    // names of public addresses: of several with the same ports one rule, whatever family they have
    {"wep/a/web", "web",
     "10.0.0.1 203.0.113.5@b.example,a.example tcp 443; 10.0.0.1 203.0.113.6@a.example tcp 443; "
     "10.0.0.1 203.0.113.6@A.Example.,c.example tcp 443",
     "out tcp/443 names a.example,b.example,c.example"},
    {"wep/a/web", "web",
     "10.0.0.1 203.0.113.5@a.example tcp 443; 10.0.0.1 203.0.113.6@b.example tcp 80",
     "out tcp/443 names a.example; out tcp/80 names b.example"},
    {"wep/a/web", "web",
     "10.0.0.1 203.0.113.5@a.example tcp 443; 10.0.0.1 203.0.113.6@a.example tcp 80",
     "out tcp/80,443 names a.example"},
    {"wep/a/web", "web", "10.0.0.1 203.0.113.5@a.example icmp 0", "out icmp/8.0 names a.example"},
    // an address that no name ever opens
    {"wep/a/web", "web", "10.0.0.1 169.254.169.254@metadata.example tcp 80",
     "out tcp/80 not 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"},
    // what is no name, or a name that no rule can have
    {"wep/a/web", "web", "10.0.0.1 203.0.113.5@a_b.example,*.example,a..b tcp 443",
     "out tcp/443 names a_b.example"},
    {"wep/a/web", "web", "10.0.0.1 203.0.113.5@*.example tcp 443",
     "out tcp/443 not 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"},
    // only where nothing else names it, and only of destinations
    {"wep/a/web", "web",
     "10.0.0.1 192.0.2.1@a.example tcp 80; 10.0.0.1 10.0.0.3@b.example tcp 80; "
     "10.0.0.1 10.9.0.1@c.example tcp 80; 203.0.113.5 10.0.0.1@d.example tcp 80",
     "in tcp/80 not 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16; out tcp/80 app == \"db\"; "
     "out tcp/80 projectcalico.org/name == \"near\" && projectcalico.org/kind == \"NetworkSet\"; "
     "out tcp/80 nets 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"},
};

START_TEST(rules_are_the_fewest)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        setup(false, false);
        ck_assert_ptr_null(recommend_ask(run, cases[i].ask).message);
        recommend_see(cases[i].flows);
        const char *name = arena_printf(arena, "namespace-isolation.%s", cases[i].policy);
        ck_assert_msg(strcmp(recommend_rules(name), cases[i].rules) == 0, "%s, %s:\n%s\nnot\n%s",
                      cases[i].ask, cases[i].flows, recommend_rules(name), cases[i].rules);
    }
}
END_TEST

// Selectors have at most 1024 characters: peers that are too many for one stand in several rules, unless they have a label
// in common.
START_TEST(long_lists_are_split)
{
    arena = arena != NULL ? arena : arena_new((size_t)1 << 28);
    for (int common = 0; common < 2; common++) {
        struct strbuf world = {.arena = arena}, flows = {.arena = arena};
        for (unsigned i = 0; i < 40; i++) {
            strbuf_addf(
                &world,
                "{apiVersion: v1, kind: Pod, metadata: {name: p%u, namespace: a, labels: {app: "
                "a-workload-with-a-long-name-that-no-other-has-%u%s}}, spec: {nodeName: n1}, status: {phase: "
                "Running, podIP: 10.0.0.%u}}\n---\n",
                i, i, common == 1 && i > 0 ? ", team: t" : "", i + 1);
            if (i > 0) {
                strbuf_addf(&flows, "%s10.0.0.1 10.0.0.%u tcp 80", i > 1 ? ";" : "", i + 1);
            }
        }
        recommend_setup(strbuf_text(&world), false);
        recommend_ask(run, "wep/a/p0");
        recommend_see(strbuf_text(&flows));
        struct recommend_policies policies = recommend_build(run);
        ck_assert_uint_eq(policies.count, 1);
        size_t listed = 0;
        for (size_t i = 0; i < policies.items[0].rules[PLAN_OUT].count; i++) {
            const struct recommend_rule *rule = &policies.items[0].rules[PLAN_OUT].items[i];
            ck_assert_uint_le(strlen(rule->peer.selector), SEL_MAX_TEXT);
            listed += rule->evidence.count;
        }
        ck_assert_uint_eq(listed, 39);
        ck_assert_uint_eq(policies.items[0].rules[PLAN_OUT].count, common == 1 ? 1 : 3);
    }
}
END_TEST

START_TEST(the_order_of_flows_does_not_matter)
{
    const char *orders[] = {
        "10.0.0.1 10.0.0.3 tcp 80; 10.0.0.2 10.0.0.3 tcp 80; 9.9.9.9 10.0.0.3 udp 1",
        "9.9.9.9 10.0.0.3 udp 1; 10.0.0.2 10.0.0.3 tcp 80; 10.0.0.1 10.0.0.3 tcp 80"};
    const char *rules[2];
    for (size_t i = 0; i < 2; i++) {
        setup(false, false);
        recommend_ask(run, "wep/a/db");
        recommend_see(orders[i]);
        rules[i] = recommend_rules("namespace-isolation.db");
    }
    ck_assert_str_eq(rules[0], rules[1]);
    ck_assert_str_ne(rules[0], "-");
}
END_TEST

static const struct {
    const char *flows;
    uint8_t status;
    int64_t updated;
} times[] = {
    {"10.0.0.1 10.0.0.3 tcp 80", RECOMMEND_LEARNING, FLOWLOG_UNKNOWN},
    {"10.0.0.1 10.0.0.3 tcp 80 1000 1300", RECOMMEND_LEARNING, 1000},
    {"10.0.0.1 10.0.0.3 tcp 80 1000 1301", RECOMMEND_STABILIZING, 1000},
    {"10.0.0.1 10.0.0.3 tcp 80 1000 1600", RECOMMEND_STABILIZING, 1000},
    {"10.0.0.1 10.0.0.3 tcp 80 1000 1601", RECOMMEND_STABLE, 1000},
    // another port is news, the same one is not; the end of the records is that of any flow
    {"10.0.0.1 10.0.0.3 tcp 80 1000 9000; 10.0.0.1 10.0.0.3 tcp 81 8900 9000", RECOMMEND_LEARNING,
     8900},
    {"10.0.0.1 10.0.0.3 tcp 80 1000 1100; 10.0.0.1 10.0.0.3 tcp 80 8900 9000", RECOMMEND_STABLE,
     1000},
    {"10.0.0.1 10.0.0.3 tcp 80 1000 1100; 10.0.1.4 10.0.1.6 tcp 80 8900 9000", RECOMMEND_STABLE,
     1000},
};

START_TEST(status_comes_from_what_was_new_last)
{
    for (size_t i = 0; i < ARRAY_COUNT(times); i++) {
        setup(false, false);
        recommend_ask(run, "wep/a/web");
        recommend_see(times[i].flows);
        struct recommend_policies policies = recommend_build(run);
        ck_assert_uint_eq(policies.count, 1);
        ck_assert_msg(policies.items[0].status == times[i].status, "%s: %s", times[i].flows,
                      recommend_status_text(policies.items[0].status));
        ck_assert_int_eq(policies.items[0].updated, times[i].updated);
    }
}
END_TEST

// ---- denied ---------------------------------------------------------------------------------------------------------

static const struct recommend_flow *only_flow(void)
{
    ck_assert_uint_eq(recommend_flows(run)->count, 1);
    return &recommend_flows(run)->items[0];
}

START_TEST(what_is_denied_is_left_out)
{
    for (int denied = 0; denied < 2; denied++) {
        setup(true, denied == 1);
        recommend_ask(run, "wep/a/db");
        recommend_see("10.0.0.1 10.0.0.3 tcp 80");
        ck_assert(only_flow()->learned == (denied == 1));
        ck_assert((only_flow()->left_out == NULL) == (denied == 1));
        // behind every tier, or in front of the one that denies
        ck_assert(recommend_tier(run, false)->order == (denied == 1 ? 999999 : 2000000));
        ck_assert_uint_eq(recommend_hiddens(run)->count, 1);
        ck_assert_str_eq(recommend_hiddens(run)->items[0].policy, "default.default-deny");
        // on purpose
        setup(true, denied == 1);
        recommend_ask(run, "wep/a/db");
        recommend_see("203.0.113.9 10.0.0.3 tcp 80");
        ck_assert(!only_flow()->learned);
        ck_assert_ptr_nonnull(strstr(only_flow()->left_out, "rule 0 of front.block"));
    }
}
END_TEST

START_TEST(a_block_list_hides_nothing)
{
    setup(true, false);
    recommend_ask(run, "wep/a/web");
    recommend_see("203.0.113.9 10.0.0.1 tcp 80; 198.51.100.1 10.0.0.1 tcp 80");
    ck_assert_uint_eq(recommend_hiddens(run)->count, 0);
    ck_assert_str_eq(recommend_rules("namespace-isolation.web"),
                     "in tcp/80 projectcalico.org/name == \"far\" && projectcalico.org/kind == "
                     "\"NetworkSet\" of global()");
}
END_TEST

UNIT_TESTS("recommend rules", rules_are_the_fewest, long_lists_are_split,
           the_order_of_flows_does_not_matter, status_comes_from_what_was_new_last,
           what_is_denied_is_left_out, a_block_list_hides_nothing)
