// SPDX-License-Identifier: GPL-2.0-or-later
// Module nft: plan -> ruleset model; its text and JSON; the kernel's table, the difference, the commit.
#pragma once

#include <polc/plan.h>

// ---- the wanted ruleset ---------------------------------------------------------------------------------------

struct nft_ruleset;

struct nft_lower_options {
    const char *table;        // "polc"
    const char *version;      // of polc
    const char *const *roots; // the operands that the input was read from, absolute
    size_t root_count;
    unsigned without_passes; // enum plan_pass: what the optimizer is not to do
};

// Lowers a plan with a node to the ruleset of one table. Never fails: what cannot be compiled exactly was refused
// before. Deterministic. Provenance: each rule's comment is "POLICY-ID in|out INDEX FILE:LINE", with the indexes of several rules
// that became one as "0,2,5-7", the place being that of the first.
// Staged policies count and decide nothing: their rules ("sgnp/x in 0 file:12", "snp/...", "sknp/...") stand in chains
// "pending/in|out/...", each in every chain of that kind that it is on, and each counts the packets (of new connections, until
// one is answered) for which it is the rule of the pending view (semantics.md 9.4) at that endpoint. "pending tier/x in end
// file:12" counts those that a tier with staged policies would deny at its end. All other rules there ("pending gnp/x ...", the
// enforced policies as they stand in the pending view) have no counter. Not counted: packets that were dropped
// before they came to the endpoint; tiers behind more than four tiers with Pass rules, counted from the first with a
// staged policy.
struct nft_ruleset *nft_lower(struct arena *arena, const struct plan *plan,
                              const struct sources *sources,
                              const struct nft_lower_options *options);

// Text that `nft -f` loads, and the JSON of libnftables-json(5) that `nft -j -f` loads. Both add to a table and define
// everything in it; load them into a namespace without the table.
void nft_print_text(const struct nft_ruleset *ruleset, FILE *out);
void nft_print_json(const struct nft_ruleset *ruleset, FILE *out);

// ---- the kernel's table ---------------------------------------------------------------------------------------

struct nft_kernel;

enum nft_status {
    NFT_DONE,
    NFT_STALE,        // the generation id moved on: nothing was changed, read again
    NFT_REFUSED,      // the kernel refused the batch: nothing was changed, see nft_failure
    NFT_NO_PRIVILEGE, // EPERM: nothing was changed
    NFT_UNSUPPORTED,  // no nf_tables in this kernel
    NFT_SYSTEM_ERROR, // another system call failed; errno is in nft_failure
};

struct nft_failure {
    int error;           // errno value, positive
    const char *message; // the kernel's extended ack text, or NULL
    const char *what; // what was refused: "rule", "chain NAME", "set NAME", ...; or the system call
    struct loc loc;   // where it comes from, if from the input
    const char *comment; // of the refused rule, or NULL
};

// Reads one table of family inet in one consistent state (generation equal before and after, no interrupted dump;
// repeated a bounded number of times, then NFT_STALE). An absent table is NFT_DONE with nft_kernel_exists() false.
enum nft_status nft_dump(struct arena *arena, const char *table, struct nft_kernel **ret_kernel,
                         struct nft_failure *reterr);

// A state of all tables of a network namespace: two equal ones, within one boot, have nothing changed between them.
struct nft_stamp {
    uint64_t namespace;
    uint32_t generation_id;
};
// False when the kernel does not tell.
bool nft_read_stamp(struct arena *arena, struct nft_stamp *ret);

// Reads the info chain alone: enough for nft_kernel_info.
enum nft_status nft_dump_info(struct arena *arena, const char *table,
                              struct nft_kernel **ret_kernel, struct nft_failure *reterr);
// Its chains and rules without sets: enough for nft_kernel_counters and the info chain.
enum nft_status nft_dump_rules(struct arena *arena, const char *table,
                               struct nft_kernel **ret_kernel, struct nft_failure *reterr);
// The kernel's table where it is known to be what `loaded` says, at the state in which `info` was read: nothing else is
// read, but a commit reads the counters of the chains that it rewrites. The ruleset must outlive it.
struct nft_kernel *nft_kernel_known(struct arena *arena, const struct nft_ruleset *loaded,
                                    const struct nft_kernel *info);

// What the kernel has once a ruleset is loaded: for comparing two rulesets. The ruleset must outlive it.
struct nft_kernel *nft_kernel_of(struct arena *arena, const struct nft_ruleset *ruleset);

bool nft_kernel_exists(const struct nft_kernel *kernel);
uint32_t nft_kernel_generation_id(const struct nft_kernel *kernel); // the kernel's, not polc's
// Another one for each table that is made in a network namespace, also under the same name.
uint64_t nft_kernel_handle(const struct nft_kernel *kernel);

