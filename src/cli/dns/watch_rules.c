// SPDX-License-Identifier: GPL-2.0-or-later
// Which generation is loaded says the table itself; what its domain rules are, the file that apply has laid beside.
#include "watch.h"

#include "dns_paths.h"

void watch_rules_free(struct watch_rules *rules)
{
    arena_free(rules->arena);
    rules->arena = NULL;
    rules->rules = (struct domain_rules){0};
}

// What a look has seen.
struct seen {
    uint64_t table;
    uint32_t generation;
    const char *id; // ""
};

static enum nft_status see(struct run *run, struct arena *scratch, struct seen *ret,
                           struct nft_failure *reterr)
{
    struct nft_kernel *kernel;
    enum nft_status status = nft_dump_info(scratch, run->options.table, &kernel, reterr);
    *ret = (struct seen){.id = ""};
    if (status == NFT_DONE && nft_kernel_exists(kernel)) {
        struct nft_info info = nft_kernel_info(scratch, kernel);
        *ret = (struct seen){nft_kernel_handle(kernel), info.generation,
                             info.id != NULL ? info.id : ""};
    }
    return status;
}

// Rules that cannot be read are no rules: the sets keep what they have.
static void read_rules(struct run *run, struct watch_rules *rules)
{
    bool exists = false;
    struct arena *arena = arena_new(MEMORY_LIMIT);
    struct domain_rules read = {0};
    const char *problem = NULL;
    if (rules->id[0] != '\0') {
        problem = domains_load(arena, dns_directory(run), rules->id, &read, &exists);
    }
    if (problem != NULL) {
        watch_nag(&rules->unreadable, "the domain rules of generation %u cannot be read: %s",
                  rules->generation, problem);
    }
    rules->due = problem != NULL;
    watch_rules_free(rules);
    if (problem == NULL && exists) {
        rules->arena = arena;
        rules->rules = read;
    } else {
        arena_free(arena);
    }
}

static bool is_same(const struct watch_rules *rules, const struct seen *seen)
{
    return seen->table == rules->table && seen->generation == rules->generation &&
           strcmp(seen->id, rules->id) == 0;
}

// Reads the rules when that is due. What was not there, and is not there again, is the same.
static enum watch_look take(struct run *run, struct watch_rules *rules, const struct seen *seen)
{
    bool same = is_same(rules, seen), had = rules->arena != NULL;
    if (same && !rules->due) {
        return WATCH_SAME;
    }
    rules->table = seen->table;
    rules->generation = seen->generation;
    snprintf(rules->id, sizeof rules->id, "%s", seen->id);
    read_rules(run, rules);
    if (!same || had != (rules->arena != NULL)) {
        return WATCH_CHANGED;
    }
    return had ? WATCH_AGAIN : WATCH_SAME;
}

enum watch_look watch_rules_look(struct run *run, struct watch_rules *rules, int *ret_code)
{
    struct seen seen;
    struct nft_failure failure = {0};
    enum watch_look look = WATCH_SAME;
    struct arena *scratch = arena_new(MEMORY_LIMIT);
    enum nft_status status = see(run, scratch, &seen, &failure);
    if (status == NFT_STALE) {
        rules->due = true; // somebody commits all the time: at the next look
    } else if (status != NFT_DONE) {
        *ret_code = report_failure(run, status, &failure);
        look = WATCH_GONE_WRONG;
    } else {
        look = take(run, rules, &seen);
    }
    arena_free(scratch);
    return look;
}
