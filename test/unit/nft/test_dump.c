// SPDX-License-Identifier: GPL-2.0-or-later
// What a dump shows of a table that polc, or somebody else, changed.
#include "encode.h"
#include "kernel_helper.h"
#include "send.h"

#include <signal.h>
#include <sys/prctl.h>

static struct made two_rules(void)
{
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0),
                 *work = make_chain(&made, "work");
    MAKE_RULE(&made, base, NULL, make_verdict(VERDICT_JUMP, "work"));
    MAKE_RULE(&made, work, "gnp/x in 0 f.yaml:3", make_port(80), make_counter(),
              make_verdict(VERDICT_ACCEPT, NULL));
    MAKE_RULE(&made, work, "gnp/x in 1 f.yaml:4", make_port(81), make_counter(),
              make_verdict(VERDICT_DROP, NULL));
    return made;
}

// Gives each rule of a chain its index times 100, and 1, as packets; ten times that as bytes.
static void set_counters(const struct made *made, const struct chain *chain)
{
    struct batch batch = {0};
    struct encoder encoder = {.batch = &batch, .table = "polc"};
    struct nft_failure failure;
    batch_open(&batch, 0);
    encode_flush_chain(&encoder, chain->name, NULL);
    for (size_t i = 0; i < chain->count; i++) {
        struct rule_state state = {.packets = 100 * i + 1, .bytes = 1000 * i + 10};
        encode_rule(&encoder, chain, i, &state);
    }
    batch_close(&batch);
    require(batch_send(made->arena, &batch, NULL, NULL, &failure) == NFT_DONE);
    batch_free(&batch);
}

static const struct kernel_chain *kernel_chain(const struct made *made, const char *name)
{
    return strmap_get(dumped(made->arena)->chain_names, name);
}

NETNS_TEST(counters_outlive_a_rewrite)
{
    struct made made = two_rules();
    struct chain *work = made.ruleset.chains.items[1];
    commit(&made);
    set_counters(&made, work);
    require_same(&made);
    // Another place, another order, a rule between, and one that does something else.
    struct rule first = work->items[0];
    work->items[0] = work->items[1];
    work->items[1] = first;
    work->items[1].comment = "gnp/x in 0 moved.yaml:1";
    MAKE_RULE(&made, work, "gnp/x in 0 f.yaml:3", make_port(99), make_counter());
    commit(&made);
    const struct kernel_chain *chain = kernel_chain(&made, "work");
    require(chain->count == 3);
    require(chain->items[0].packets == 101 && chain->items[0].bytes == 1010);
    require(chain->items[1].packets == 1 && chain->items[1].bytes == 10);
    require(chain->items[2].packets == 0 && chain->items[2].bytes == 0);
    require(strcmp(chain->items[1].comment, "gnp/x in 0 moved.yaml:1") == 0);
    make_free(&made);
}

NETNS_TEST(untouched_chains_keep_their_rules)
{
    struct made made = two_rules();
    commit(&made);
    uint64_t handle = kernel_chain(&made, "work")->items[0].handle;
    MAKE_RULE(&made, made.ruleset.chains.items[0], "more", make_counter());
    commit(&made);
    require(kernel_chain(&made, "work")->items[0].handle == handle && handle != 0);
    make_free(&made);
}

// ---- other hands ---------------------------------------------------------------------------

struct by_hand {
    const char *command;
    const char *name; // of the object that differs then
    enum nft_change_kind kind;
    size_t rules; // that differ
};

static const struct by_hand by_hand[] = {
    {"nft add rule inet polc work accept", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work fib saddr type local accept", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work ct mark set 5", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work meta mark set ct mark", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work ip ttl set 5", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work log group 3", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work ip saddr { 10.0.0.1, 10.0.0.2 } drop", "work", NFT_CHANGED, 1},
    {"nft insert rule inet polc work meta mark and 0xff or 0x100 == 0x101", "work", NFT_CHANGED, 1},
    {"nft delete rule inet polc work handle $(nft -a list chain inet polc work | sed -n 's/.*x in 1.*handle //p')",
     "work", NFT_CHANGED, 1},
    {"nft flush chain inet polc work", "work", NFT_CHANGED, 2},
    {"nft add chain inet polc mine", "mine", NFT_REMOVED, 0},
    {"nft 'add chain inet polc other { type filter hook input priority 0; policy drop; }'", "other",
     NFT_REMOVED, 0},
    {"nft 'add chain inet polc forward { policy drop; }'", "forward", NFT_CHANGED, 0},
    {"nft 'add table inet polc { flags dormant; }'", "forward", NFT_CHANGED, 0},
    {"nft 'add set inet polc mine { type ipv4_addr; flags timeout; }; add element inet polc mine { 10.0.0.1 }'",
     "mine", NFT_REMOVED, 0},
    {"nft 'add map inet polc mine { type ipv4_addr : mark; }; add element inet polc mine { 10.0.0.1 : 5 }'",
     "mine", NFT_REMOVED, 0},
    {"nft 'add map inet polc mine { type ipv4_addr : verdict; flags interval; };"
     "add element inet polc mine { 10.0.0.0/8 : jump work }'",
     "mine", NFT_REMOVED, 0},
};