struct nft_counts {
    size_t chains, rules, sets, elements;
};
struct nft_counts nft_kernel_counts(const struct nft_kernel *kernel);
// Whether there is something in the table, and polc did not make it. An empty one may become polc's.
bool nft_kernel_is_foreign(const struct nft_kernel *kernel);

enum { NFT_ID_LENGTH = 16 };

// What polc itself wrote into the table's info chain.
struct nft_info {
    const char *version; // NULL: not written by polc
    uint32_t generation; // 1, 2, ...
    const char *id; // the first NFT_ID_LENGTH digits of the id of its plan; NULL: not kept by polc
    const char *node;
    const char *const *roots;
    size_t root_count;
};
// The form in which a root is kept: clean and short enough for a comment.
const char *nft_root_text(struct arena *arena, const char *root);
struct nft_info nft_kernel_info(struct arena *arena, const struct nft_kernel *kernel);

// The form of a policy's id in chain names and comments: itself, or shortened with a hash when it is very long.
const char *nft_policy_id(struct arena *arena, const char *id);

// Ids of the policies that have a chain or a rule in the table, sorted, unique.
struct nft_names {
    VEC_FIELDS(const char *);
};
struct nft_names nft_kernel_policies(struct arena *arena, const struct nft_kernel *kernel);

// Names of the interfaces that its sets and maps are keyed by, sorted, unique.
struct nft_names nft_kernel_interfaces(struct arena *arena, const struct nft_kernel *kernel);

// ---- counters of rules ----------------------------------------------------------------------------------------

enum nft_counter_kind {
    NFT_COUNTER_RULE,        // of a policy or a profile
    NFT_COUNTER_END,         // of a tier, of a profile that is missing, of all profiles
    NFT_COUNTER_PENDING_END, // of a tier with staged policies: what it would deny if they were enforced
    NFT_COUNTER_FAILSAFE, // a port that is open before any policy
    NFT_COUNTER_OTHER,    // what is dropped before any policy
};

// All rules of the table that count for one thing: a rule of the input may stand once per family, list entry and hook.
// What is counted are the packets that came to them: of a connection the first ones, until it is established.
struct nft_counter {
    uint8_t kind;      // enum nft_counter_kind
    uint8_t direction; // enum plan_direction; PLAN_IN of NFT_COUNTER_OTHER
    // A policy or a profile as nft_policy_id has it, "tier/NAME", "profile" (the end of all), "failsafe", or the reason.
    const char *id;
    const char
        *what; // the rules by their index: "0", "0,2,5-7"; the port: "tcp/22"; NULL at an end
    uint64_t packets, bytes;
};
struct nft_counters {
    VEC_FIELDS(struct nft_counter); // in the order of the chains by name
};
// Of a table that was read, not of one that is known.
struct nft_counters nft_kernel_counters(struct arena *arena, const struct nft_kernel *kernel);
// The next range of the list of a NFT_COUNTER_RULE, and moves *at behind it; false at its end. *ret_cut: of a long list the
// middle was left out, and some rules of this range do not count there.
bool nft_counter_range(const char **at, uint32_t *ret_first, uint32_t *ret_last, bool *ret_cut);

struct nft_base_chain {
    const char *family, *table, *name, *type, *hook; // "inet", "filter", "input", "filter", "input"
    int priority;
    bool policy_drop;
};
struct nft_base_chains {
    VEC_FIELDS(struct nft_base_chain);
};
// Base chains of all other tables of this network namespace.
enum nft_status nft_dump_base_chains(struct arena *arena, const char *except_table,
                                     struct nft_base_chains *ret, struct nft_failure *reterr);

// Those of the table itself, of family inet; `table` is its name.
struct nft_base_chains nft_kernel_base_chains(struct arena *arena, const struct nft_kernel *kernel);

// A rule of another table that sends ports of this host to another address (DNAT).
struct nft_published {
    uint8_t family;        // enum ip_family
    uint8_t protocol;      // PROTO_TCP or PROTO_UDP
    uint16_t min, max;     // as they arrive; host byte order
    const char *interface; // where they must arrive; NULL: anywhere
    bool has_address;      // they must be for this address
    struct ip_addr address;
    const char *rule;   // "table ip nat, chain DOCKER"
    const char *target; // "172.17.0.2:80"
    bool has_to;        // it says where to, as one address:
    struct ip_addr to;
    uint16_t to_port; // host byte order; 0: the same one
};
struct nft_published_ports {
    VEC_FIELDS(struct nft_published);
};
// Of all tables of this network namespace but one of family inet, in the kernel's order. Rules whose ports stand in sets
// are left out.
enum nft_status nft_read_dnat(struct arena *arena, const char *except_table,
                              struct nft_published_ports *ret, struct nft_failure *reterr);

