// SPDX-License-Identifier: GPL-2.0-or-later
// What the verbs share: the command line, the run, the pipeline.
#pragma once

#include <polc/nft.h>
#include <polc/resolve.h>
#include <polc/validate.h>

enum verb_operands {       // what comes before the PATHs
    OPERANDS_PATHS,        // nothing: PATH...
    OPERANDS_ONE_PATHS,    // one fixed operand, then PATH...
    OPERANDS_FILTER_PATHS, // PATH..., and among them perhaps a filter
    OPERANDS_NONE,         // no operands at all
    OPERANDS_NAMES,        // names; PATHs only by -f
};

enum output {
    OUTPUT_TEXT,
    OUTPUT_JSON,
    OUTPUT_NFT,
    OUTPUT_PLAN,
    OUTPUT_TABLE,
    OUTPUT_WIDE,
    OUTPUT_YAML,
    OUTPUT_NAME,
    OUTPUT_JUNIT,
    OUTPUT_TAP,
    OUTPUT_SARIF,
    OUTPUT_GITHUB,
    OUTPUT_MD,
    OUTPUT_CSV,
    OUTPUT_DOT,
    OUTPUT_MERMAID,
    OUTPUT_SVG,
    OUTPUT_HTML,
    OUTPUT_PROMETHEUS,
    OUTPUT_COUNT
};

// Hostile input ends as a message, not as a machine out of memory. 100,000 pods need about a twentieth of it.
#define MEMORY_LIMIT ((size_t)8 << 30)

struct words {
    VEC_FIELDS(const char *);
};

struct options {
    const struct verb *verb;
    struct words operands; // the fixed ones
    struct words paths;    // operands and -f, in order; the defaults when none were given
    bool default_paths;    // none were given
    const char *node;      // --node, else $POLC_NODE; NULL
    bool node_given;       // by --node
    // Nothing of this host counts: all nodes, and no interfaces but those of --interfaces.
    bool input_only;
    const char *interfaces; // --interfaces; NULL
    const char *table;
    const char *state_dir; // --state-dir, $POLC_STATE_DIR or the default
    bool state_dir_given;  // not the default
    bool state_dir_option; // by the option
    const char *ns;
    const char *selector;
    const char *base;
    const char *from, *to, *proto, *dport, *sport, *icmp, *in_interface; // of trace
    uint8_t output; // enum output, one that the verb has
    bool output_given;
    uint8_t fail_level; // enum diag_severity: what makes lint exit 1
    bool color_always;  // also where nobody looks
    bool quiet, verbose, color, help, dry_run, yes, show_labels;
    bool force_all;
    struct words force;       // codes
    const char *message;      // -m; NULL
    uint64_t lock_timeout;    // ms
    uint64_t resolve_timeout; // ms; 0: nothing is looked up
    bool resolve_timeout_given;
    uint64_t confirm; // ms; 0: not asked for
    bool wait;
    const char *if_pending; // a token; NULL
    struct words matrices;  // --matrix
    struct words dns;       // --dns
    bool kernel, cut;
    uint64_t since;          // ms; 0: not asked for
    uint64_t aggregate;      // level of aggregation
    const char *flows;       // --flows, the first one; NULL: the kernel
    struct words flow_files; // all of them
    bool aggregate_given, denied, would_deny, share, follow;
    uint64_t quiet_exit; // ms; 0: not asked for
    uint64_t max_size;   // bytes; 0: no limit
    bool subverb;        // the operands are that of the verb, and its own
    const char *by, *where;
    struct words enforce, remove; // --enforce, --delete
    bool all;
    uint64_t limit; // rows; 0: all
    // Of board.
    bool rules, unused, record;
    const char *staged; // NULL: show
    uint64_t watch;     // ms between two looks; 0: one look
    uint64_t width;     // of lines; 0: as long as they are
    bool width_given;
    // Of recommend.
    bool allowed;
    bool include_denied;
    uint64_t interval, stable;      // ms
    const char *out;                // a directory; NULL
    bool dnsmasq, unbound, answers; // of dns export
    const char *user;               // of dns watch; NULL: the one that it is
};

struct loaded;   // loaded.h
struct dns_book; // of dns

