// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that lower a plan to a ruleset share. Inside module nft only.
#pragma once

#include "ruleset.h"

// Fixed names: made once and then changed in place (dataplane.md 4.1).
#define CHAIN_TO            "dispatch/to"        // second half: the destination endpoint
#define CHAIN_TRANSIT       "dispatch/transit"   // the same, for packets that come from no workload
#define CHAIN_FORWARDED     "dispatch/forwarded" // what no host endpoint judges as it leaves
#define CHAIN_FROM          "dispatch/from"      // first half, packets from a workload interface
#define CHAIN_HOST          "dispatch/host"      // from a workload interface to this host
#define CHAIN_SPOOFED       "dispatch/spoofed"
#define CHAIN_TRACKED       "dispatch/tracked"      // of a connection that was judged
#define CHAIN_TRACKED_FROM  "dispatch/tracked-from" // the same, from a workload interface
#define CHAIN_DHCP          "dispatch/dhcp"         // of a workload, before preDNAT policy of "*"
#define CHAIN_HOST_DNAT     "dispatch/host-dnat"    // from this host, to where NAT sends it
#define SET_FORWARDED       "forwarded-from"        // interfaces that host-forward-in judges
#define SET_INTERFACES      "workload-interfaces"
#define SET_HOST_INTERFACES "host-interfaces" // of host endpoints, without "*"

struct path;

struct class_chain {
    const struct path *path; // NULL: none yet
    const char *name;
};

struct lower {
    struct arena *arena, *scratch;
    const struct plan *plan;
    const struct sources *sources;
    struct nft_ruleset *ruleset;
    struct strmap *sets;       // name -> struct set *
    struct strmap *chains;     // name -> struct chain *
    struct loc place;          // of the rule at hand: where the sets come from that it needs first
    struct strmap *identities; // hashed name -> what it stands for
    struct plan_steps *steps;  // per policy, then profile, and direction
    struct set **ipset_cache[2];      // per plan IP set, IPv4 and IPv6; NULL: not made yet
    struct set **domain_sets[2];      // per list of names of the plan, the same
    struct class_chain *class_chains; // per class of the plan: the last one that was asked for
};

// ---- lower_sets.c ---------------------------------------------------------------------------------------------

// A new set, or the one of that name; *ret_new tells.
struct set *lower_set(struct lower *lower, const char *name, enum set_content content,
                      bool *ret_new);
// The nft set of a plan IP set in one family. NULL when it has no member there.
const struct set *lower_ipset(struct lower *lower, int32_t number, uint8_t family);
// A set for a list of a rule's nets (of one family) or ports: shared by all rules that have the same list; but a long list
// of nets has one of its own, named by its place (NULL: none), so that a changed member is a changed
// element.
enum { NETS_SHARED_MAX = 64 };
const struct set *lower_nets(struct lower *lower, const struct cidrset *nets, const char *place);
const struct set *lower_ports(struct lower *lower, const struct portset *ports);
// The set or map of a step with tuples, in one family; NULL when it has none there. Targets: the chains of a map.
const struct set *lower_tuples(struct lower *lower, const struct plan_policy *policy,
                               const struct path *path, const struct plan_step *step,
                               uint8_t family, const char *const *targets);
// The declared size of a hash with `count` elements: head room, in steps, so that it seldom changes.
uint32_t set_size(size_t count);

// ---- lower_names.c --------------------------------------------------------------------------------------------

// "PREFIXHASH" for something that has no name of its own: the same identity gives the same name, another identity
// another name, also when the hashes agree. `identity` must outlive the lowering.
const char *hashed_name(struct lower *lower, const char *prefix, const char *identity);
// An id that fits in a comment and a chain name: itself, or its head and a hash.
const char *short_id(struct arena *arena, const char *id);
// "ID in|out WHAT FILE:LINE", fit for nft's quoted strings.
const char *rule_comment(const struct lower *lower, const char *id, int direction, const char *what,
                         struct loc loc);
// The same behind PENDING_WORD, for rules of the walk for staged policies that are not theirs.
const char *pending_comment(const struct lower *lower, const char *comment);
const char *clean_comment(struct arena *arena, const char *text);
const char *direction_text(int direction); // "in", "out"

// ---- lower_chains.c -------------------------------------------------------------------------------------------

struct chain *lower_chain(struct lower *lower, const char *name);          // new or known
void chain_expect(struct lower *lower, struct chain *chain, size_t rules); // room, to save memory
void chain_add(struct lower *lower, struct chain *chain, const struct stmt *stmts, size_t count,
               const char *comment, struct loc loc);
void chain_add1(struct lower *lower, struct chain *chain, struct stmt stmt);
void chain_add2(struct lower *lower, struct chain *chain, struct stmt first, struct stmt second);
struct chain *base_chain(struct lower *lower, const char *name, enum chain_hook hook, int priority);

// ---- lower_path.c ---------------------------------------------------------------------------------------------

enum path_allow {
    PATH_GOTO_TO, // the destination half follows
    PATH_ACCEPT,
    PATH_MARK,    // marks the packet as allowed for the hooks that follow, and accepts
    PATH_NOTRACK, // the same, without connection tracking
    PATH_PENDING, // nothing, as Deny: the walk for staged policies ends
};