// ---- the flow table -------------------------------------------------------------------------------------------

// What the kernel counted of one flow: new connections in their original direction, each once, that an endpoint opened or
// received and policy judged. Addresses and ports are those that policy saw: behind DNAT, but for what was denied before.
struct nft_flow {
    struct ip_addr source, dest;
    uint8_t protocol; // IANA number
    uint16_t
        port; // of the destination, host byte order; ICMP: type << 8 | code; 0 when there are none
    bool denied;             // else allowed: a flow that was both is there twice
    uint64_t packets, bytes; // of first packets: so many connections; of denied ones all packets
    int64_t idle_ms;         // since the last of them
};

struct nft_flow_table {
    VEC_FIELDS(
        struct nft_flow); // sorted by source, destination, protocol, port; allowed before denied
    bool enabled;         // the table has flow sets
    uint32_t size; // of each of its sets: there is one per family, for allowed and for denied flows
    uint32_t used; // flows in the fullest set
    uint64_t lost; // connections, and denied packets, that found their set full, since it was made
    uint64_t timeout_ms; // how long a flow is kept behind its last new connection
};

// Reads the flow sets of a table of family inet. An absent table, or one without flow sets, is NFT_DONE with `enabled`
// false. Flows come and go while they are read; NFT_STALE when commits cut through each of several attempts.
enum nft_status nft_read_flows(struct arena *arena, const char *table, struct nft_flow_table *ret,
                               struct nft_failure *reterr);

// ---- domain sets ----------------------------------------------------------------------------------------------

// An address that the names of a list have, for so long. The sets of a list, one per family, are made by apply and filled
// by whoever learns an address: apply itself, an updater, a resolver with nftset, an operator with nft.
struct nft_domain_element {
    uint32_t set; // number of the list among those that the caller gives, as in plan.domains
    struct ip_addr addr;
    uint64_t left_ms; // NFT_DOMAIN_FOREVER: it has no time-out
};
#define NFT_DOMAIN_FOREVER UINT64_MAX

struct nft_domain_elements {
    VEC_FIELDS(struct nft_domain_element);
};

// Sorts them by list and address, and keeps of those that are there twice the one that stays longest.
void nft_domain_elements_normalize(struct nft_domain_elements *elements);

// How many addresses a set holds.
enum { NFT_DOMAIN_SET_SIZE = 65536 };

// The set of a list of names in one family (enum ip_family): "dom4.0123456789abcdef0123". `domains_name`: its name in the
// plan. Lists with different names have different sets.
const char *nft_domain_set_name(struct arena *arena, const char *domains_name, uint8_t family);

// What the sets of some lists hold now, by list, then address; sets that are not there hold nothing. Addresses come and go
// while they are read.
enum nft_status nft_read_domains(struct arena *arena, const char *table,
                                 const struct plan_domains *domains, size_t count,
                                 struct nft_domain_elements *ret, struct nft_failure *reterr);

// Puts addresses into domain sets over one socket that stays open.
struct nft_updater;

// The socket belongs to the network namespace of the caller. The updater stands on the arena until it is closed, and needs no
// more of it whatever it does. `table`: of family inet; it need not be there.
enum nft_status nft_updater_open(struct arena *arena, const char *table,
                                 struct nft_updater **ret_updater, struct nft_failure *reterr);
void nft_updater_close(struct nft_updater *updater); // NULL: nothing is done

// Which lists the numbers in elements mean from now on, by their names in the plan; forgets those of before.
void nft_updater_set_lists(struct nft_updater *updater, const char *const *names, size_t count);

// Adds the addresses that are not there and moves the time-out of the others later, never earlier, in one transaction; no
// packet misses an address meanwhile. What would move by less than a sixty-fourth stays as it is, and when nothing is left to do
// nothing is sent. Any number of elements, in any order, of any number of sets; the latest counts where one comes twice.
//   NFT_STALE    a set is not there: the table was made anew or changed; nothing of the set's transaction was done
//   NFT_REFUSED  with ENFILE: a set is full; all was put but what had no more room there
// Texts in *reterr are valid until the next call.
enum nft_status nft_updater_put(struct nft_updater *updater,
                                const struct nft_domain_elements *elements,
                                struct nft_failure *reterr);

// ---- the difference -------------------------------------------------------------------------------------------

enum nft_change_kind { NFT_ADDED, NFT_REMOVED, NFT_CHANGED };

// One object of the table that differs. `rule` texts are comments or, without one, what is known of the rule.
struct nft_rule_change {
    uint8_t kind;        // NFT_ADDED, NFT_REMOVED
    const char *comment; // "gnp/x in 0 file:12", or a description when there is none
    struct loc loc;      // of an added one
    // Of a chain that comes or goes as a whole: the same rule stands in another chain before, or will stand in one. Chains
    // of tiers and classes are named by what they list, and get another name when a policy joins them.
    bool moved;
};

