// SPDX-License-Identifier: GPL-2.0-or-later
// A difference -> one batch, sent as one transaction that holds only at the generation id of the
// dump. Order of the batch, each step free of what it needs: table; rules out of the chains that
// change or go; sets whose shape changes go; sets come; elements go; base chains that change go;
// chains come; elements come; rules come; sets, then chains that are not wanted go (elements may
// refer to chains, rules to both). Chains that change are rewritten whole; their rules keep the
// counters of the rules that were there before, and those of new chains the counters of the same
// rules in chains that go. Kernel facts: base chains and dispatch maps must stay, since packets
// find neither while they are replaced. A larger size of a set counts only from the next
// transaction on, so that sets are enlarged in one of their own, which changes nothing else.
#include "comment.h"
#include "commit_plan.h"
#include "domains.h"
#include "encode.h"
#include "send.h"

#include <errno.h>

static void flush_chains(struct encoder *encoder, const struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        const struct chain *chain = plan->wanted->chains.items[i];
        if (plan->chains[i] == CHAIN_REWRITE || plan->chains[i] == CHAIN_RECREATE) {
            encode_flush_chain(encoder, chain->name, &chain->loc);
        }
    }
    for (size_t i = 0; i < plan->removed_chains.count; i++) {
        encode_flush_chain(encoder, plan->removed_chains.items[i], NULL);
    }
}

static void make_sets(struct encoder *encoder, const struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        const struct set *set = plan->wanted->sets.items[i];
        if (plan->sets[i].action == SET_RECREATE) {
            encode_delete_set(encoder, set->name, &set->loc);
        }
    }
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        if (plan->sets[i].action == SET_NEW || plan->sets[i].action == SET_RECREATE) {
            encode_set(encoder, plan->wanted->sets.items[i]);
        }
    }
}

static void make_chains(struct encoder *encoder, const struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        const struct chain *chain = plan->wanted->chains.items[i];
        if (plan->chains[i] == CHAIN_RECREATE) {
            encode_delete_chain(encoder, chain->name, &chain->loc);
        }
    }
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        const struct chain *chain = plan->wanted->chains.items[i];
        // A base chain that is rewritten is declared again: its policy may be another.
        if (plan->chains[i] == CHAIN_NEW || plan->chains[i] == CHAIN_RECREATE ||
            (plan->chains[i] == CHAIN_REWRITE && chain->hook != HOOK_NONE)) {
            encode_chain(encoder, chain);
        }
    }
}

// ---- elements ------------------------------------------------------------------------------

// Writes what only one side has: the wanted elements to add, or the kernel's to remove.
static void put_difference(struct encoder *encoder, const struct set *set,
                           const struct rows *wanted, const struct rows *present, bool removing)
{
    struct elements elements = {.encoder = encoder,
                                .set = set->name,
                                .loc = &set->loc,
                                .verb = removing ? ELEMENTS_REMOVE : ELEMENTS_ADD};
    struct rows_diff diff = {.wanted = wanted, .present = present};
    const struct rows *rows, *side = removing ? present : wanted;
    size_t index;
    while (rows_diff_next(&diff, &rows, &index)) {
        if (rows == side) {
            elements_put(&elements, rows, index);
        }
    }
    if (side->catch_all && !rows_same_catch_all(wanted, present)) {
        elements_put_catch_all(&elements, side);
    }
    elements_end(&elements);
}

static void remove_elements(struct arena *arena, struct encoder *encoder,
                            const struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        const struct set *set = plan->wanted->sets.items[i];
        if (plan->sets[i].action == SET_REFILL) {
            encode_flush_set(encoder, set->name, &set->loc);
        } else if (plan->sets[i].action == SET_CHANGE) {
            struct arena_mark mark = arena_mark(arena);
            struct rows wanted = rows_of_set(arena, set);
            put_difference(encoder, set, &wanted, &plan->sets[i].kernel->rows, true);
            arena_rewind(arena, mark);
        }
    }
}

