// SPDX-License-Identifier: GPL-2.0-or-later
// The state directory and the lock, as the verbs that change the kernel hold them.
#pragma once

#include "cli.h"

#include <polc/change.h>

struct state {
    struct change_store store;     // its fd is -1 when there is none
    struct change_history history; // as it was when the lock was taken, with what was written since
    struct change_lock lock;
    const char *boot_id;
    const char *problem; // why nothing can be written; NULL: it can
    int error;           // the errno behind it; 0
};

// Takes the lock, opens or makes the directory, reads the history. A directory that cannot be written is no end: see
// `problem`. Returns an exit code, and has said why.
int state_begin(struct run *run, struct state *ret);
// Looks without the lock, and makes nothing.
void state_look(struct run *run, struct state *ret);
void state_end(struct state *state);

// A new entry for this run, with the next number that neither the directory nor the kernel knows.
struct change_entry state_entry(struct run *run, const struct state *state, uint32_t in_kernel);
// Writes an entry and keeps it in the history. False, with a note on stderr, when it could not be written: for what must
// go on.
bool state_write(struct run *run, struct state *state, const struct change_entry *entry);
// The kernel's table is generation `entry`.
bool state_is_loaded(const struct nft_info *info, const struct change_entry *entry);

// Makes a new entry one that waits for --confirm, under its token or a new one.
void entry_wait(struct run *run, const struct state *state, struct change_entry *entry);

// ---- entry_text.c -------------------------------------------------------------------------------------------------

const char *entry_time(struct arena *arena, int64_t seconds);     // "2026-11-20 14:02"
const char *entry_time_utc(struct arena *arena, int64_t seconds); // "2026-11-20T13:02:11Z"
const char *entry_who(struct arena *arena, const struct change_entry *entry);
const char *entry_state(struct run *run, const struct state *state,
                        const struct change_entry *entry);

// "rolled back by hand: WHY"; without the message (NULL) the note alone.
const char *with_message(struct run *run, const char *note, const char *message);

// "it is taken back in 60 s, at 14:02:11, unless: polc confirm"
void print_deadline(struct run *run, const struct change_entry *entry);

// Ends the process when a test named this step in POLC_TEST_DIE_AT; nothing in a release.
void die_for_test(const char *step);