struct nft_object_change {
    uint8_t kind; // enum nft_change_kind
    bool is_set;  // a set or map; else a chain
    const char *name;
    const char *comment;                     // of the set: canonical selector; NULL
    struct loc loc;                          // where the object comes from, none for removed ones
    VEC(struct nft_rule_change) rules;       // chains
    size_t elements_added, elements_removed; // sets
    bool forgets; // a set that packets fill is made anew, or goes: what it holds is lost
};

struct nft_diff {
    VEC_FIELDS(struct nft_object_change); // sorted: chains, then sets, by name
    bool table_missing;
};

// Compares by content: expressions, elements, types, flags. Counters, handles, the place in a comment, a set size
// that is large enough, and polc's own generation number do not count.
struct nft_diff *nft_compare(struct arena *arena, const struct nft_ruleset *wanted,
                             const struct nft_kernel *kernel);
bool nft_diff_empty(const struct nft_diff *diff);

// ---- drift: what others did to the table ----------------------------------------------------------------------

// A rule that somebody added, took away, or wrote in the place of another one.
struct nft_drift_rule {
    uint8_t kind; // enum nft_change_kind, as somebody did it
    const char *
        text; // as nft lists it: what is there now, or of a removed rule what was there; NULL: not read
    const char *was;     // of a changed one: what was there before
    const char *comment; // of polc's rule: "gnp/x in 0 file:12"; NULL for rules that are not polc's
    uint64_t handle;     // of the rule that is there; 0 for a removed one
    size_t after; // how many of polc's rules stand before it; SIZE_MAX when that is not known
};

struct nft_drift_element {
    uint8_t kind;     // NFT_ADDED or NFT_REMOVED, as somebody did it
    const char *text; // as nft lists it
};

// A chain or a set that is not as polc left it.
struct nft_drift_object {
    uint8_t kind; // enum nft_change_kind, as somebody did it: NFT_ADDED is all somebody's
    bool is_set;
    const char *name;
    const char *comment;                     // of the set: canonical selector; NULL
    const char *change;                      // what else is different: "policy drop"; NULL
    VEC(struct nft_drift_rule) rules;        // chains
    VEC(struct nft_drift_element) elements;  // sets: the first NFT_DRIFT_ELEMENTS
    size_t elements_added, elements_removed; // all of them
};
enum { NFT_DRIFT_ELEMENTS = 100 };

struct nft_drift {
    VEC_FIELDS(struct nft_drift_object); // chains, then sets, by name
    bool table_missing;
    bool dormant; // somebody put the table to sleep: nothing is policed
};

// How the kernel's table differs from what polc loaded into it, in the terms of nft_compare. Rules of others have no text
// yet.
struct nft_drift *nft_find_drift(struct arena *arena, const struct nft_ruleset *loaded,
                                 const struct nft_kernel *kernel);
bool nft_drift_empty(const struct nft_drift *drift);
// Reads the texts of the rules of others from the kernel. A rule that is gone meanwhile stays without.
enum nft_status nft_read_drift_rules(struct arena *arena, const struct nft_kernel *kernel,
                                     struct nft_drift *drift, struct nft_failure *reterr);

// ---- the commit -----------------------------------------------------------------------------------------------

struct nft_commit_options {
    bool dry_run;        // the batch goes without its end: the kernel checks it and discards it
    uint32_t generation; // polc's number, written into the table
    const char *id;      // of the plan, written beside it; NULL for none
    bool renumber;       // write number and id even if nothing else differs
    // Put into those domain sets that this commit makes, whose number is that in plan.domains; what does not fit is left out. Sets
    // that were there keep what they hold: nft_updater_put is for them. NULL: nothing.
    const struct nft_domain_elements *fill;
    // The kernel's, once the commit is done, if nobody came before or behind it; NULL.
    uint32_t *ret_generation_id;
    void (*before_send)(void *context); // test hook; NULL
    void *context;
};

// Sends what `diff` lists as one transaction that is valid only at the kernel's generation id. Base chains and the table
// are never deleted.
enum nft_status nft_commit(struct arena *arena, const struct nft_ruleset *wanted,
                           const struct nft_kernel *kernel, const struct nft_diff *diff,
                           const struct nft_commit_options *options, struct nft_failure *reterr);

// Deletes the whole table, for `polc delete`. NFT_DONE with *ret_existed false when there is none.
enum nft_status nft_delete_table(struct arena *arena, const char *table, bool *ret_existed,
                                 struct nft_failure *reterr);
