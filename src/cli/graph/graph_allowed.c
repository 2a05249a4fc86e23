// SPDX-License-Identifier: GPL-2.0-or-later
// What the policies of the run allow -> what of it the command line asks for.
#include "graph_allowed.h"

enum { CONNECTIONS_MAX = 20000 };

const struct graph_allowed *graph_allowed_find(struct run *run, enum graph_level level)
{
    const char *where = run->options.where;
    struct flow_record_error error;
    const struct flowlog_filter *filter = // it was read before
        where != NULL ? flowlog_filter_parse(run->arena, where, &error) : NULL;
    return graph_find_allowed(run->arena, run->plan, level, filter, CONNECTIONS_MAX);
}

void graph_allowed_notes(const struct run *run, const struct graph_allowed *allowed)
{
    if (run->options.quiet) {
        return;
    }
    if (allowed->cut) {
        fprintf(
            stderr,
            "note: more is allowed than the %d connections that were added; a coarser --by, or --where for a part\n",
            CONNECTIONS_MAX);
    }
    if (run->plan->domains.count > 0) {
        fputs(
            "note: what is allowed by name is not in it: which addresses names have is not in the policies\n",
            stderr);
    }
    for (size_t i = 0; i < allowed->undecided.count; i++) {
        const char *node = safe_text(run->arena, allowed->undecided.items[i]);
        fprintf(
            stderr,
            "note: what takes an interface of %s%s that is not known is not in it     (--interfaces FILE)\n",
            node[0] != '\0' ? "node " : "this host", node);
    }
}
