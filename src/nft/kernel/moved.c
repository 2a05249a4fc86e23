// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of chains that come or go as a whole, which stand in another chain on the other side: no policy changes by them.
#include "comment.h"
#include "compare.h"

struct movers {
    struct arena *scratch;
    const struct nft_kernel *kernel;
    struct strmap *wanted;   // name -> struct chain *
    struct strmap *heads;    // comments of these rules, without their places
    struct strmap *texts[2]; // of all rules with such a comment: of the kernel, wanted
};

static bool comes_or_goes(const struct nft_object_change *change)
{
    return !change->is_set && change->kind != NFT_CHANGED;
}

// As many as the change has rules; NULL when the chain of that name has others, as two chains of one name would.
static const struct rule_mark *marks_of_change(const struct movers *movers,
                                               const struct nft_object_change *change)
{
    struct arena *scratch = movers->scratch;
    if (change->kind == NFT_ADDED) {
        const struct chain *chain = strmap_get(movers->wanted, change->name);
        return chain->count == change->rules.count ? marks_of_chain(scratch, chain) : NULL;
    }
    const struct kernel_chain *chain = strmap_get(movers->kernel->chain_names, change->name);
    return chain->count == change->rules.count ? marks_of_kernel(scratch, chain) : NULL;
}

static void note_heads(struct movers *movers, const struct nft_object_change *change)
{
    const struct rule_mark *marks = marks_of_change(movers, change);
    for (size_t i = 0; marks != NULL && i < change->rules.count; i++) {
        if (marks[i].length > 0) {
            strmap_put_n(movers->heads, marks[i].comment, marks[i].length, movers);
        }
    }
}

// Most rules have another comment: only of the others more is asked.
static bool is_noted(const struct movers *movers, const char *comment)
{
    size_t length = comment_head(comment);
    return length > 0 && strmap_get_n(movers->heads, comment, length) != NULL;
}

static void note_texts(struct movers *movers, const struct nft_ruleset *wanted)
{
    struct arena *scratch = movers->scratch;
    const struct nft_kernel *kernel = movers->kernel;
    for (size_t i = 0; i < kernel->chains.count; i++) {
        const struct kernel_chain *chain = kernel->chains.items[i];
        for (size_t j = 0; j < chain->count; j++) {
            if (is_noted(movers, chain->items[j].comment)) {
                struct rule_mark mark = mark_of_kernel(chain, j);
                strmap_put(movers->texts[0], mark_text(scratch, &mark), movers);
            }
        }
    }
    for (size_t i = 0; i < wanted->chains.count; i++) {
        const struct chain *chain = wanted->chains.items[i];
        for (size_t j = 0; j < chain->count; j++) {
            if (is_noted(movers, chain->items[j].comment)) {
                struct rule_mark mark = mark_of_wanted(chain, j);
                strmap_put(movers->texts[1], mark_text(scratch, &mark), movers);
            }
        }
    }
}

static void find_elsewhere(const struct movers *movers, struct nft_object_change *change)
{
    const struct rule_mark *marks = marks_of_change(movers, change);
    const struct strmap *others = movers->texts[change->kind == NFT_REMOVED];
    for (size_t i = 0; marks != NULL && i < change->rules.count; i++) {
        const char *text = mark_text(movers->scratch, &marks[i]);
        change->rules.items[i].moved = text != NULL && strmap_get(others, text) != NULL;
    }
}

void moved_find(struct arena *scratch, const struct nft_ruleset *wanted,
                const struct nft_kernel *kernel, struct nft_diff *diff)
{
    struct movers movers = {scratch,
                            kernel,
                            strmap_new(scratch),
                            strmap_new(scratch),
                            {strmap_new(scratch), strmap_new(scratch)}};
    if (!kernel->exists) {
        return;
    }
    for (size_t i = 0; i < wanted->chains.count; i++) {
        strmap_put(movers.wanted, wanted->chains.items[i]->name, wanted->chains.items[i]);
    }
    for (size_t i = 0; i < diff->count; i++) {
        if (comes_or_goes(&diff->items[i])) {
            note_heads(&movers, &diff->items[i]);
        }
    }
    if (strmap_count(movers.heads) == 0) {
        return;
    }
    note_texts(&movers, wanted);
    for (size_t i = 0; i < diff->count; i++) {
        if (comes_or_goes(&diff->items[i])) {
            find_elsewhere(&movers, &diff->items[i]);
        }
    }
}
