// SPDX-License-Identifier: GPL-2.0-or-later
// Who else judges a flow on this very host: an allow of polc ends only its own table.
#include "trace.h"

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// Whether the flow passes this host at all.
static bool comes_here(const struct flow_trace *trace, const char *node)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (same(stage->endpoint != NULL ? stage->endpoint->node : NULL, node) ||
            same(stage->host != NULL ? stage->host->node : NULL, node)) {
            return true;
        }
    }
    return same(trace->source.node, node) || same(trace->destination.node, node);
}

static bool is_hook_of(const struct flow_trace *trace, const char *node, const char *hook)
{
    bool from_here = trace->source.is_host && same(trace->source.node, node);
    bool to_here = trace->destination.is_host && same(trace->destination.node, node);
    if (strcmp(hook, "input") == 0) {
        return to_here;
    }
    if (strcmp(hook, "output") == 0) {
        return from_here;
    }
    if (strcmp(hook, "forward") == 0) {
        return !from_here && !to_here;
    }
    return (strcmp(hook, "prerouting") == 0 && !from_here) ||
           (strcmp(hook, "postrouting") == 0 && !to_here);
}

static bool is_family(const char *family, const struct flow *flow)
{
    bool v4 = flow->source.family == IP_V4;
    return strcmp(family, "inet") == 0 || strcmp(family, v4 ? "ip" : "ip6") == 0;
}

void trace_print_others(struct run *run, const struct trace_result *result, const char *node)
{
    struct nft_base_chains chains = {0};
    struct nft_failure failure = {0};
    if (result->trace.verdict == FLOW_DENY || !comes_here(&result->trace, node) ||
        nft_dump_base_chains(run->arena, run->options.table, &chains, &failure) != NFT_DONE) {
        return; // without the privilege to look there is nothing to say
    }
    const char *name = "besides";
    for (size_t i = 0; i < chains.count; i++) {
        const struct nft_base_chain *chain = &chains.items[i];
        if (strcmp(chain->type, "filter") != 0 || !is_family(chain->family, &result->flow) ||
            !is_hook_of(&result->trace, node, chain->hook)) {
            continue;
        }
        trace_print_fact(
            name, arena_printf(run->arena,
                               "table %s %s, chain %s (hook %s, priority %d%s) may still drop it",
                               chain->family, chain->table, chain->name, chain->hook,
                               chain->priority, chain->policy_drop ? ", policy drop" : ""));
        name = "";
    }
}
