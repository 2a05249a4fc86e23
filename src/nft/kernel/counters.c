// SPDX-License-Identifier: GPL-2.0-or-later
// Counters of the kernel's rules -> one for each thing that the input has: the rules of one comment are added up,
// wherever they stand and wherever in the input that was.
#include "kernel.h"

#include "comment.h"

#include <ctype.h>

struct sums {
    struct arena *arena;
    struct strmap *places; // head of a comment -> place in the list, from 1
    struct nft_counters counters;
};

// Not so the rules that count what the flow table has no room for: that is read with the flows.
static bool decides(const struct kernel_rule *rule)
{
    // The rule with a verdict map has no counter: the chains of the map count.
    return rule->counted && rule->comment != NULL && strcmp(rule->comment, COMMENT_FLOWS_LOST) != 0;
}

// Whether what stands behind the direction is a list of indexes: "0,2,5-7", or cut as "0,2..9".
static bool is_list(const struct comment_parts *parts)
{
    return parts->what_length > 0 && isdigit((unsigned char)parts->what[0]);
}

static struct nft_counter counter_of(struct arena *arena, const char *comment)
{
    struct comment_parts parts;
    if (!comment_split(comment, &parts)) {
        return (struct nft_counter){.kind = NFT_COUNTER_OTHER, .id = comment};
    }
    struct nft_counter ret = {.kind = parts.pending ? NFT_COUNTER_PENDING_END : NFT_COUNTER_END,
                              .direction = parts.out ? PLAN_OUT : PLAN_IN,
                              .id = arena_strndup(arena, parts.id, parts.id_length)};
    bool failsafe = strcmp(ret.id, "failsafe") == 0;
    if (!parts.pending && (failsafe || is_list(&parts))) {
        ret.kind = failsafe ? NFT_COUNTER_FAILSAFE : NFT_COUNTER_RULE;
        ret.what = failsafe ? parts.what // "tcp/22 reply"
                            : arena_strndup(arena, parts.what, parts.what_length);
    }
    return ret;
}

static void add_rule(struct sums *sums, const struct kernel_rule *rule)
{
    size_t length = comment_head(rule->comment);
    if (!decides(rule)) {
        return;
    }
    size_t next = sums->counters.count + 1;
    size_t place = (size_t)(uintptr_t)strmap_put_n(sums->places, rule->comment, length,
                                                   (void *)(uintptr_t)next);
    if (place == next) {
        vec_push(sums->arena, &sums->counters, counter_of(sums->arena, rule->comment));
    }
    struct nft_counter *counter = &sums->counters.items[place - 1];
    counter->packets += rule->packets;
    counter->bytes += rule->bytes;
}

struct nft_counters nft_kernel_counters(struct arena *arena, const struct nft_kernel *kernel)
{
    struct sums sums = {.arena = arena, .places = strmap_new(arena)};
    for (size_t i = 0; i < kernel->chains.count; i++) {
        const struct kernel_chain *chain = kernel->chains.items[i];
        bool info = strcmp(chain->name, INFO_CHAIN) == 0;
        for (size_t j = 0; !info && j < chain->count; j++) {
            add_rule(&sums, &chain->items[j]);
        }
    }
    return sums.counters;
}

bool nft_counter_range(const char **at, uint32_t *ret_first, uint32_t *ret_last, bool *ret_cut)
{
    char *end;
    if (!isdigit((unsigned char)**at)) {
        return false;
    }
    *ret_first = *ret_last = (uint32_t)strtoul(*at, &end, 10);
    *ret_cut = text_begins(end, "..");
    if (*ret_cut || *end == '-') {
        *ret_last = (uint32_t)strtoul(end + (*ret_cut ? 2 : 1), &end, 10);
    }
    *at = end + (*end == ',');
    return true;
}