NETNS_TEST(changes_by_other_hands_are_seen_and_put_right)
{
    if (!has_nft()) {
        return;
    }
    struct made made = two_rules();
    for (size_t i = 0; i < ARRAY_COUNT(by_hand); i++) {
        commit(&made);
        shell(by_hand[i].command);
        struct nft_diff *diff = compared(&made);
        bool as_told = diff->count == 1 && strcmp(diff->items[0].name, by_hand[i].name) == 0 &&
                       diff->items[0].kind == by_hand[i].kind &&
                       diff->items[0].rules.count == by_hand[i].rules;
        if (!as_told) {
            fprintf(stderr, "after %s\n", by_hand[i].command);
            print_diff(diff);
        }
        require(as_told);
    }
    commit(&made);
    make_free(&made);
}

NETNS_TEST(base_chains_of_other_tables_are_listed)
{
    if (!has_nft()) {
        return;
    }
    struct made made = two_rules();
    struct nft_base_chains chains;
    struct nft_failure failure;
    commit(&made);
    shell("nft 'add table ip a; add chain ip a b { type nat hook postrouting priority 100; };"
          "add chain ip a regular; add table ip polc;"
          "add chain ip polc in { type filter hook input priority -10; policy drop; }'");
    require(nft_dump_base_chains(made.arena, "polc", &chains, &failure) == NFT_DONE &&
            chains.count == 2);
    const struct nft_base_chain *nat = &chains.items[0], *in = &chains.items[1];
    require(strcmp(nat->family, "ip") == 0 && strcmp(nat->table, "a") == 0 &&
            strcmp(nat->name, "b") == 0);
    require(strcmp(nat->type, "nat") == 0 && strcmp(nat->hook, "postrouting") == 0 &&
            nat->priority == 100);
    require(strcmp(in->table, "polc") == 0 && strcmp(in->hook, "input") == 0 &&
            in->priority == -10);
    require(in->policy_drop && !nat->policy_drop);
    make_free(&made);
}

static struct made numbered(size_t number)
{
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    struct set *set = make_set(&made, "s", SET_CIDRS);
    for (uint16_t i = 0; i < 1000; i++) {
        struct ip_addr addr = {IP_V4, {10, (uint8_t)number, (uint8_t)(i >> 8), (uint8_t)i}};
        make_cidr(&made, set, cidr_of_addr(addr));
        MAKE_RULE(&made, base, number == 0 ? "zero" : "one", make_port(i), make_counter());
    }
    set->size = 2000;
    return made;
}

__attribute__((noreturn)) static void commit_forever(const struct made *a, const struct made *b)
{
    for (size_t i = 0;; i++) {
        struct nft_failure failure;
        require(try_commit(i % 2 == 0 ? a : b, &failure) == NFT_DONE);
    }
}

static pid_t start_committing(const struct made *a, const struct made *b)
{
    pid_t child = fork();
    require(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        commit_forever(a, b);
    }
    return child;
}

static void require_one_of(const struct made *a, const struct made *b,
                           const struct nft_kernel *kernel)
{
    struct made scratch = make_ruleset();
    struct nft_diff *to_a = nft_compare(scratch.arena, &a->ruleset, kernel);
    struct nft_diff *to_b = nft_compare(scratch.arena, &b->ruleset, kernel);
    require(nft_diff_empty(to_a) != nft_diff_empty(to_b));
    make_free(&scratch);
}

NETNS_TEST(a_dump_shows_one_state)
{
    struct made zero = numbered(0), one = numbered(1);
    commit(&zero);
    pid_t child = start_committing(&one, &zero);
    for (int i = 0; i < 100; i++) {
        struct made made = make_ruleset();
        struct nft_kernel *kernel;
        struct nft_failure failure;
        enum nft_status status = nft_dump(made.arena, "polc", &kernel, &failure);
        require(status == NFT_DONE || status == NFT_STALE);
        if (status == NFT_DONE) {
            require_one_of(&zero, &one, kernel);
        }
        make_free(&made);
    }
    require(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    require_one_of(&zero, &one, dumped(zero.arena));
    make_free(&zero);
    make_free(&one);
}

NETNS_TEST(without_privilege_nothing_is_read_or_sent)
{
    struct made made = two_rules();
    struct nft_kernel *kernel = dumped(made.arena);
    struct nft_diff *diff = nft_compare(made.arena, &made.ruleset, kernel);
    struct nft_failure failure;
    if (setuid(65534) != 0) {
        fprintf(stderr, "skipped: cannot become another user\n");
        return;
    }
    require(nft_commit(made.arena, &made.ruleset, kernel, diff, &(struct nft_commit_options){0},
                       &failure) == NFT_NO_PRIVILEGE);
    require(failure.error == EPERM);
    require(nft_dump(made.arena, "polc", &kernel, &failure) == NFT_NO_PRIVILEGE);
    bool existed;
    require(nft_delete_table(made.arena, "polc", &existed, &failure) == NFT_NO_PRIVILEGE);
    make_free(&made);
}

UNIT_TESTS("dump", counters_outlive_a_rewrite, untouched_chains_keep_their_rules,
           changes_by_other_hands_are_seen_and_put_right, base_chains_of_other_tables_are_listed,
           a_dump_shows_one_state, without_privilege_nothing_is_read_or_sent)
