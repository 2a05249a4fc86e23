// SPDX-License-Identifier: GPL-2.0-or-later
// Staged policies: what counts, in which order, and that nothing else becomes different.
#include "lower_helper.h"

// The rules of the first chain whose name begins so, as printed, without places.
static const char *counted(const struct nft_ruleset *ruleset, const char *start)
{
    struct strbuf ret = {.arena = arena};
    const char *head = arena_printf(arena, "\tchain %s {\n", chain_like(ruleset, start)->name);
    const char *line = strstr(printed_text(ruleset), head) + strlen(head);
    for (; strncmp(line, "\t}", 2) != 0; line += strcspn(line, "\n") + 1) {
        char *text = arena_strndup(arena, line + 2, strcspn(line, "\n") - 2);
        char *place = strstr(text, " test.yaml:");
        if (place != NULL) {
            *place = '\0';
        }
        strbuf_addf(&ret, "%s%s", ret.length > 0 ? "\n" : "", text);
    }
    return strbuf_text(&ret);
}

static const char *staged(const char *name, const char *spec)
{
    return thing("StagedGlobalNetworkPolicy", "", name, "", spec);
}

static const char *tier(const char *name, int order)
{
    return thing("Tier", "", name, "", arena_printf(arena, "order: %d", order));
}

// Their order is that of the pending view, and only what is staged counts. Log is no verdict.
START_TEST(policies_stand_in_one_chain)
{
    const struct nft_ruleset *ruleset = lower_rules(
        "order: 2, ingress", "{action: Log}, {action: Deny, protocol: UDP}",
        join(staged("first", "order: 1, ingress: [{action: Log, protocol: TCP}, {action: Allow, "
                             "protocol: TCP, destination: {ports: [80]}}]"),
             staged("last", "order: 3, ingress: [{action: Deny, protocol: ICMP}]"), NULL));
    ck_assert_str_eq(counted(ruleset, "pending/in/"),
                     "meta l4proto tcp counter comment \"sgnp/first in 0\n"
                     "tcp dport 80 counter return comment \"sgnp/first in 1\n"
                     "meta l4proto udp return comment \"pending gnp/p in 1\n"
                     "meta nfproto ipv4 meta l4proto icmp counter return comment \"sgnp/last in 0\n"
                     "counter return comment \"pending tier/default in end\"");
}
END_TEST

// Everything that decides is the same with staged policies as without, but for the jump to what counts.
START_TEST(what_decides_stays)
{
    const char *ingress = "{action: Allow, protocol: TCP}, {action: Pass}";
    const struct nft_ruleset *without = lower_rules("ingress", ingress, "");
    const struct nft_ruleset *with = lower_rules(
        "ingress", ingress,
        join(tier("only-staged", 1),
             staged("s", "tier: only-staged, ingress: [{action: Deny, "
                         "source: {nets: [10.0.0.0/8, 11.0.0.0/9], selector: has(w)}}]"),
             staged("q", "order: 1, types: [Ingress, Egress], egress: [{action: Pass}]"), NULL));
    for (size_t i = 0; i < without->chains.count; i++) {
        const char *name = without->chains.items[i]->name;
        bool is_class = strncmp(name, "class/", 6) == 0;
        const char *like = is_class ? arena_strndup(arena, name, strcspn(name + 6, "/") + 7) : name;
        const char *before = rules_text(without, name);
        const char *after = rules_text(with, chain_like(with, like)->name);
        char *at = strstr(after, "jump pending/");
        ck_assert_int_eq(at != NULL, is_class);
        if (is_class) {
            memmove(at, at + strcspn(at, "\n") + 1, strlen(at + strcspn(at, "\n")));
        }
        ck_assert_str_eq(after, before);
    }
}
END_TEST

// What stands before the first staged policy is no part of the walk; Pass goes on with the tiers behind, and behind the
// last one it is the end. What counts does not name them.
START_TEST(pass_goes_on)
{
    const struct nft_ruleset *ruleset = lower_text(join(
        workload("a", "w", "", "10.0.0.1/32", ""), tier("t1", 1), tier("t2", 2), tier("t3", 3),
        thing("GlobalNetworkPolicy", "", "p", "", "tier: t1, ingress: [{action: Pass}]"),
        staged("s", "tier: t2, ingress: [{action: Pass, protocol: TCP}]"),
        staged("t", "tier: t3, ingress: [{action: Pass, protocol: TCP}, {action: Allow}]"), NULL));
    const char *behind = NULL;
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        const char *name = ruleset->chains.items[i]->name;
        bool is_first = strstr(rules_text(ruleset, name), "goto pending/") != NULL;
        behind = strncmp(name, "pending/", 8) == 0 && !is_first ? name : behind;
    }
    const char *class = rules_text(ruleset, chain_like(ruleset, "class/in/")->name);
    char *tiers = strstr(class, "jump tier/t1/in/"), *walk = strstr(class, "jump pending/in/");
    ck_assert(tiers != NULL && walk != NULL && tiers < walk);
    walk[strcspn(walk, "\n")] = '\0';
    ck_assert_str_eq(
        rules_text(ruleset, walk + strlen("jump ")),
        arena_printf(arena, "meta l4proto tcp counter\nmeta l4proto tcp goto %s\nreturn", behind));
    ck_assert_str_eq(rules_text(ruleset, behind), "meta l4proto tcp return\nreturn\nreturn");
}
END_TEST

