// SPDX-License-Identifier: GPL-2.0-or-later
// Whole commits in a namespace: fresh, repeated, changed, removed, refused, stale, dry.
#include "kernel_helper.h"

enum { WORK = 1 }; // where the chain "work" stands in the sample

static struct made sample(void)
{
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    struct chain *work = make_chain(&made, "work");
    struct chain *info = make_chain(&made, INFO_CHAIN);
    struct set *hosts = make_cidrs(&made, "a.hosts", SET_CIDRS, false, "10.0.0.1/32 10.0.0.2/32");
    struct set *nets =
        make_cidrs(&made, "b.nets", SET_CIDRS, true, "10.0.0.0/24 10.0.1.0/25 255.255.255.0/24");
    struct set *padded =
        make_cidrs(&made, "c.padded", SET_PADDED, true, "10.0.0.0/24 10.0.1.0/25 255.255.255.0/24");
    struct set *ports =
        make_ports(&made, "d.ports", (struct port_range[]){{1, 5}, {80, 80}, {60000, 65535}}, 3);
    struct set *map = make_set(&made, "e.map", SET_VERDICTS);
    hosts->size = 64;
    padded->size = 64;
    hosts->comment = "all()";
    make_jump(&made, map, NULL, "10.0.0.9", VERDICT_JUMP, "work");
    make_jump(&made, map, NULL, NULL, VERDICT_DROP, NULL);
    MAKE_RULE(&made, info, "polc 0.1", make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, info, "generation 1", make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, info, "node n1", make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, info, "root /a", make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, info, "root /b c", make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, base, NULL, make_vmap(KEY_IP_SADDR, map));
    MAKE_RULE(&made, work, "gnp/x in 0 f.yaml:3", make_lookup(KEY_IP_SADDR, hosts), make_port(80),
              make_counter(), make_verdict(VERDICT_ACCEPT, NULL));
    MAKE_RULE(&made, work, "gnp/x in 1 f.yaml:4", make_lookup(KEY_IP_SADDR, nets),
              make_lookup(KEY_TCP_DPORT, ports), make_counter(), make_verdict(VERDICT_DROP, NULL));
    MAKE_RULE(&made, work, "np/a/y out 2 f.yaml:5", make_lookup2(KEY_IP_SADDR, KEY_L4PROTO, padded),
              make_counter(), make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, work, "tier/t in end f.yaml:9", make_counter(),
              make_verdict(VERDICT_DROP, NULL));
    return made;
}

static const struct nft_object_change *only_change(const struct nft_diff *diff)
{
    if (diff->count != 1) {
        print_diff(diff);
    }
    require(diff->count == 1);
    return &diff->items[0];
}

NETNS_TEST(fresh_table_reads_back_the_same)
{
    struct made made = sample();
    struct nft_diff *diff = compared(&made);
    require(diff->table_missing && diff->count == 8 && !nft_kernel_exists(dumped(made.arena)));
    commit(&made);
    struct nft_kernel *kernel = dumped(made.arena);
    struct nft_counts counts = nft_kernel_counts(kernel);
    require(nft_kernel_exists(kernel));
    require(counts.chains == 3 && counts.rules == 10 && counts.sets == 5 && counts.elements == 13);
    make_free(&made);
}

