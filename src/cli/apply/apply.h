// SPDX-License-Identifier: GPL-2.0-or-later
// One `polc apply` on its way: what its steps share. The steps stand in cmd_apply.c, in order; each that is more than a
// few lines has a file of its own, apply_*.c.
#pragma once

#include "dns_fill.h"
#include "loaded.h"
#include "state.h"

#include <jansson.h>
#include <polc/live.h>

// What the steps of one try learn. Starts anew when somebody else changed the firewall in between.
struct apply {
    struct run *run;
    struct nft_kernel *kernel; // the table as it is
    struct nft_diff *diff;     // what makes it the wanted one
    bool known,
        known_tried; // the table was not read: nobody has changed anything since polc loaded it
    uint32_t
        committed_id; // the kernel's generation id behind the commit; 0: nothing was sent, or it is not sure
    bool changed;
    uint32_t generation;        // loaded; behind apply_compare the one that will be
    struct change_list changes; // by the input
    const char *repaired;       // what somebody had changed; ""
    struct nft_failure failure;
    enum nft_status status;    // of the last step that spoke to the kernel
    int gate;                  // -1: not held
    bool paused;               // the test hook was there already
    struct state state;        // the lock is held from before the input is read
    struct change_entry entry; // of the new generation; number 0: none was kept
    const char *id;            // of the plan
    const char *token;         // of --confirm; NULL
    bool armed;                // the rollback waits
    bool renumber;             // what is loaded is not kept: it gets a number that is
    // By apply_loaded; NULL: not asked for yet.
    const struct loaded *loaded;
    struct live_sockets sockets;
    bool sockets_known; // they were read
    struct {
        VEC_FIELDS(struct live_connection);
    } untracked; // --dry-run: connections of the host that would be entered into conntrack
    struct dns_fill names;           // of domain rules: what their sets are to hold
    struct connections *connections; // what came out of apply_connections; NULL: not looked
};

// A step returns POLC_EXIT_OK to go on, another exit code to end; with `status` not NFT_DONE the code does not matter.
typedef int (*apply_step)(struct apply *apply);

// ---- apply_known.c ------------------------------------------------------------------------------------------------

int apply_read(struct apply *apply); // a step, the first one
// Behind the commit, or where there was nothing to commit.
void apply_note_known(const struct apply *apply);

// ---- apply_drift.c ------------------------------------------------------------------------------------------------

int apply_drift(struct apply *apply); // a step, behind the comparison
const char *
apply_summary(const struct apply *apply); // "2 policies changed; repaired what somebody did: ..."

// ---- apply_state.c ------------------------------------------------------------------------------------------------

int apply_check_taken_back(struct apply *apply); // a step: S006
int apply_keep(
    struct apply *apply); // a step: writes the generation; the last thing before the commit
int apply_mark(struct apply *apply); // a step: says that it is loaded
void apply_mark_failed(struct apply *apply);

// ---- apply_confirm.c ----------------------------------------------------------------------------------------------

int apply_make_pending(struct apply *apply); // a part of apply_keep
int apply_arm(struct apply *apply);          // a step: starts the rollback that waits
int apply_wait(struct apply *apply);         // behind the last step, with --wait

// ---- apply_interfaces.c -----------------------------------------------------------------------------------------------

int apply_guard_interfaces(struct apply *apply); // S005
// The generation that is loaded, read once. Its plan is NULL where that is not known.
const struct loaded *apply_loaded(struct apply *apply);

// ---- apply_guard.c ----------------------------------------------------------------------------------------------------

int apply_guard_caller(struct apply *apply); // S007

// ---- apply_failsafes.c ------------------------------------------------------------------------------------------------

int apply_guard_failsafes(struct apply *apply); // S007

// ---- apply_sockets.c --------------------------------------------------------------------------------------------------

// Before the first ruleset: enters connections of this host that nothing tracks yet into conntrack. S008.
int apply_sockets(struct apply *apply);
// The sockets of this host, read once. Empty when they cannot be read.
const struct live_sockets *apply_read_sockets(struct apply *apply);

// ---- apply_names.c --------------------------------------------------------------------------------------------------------

void apply_names(struct apply *apply); // behind the pipeline: looks up what is not known, and warns
int apply_fill(struct apply *apply);   // a step, before the commit
int apply_put(struct apply *apply);    // a step, behind it

// ---- apply_connections.c ----------------------------------------------------------------------------------------------

int apply_connections(struct apply *apply); // behind the commit: finds, and with --cut ends them
void print_connections(const struct apply *apply);
json_t *connections_json(const struct apply *apply); // NULL when nobody looked