// The first of the sorted elements that is not before one.
static size_t lower_bound(const struct nft_domain_elements *elements,
                          const struct nft_domain_element *one)
{
    size_t first = 0, end = elements->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (domain_element_compare(&elements->items[middle], one) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static void fill_set(struct encoder *encoder, const struct set *set,
                     const struct nft_domain_elements *fill)
{
    struct nft_domain_element first = {.set = set->domains, .addr.family = set->family};
    struct elements elements = {
        .encoder = encoder, .set = set->name, .loc = &set->loc, .verb = ELEMENTS_ADD};
    uint32_t room = set->size;
    for (size_t i = lower_bound(fill, &first); i < fill->count && room > 0; i++) {
        const struct nft_domain_element *element = &fill->items[i];
        if (element->set != set->domains || element->addr.family != set->family) {
            break;
        }
        if (element->left_ms > 0) {
            elements_put_address(&elements, element->addr, &element->left_ms);
            room--;
        }
    }
    elements_end(&elements);
}

// Addresses for the domain sets that come.
static void fill_domains(struct arena *arena, struct encoder *encoder,
                         const struct commit_plan *plan, const struct nft_domain_elements *fill)
{
    struct nft_domain_elements sorted = {.count = 0};
    if (fill == NULL || fill->count == 0) {
        return;
    }
    sorted.items = arena_array_of(arena, struct nft_domain_element, fill->count);
    sorted.count = fill->count;
    memcpy(sorted.items, fill->items, fill->count * sizeof *fill->items);
    nft_domain_elements_normalize(&sorted);
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        const struct set *set = plan->wanted->sets.items[i];
        uint8_t action = plan->sets[i].action;
        if (set->content == SET_DOMAINS && (action == SET_NEW || action == SET_RECREATE)) {
            fill_set(encoder, set, &sorted);
        }
    }
}

static void add_elements(struct arena *arena, struct encoder *encoder,
                         const struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        const struct set *set = plan->wanted->sets.items[i];
        if (plan->sets[i].action == SET_KEEP) {
            continue;
        }
        struct arena_mark mark = arena_mark(arena);
        struct set_shape shape = set_shape_of(set);
        struct rows none = rows_of_shape(&shape), wanted = rows_of_set(arena, set);
        bool changes = plan->sets[i].action == SET_CHANGE;
        put_difference(encoder, set, &wanted, changes ? &plan->sets[i].kernel->rows : &none, false);
        arena_rewind(arena, mark);
    }
}

// ---- rules ---------------------------------------------------------------------------------

static const char *changed_comment(struct arena *arena, const struct chain *chain, size_t index,
                                   const struct nft_commit_options *options)
{
    const char *comment = chain->items[index].comment;
    if (strcmp(chain->name, INFO_CHAIN) != 0 || comment_value(comment, "generation") == NULL) {
        return NULL;
    }
    return options->id == NULL ? arena_printf(arena, "generation %u", options->generation)
                               : arena_printf(arena, "generation %u id %.*s", options->generation,
                                              NFT_ID_LENGTH, options->id);
}

// The kernel's rule that each wanted one continues, or NULL when there is none for any.
static const size_t *continued_rules(struct arena *arena, const struct chain *chain,
                                     const struct kernel_chain *kernel)
{
    if (kernel == NULL) {
        return NULL;
    }
    const struct rule_mark *wanted = marks_of_chain(arena, chain);
    return marks_pair(arena, wanted, chain->count, marks_of_kernel(arena, kernel), kernel->count);
}

// The kernel's rules of chains that go, with what the same rules counted in any of them.
static struct strmap *leaving_rules(struct arena *arena, const struct commit_plan *plan)
{
    struct strmap *leaving = strmap_new(arena);
    for (size_t i = 0; i < plan->removed_chains.count; i++) {
        const struct kernel_chain *chain =
            strmap_get(plan->kernel->chain_names, plan->removed_chains.items[i]);
        const struct rule_mark *marks = marks_of_kernel(arena, chain);
        for (size_t j = 0; j < chain->count; j++) {
            const char *text = mark_text(arena, &marks[j]);
            struct kernel_rule *sum = text != NULL ? strmap_get(leaving, text) : NULL;
            if (text != NULL && sum == NULL) {
                sum = arena_new_of(arena, struct kernel_rule);
                strmap_put(leaving, text, sum);
            }
            if (sum != NULL) {
                sum->packets += chain->items[j].packets;
                sum->bytes += chain->items[j].bytes;
            }
        }
    }
    return leaving;
}

static void take_counts(struct kernel_rule *from, struct rule_state *state)
{
    state->packets = from->packets;
    state->bytes = from->bytes;
    from->packets = from->bytes = 0; // once
}

static void write_chain(struct arena *arena, struct encoder *encoder, const struct chain *chain,
                        const struct kernel_chain *kernel, struct strmap *leaving,
                        const struct nft_commit_options *options)
{
    struct arena_mark mark = arena_mark(arena);
    const size_t *continued = continued_rules(arena, chain, kernel);
    const struct rule_mark *marks =
        kernel == NULL && strmap_count(leaving) > 0 ? marks_of_chain(arena, chain) : NULL;
    for (size_t i = 0; i < chain->count; i++) {
        struct rule_state state = {.comment = changed_comment(arena, chain, i, options)};
        const char *text = marks != NULL ? mark_text(arena, &marks[i]) : NULL;
        struct kernel_rule *left = text != NULL ? strmap_get(leaving, text) : NULL;
        if (continued != NULL && continued[i] != RULE_UNPAIRED) {
            state.packets = kernel->items[continued[i]].packets;
            state.bytes = kernel->items[continued[i]].bytes;
        } else if (left != NULL) {
            take_counts(left, &state);
        }
        encode_rule(encoder, chain, i, &state);
    }
    arena_rewind(arena, mark);
}

static void write_chains(struct arena *arena, struct encoder *encoder,
                         const struct commit_plan *plan, const struct nft_commit_options *options)
{
    struct strmap *leaving = leaving_rules(arena, plan);
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        const struct chain *chain = plan->wanted->chains.items[i];
        if (plan->chains[i] != CHAIN_KEEP) {
            const struct kernel_chain *kernel = strmap_get(plan->kernel->chain_names, chain->name);
            write_chain(arena, encoder, chain, kernel, leaving, options);
        }
    }
}

