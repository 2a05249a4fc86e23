// SPDX-License-Identifier: GPL-2.0-or-later
// Records of flows, wherever they come from -> those that the command line asks for, named and judged.
#pragma once

#include "flow_book.h"

#include <polc/flowlog.h>

struct flow_sift {
    struct run *run;
    const struct flowlog_filter *filter;
    int64_t since; // seconds since 1970; FLOWLOG_UNKNOWN: any
    bool
        raw; // records stay as they are: neither named, but for the domains of destinations, nor judged
    struct flowlog_reader *reader;
    struct flowlog_judge *judge;
    const struct dns_book *answers; // of --dns; NULL
    struct flow_book book;
    struct arena *scratch;
    size_t unjudged, otherwise, silent, timeless; // for the notes
};

// Reads the filter (NULL: none), --since and --dns; false after having said what is wrong.
bool flow_sift_prepare(struct run *run, const char *filter, struct flow_sift *ret);
// Once run->plan is there. Records and their texts are on `arena`. May be begun again, on another arena, once it was
// ended.
void flow_sift_begin(struct flow_sift *sift, struct arena *arena);
// What has been learned of names meanwhile counts from now on.
void flow_sift_renew(struct flow_sift *sift);
void flow_sift_end(struct flow_sift *sift);
// Appends what the record becomes.
void flow_sift_add(struct flow_sift *sift, const struct flowlog_record *record,
                   struct flowlog_records *ret);
// Says what was left out or could not be judged.
void flow_sift_notes(const struct flow_sift *sift);
