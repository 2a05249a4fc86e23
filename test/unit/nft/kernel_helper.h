// SPDX-License-Identifier: GPL-2.0-or-later
// Commit, dump and compare, for tests inside a namespace: what must not fail ends the child.
#pragma once

#include "kernel.h"
#include "make_ruleset.h"
#include "netns.h"

static inline struct nft_kernel *dumped(struct arena *arena)
{
    struct nft_kernel *kernel;
    struct nft_failure failure;
    enum nft_status status = nft_dump(arena, "polc", &kernel, &failure);
    if (status != NFT_DONE) {
        fprintf(stderr, "dump: %d: %s: %s\n", (int)status, failure.what, strerror(failure.error));
        _exit(EXIT_FAILURE);
    }
    return kernel;
}

static inline struct nft_diff *compared(const struct made *made)
{
    return nft_compare(made->arena, &made->ruleset, dumped(made->arena));
}

static inline enum nft_status try_commit_with(const struct made *made,
                                              const struct nft_commit_options *options,
                                              struct nft_failure *failure)
{
    struct nft_kernel *kernel = dumped(made->arena);
    struct nft_diff *diff = nft_compare(made->arena, &made->ruleset, kernel);
    return nft_commit(made->arena, &made->ruleset, kernel, diff, options, failure);
}

static inline enum nft_status try_commit(const struct made *made, struct nft_failure *failure)
{
    struct nft_commit_options options = {.generation = 7};
    return try_commit_with(made, &options, failure);
}

static inline void print_diff(const struct nft_diff *diff)
{
    static const char *const kinds[] = {"added", "removed", "changed"};
    for (size_t i = 0; i < diff->count; i++) {
        const struct nft_object_change *change = &diff->items[i];
        fprintf(stderr, "%s %s: rules %zu elements +%zu -%zu\n", kinds[change->kind], change->name,
                change->rules.count, change->elements_added, change->elements_removed);
    }
}

static inline void require_same(const struct made *made)
{
    struct nft_diff *diff = compared(made);
    print_diff(diff);
    require(nft_diff_empty(diff));
}

// Commits, and demands that the kernel then has what is wanted.
static inline void commit(const struct made *made)
{
    struct nft_failure failure = {.what = NULL};
    enum nft_status status = try_commit(made, &failure);
    if (status != NFT_DONE) {
        fprintf(stderr, "commit: %d: %s: %s (%s)\n", (int)status, failure.what,
                strerror(failure.error), failure.message != NULL ? failure.message : "-");
        _exit(EXIT_FAILURE);
    }
    require_same(made);
}

// Shell commands inside the namespace; nft is the other reader and writer of the table.
static inline void shell(const char *command)
{
    int status = system(command);
    if (status != 0) {
        fprintf(stderr, "exit status %d: %s\n", status, command);
        _exit(EXIT_FAILURE);
    }
}

static inline bool has_nft(void)
{
    if (system("command -v nft >/dev/null 2>&1") == 0) {
        return true;
    }
    fprintf(stderr, "part skipped: no nft here\n");
    return false;
}