// A tier that passes the rest has no end that counts; the walk goes on in the same chain.
START_TEST(tiers_that_pass_have_no_end)
{
    const struct nft_ruleset *ruleset =
        lower_text(join(workload("a", "w", "", "10.0.0.1/32", ""),
                        thing("Tier", "", "t1", "", "order: 1, defaultAction: Pass"), tier("t2", 2),
                        staged("s", "tier: t1, ingress: [{action: Deny, protocol: TCP}]"),
                        staged("t", "tier: t2, ingress: [{action: Allow, protocol: UDP}]"), NULL));
    ck_assert_str_eq(counted(ruleset, "pending/in/"),
                     "meta l4proto tcp counter return comment \"sgnp/s in 0\n"
                     "meta l4proto udp counter return comment \"sgnp/t in 0\n"
                     "counter return comment \"pending tier/t2 in end");
}
END_TEST

// The kernel refuses more than 16 chains on a way, and another tier must never be why.
START_TEST(the_walk_is_never_too_deep)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, workload("a", "w", "", "10.0.0.1/32", ""));
    for (int i = 0; i < 9; i++) {
        const char *name = arena_printf(arena, "t%d", i);
        strbuf_add(&text, tier(name, i));
        strbuf_add(&text, staged(arena_printf(arena, "s%d", i),
                                 arena_printf(arena, "tier: %s, ingress: [{action: Pass}]", name)));
    }
    const struct nft_ruleset *ruleset = lower_text(strbuf_text(&text));
    size_t count = 0;
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        count += strncmp(ruleset->chains.items[i]->name, "pending/in/", 11) == 0;
    }
    ck_assert_uint_eq(count, 5);
}
END_TEST

// Endpoints with the same tiers and policies share the chain.
START_TEST(chains_are_shared)
{
    const struct nft_ruleset *ruleset =
        lower_text(join(workload("a", "w", "w: \"1\"", "10.0.0.1/32", ""),
                        workload("a", "v", "v: \"1\"", "10.0.0.2/32", "interfaceName: cali9"),
                        thing("GlobalNetworkPolicy", "", "p", "",
                              "tier: t1, selector: has(w), ingress: [{action: Pass}]"),
                        tier("t1", 1), staged("s", "ingress: [{action: Allow}]"), NULL));
    size_t classes = 0, walks = 0;
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        classes += strncmp(ruleset->chains.items[i]->name, "class/in/", 9) == 0;
        walks += strncmp(ruleset->chains.items[i]->name, "pending/in/", 11) == 0;
    }
    ck_assert_uint_eq(classes, 2);
    ck_assert_uint_eq(walks, 1);
}
END_TEST

// A hook with nothing but staged policies drops nothing and sets no mark; the end of a tier decides nothing there anyway.
START_TEST(hooks_of_staged_policies_do_nothing)
{
    const struct nft_ruleset *ruleset = lower_text(
        join(thing("HostEndpoint", "", "h", "", "node: n1, interfaceName: eth0"),
             staged("u", "doNotTrack: true, applyOnForward: true, ingress: [{action: Allow}], "
                         "egress: [{action: Deny}]"),
             staged("d", "preDNAT: true, applyOnForward: true, ingress: [{action: Deny, protocol: "
                         "TCP}]"),
             staged("f", "applyOnForward: true, ingress: [{action: Deny, protocol: TCP}]"), NULL));
    const char *text = printed_text(ruleset);
    ck_assert_ptr_null(strstr(text, "mark"));
    ck_assert_ptr_null(strstr(text, "notrack"));
    const struct chain *untracked = chain_like(ruleset, "host/in/untracked/");
    ck_assert_ptr_null(strstr(rules_text(ruleset, untracked->name), "ct state"));
    const struct chain *prednat = chain_like(ruleset, "host/in/prednat/");
    ck_assert_ptr_nonnull(strstr(rules_text(ruleset, prednat->name), "ct state invalid return"));
    const struct chain *forward = chain_like(ruleset, "host/forward-in/");
    const char *rules = rules_text(ruleset, forward->name);
    ck_assert(strncmp(rules, "ct state invalid return\njump pending/in/", 40) == 0);
    ck_assert_str_eq(rules_text(ruleset, strstr(rules, "pending/in/")),
                     "meta l4proto tcp return\nreturn");
}
END_TEST

// A place that makes the comment too long loses its head, as in other comments.
START_TEST(comments_fit)
{
    plan_path = "a-file-with-a-very-long-name-and-then-some-more-of-it-and-yet-some-more-until-it-"
                "is-longer-than-any-comment-of-a-rule-can-be.yaml";
    const struct nft_ruleset *ruleset = lower_text(
        join(workload("a", "w", "", "10.0.0.1/32", ""), tier("security", 1),
             staged("s", "tier: security, ingress: [{action: Deny, protocol: TCP}]"), NULL));
    const struct chain *chain = chain_like(ruleset, "pending/in/");
    const struct rule *end = &chain->items[chain->count - 1];
    ck_assert_uint_eq(strlen(end->comment), RULE_COMMENT_MAX);
    ck_assert(strncmp(end->comment, "pending tier/security in end ", 29) == 0);
    ck_assert_ptr_nonnull(strstr(end->comment, "can-be.yaml:"));
}
END_TEST

UNIT_TESTS("nft lower staged", policies_stand_in_one_chain, what_decides_stays, pass_goes_on,
           tiers_that_pass_have_no_end, the_walk_is_never_too_deep, chains_are_shared,
           hooks_of_staged_policies_do_nothing, comments_fit)
