// SPDX-License-Identifier: GPL-2.0-or-later
// Names and judges records, and keeps those of --since, --denied, --would-deny and of the filter.
#include "flow_sift.h"

#include "answers.h"

#include <time.h>

bool flow_sift_prepare(struct run *run, const char *filter, struct flow_sift *ret)
{
    enum { MS = 1000 };
    struct flow_record_error error;
    uint64_t since = run->options.since / MS;
    *ret = (struct flow_sift){.run = run, .since = FLOWLOG_UNKNOWN};
    if (since > 0) {
        ret->since = (int64_t)time(NULL) - (int64_t)since;
    }
    ret->filter = filter != NULL ? flowlog_filter_parse(run->arena, filter, &error) : NULL;
    if (filter != NULL && ret->filter == NULL) {
        complain_at(run, "in the filter", error.message, filter, error.offset, error.length,
                    error.hint);
    }
    return (filter == NULL || ret->filter != NULL) && answers_read(run, &ret->answers);
}

void flow_sift_begin(struct flow_sift *sift, struct arena *arena)
{
    sift->scratch = arena_new(MEMORY_LIMIT);
    sift->reader = flowlog_reader_new(arena);
    sift->judge = flowlog_judge_new(sift->reader, sift->scratch, sift->run->plan);
    // With PATHs the question is what they say; without, what happened.
    if (sift->run->options.default_paths) {
        flowlog_judge_keep_actions(sift->judge);
    }
    flow_book_open(sift->run, sift->answers, &sift->book);
    flowlog_judge_set_book(sift->judge, sift->book.book);
}

void flow_sift_renew(struct flow_sift *sift)
{
    flow_book_renew(&sift->book);
    flowlog_judge_set_book(sift->judge, sift->book.book);
}

void flow_sift_end(struct flow_sift *sift)
{
    flow_book_close(&sift->book);
    arena_free(sift->scratch);
    sift->scratch = NULL;
}

static bool is_wanted(struct flow_sift *sift, const struct flowlog_record *record)
{
    const struct options *options = &sift->run->options;
    int64_t time = record->end_time != FLOWLOG_UNKNOWN ? record->end_time : record->start_time;
    if (sift->since != FLOWLOG_UNKNOWN && time < sift->since) {
        sift->timeless += time == FLOWLOG_UNKNOWN;
        return false;
    }
    if (options->denied || options->would_deny) {
        bool denied = texts_equal(record->action, "deny");
        if (!(options->denied && denied) && !(options->would_deny && flowlog_would_deny(record))) {
            return false;
        }
    }
    return flowlog_filter_matches(sift->filter, record);
}

static void judge(struct flow_sift *sift, const struct flowlog_record *record,
                  struct flowlog_records *ret)
{
    enum flowlog_judged judged = flowlog_judge(sift->judge, record, ret);
    sift->unjudged += judged == FLOWLOG_NO_FLOW;
    sift->otherwise += judged == FLOWLOG_OTHERWISE;
    sift->silent += sift->run->plan == NULL && record->action == NULL;
}

void flow_sift_add(struct flow_sift *sift, const struct flowlog_record *record,
                   struct flowlog_records *ret)
{
    size_t kept = ret->count;
    if (sift->raw) {
        struct flowlog_record *copy = vec_add(sift->run->arena, ret);
        *copy = *record;
        flowlog_judge_name_domains(sift->judge, copy);
    } else {
        judge(sift, record, ret);
    }
    for (size_t i = kept; i < ret->count; i++) {
        if (is_wanted(sift, &ret->items[i])) {
            ret->items[kept++] = ret->items[i];
        }
    }
    ret->count = kept;
}

static void note(const struct run *run, size_t count, const char *what)
{
    if (count > 0 && !run->options.quiet) {
        fprintf(stderr, "note: %zu flow%s %s\n", count, plural(count), what);
    }
}

void flow_sift_notes(const struct flow_sift *sift)
{
    note(
        sift->run, sift->unjudged,
        "could not be judged, for want of an address, the protocol or the port; shown as recorded");
    note(
        sift->run, sift->otherwise,
        "fared otherwise than the present policies say: the action is what happened, the traces are by the present policies");
    note(sift->run, sift->silent, "without an action; with a PATH they are judged by its policies");
    note(sift->run, sift->timeless, "without a time, which --since leaves out");
}