// One run of the program.
struct run {
    struct options options;
    struct arena *input; // sources, resources, model; gone (NULL) once the plan is built
    struct arena *arena; // what lives until the end
    struct sources *sources;
    const struct sources *instead; // read these texts, not the PATHs; NULL
    struct diags *diags;
    struct resources resources;
    struct host_inventory inventory; // of interfaces; from the kernel: on `input`
    struct model *model;
    struct plan *plan;
    struct nft_ruleset *ruleset;
    struct words forced;               // codes of the refusals that were overridden, each once
    struct words refused, refused_why; // codes of the refusals that end the run, and their words
    const char *const *roots;          // absolute operands, for the table's info chain
    size_t root_count;
    struct timings *timings;        // NULL: not asked for
    const struct loaded *loaded;    // what loaded_read found last; NULL
    const struct dns_book *answers; // of --dns, once they were read; NULL
};

// A verb: its row in the table (verbs.c) is what the parser, `help` and the man page lint read.
struct verb {
    const char *name;    // both words of a part: "dns export"
    const char *summary; // one line of `polc help`
    const char *usage;   // behind "polc NAME"
    const char *text;    // of `polc help NAME`
    const struct verb *
        parts; // it has verbs of its own, which stand here, and is nothing without one of them; NULL
    uint8_t operands; // enum verb_operands
    const char
        *subverb; // a first operand that makes it do something else, with one fixed operand; NULL
    const char *options; // names of the options it takes, blank-separated, besides the common ones
    const char *outputs; // names for -o, blank-separated; the first is the default
    bool this_host;      // takes the node from the environment and the host name
    bool this_kernel;    // reads or changes the kernel that polc runs on
    int (*run)(struct run *run);
};

extern const struct verb verbs[];     // the last one has no name
extern const struct verb dns_verbs[]; // likewise

// ---- verb_find.c ----------------------------------------------------------------------------------------------

const struct verb *verb_find(const char *name); // of one word; NULL
// The verb that these words begin with, and how many of them are its name. NULL after having said that there is none.
// A verb with parts is returned as itself only when help is asked for behind it.
const struct verb *verb_of_words(const char *const *words, size_t count, size_t *ret_taken);
const char *verb_last_word(const struct verb *verb); // "export"

// ---- options.c ------------------------------------------------------------------------------------------------

struct option_info {
    const char *name;     // long name
    char letter;          // 0: none
    const char *argument; // NULL: none; "[X]": optional
    const char *text;     // "X; VERB: Y" is Y in the help of that verb
    bool common;          // taken by every verb
};
extern const struct option_info option_infos[];
extern const size_t option_info_count;

// Parses argv[1..]. On a mistake prints it with a hint and returns false.
bool options_parse(struct arena *arena, int argc, char **argv, struct options *ret);
bool option_allowed(const struct verb *verb, const char *name);

// ---- operands.c -----------------------------------------------------------------------------------------------

// Sorts operands into fixed ones and PATHs, behind which those of -f come. False after having said what is wrong.
bool operands_take(struct arena *arena, struct options *options, char **operands, size_t count);
void operands_add_default_paths(struct arena *arena, struct options *options);

// ---- pipeline.c -----------------------------------------------------------------------------------------------

// Each returns POLC_EXIT_OK or the exit code to end with, its diagnostics printed.
int pipeline_read(struct run *run);    // paths -> validated resources
int pipeline_model(struct run *run);   // resources -> model, for the node if the verb has one
int pipeline_plan(struct run *run);    // model -> plan; drops the input arena
int pipeline_ruleset(struct run *run); // plan -> ruleset
// plan -> ruleset, of whatever plan; the only place where polc does it.
struct nft_ruleset *lower_plan(struct run *run, const struct plan *plan,
                               const struct sources *sources, const char *const *roots,
                               size_t root_count);
int pipeline_until_ruleset(struct run *run); // all of them, reported
typedef int (*pipeline_stage)(struct run *run);
int pipeline_run(struct run *run, const pipeline_stage *stages, size_t count); // in turn, reported

// A run of its own that reads these texts, not the PATHs. Its input arena is the caller's to free.
struct run run_instead(struct run *run, const struct sources *texts);

// Prints diagnostics and the closing count; returns whether there were errors.
bool run_report(struct run *run);
const char *this_hostname(struct run *run);
// Whether the node of the run is the machine that polc runs on.
bool is_this_machine(struct run *run, const char *node);

