// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at the kernel again and again, and prints what has come. Memory is that of two looks: arenas are given back, also
// that of names and texts once many were seen.
#include "flow_follow.h"

#include "flow_kernel.h"
#include "flow_print.h"
#include "flow_sift.h"
#include "live_policies.h"

#include <polc/change.h>
#include <poll.h>
#include <unistd.h>

enum {
    INTERVAL_MS = 1000,
    SHARE = 10,           // of the time that looking may take: one part in so many
    RENEWAL = 100 * 1000, // records until texts are forgotten
};

struct follow {
    struct run *run;
    struct flow_sift sift;
    struct flow_print print;
    struct arena *texts; // of the sift
    size_t records;      // that it has seen
    uint32_t generation; // by whose policies it judges
    struct arena *look;  // of the last snapshot
    struct flowlog_snapshot snapshot;
    bool recorded;
    uint64_t quiet_since; // as change_now
};

static void begin_sift(struct follow *follow)
{
    follow->texts = arena_new(MEMORY_LIMIT);
    follow->records = 0;
    flow_sift_begin(&follow->sift, follow->texts);
}

static void end_sift(struct follow *follow)
{
    flow_sift_end(&follow->sift);
    arena_free(follow->texts);
}

// What was applied meanwhile judges from now on.
static int renew(struct follow *follow)
{
    struct run *run = follow->run;
    struct arena *scratch = arena_new(MEMORY_LIMIT);
    uint32_t generation = run->options.default_paths ? live_generation(run, scratch) : 0;
    arena_free(scratch);
    bool changed = generation != 0 && generation != follow->generation;
    int code = POLC_EXIT_OK;
    if (!changed && follow->records < RENEWAL) {
        return code;
    }
    end_sift(follow);
    if (changed) {
        follow->generation = generation;
        code = live_policies(run, true);
    }
    begin_sift(follow);
    return code;
}

// Connections that go on or end are not shown again.
static void show(struct follow *follow, const struct flowlog_records *records)
{
    struct flowlog_records shown = {0};
    struct arena *scratch = arena_new(MEMORY_LIMIT);
    for (size_t i = 0; i < records->count; i++) {
        if (records->items[i].num_flows > 0) {
            flow_sift_add(&follow->sift, &records->items[i], &shown);
        }
    }
    follow->records += records->count;
    follow->print.domains |=
        dns_book_all(follow->sift.book.book).count > 0 || follow->run->plan->domains.count > 0;
    if (flow_print(&follow->print, scratch, &shown) > 0) {
        follow->quiet_since = change_now();
    }
    fflush(stdout);
    arena_free(scratch);
}

// `before` is the first look's NULL.
static int look(struct follow *follow, bool first)
{
    struct flowlog_snapshot snapshot;
    struct flow_kernel kernel;
    struct flowlog_records records = {0};
    struct arena *arena = arena_new(MEMORY_LIMIT);
    int code = flow_kernel_read(follow->run, arena, flowlog_judge_evaluator(follow->sift.judge),
                                &snapshot, &kernel);
    if (code != POLC_EXIT_OK) {
        arena_free(arena);
        return code;
    }
    if (!first || follow->sift.since != FLOWLOG_UNKNOWN) {
        flowlog_since(follow->sift.reader, first ? NULL : &follow->snapshot, &snapshot, &records);
        show(follow, &records);
    }
    if (first || (follow->recorded && !kernel.recorded)) {
        flow_kernel_notes(follow->run, &kernel);
    }
    follow->recorded = kernel.recorded;
    arena_free(follow->look);
    follow->look = arena;
    follow->snapshot = snapshot;
    return code;
}

// False when nobody reads any more.
static bool wait_for_more(uint64_t ms)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, (int)ms) <= 0 || (out.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static bool is_quiet(const struct follow *follow)
{
    uint64_t limit = follow->run->options.quiet_exit;
    return limit > 0 && change_now() - follow->quiet_since >= limit;
}

static int go_on(struct follow *follow)
{
    follow->quiet_since = change_now();
    for (bool first = true;; first = false) {
        uint64_t begun = change_now();
        int code = first ? POLC_EXIT_OK : renew(follow);
        flow_sift_renew(&follow->sift);
        code = code == POLC_EXIT_OK ? look(follow, first) : code;
        if (code != POLC_EXIT_OK || ferror(stdout) || is_quiet(follow)) {
            return code;
        }
        uint64_t pause = (change_now() - begun) * SHARE;
        if (!wait_for_more(pause > INTERVAL_MS ? pause : INTERVAL_MS)) {
            return POLC_EXIT_OK;
        }
    }
}

int flow_follow(struct run *run, const char *filter)
{
    struct follow follow = {.run = run, .print = {.run = run, .times = true}};
    if (!flow_sift_prepare(run, filter, &follow.sift)) {
        return POLC_EXIT_USAGE;
    }
    int code = live_policies(run, true);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    follow.generation = run->options.default_paths ? live_generation(run, run->arena) : 0;
    begin_sift(&follow);
    code = go_on(&follow);
    end_sift(&follow);
    arena_free(follow.look);
    return code;
}
