// SPDX-License-Identifier: GPL-2.0-or-later
// Module change: what was loaded and when. Generations and their history in the state directory, the lock that every
// change of the kernel takes, and the deadline of a change that waits for confirmation. Knows no kernel tables: which
// generation is loaded, they say themselves.
//
// The state directory holds for generation N the files N.plan (plan_encode; never changed) and N.entry (what happened to
// it). Each is written under another name, synced, renamed, and the directory synced. A file that is torn or damaged is
// never used.
#pragma once

#include <polc/plan.h>

enum change_state {
    CHANGE_WRITTEN,   // on disk, and nobody said that it came to the kernel
    CHANGE_PENDING,   // waits for confirmation; perhaps not committed yet
    CHANGE_APPLIED,   // committed, no confirmation was asked for
    CHANGE_CONFIRMED, // committed, and confirmed in time
    CHANGE_TAKEN_BACK,
    CHANGE_FAILED,  // never came to the kernel
    CHANGE_DELETED, // not a generation: `polc delete`
    CHANGE_STATES
};
extern const char *const change_state_names[CHANGE_STATES]; // "taken back"

// One line of the history.
struct change_entry {
    uint32_t number;
    uint8_t state;  // enum change_state
    uint64_t order; // of loading: the highest one was loaded last; 0: never
    const char *id; // plan_id; NULL of a deletion
    const char *table, *node, *version;
    const char *const *roots;
    size_t root_count;
    int64_t time;                 // seconds since 1970, when it was written
    const char *user, *sudo_user; // sudo_user NULL: not by sudo
    const char *message;          // -m; NULL
    const char *summary;          // "2 policies changed"
    const char *const *forced;    // codes of refusals that were overridden
    size_t forced_count;
    uint32_t previous; // what was loaded before; 0: nothing
    uint32_t leaves;  // of a rollback that waits: what counts as taken back once it is confirmed; 0
    const char *note; // how it ended: "not confirmed in time"; NULL
    int64_t ended;    // when; 0: has not

    // Of a pending one.
    const char *token;   // random hex, so that no other generation is meant by the same number
    const char *boot_id; // deadlines end with the boot
    uint64_t deadline;   // ms of CLOCK_BOOTTIME
    uint64_t namespace;  // inode of the network namespace
    uint64_t window;     // ms, from commit to deadline

    const char *problem; // why the file could not be read; then only `number` counts
};

struct change_history {
    VEC_FIELDS(struct change_entry); // by number
};

// ---- the state directory ------------------------------------------------------------------------------------------

struct change_store {
    const char *path;
    int fd; // of the directory; -1: there is none
};

// 0 or an errno. With `create` makes it (mode 0700) and the directories above it.
int change_store_open(struct change_store *store, const char *path, bool create);
void change_store_close(struct change_store *store);

// All entries. An absent directory has none. Needs no lock: a file is there whole, or not at all.
struct change_history change_history_read(struct arena *arena, const struct change_store *store);

// 0 or an errno. The entry is small and is put in place of the old one when there is no room for a second one.
int change_entry_write(struct arena *arena, const struct change_store *store,
                       const struct change_entry *entry);
// 0 or an errno. The plan is on the disk for good once an entry has been written behind it: each wait for a disk counts.
int change_plan_write(const struct change_store *store, uint32_t number, struct plan_bytes bytes);

// NULL, or in words why generation `number` cannot be used. `id` is what it must be, or its first digits.
const char *change_plan_read(struct arena *arena, const struct change_store *store, uint32_t number,
                             const char *id, struct plan **ret_plan,
                             struct plan_origin *ret_origin);
bool change_plan_exists(const struct change_store *store, uint32_t number);

// Removes all but the newest `keep` generations, the last good one of each table and `loaded`.
void change_prune(const struct change_store *store, const struct change_history *history,
                  size_t keep, uint32_t loaded);

// ---- other files of the state directory -----------------------------------------------------------------------------

// Under names of their own, one writer at a time for each. 0 or an errno. The file is there whole under its name, or not
// at all, and on the disk for good.
int change_file_write(const struct change_store *store, const char *name, struct plan_bytes bytes);
int change_file_rename(const struct change_store *store, const char *from, const char *to);
// NULL, or in words why it cannot be read; one that is not there has no bytes.
const char *change_file_read(struct arena *arena, const struct change_store *store,
                             const char *name, struct plan_bytes *ret, bool *ret_exists);

// ---- what the kernel is known to have -----------------------------------------------------------------------------

// A state of the kernel in which the table is exactly what polc loaded: nobody has changed anything since.
struct change_known {
    const char *boot_id;    // "": never the same
    uint64_t namespace;     // the cookie of the network namespace; 0: never the same
    uint32_t generation_id; // the kernel's, behind polc's last commit
    const char *table;
    const char *
        program; // the very polc: another one may make other rules of the same plan; "": never the same
};
// 0 or an errno. Replaces what was known before.
int change_known_write(const struct change_store *store, const struct change_known *known);
// Whether it was written, with these very values.
bool change_known_is(const struct change_store *store, const struct change_known *known);

// ---- questions about the history ----------------------------------------------------------------------------------

uint32_t change_highest_number(const struct change_history *history);
uint64_t change_next_order(const struct change_history *history);
struct change_entry *change_find(const struct change_history *history, uint32_t number);
// What `restore` loads: of the table, applied or confirmed, and loaded last; NULL when there is none or the last thing
// that was done is to delete the table.
struct change_entry *change_last_good(const struct change_history *history, const char *table);
// The one that waits for confirmation, whether its deadline has passed or not; NULL.
struct change_entry *change_pending(const struct change_history *history, const char *table);
// Whether this input was taken back and is not good since.
const struct change_entry *change_taken_back(const struct change_history *history,
                                             const char *table, const char *id);

// ---- time ---------------------------------------------------------------------------------------------------------

// Milliseconds of CLOCK_BOOTTIME: no change of the clock moves it, and it goes on in sleep.
uint64_t change_now(void);
const char *change_boot_id(struct arena *arena); // "" when the kernel does not say
uint64_t change_namespace(void);                 // of network, of this process
// Whether the deadline has passed: by the clock, or because that boot is over. `now` as from change_now.
bool change_expired(const struct change_entry *entry, const char *boot_id, uint64_t now);
// ms until the deadline, 0 when it has passed.
uint64_t change_left(const struct change_entry *entry, const char *boot_id, uint64_t now);
const char *change_token(struct arena *arena); // 16 random hex digits

// ---- the lock -----------------------------------------------------------------------------------------------------

struct change_lock {
    int fd; // -1: not held
    const char *path;
    const char *holder; // "polc apply, process 123", when somebody else has it
};

// Waits up to `timeout` ms. 0; EBUSY with `holder` set; or another errno. `on_wait` is called once, after a moment, if
// it has to wait.
int change_lock_take(struct arena *arena, const char *path, const char *who, uint64_t timeout,
                     void (*on_wait)(const char *holder), struct change_lock *ret);
void change_lock_release(struct change_lock *lock);
