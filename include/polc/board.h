// SPDX-License-Identifier: GPL-2.0-or-later
// Module board: what the counters of a loaded ruleset, recorded flows and the ledger of earlier readings say of the tiers,
// policies and rules of a plan. Reads no kernel and no file, and prints nothing.
//
// Counters are of new connections: each packet that came to a rule before its connection was established, so that a
// connection that is refused counts each time that it is tried again. Packets and bytes of whole connections come from
// flows only.
#pragma once

#include <polc/flowlog.h>
#include <polc/nft.h>

struct board_count {
    uint64_t packets, bytes;
};

// The last hit lies behind `after` and not behind `by`, in seconds since 1970: flows know it exactly, the ledger knows
// between which two readings. `by` 0: none is known.
struct board_hit {
    int64_t after, by;
};

enum board_row_kind {
    BOARD_RULES, // what one rule of the kernel counts: a rule of the policy, or several that became one
    BOARD_LEFT_OUT, // a rule that the ruleset does without: rules before it take all, or it matches nothing now
    BOARD_END, // of a profile that is missing: all is denied
};

struct board_row {
    uint8_t kind;                 // enum board_row_kind
    uint8_t direction;            // enum plan_direction
    uint8_t action;               // enum plan_action
    const struct plan_rule *rule; // the first one; NULL at an end
    const char *indexes;          // "0", "0,2,5-7"; NULL at an end
    bool alone;                   // no other rule counts here
    struct board_count count;
    struct board_count traffic; // of the flows
    struct board_hit last;
    const char *text; // what the rules match, in words
    const char *key;  // in the ledger: the same as long as policy, direction and text are
    uint32_t number;  // as it was found; for the board itself
    int64_t since;    // since when the ledger has it; 0: it has not
};

enum board_state {
    BOARD_LOADED,
    BOARD_NOT_LOADED, // the kernel has no such policy
    BOARD_CHANGED,    // the kernel has it with other rules: only `all` counts, of those
    BOARD_UNCOUNTED,  // staged, and loaded by a polc that does not count what is staged
};

struct board_policy {
    const struct plan_policy *policy;
    const char *name; // for people: without the name of its tier
    uint8_t state;    // enum board_state
    struct {
        VEC_FIELDS(struct board_row);
    } rows;                            // in, then out, in the order of evaluation
    uint32_t *row_of[PLAN_DIRECTIONS]; // of each rule the number of its row, from 1; 0: none
    struct board_count sums[PLAN_DIRECTIONS][PLAN_ACTION_COUNT];
    struct board_count all, traffic;
    struct board_hit last;
};

struct board_tier {
    const struct plan_tier *tier; // NULL: profiles
    struct {
        VEC_FIELDS(struct board_policy);
    } policies;                                       // in the order of evaluation
    struct board_count ends[PLAN_DIRECTIONS];         // denied there
    struct board_count pending_ends[PLAN_DIRECTIONS]; // would be, were its staged policies enforced
    struct board_hit last;                            // denial at the end, as flows know it
};

// A port that is always open, or why something is dropped before any policy.
struct board_early {
    const char *what;
    uint8_t direction; // of ports
    struct board_count count;
};
struct board_earlies {
    VEC_FIELDS(struct board_early);
};

struct board {
    const struct plan *plan;
    struct {
        VEC_FIELDS(struct board_tier);
    } tiers; // those with a policy here
    struct board_tier profiles;
    struct {
        VEC_FIELDS(struct board_policy *);
    } all; // policies of all tiers, then profiles
    struct board_earlies failsafes, drops;
    struct {
        VEC_FIELDS(const char *);
    } strangers;   // ids of policies that the kernel has and the plan has not
    bool together; // some rules are not counted alone
};

struct board_options {
    // A rule in words: all that it matches. What it returns is for good.
    const char *(*text)(struct arena *arena, const struct plan *plan, const struct plan_rule *rule);
    // The state of policies that are not BOARD_LOADED: id -> (void *)(enum board_state); NULL: none.
    const struct strmap *states;
};

// The plan must outlive it. `counters` NULL: nothing is loaded.
struct board *board_build(struct arena *arena, const struct plan *plan,
                          const struct nft_counters *counters, const struct board_options *options);

// Adds what flows know: when each rule was hit last, and packets and bytes. By the policy traces of the records.
void board_add_flows(struct arena *arena, struct board *board,
                     const struct flowlog_records *records);

const char *board_direction_text(int direction); // "in", "out"

// ---- the ledger (ledger.c): when each counter was seen to grow --------------------------------------------------

struct board_line {
    const char *key; // struct board_row
    int64_t since;   // the first reading
    uint64_t packets;
    int64_t after, by; // it grew between these readings; 0: never since
};

struct board_ledger {
    const char *epoch; // one word: what the counters began with; in another one they began anew
    int64_t time;      // of the last reading
    struct {
        VEC_FIELDS(struct board_line);
    } lines;
};

// NULL, or in words why the text is no ledger.
const char *board_ledger_parse(struct arena *arena, const char *text, size_t size,
                               struct board_ledger *ret);
void board_ledger_print(const struct board_ledger *ledger, struct strbuf *out);
// The ledger with one reading more. `old` NULL: the first one. Rules that the board has not are dropped.
struct board_ledger board_ledger_next(struct arena *arena, const struct board_ledger *old,
                                      const struct board *board, const char *epoch, int64_t now);
// Adds what the ledger knows to the rows of the board.
void board_add_ledger(struct arena *arena, struct board *board, const struct board_ledger *ledger,
                      const char *epoch, int64_t now);

// ---- what nobody uses (unused.c) ----------------------------------------------------------------------------------

enum board_use {
    BOARD_USED,        // or nobody knows
    BOARD_UNUSED,      // not hit since the time asked for, and the ledger goes back that far
    BOARD_UNUSED_HERE, // never hit as far as the ledger goes back, which is not far enough
    BOARD_NEVER,       // never hit since it was loaded; the ledger does not have it
};
// Whether a row was hit since `from`, seconds since 1970.
enum board_use board_row_use(const struct board_row *row, int64_t from);
// Of a policy: the least certain of its rows, BOARD_USED as soon as one of them is. What is not loaded is used.
enum board_use board_policy_use(const struct board_policy *policy, int64_t from);
