// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that leave with one chain and come with another: they count on, and are no change of what they come from.
#include "kernel_helper.h"

static void put_rule(struct made *made, struct chain *chain, const char *comment, uint16_t port)
{
    MAKE_RULE(made, chain, comment, make_port(port), make_counter(),
              make_verdict(VERDICT_RETURN, NULL));
}

// x stands in both chains, y in one.
static struct made before(void)
{
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    struct chain *one = make_chain(&made, "pending/1"), *two = make_chain(&made, "pending/2");
    MAKE_RULE(&made, base, NULL, make_verdict(VERDICT_JUMP, "pending/1"));
    MAKE_RULE(&made, base, NULL, make_verdict(VERDICT_JUMP, "pending/2"));
    put_rule(&made, one, "sgnp/x in 0 f.yaml:3", 80);
    put_rule(&made, one, "sgnp/y in 0 f.yaml:9", 81);
    put_rule(&made, two, "sgnp/x in 0 f.yaml:3", 80);
    return made;
}

// x has another place in the file, y another port, z is new.
static struct made after(void)
{
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    struct chain *three = make_chain(&made, "pending/3"), *four = make_chain(&made, "pending/4");
    MAKE_RULE(&made, base, NULL, make_verdict(VERDICT_JUMP, "pending/3"));
    MAKE_RULE(&made, base, NULL, make_verdict(VERDICT_JUMP, "pending/4"));
    put_rule(&made, three, "sgnp/z in 0 f.yaml:2", 82);
    put_rule(&made, three, "sgnp/x in 0 f.yaml:13", 80);
    put_rule(&made, three, "sgnp/y in 0 f.yaml:19", 82);
    put_rule(&made, four, "sgnp/x in 0 f.yaml:13", 80);
    return made;
}

static struct kernel_chain *chain_of(const struct nft_kernel *kernel, const char *name)
{
    struct kernel_chain *chain = strmap_get(kernel->chain_names, name);
    require(chain != NULL);
    return chain;
}

static bool is_moved(const struct nft_diff *diff, const char *chain, const char *comment)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct nft_object_change *change = &diff->items[i];
        for (size_t j = 0; strcmp(change->name, chain) == 0 && j < change->rules.count; j++) {
            if (strstr(change->rules.items[j].comment, comment) != NULL) {
                return change->rules.items[j].moved;
            }
        }
    }
    require(false);
    return false;
}

NETNS_TEST(counters_go_with_the_rule)
{
    struct made first = before(), second = after();
    struct nft_failure failure;
    const struct nft_commit_options options = {.generation = 2};
    commit(&first);
    struct nft_kernel *kernel = dumped(second.arena);
    chain_of(kernel, "pending/1")->items[0].packets = 5;
    chain_of(kernel, "pending/1")->items[0].bytes = 500;
    chain_of(kernel, "pending/1")->items[1].packets = 9;
    chain_of(kernel, "pending/2")->items[0].packets = 2;
    struct nft_diff *diff = nft_compare(second.arena, &second.ruleset, kernel);
    require(is_moved(diff, "pending/1", "sgnp/x ") && is_moved(diff, "pending/2", "sgnp/x "));
    require(is_moved(diff, "pending/3", "sgnp/x ") && is_moved(diff, "pending/4", "sgnp/x "));
    require(!is_moved(diff, "pending/1", "sgnp/y ") && !is_moved(diff, "pending/3", "sgnp/y "));
    require(!is_moved(diff, "pending/3", "sgnp/z "));
    require(nft_commit(second.arena, &second.ruleset, kernel, diff, &options, &failure) ==
            NFT_DONE);
    kernel = dumped(second.arena);
    const struct kernel_chain *three = chain_of(kernel, "pending/3");
    require(three->items[0].packets == 0);
    require(three->items[1].packets == 7 && three->items[1].bytes == 500);
    require(three->items[2].packets == 0);
    require(chain_of(kernel, "pending/4")->items[0].packets == 0);
    make_free(&first);
    make_free(&second);
}

// What stands in a chain more, or in one less, is the same rule as before.
NETNS_TEST(a_copy_is_no_change)
{
    struct made first = before(), more = before(), less = before();
    struct chain *three = make_chain(&more, "pending/3");
    MAKE_RULE(&more, more.ruleset.chains.items[0], NULL, make_verdict(VERDICT_JUMP, "pending/3"));
    put_rule(&more, three, "sgnp/x in 0 f.yaml:3", 80);
    put_rule(&more, three, "sgnp/y in 0 f.yaml:9", 88);
    less.ruleset.chains.count--;
    less.ruleset.chains.items[0]->count--;
    commit(&first);
    require(is_moved(compared(&more), "pending/3", "sgnp/x "));
    require(!is_moved(compared(&more), "pending/3", "sgnp/y "));
    require(is_moved(compared(&less), "pending/2", "sgnp/x "));
    make_free(&first);
    make_free(&more);
    make_free(&less);
}

// Where chains only come, or only go, nothing has moved.
NETNS_TEST(nothing_moves_alone)
{
    struct made first = before(), none = make_ruleset();
    make_base(&none, "forward", HOOK_FORWARD, 0);
    require(!is_moved(compared(&first), "pending/1", "sgnp/x "));
    commit(&first);
    require(!is_moved(compared(&none), "pending/1", "sgnp/x "));
    make_free(&first);
    make_free(&none);
}

UNIT_TESTS("nft moved", counters_go_with_the_rule, a_copy_is_no_change, nothing_moves_alone)
