// SPDX-License-Identifier: GPL-2.0-or-later
// Loading a kept generation again, as it is: what rollback, restore, and a confirmation that did not come have in
// common. Needs neither the files that it came from nor names, addresses or interfaces.
#pragma once

#include "state.h"

// What the kernel has. Returns an exit code, and has said why.
int read_kernel(struct run *run, struct nft_kernel **ret_kernel, struct nft_info *ret_info);

// Whether to read the kernel and to commit once more after somebody else was faster, so many tries after `start`
// (change_now): five times in any case, and then as long as it is quick. Resolvers that fill the domain sets themselves wait
// for nobody, and change something every few milliseconds.
bool reload_tries(int tries, uint64_t start);

struct reloaded {
    bool lost;    // nothing was loaded, because the generation cannot be read
    bool changed; // the kernel had something else
};

// Makes the kernel's table that of a kept generation, by what differs; with `target` NULL deletes the table. Does not
// touch the history; sets run->plan. Returns an exit code, and has said why. `guarded`: refuses what would cut the
// caller's own connection (S007), and a table of somebody else (S010); only where a person chose the generation.
int reload(struct run *run, const struct state *state, const struct change_entry *target,
           bool guarded, struct reloaded *ret);

// rollback_confirm.c: loads `target` as a new generation that waits; `left`, what is loaded now (NULL: there is no table),
// comes back unless somebody confirms. An exit code.
int rollback_waiting(struct run *run, struct state *state, const struct change_entry *target,
                     const struct change_entry *left, uint32_t in_kernel);

// ---- outcome.c: what verbs that change what is loaded print on stdout ---------------------------------------------

struct outcome {
    const char *result;               // "restored", for people and for machines
    uint32_t generation;              // 0: none, and the summary says why
    const char *summary;              // NULL: nothing to say
    const struct change_entry *waits; // for confirmation; NULL
    bool json_only;                   // people read it on stderr
};
void print_outcome(struct run *run, const struct outcome *outcome);
// With -o json: what ends the run with POLC_EXIT_SAFETY.
void print_refusals(const struct run *run);

// ---- settle.c -----------------------------------------------------------------------------------------------------

// Brings the history in line with what the kernel has, after a run that ended in the middle, a reboot, or a deadline
// that nobody kept: behind it an entry is pending only if it waits right now. May take a generation back.
int settle(struct run *run, struct state *state);

// state_begin and settle; for a dry run only a look.
int state_begin_settled(struct run *run, struct state *ret);

// Takes the pending entry back: what was loaded before is loaded again. `why` goes to the history.
int take_back(struct run *run, struct state *state, const struct change_entry *pending,
              const char *why);

// The pending entry if there is one (call settle first): says until when, POLC_EXIT_BUSY; else POLC_EXIT_OK.
int refuse_pending(struct run *run, const struct state *state);

extern const char note_expired[];                        // of an entry that nobody confirmed
const char *left_text(struct arena *arena, uint64_t ms); // "42 s"
