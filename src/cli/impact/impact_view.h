// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc impact` share, and what `polc enforce` and `polc stage` take of it.
#pragma once

#include "diff.h"
#include "flow_input.h"

#include <polc/impact.h>

// Flows by two sets of policies.
struct impact_view {
    const struct diff *diff; // both sides; of its traffic nothing is printed
    const struct impact_result *result;
    const struct flowlog_names *names; // of the policies before
    struct words trials;               // what is tried: "enforce StagedNetworkPolicy shop/web"
    bool all;                          // also what does not change
};

// Judges flows by both sides of a diff. `flows` are as they were recorded. `book` is all that is known of names; NULL: nothing
// is known.
struct impact_view impact_view_make(const struct diff *diff, const struct flowlog_records *flows,
                                    const struct dns_book *book, bool all);
bool impact_changes(const struct impact_view *view); // something certainly does

// ---- impact_sides.c -----------------------------------------------------------------------------------------------

// What the command line asks for. Returns an exit code, and has said what is wrong.
struct impact_sides {
    struct run base, trial;     // where they are needed
    struct run *before, *after; // with a plan and its sources
    struct words trials;
};
int impact_sides_find(struct run *run, struct impact_sides *ret);

// ---- impact_words.c -----------------------------------------------------------------------------------------------

const char *impact_end_text(struct arena *arena, const struct impact_end *end);
struct words impact_domains(struct arena *arena, const struct impact_end *end);
const char *impact_service_text(struct arena *arena, const struct impact_group *group);
const char *impact_verdict_text(const struct impact_example *example); // "allow -> DENY"
const char *impact_outcome_text(struct arena *arena, const struct impact_group *group);
// Why it is uncertain; "" when it is not.
const char *impact_why(struct arena *arena, const struct impact_group *group);
// "source" "dest-gone" ..., for programs
struct words impact_reasons(struct arena *arena, const struct impact_group *group);
const char *impact_change_text(uint8_t change);
// "shop/web-1 10.65.0.1:40000 -> 10.65.0.2:5432 tcp", with the names that the group does not say.
const char *impact_example_text(const struct impact_view *view, const struct impact_group *group,
                                const struct impact_example *example);
// "3 of 1,204 flows would change: 2 closed, 1 opened; 12 uncertain"
const char *impact_headline(struct arena *arena, const struct impact_view *view);
const char *impact_counts_text(struct arena *arena, const struct impact_group *group);
const char *impact_number(struct arena *arena, uint64_t number); // "1,204"
// Uncertain only because an end is not there any more: for all that are there nothing changes.
bool impact_is_faint(const struct impact_group *group);
// How many flows had another verdict when they were recorded; NULL for none.
const char *impact_otherwise_text(struct arena *arena, uint64_t flows, const char *prefix);

// ---- impact_text.c, impact_json.c, impact_md.c ----------------------------------------------------------------------

void impact_print_text(const struct impact_view *view);
json_t *impact_json(const struct impact_view *view);
void impact_print_md(const struct impact_view *view);