NETNS_TEST(every_statement_reads_back_the_same)
{
    static const uint8_t bits[4] = {6}, address[16] = {10, 1, 2, 3}, name[16] = "cali",
                         ports[2] = {0, 80};
    struct made made = make_ruleset();
    struct chain *chain = make_base(&made, "forward", HOOK_FORWARD, -5);
    make_base(&made, "input", HOOK_INPUT, 0);
    make_base(&made, "output", HOOK_OUTPUT, 10);
    make_chain(&made, "target");
    struct stmt prefix = make_match(KEY_IP_SADDR, OP_PREFIX, address, 4), range = make_port(80),
                not_range;
    struct stmt interface = make_match(KEY_IIFNAME, OP_PREFIX, name, 16);
    prefix.bits = 13;
    interface.bits = 32;
    range.op = OP_RANGE;
    range.value_end[1] = 90;
    not_range = range;
    not_range.op = OP_NOT_RANGE;
    memset(prefix.value + 2, 0, 2);
    prefix.value[1] = 0;
    MAKE_RULE(&made, chain, NULL, make_match(KEY_CT_STATE, OP_BITS, bits, 4),
              make_verdict(VERDICT_ACCEPT, NULL));
    MAKE_RULE(&made, chain, "a", interface, prefix, make_verdict(VERDICT_JUMP, "target"));
    MAKE_RULE(&made, chain, "b", range, make_verdict(VERDICT_GOTO, "target"));
    MAKE_RULE(&made, chain, "c", not_range, make_verdict(VERDICT_CONTINUE, NULL));
    MAKE_RULE(&made, chain, "d", make_match(KEY_IP_DADDR, OP_NE, address, 4),
              (struct stmt){.kind = STMT_LOG, .log_prefix = "polc: "},
              (struct stmt){.kind = STMT_REJECT});
    MAKE_RULE(&made, chain, "e", make_match(KEY_UDP_SPORT, OP_EQ, ports, 2),
              (struct stmt){.kind = STMT_LIMIT, .limit = {10, 5, 60}},
              make_verdict(VERDICT_RETURN, NULL));
    MAKE_RULE(&made, chain, "f", make_match(KEY_IP6_SADDR, OP_EQ, address, 16), make_counter());
    commit(&made);
    make_free(&made);
}

NETNS_TEST(a_changed_rule_is_one_change)
{
    struct made made = sample();
    struct chain *work = made.ruleset.chains.items[WORK];
    commit(&made);
    work->items[0].comment = "gnp/x in 0 elsewhere.yaml:300"; // the place alone is no change
    require_same(&made);
    work->items[0].comment = "gnp/z in 0 f.yaml:3";
    const struct nft_object_change *change = only_change(compared(&made));
    require(change->kind == NFT_CHANGED && !change->is_set && strcmp(change->name, "work") == 0);
    require(change->rules.count == 2);
    require(change->rules.items[0].kind == NFT_REMOVED ||
            change->rules.items[1].kind == NFT_REMOVED);
    commit(&made);
    work->count--;
    change = only_change(compared(&made));
    require(change->rules.count == 1 && change->rules.items[0].kind == NFT_REMOVED);
    require(strcmp(change->rules.items[0].comment, "tier/t in end f.yaml:9") == 0);
    commit(&made);
    make_free(&made);
}

NETNS_TEST(chains_and_sets_that_are_not_wanted_go)
{
    struct made full = sample(), empty = make_ruleset();
    make_base(&empty, "forward", HOOK_FORWARD, 0);
    commit(&full);
    commit(&empty);
    struct nft_counts counts = nft_kernel_counts(dumped(full.arena));
    require(counts.chains == 1 && counts.rules == 0 && counts.sets == 0 && counts.elements == 0);
    commit(&full);
    make_free(&full);
    make_free(&empty);
}

NETNS_TEST(a_base_chain_with_another_hook_is_made_anew)
{
    struct made made = sample();
    commit(&made);
    made.ruleset.chains.items[0]->priority = -10;
    const struct nft_object_change *change = only_change(compared(&made));
    require(change->kind == NFT_CHANGED && change->rules.count == 0);
    commit(&made);
    made.ruleset.chains.items[0]->hook = HOOK_INPUT;
    commit(&made);
    make_free(&made);
}