static void remove_rest(struct encoder *encoder, const struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->removed_sets.count; i++) {
        encode_delete_set(encoder, plan->removed_sets.items[i], NULL);
    }
    for (size_t i = 0; i < plan->removed_chains.count; i++) {
        encode_delete_chain(encoder, plan->removed_chains.items[i], NULL);
    }
}

static void fill_batch(struct arena *arena, struct batch *batch, const struct commit_plan *plan,
                       uint32_t generation_id, const struct nft_commit_options *options)
{
    struct encoder encoder = {.batch = batch, .table = plan->wanted->table};
    batch_open(batch, generation_id);
    encode_table(&encoder);
    flush_chains(&encoder, plan);
    make_sets(&encoder, plan);
    remove_elements(arena, &encoder, plan);
    make_chains(&encoder, plan);
    add_elements(arena, &encoder, plan);
    fill_domains(arena, &encoder, plan, options->fill);
    write_chains(arena, &encoder, plan, options);
    remove_rest(&encoder, plan);
    if (!options->dry_run) {
        batch_close(batch);
    }
}

// What a commit makes of the kernel's generation id, which is never 0.
static uint32_t next_generation(uint32_t generation_id)
{
    return generation_id == UINT32_MAX ? 1 : generation_id + 1;
}

// The batch that only enlarges sets. *ret_generation_id is what it makes of the kernel's id.
static enum nft_status enlarge_sets(struct arena *arena, const struct commit_plan *plan,
                                    uint32_t *ret_generation_id, struct nft_failure *reterr)
{
    __attribute__((cleanup(batch_free))) struct batch batch = {0};
    struct encoder encoder = {.batch = &batch, .table = plan->wanted->table};
    *ret_generation_id = plan->kernel->generation_id;
    if (!plan->enlarges) {
        return NFT_DONE;
    }
    batch_open(&batch, plan->kernel->generation_id);
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        if (plan->sets[i].enlarge) {
            encode_set(&encoder, plan->wanted->sets.items[i]);
        }
    }
    batch_close(&batch);
    *ret_generation_id = next_generation(*ret_generation_id);
    return batch_send(arena, &batch, NULL, NULL, reterr);
}

// Of a table that was not read: the counters of chains that are rewritten, or go while others come.
static enum nft_status read_counters(struct arena *arena, const struct commit_plan *plan,
                                     struct nft_failure *reterr)
{
    VEC(struct kernel_chain *) chains = {.count = 0};
    bool some_come = false;
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        const char *name = plan->wanted->chains.items[i]->name;
        bool rewritten = plan->chains[i] == CHAIN_REWRITE || plan->chains[i] == CHAIN_RECREATE;
        some_come |= plan->chains[i] == CHAIN_NEW;
        if (rewritten && strcmp(name, INFO_CHAIN) != 0) {
            vec_push(arena, &chains, strmap_get(plan->kernel->chain_names, name));
        }
    }
    for (size_t i = 0; some_come && i < plan->removed_chains.count; i++) {
        vec_push(arena, &chains,
                 strmap_get(plan->kernel->chain_names, plan->removed_chains.items[i]));
    }
    return plan->kernel->known
               ? dump_chains(arena, plan->kernel, chains.items, chains.count, reterr)
               : NFT_DONE;
}

enum nft_status nft_commit(struct arena *arena, const struct nft_ruleset *wanted,
                           const struct nft_kernel *kernel, const struct nft_diff *diff,
                           const struct nft_commit_options *options, struct nft_failure *reterr)
{
    __attribute__((cleanup(batch_free))) struct batch batch = {0};
    if (nft_diff_empty(diff) && !options->renumber) {
        return NFT_DONE;
    }
    struct commit_plan plan = commit_plan_of(arena, wanted, kernel, diff, options->dry_run);
    uint32_t generation_id;
    enum nft_status status = read_counters(arena, &plan, reterr);
    if (status == NFT_DONE) {
        status = enlarge_sets(arena, &plan, &generation_id, reterr);
    }
    if (status != NFT_DONE) {
        return status;
    }
    fill_batch(arena, &batch, &plan, generation_id, options);
    reterr->error = 0;
    status = batch_send(arena, &batch, options->before_send, options->context, reterr);
    if (status == NFT_DONE && reterr->error == 0 && options->ret_generation_id != NULL) {
        *options->ret_generation_id = next_generation(generation_id);
    }
    return status;
}

enum nft_status nft_delete_table(struct arena *arena, const char *table, bool *ret_existed,
                                 struct nft_failure *reterr)
{
    __attribute__((cleanup(batch_free))) struct batch batch = {0};
    struct encoder encoder = {.batch = &batch, .table = table};
    batch_open(&batch, 0);
    encode_delete_table(&encoder);
    batch_close(&batch);
    enum nft_status status = batch_send(arena, &batch, NULL, NULL, reterr);
    *ret_existed = status == NFT_DONE;
    if (status == NFT_REFUSED && reterr->error == ENOENT) {
        return NFT_DONE;
    }
    return status;
}
