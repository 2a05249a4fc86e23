// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc board` share: the board and what stands around it, and how it is printed.
#pragma once

#include "cli.h"
#include "flow_kernel.h"

#include <polc/board.h>
#include <polc/change.h>

// Everything that one look shows.
struct board_page {
    struct run *run;
    struct board *board;
    bool exists;                      // the kernel has the table, and polc made it
    struct nft_info info;             // then
    const struct change_entry *entry; // of the loaded generation; NULL when it is not known
    const char *unknown; // why nobody knows whether the rules are those that are loaded; NULL
    uint64_t handle;     // of the table
    const struct board_ledger *ledger; // NULL: none
    bool live;                         // flows come from the kernel
    struct flow_kernel flows;          // then
    int64_t now;                       // seconds since 1970
};

// ---- board_read.c -------------------------------------------------------------------------------------------------

// Policies, counters, ledger and flows. Returns an exit code, and has said why; POLC_EXIT_NO: nothing is loaded, and the
// board is there all the same when PATHs were given.
int board_page_read(struct run *run, struct board_page *ret);

// ---- board_ledger.c -----------------------------------------------------------------------------------------------

// Adds what the ledger in the state directory knows.
void board_ledger_look(struct board_page *page, uint64_t handle);
// polc board --record: one reading more, into the state directory. Returns an exit code.
int board_ledger_record(struct run *run);

// ---- board_words.c ------------------------------------------------------------------------------------------------

const char *board_number(struct arena *arena, uint64_t number); // "912", "48.1k", "1.2M"
const char *board_bytes(struct arena *arena, uint64_t bytes);   // "912 B", "48.1 kB"
const char *board_order(struct arena *arena, double order);     // "10", "-" for none
const char *board_age(struct arena *arena, int64_t seconds);    // "2m", "3d"
// "last 2m ago", "last 1h-2h ago"; NULL when it is not known.
const char *board_last(const struct board_page *page, const struct board_hit *hit);
// "generation 13, applied 2026-11-20 14:02 from /etc/polc, node web-01"
const char *board_headline(const struct board_page *page);
const char *board_state_text(uint8_t state); // "not-loaded", for programs
// Whether --staged lets it be shown.
bool board_shows(const struct board_page *page, const struct board_policy *policy);
bool board_shows_tier(const struct board_page *page, const struct board_tier *tier);
uint64_t board_sum(const struct board_policy *policy, enum plan_action action);
bool board_has(const struct board_policy *policy, int direction, enum plan_action action);
bool board_never_hit(const struct board_policy *policy);
uint64_t board_early_sum(const struct board_earlies *earlies, int direction);
// "12 of 65.5k, 0 lost"; NULL when flows come from a file.
const char *board_flow_table(const struct board_page *page);
// What to type next, and why; NULL for nothing.
const char *board_next(const struct board_page *page);

// ---- the forms ----------------------------------------------------------------------------------------------------

void board_print_text(const struct board_page *page);
void board_print_json(const struct board_page *page);
void board_print_html(const struct board_page *page);
void board_print_prometheus(const struct board_page *page);
// --unused, as text or JSON. POLC_EXIT_NO when something is unused.
int board_print_unused(const struct board_page *page);

// ---- board_watch.c ------------------------------------------------------------------------------------------------

// Calls `look` in a process of its own again and again, until a key or a signal. Returns an exit code.
int board_watch(struct run *run, int (*look)(struct run *run));