NETNS_TEST(generation_and_node_are_written_into_the_table)
{
    struct made made = sample();
    struct nft_info info = nft_kernel_info(made.arena, dumped(made.arena));
    require(info.version == NULL && info.generation == 0 && info.root_count == 0);
    commit(&made);
    info = nft_kernel_info(made.arena, dumped(made.arena));
    require(strcmp(info.version, "0.1") == 0 && info.generation == 7 &&
            strcmp(info.node, "n1") == 0);
    require(info.root_count == 2 && strcmp(info.roots[0], "/a") == 0 &&
            strcmp(info.roots[1], "/b c") == 0);
    struct nft_names names = nft_kernel_policies(made.arena, dumped(made.arena));
    require(names.count == 2);
    require(strcmp(names.items[0], "gnp/x") == 0 && strcmp(names.items[1], "np/a/y") == 0);

    struct nft_commit_options options = {.generation = 8};
    struct nft_failure failure;
    require(try_commit_with(&made, &options, &failure) == NFT_DONE);
    require(nft_kernel_info(made.arena, dumped(made.arena)).generation == 7); // nothing differed
    made.ruleset.chains.items[WORK]->count--;
    require(try_commit_with(&made, &options, &failure) == NFT_DONE);
    require(nft_kernel_info(made.arena, dumped(made.arena)).generation == 8);
    make_free(&made);
}

NETNS_TEST(number_and_id_can_change_alone)
{
    struct made made = sample();
    struct nft_failure failure;
    struct nft_commit_options options = {
        .generation = 9, .id = "0123456789abcdef and more", .renumber = true};
    commit(&made);
    struct nft_info info = nft_kernel_info(made.arena, dumped(made.arena));
    require(info.generation == 7 && info.id == NULL);
    require(try_commit_with(&made, &options, &failure) == NFT_DONE);
    info = nft_kernel_info(made.arena, dumped(made.arena));
    require(info.generation == 9 && strcmp(info.id, "0123456789abcdef") == 0);
    require(nft_diff_empty(compared(&made))); // they are no difference
    make_free(&made);
}

// ---- what must not change anything ---------------------------------------------------------

NETNS_TEST(a_dry_run_changes_nothing)
{
    struct made made = sample();
    struct nft_failure failure;
    struct nft_commit_options options = {.dry_run = true, .generation = 1};
    require(try_commit_with(&made, &options, &failure) == NFT_DONE);
    require(!nft_kernel_exists(dumped(made.arena)));
    commit(&made);
    uint32_t before = nft_kernel_generation_id(dumped(made.arena));
    make_chain(&made, "more");
    require(try_commit_with(&made, &options, &failure) == NFT_DONE);
    require(nft_kernel_generation_id(dumped(made.arena)) == before);
    require(compared(&made)->count == 1);
    MAKE_RULE(&made, made.ruleset.chains.items[0], "bad", make_verdict(VERDICT_JUMP, "nowhere"));
    require(try_commit_with(&made, &options, &failure) == NFT_REFUSED);
    make_free(&made);
}

static void commit_something_else(void *context)
{
    struct made other = make_ruleset();
    struct nft_failure failure;
    other.ruleset.table = context;
    make_chain(&other, "c");
    struct nft_kernel *kernel;
    require(nft_dump(other.arena, other.ruleset.table, &kernel, &failure) == NFT_DONE);
    struct nft_diff *diff = nft_compare(other.arena, &other.ruleset, kernel);
    require(nft_commit(other.arena, &other.ruleset, kernel, diff, &(struct nft_commit_options){0},
                       &failure) == NFT_DONE);
    make_free(&other);
}

NETNS_TEST(a_stale_generation_id_is_refused)
{
    struct made made = sample();
    char other[] = "other";
    struct nft_failure failure;
    struct nft_commit_options options = {.before_send = commit_something_else, .context = other};
    require(try_commit_with(&made, &options, &failure) == NFT_STALE);
    require(!nft_kernel_exists(dumped(made.arena)));
    commit(&made);
    make_free(&made);
}