// Where the chains of a class stand, and so what their verdicts become. One policy has one chain for each path that it is
// on.
struct path {
    uint8_t direction;  // enum plan_direction
    uint8_t allow;      // enum path_allow
    bool no_reject;     // Deny drops even if settings.reject: the hook knows no reject
    bool unrecorded;    // what is allowed here is recorded by a chain behind this one
    const char *suffix; // of the names of chains: what tells them from those of other paths
    const char *pass;   // the chain that Pass goes on with; NULL: it returns
    bool uncounted;     // of PATH_PENDING: also what is staged does not count
};

extern const struct path path_to, path_from, path_forward_in, path_host_out, path_host_out_dnat,
    path_prednat, path_untracked_in, path_untracked_out;

// Statements for "denied" and "allowed", behind a counter. Return how many: at most PATH_STMTS_MAX.
enum { PATH_STMTS_MAX = 4 };
size_t path_deny(const struct lower *lower, const struct path *path, struct stmt *stmts);
size_t path_allowed(const struct lower *lower, const struct path *path, struct stmt *stmts);

// ---- lower_rule.c ---------------------------------------------------------------------------------------------

// The nft rules of one step, appended to a chain.
void lower_step(struct lower *lower, struct chain *chain, const struct plan_policy *policy,
                const struct path *path, const struct plan_step *step);

// ---- lower_action.c -------------------------------------------------------------------------------------------

// What follows the matches: a counter, and what the action means on this path. Returns how many statements.
enum { ACTION_STMTS_MAX = 8 };
size_t lower_action(struct lower *lower, const struct plan_policy *policy, const struct path *path,
                    enum plan_action action, struct stmt *stmts);

// ---- lower_steps.c --------------------------------------------------------------------------------------------

// Makes the steps of all policies and profiles, with these passes of the optimizer.
void lower_make_steps(struct lower *lower, unsigned passes);
// The steps of a policy or profile.
const struct plan_steps *lower_steps(const struct lower *lower, const struct plan_policy *policy,
                                     int direction);
// The comment of a step, or of its rules with one action (a map has two): "ID in 0,2,5-7 FILE:LINE".
const char *step_comment(const struct lower *lower, const struct plan_policy *policy, int direction,
                         const struct plan_step *step, int action);
struct loc step_loc(const struct plan_policy *policy, int direction, const struct plan_step *step);

// ---- lower_staged.c -------------------------------------------------------------------------------------------

// Tiers of a class: first..end-1; end 0: none.
struct range {
    size_t first, end;
};

// The tiers that are walked for staged policies; the walk comes before the first of them.
struct range lower_staged_range(const struct lower *lower, const struct plan_class *class);
// The chain of this walk, made on first use. It returns, whatever it meets.
const char *lower_staged(struct lower *lower, const struct plan_class *class, struct range range);

// ---- lower_policy.c -------------------------------------------------------------------------------------------

// The chain that judges a class of endpoints along a path, made on first use.
const char *lower_class(struct lower *lower, uint32_t number, const struct path *path);
// Whether it can deny anything; else it is there for staged policies alone.
bool class_decides(const struct plan_class *class);
// What happens to packets that no policy of a tier matches, at a stage (enum plan_stage). Before routing and before
// connection tracking nothing is decided there (semantics.md 6.2).
bool tier_denies_rest(const struct plan_tier *tier, uint8_t stage);
bool steps_have_pass(const struct plan_steps *steps);

// ---- lower_dispatch.c -----------------------------------------------------------------------------------------

void lower_dispatch(struct lower *lower);

// ---- lower_host.c ---------------------------------------------------------------------------------------------

// Base chains of host endpoints besides `input`; none when there is none.
void lower_hosts(struct lower *lower);
// The end of `input`, behind what comes from workloads.
void lower_host_input(struct lower *lower, struct chain *input);

// Whether one of them judges what is forwarded, as it comes or as it leaves.
bool lower_hosts_forward(const struct lower *lower, int direction);
// What stands at the end of `forward` for packets from and to no workload: recorded are those that a host endpoint judged.
void lower_transit_end(struct lower *lower, struct chain *chain);

// ---- lower_flows.c --------------------------------------------------------------------------------------------

bool lower_records(const struct lower *lower); // there is a flow table
// Its sets and chains.
void lower_flows(struct lower *lower);
// "Recorded and accepted" and "recorded and dropped"; without a flow table only the verdict.
struct stmt flow_allow(const struct lower *lower);
struct stmt flow_allow_to(const struct lower *lower);
struct stmt flow_deny(const struct lower *lower);
struct stmt flow_reject(const struct lower *lower);

// ---- lower_domains.c ------------------------------------------------------------------------------------------

// The set of a list of names in one family.
const struct set *lower_domain_set(struct lower *lower, int32_t number, uint8_t family);
// The sets of all lists, and what copies DNS answers, if anybody wants them.
void lower_domains(struct lower *lower);

// ---- lower_failsafe.c -----------------------------------------------------------------------------------------

// The chain that lets failsafe ports through before the policies of a stage; NULL when there are none. Before connection
// tracking also answers of the other direction's.
const char *lower_failsafe(struct lower *lower, int direction, enum plan_stage stage);

// Statements, for readable rule building.
struct stmt stmt_value(enum rule_key key, enum match_op op, const void *value, size_t length);
struct stmt stmt_in_set(enum rule_key key, const struct set *set);
struct stmt stmt_address_set(uint8_t family, bool source, const struct set *set);
struct stmt stmt_port(enum rule_key key, uint16_t port);
struct stmt stmt_vmap(enum rule_key first, int second, const struct set *map); // second -1: one key
struct stmt stmt_verdict(enum verdict_kind verdict, const char *chain);
struct stmt stmt_counter(void);