// ---- timings.c ------------------------------------------------------------------------------------------------

void timings_start(struct run *run); // when POLC_TIMINGS is set; else all of these do nothing
void timings_end(struct run *run, const char *stage); // what ran since the last stage ended
// The function for the loader to call, and its context: the decoder, behind a clock if there is one. The loader is the
// stage that ends next.
load_object_fn timings_decode(struct run *run, struct res_decoder *decoder, void **ret_context);
void timings_print(const struct run *run);

// ---- messages.c -----------------------------------------------------------------------------------------------

// "polc: ..." on stderr, with an optional hint.
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// "polc: WHAT: MESSAGE", the text of an operand or option, and a caret below the place in it. `label` may be NULL.
void complain_at(struct run *run, const char *what, const char *message, const char *text,
                 size_t offset, size_t length, const char *label);
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));
// "refused[S002]: ..." on stderr unless forced; true when the run must end with POLC_EXIT_SAFETY.
bool refuse(struct run *run, enum diag_code refusal, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A kernel failure in words, mapped to the input; returns the exit code.
int report_failure(struct run *run, enum nft_status status, const struct nft_failure *failure);
// What a hint repeats of this command line: " PATH --node N --table T --state-dir D", as far as it was given.
const char *same_options(struct run *run, bool paths);
// The whole command for a hint, with this refusal overridden as well; `confirm`: with --confirm, if it was not there.
const char *forced_again(struct run *run, enum diag_code refusal, bool confirm);
const char *plural(size_t count); // "" or "s"
// " PATH PATH": the operands for a command to paste; "" for the defaults.
const char *paths_suffix(struct run *run);
const char *paths_option(struct run *run); // the same as " -f PATH -f PATH"
// Appends a word of a command to paste, quoted where a shell needs it.
void add_shell_word(struct strbuf *text, const char *word);
const char *words_join(struct arena *arena, const char *const *words, size_t count,
                       const char *separator);

// ---- changes.c: a difference in terms of policies and objects ---------------------------------------------------

struct policy_change {
    const char *id;
    uint8_t kind; // enum nft_change_kind
    size_t rules_added, rules_removed;
    struct loc loc;
    const char *place; // of a removed one, from its comment; NULL
};

struct change_list {
    struct {
        VEC_FIELDS(struct policy_change);
    } policies;              // policies, tiers and profiles, sorted by id
    size_t policy_counts[3]; // by kind, policies only
    size_t set_count, elements_added, elements_removed, chain_count;
    bool forgets; // what the flow table holds
};

struct change_list summarize(struct run *run, const struct nft_kernel *kernel,
                             const struct nft_diff *diff);
const char *summary_text(struct arena *arena,
                         const struct change_list *changes); // "2 policies changed, 1 set +3 -1"
bool is_policy_id(const char *id);
// Ids of policies that the kernel has and the plan has not.
struct nft_names removed_policies(struct run *run, const struct nft_kernel *kernel);

// ---- refusals.c: whether `apply` must end for safety ---------------------------------------------------------

int refuse_input(struct run *run);    // a stage, before pipeline_plan
bool refuse_bridges(struct run *run); // a part of it
bool refuse_replacement(struct run *run, const struct nft_kernel *kernel);
bool refuse_foreign(struct run *run, const struct nft_kernel *kernel);

// ---- the verbs ------------------------------------------------------------------------------------------------

int cmd_validate(struct run *run);
int cmd_lint(struct run *run);
int cmd_test(struct run *run);
int cmd_compile(struct run *run);
int cmd_apply(struct run *run);
int cmd_diff(struct run *run);
int cmd_delete(struct run *run);
int cmd_confirm(struct run *run);
int cmd_rollback(struct run *run);
int cmd_restore(struct run *run);
int cmd_history(struct run *run);
int cmd_status(struct run *run);
int cmd_trace(struct run *run);
int cmd_impact(struct run *run);
int cmd_enforce(struct run *run);
int cmd_stage(struct run *run);
int cmd_get(struct run *run);
int cmd_eval(struct run *run);
int cmd_flows(struct run *run);
int cmd_top(struct run *run);
int cmd_graph(struct run *run);
int cmd_board(struct run *run);
int cmd_recommend(struct run *run);
int cmd_explain(struct run *run);
int cmd_version(struct run *run);
int cmd_help(struct run *run);