NETNS_TEST(a_refused_rule_is_named)
{
    struct made made = sample();
    struct nft_failure failure = {0};
    commit(&made);
    struct rule *bad = MAKE_RULE(&made, made.ruleset.chains.items[WORK], "gnp/bad in 4 f.yaml:7",
                                 make_verdict(VERDICT_JUMP, "nowhere"));
    bad->loc = (struct loc){.source = 1, .line = 7, .column = 3};
    require(try_commit(&made, &failure) == NFT_REFUSED);
    require(failure.error == ENOENT && failure.loc.line == 7);
    require(strcmp(failure.what, "rule 5 of chain work") == 0);
    require(strcmp(failure.comment, "gnp/bad in 4 f.yaml:7") == 0);
    require(compared(&made)->count == 1);
    make_free(&made);
}

NETNS_TEST(the_first_of_many_errors_is_told)
{
    struct made made = make_ruleset();
    struct nft_failure failure = {0};
    char *name = arena_alloc(made.arena, 300);
    memset(name, 'x', 299);
    struct chain *chain = make_chain(&made, name);
    for (int i = 0; i < 1000; i++) {
        MAKE_RULE(&made, chain, NULL, make_verdict(VERDICT_DROP, NULL));
    }
    require(try_commit(&made, &failure) == NFT_REFUSED);
    require(strncmp(failure.what, "chain xxx", 9) == 0 && failure.error == ERANGE);
    require(!nft_kernel_exists(dumped(made.arena)));
    make_free(&made);
}

NETNS_TEST(chains_too_deep_are_refused)
{
    struct made made = make_ruleset();
    struct nft_failure failure = {0};
    struct chain *last = make_base(&made, "forward", HOOK_FORWARD, 0);
    for (int i = 0; i < 20; i++) {
        const char *name = arena_printf(made.arena, "c%02d", i);
        MAKE_RULE(&made, last, "down", make_verdict(VERDICT_JUMP, name));
        last = make_chain(&made, name);
    }
    require(try_commit(&made, &failure) == NFT_REFUSED);
    require(failure.error == EMLINK);
    make_free(&made);
}

NETNS_TEST(a_batch_too_large_for_the_socket_says_what_to_raise)
{
    struct made made = make_ruleset();
    struct nft_failure failure = {0};
    if (!netns_enter_user()) {
        fprintf(stderr, "skipped: no user namespace: %s\n", strerror(errno));
        return;
    }
    struct chain *chain = make_chain(&made, "c");
    for (size_t bytes = 0; bytes <= 64 << 20; bytes += 400) {
        MAKE_RULE(&made, chain, NULL, make_port(1), make_port(2), make_verdict(VERDICT_DROP, NULL));
    }
    enum nft_status status = try_commit(&made, &failure);
    if (status == NFT_DONE) {
        fprintf(stderr, "skipped: net.core.wmem_max takes it all\n");
        return;
    }
    require(status == NFT_SYSTEM_ERROR && failure.error == EMSGSIZE);
    require(strstr(failure.what, "net.core.wmem_max") != NULL);
    make_free(&made);
}

NETNS_TEST(a_table_can_be_deleted)
{
    struct made made = sample();
    struct nft_failure failure;
    bool existed = true;
    require(nft_delete_table(made.arena, "polc", &existed, &failure) == NFT_DONE && !existed);
    commit(&made);
    require(nft_delete_table(made.arena, "polc", &existed, &failure) == NFT_DONE && existed);
    require(!nft_kernel_exists(dumped(made.arena)));
    make_free(&made);
}

UNIT_TESTS("commit", fresh_table_reads_back_the_same, every_statement_reads_back_the_same,
           a_changed_rule_is_one_change, chains_and_sets_that_are_not_wanted_go,
           a_base_chain_with_another_hook_is_made_anew,
           generation_and_node_are_written_into_the_table, number_and_id_can_change_alone,
           a_dry_run_changes_nothing, a_stale_generation_id_is_refused, a_refused_rule_is_named,
           the_first_of_many_errors_is_told, chains_too_deep_are_refused,
           a_batch_too_large_for_the_socket_says_what_to_raise, a_table_can_be_deleted)
