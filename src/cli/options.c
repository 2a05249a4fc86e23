// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: one table of options, read by the parser, by `help` and by the lint that compares it with the
// man page. Options may stand anywhere; what comes before the PATHs depends on the verb.
#include "cli.h"
#include "option_values.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <unistd.h>

const struct option_info option_infos[] = {
    {"file", 'f', "PATH", "read this PATH too; may be given several times", true},
    {"node", 0, "NAME", "the host to compile for (default: $POLC_NODE, else the host name)", true},
    {"interfaces", 0, "FILE", "what `ip -j addr` prints on the host, or a directory of NODE.json",
     true},
    {"table", 0, "NAME", "name of the nftables table (default: polc)", true},
    {"state-dir", 0, "DIR",
     "where generations are kept (default: $POLC_STATE_DIR, else /var/lib/polc)", true},
    {"namespace", 'n', "NAME", "only objects of this namespace", false},
    {"selector", 'l', "SELECTOR", "only objects that the selector matches", false},
    {"show-labels", 0, NULL, "add a column with the labels", false},
    {"output", 'o', "FORMAT", "output format", true},
    {"base", 0, "BASE",
     "compare with this: a PATH, a generation or \"kernel\"; lint: compare with this PATH", false},
    {"fail-level", 0, "LEVEL", "exit 1 for findings of this level: error, warning or note", false},
    {"from", 0, "REF", "where the flow comes from", false},
    {"to", 0, "REF[:PORT]", "where it goes; also a name in DNS", false},
    {"proto", 0, "PROTOCOL", "tcp (default), udp, sctp, icmp, icmp6, or a number", false},
    {"dport", 0, "PORT", "destination port", false},
    {"sport", 0, "PORT", "source port (default: 40000)", false},
    {"icmp", 0, "TYPE[/CODE]", "ICMP type and code (default: echo request)", false},
    {"in-interface", 0, "NAME", "the interface by which it comes in", false},
    {"flows", 0, "FILE",
     "the flows of this file (\"-\": standard input), one JSON object a line; may be given several times",
     false},
    {"dns", 0, "FILE",
     "the addresses of names (\"-\": standard input): lines \"NAME ADDRESS...\"; may be given several times",
     false},
    {"since", 0, "TIME",
     "only flows of so long ago at most, such as 15m, 2h or 7d; board: not used for so long",
     false},
    {"follow", 0, NULL, "go on, and show flows as they come", false},
    {"exit-when-quiet", 0, "TIME", "end --follow when none has come for so long", false},
    {"max-size", 0, "SIZE", "put FILE aside as FILE.1 before it grows beyond this, such as 64M",
     false},
    {"denied", 0, NULL, "only flows that were denied", false},
    {"would-deny", 0, NULL, "only allowed flows that staged policies would deny", false},
    {"aggregate", 0, "LEVEL",
     "put flows together: 0 not at all, 1 without source ports, 2 without names and addresses, 3 without ports",
     false},
    {"by", 0, "FIELD", "namespace, service or endpoint; top: stack the bars by this field", false},
    {"where", 0, "FILTER", "only flows that the filter matches", false},
    {"share", 0, NULL, "say which part of all flows each value has, value within value", false},
    {"enforce", 0, "NAME", "as if this staged policy were enforced; may be given several times",
     false},
    {"delete", 0, "NAME", "as if this policy were deleted; may be given several times", false},
    {"all", 0, NULL, "for every namespace; impact: also flows that do not change", false},
    {"allowed", 0, NULL, "also what policies allow although there is no such flow", false},
    {"include-denied", 0, NULL, "learn from what is denied, too", false},
    {"interval", 0, "TIME",
     "what is new counts as being learned for twice this long (default: 150s)", false},
    {"stable", 0, "TIME", "what has been the same for so long is stable (default: 10m)", false},
    {"out", 0, "DIR", "write a file for each object into this directory", false},
    {"limit", 0, "N", "show so many rows (default: 20; 0: all)", false},
    {"rules", 0, NULL, "show each rule, and what it counted", false},
    {"staged", 0, "WHICH", "staged policies: show (default), hide, or only these", false},
    {"unused", 0, NULL, "list policies and rules that nobody used (--since: default 30d)", false},
    {"record", 0, NULL, "note in the state directory which counters have grown, for --unused",
     false},
    {"watch", 0, "[TIME]", "show it again and again, until q or Ctrl-C (default: 2s)", false},
    {"user", 0, "NAME", "become this user, once what needs root is done", false},
    {"width", 0, "COLUMNS", "so wide is the terminal (default: what it says)", false},
    {"matrix", 0, "FILE", "a Markdown table of all that may connect; may be given several times",
     false},
    {"kernel", 0, NULL, "send real packets through the compiled rulesets, in namespaces", false},
    {"dnsmasq", 0, NULL, "nftset= lines for dnsmasq", false},
    {"unbound", 0, NULL, "a module for the Python of unbound", false},
    {"answers", 0, NULL, "the names and addresses that were learned, as a file for --dns", false},
    {"dry-run", 0, NULL, "check everything (the kernel too, where it is asked) and change nothing",
     false},
    {"cut", 0, NULL, "end live connections that the policy no longer allows", false},
    {"force", 0, "[CODE,...]", "go on in spite of refusals (all, or these codes)", false},
    {"confirm", 0, "[TIME]", "take it back unless polc confirm comes in time (default: 60s)",
     false},
    {"wait", 0, NULL, "stay until it is confirmed or taken back", false},
    {"if-pending", 0, "TOKEN",
     "wait for the deadline of this one, and take it back if nobody confirmed", false},
    {"lock-timeout", 0, "TIME",
     "wait so long for another change, such as 500ms, 30s or 2m (default: 5s)", false},
    {"resolve-timeout", 0, "TIME",
     "look names up for so long at most, or not at all with 0 (default: 2s); dns refresh: look names up for so long at "
     "most (default: 30s)",
     false},
    {"message", 'm', "TEXT", "why, for the history", false},
    {"yes", 'y', NULL, "do not ask", false},
    {"quiet", 'q', NULL, "print nothing on success", true},
    {"verbose", 'v', NULL, "print more", true},
    {"color", 0, "WHEN", "always, never or auto (default: auto, and never with $NO_COLOR)", true},
    {"help", 'h', NULL, "this help", true},
};
const size_t option_info_count = ARRAY_COUNT(option_infos);

static const char *const output_names[] = {
    "text",  "json",   "nft", "plan", "table", "wide",    "yaml", "name", "junit",     "tap",
    "sarif", "github", "md",  "csv",  "dot",   "mermaid", "svg",  "html", "prometheus"};
_Static_assert(ARRAY_COUNT(output_names) == OUTPUT_COUNT, "one name per output");

static bool word_in(const char *word, const char *list)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t end = strcspn(at, " ");
        if (end == length && memcmp(at, word, length) == 0) {
            return true;
        }
        at += end + (at[end] == ' ');
    }
    return false;
}

bool option_allowed(const struct verb *verb, const char *name)
{
    for (size_t i = 0; i < option_info_count; i++) {
        if (strcmp(option_infos[i].name, name) == 0 && option_infos[i].common) {
            return true;
        }
    }
    return word_in(name, verb->options);
}

// ---- getopt's tables from ours --------------------------------------------------------------------------------

enum { LOCK_TIMEOUT = 5000, RESOLVE_TIMEOUT = 2000, AGGREGATE_MAX = 3, LIMIT_MAX = 1000000 };
enum { LIMIT_DEFAULT = 20, WIDTH_MAX = 10000 };
enum { INTERVAL_DEFAULT = 150000, STABLE_DEFAULT = 600000 }; // ms
enum { LONG_BASE = 256 }; // getopt's value for option i is LONG_BASE + i

struct getopt_tables {
    struct option long_options[ARRAY_COUNT(option_infos) + 1];
    char short_options[3 * ARRAY_COUNT(option_infos) + 2];
};

static void make_tables(struct getopt_tables *tables)
{
    char *at = tables->short_options;
    *at++ = ':';
    for (size_t i = 0; i < option_info_count; i++) {
        const struct option_info *info = &option_infos[i];
        int has = info->argument == NULL     ? no_argument
                  : info->argument[0] == '[' ? optional_argument
                                             : required_argument;
        tables->long_options[i] = (struct option){info->name, has, NULL, LONG_BASE + (int)i};
        if (info->letter != 0) {
            *at++ = info->letter;
            if (has == required_argument) {
                *at++ = ':';
            }
        }
    }
    *at = '\0';
    memset(&tables->long_options[option_info_count], 0, sizeof(struct option));
}

static const struct option_info *info_of(int value)
{
    for (size_t i = 0; i < option_info_count; i++) {
        if (value == LONG_BASE + (int)i || (value < LONG_BASE && value == option_infos[i].letter)) {
            return &option_infos[i];
        }
    }
    return NULL;
}

static void complain_option(const char *given, const struct verb *verb)
{
    const char *names[ARRAY_COUNT(option_infos)];
    for (size_t i = 0; i < option_info_count; i++) {
        names[i] = option_infos[i].name;
    }
    const char *best =
        given[0] == '-' && given[1] == '-'
            ? spell_best(strndupa(given + 2, strcspn(given + 2, "=")), names, option_info_count)
            : NULL;
    complain("unknown option \"%s\"", given);
    if (best != NULL) {
        hint("did you mean --%s?", best);
    } else {
        hint("polc help%s%s", verb != NULL ? " " : "", verb != NULL ? verb->name : "");
    }
}

// ---- values ---------------------------------------------------------------------------------------------------

static bool set_output(struct options *options, const char *value)
{
    for (size_t i = 0; i < OUTPUT_COUNT; i++) {
        if (strcmp(value, output_names[i]) == 0 && word_in(value, options->verb->outputs)) {
            options->output = (uint8_t)i;
            options->output_given = true;
            return true;
        }
    }
    complain("polc %s has no output format \"%s\"; it has: %s", options->verb->name, value,
             options->verb->outputs);
    return false;
}

// The first one that a verb has is what it prints without -o. A verb that only has parts prints help, and that as text.
static uint8_t default_output(const struct verb *verb)
{
    if (verb->parts != NULL) {
        return OUTPUT_TEXT;
    }
    size_t length = strcspn(verb->outputs, " ");
    for (size_t i = 0; i < OUTPUT_COUNT; i++) {
        if (strlen(output_names[i]) == length &&
            strncmp(output_names[i], verb->outputs, length) == 0) {
            return (uint8_t)i;
        }
    }
    POLC_UNREACHABLE("a verb without an output format");
}

static bool set_color(struct options *options, const char *value)
{
    if (strcmp(value, "always") == 0 || strcmp(value, "never") == 0) {
        options->color = options->color_always = strcmp(value, "always") == 0;
    } else if (strcmp(value, "auto") != 0) {
        complain("--color is always, never or auto, not \"%s\"", value);
        return false;
    }
    return true;
}

// Those that are only noted.
static bool take_plain_option(struct options *options, const char *name, const char *value)
{
    struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"show-labels", &options->show_labels},
        {"dry-run", &options->dry_run},
        {"yes", &options->yes},
        {"quiet", &options->quiet},
        {"verbose", &options->verbose},
        {"kernel", &options->kernel},
        {"wait", &options->wait},
        {"cut", &options->cut},
        {"denied", &options->denied},
        {"would-deny", &options->would_deny},
        {"share", &options->share},
        {"rules", &options->rules},
        {"unused", &options->unused},
        {"record", &options->record},
        {"follow", &options->follow},
        {"all", &options->all},
        {"allowed", &options->allowed},
        {"include-denied", &options->include_denied},
        {"dnsmasq", &options->dnsmasq},
        {"unbound", &options->unbound},
        {"answers", &options->answers},
        {"help", &options->help},
    };
    struct {
        const char *name;
        const char **text;
    } texts[] = {
        {"namespace", &options->ns},
        {"selector", &options->selector},
        {"base", &options->base},
        {"from", &options->from},
        {"to", &options->to},
        {"proto", &options->proto},
        {"user", &options->user},
        {"dport", &options->dport},
        {"sport", &options->sport},
        {"icmp", &options->icmp},
        {"in-interface", &options->in_interface},
        {"message", &options->message},
        {"if-pending", &options->if_pending},
        {"node", &options->node},
        {"interfaces", &options->interfaces},
        {"by", &options->by},
        {"where", &options->where},
        {"staged", &options->staged},
        {"out", &options->out},
    };
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        if (strcmp(name, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].text = value;
            options->node_given |= strcmp(name, "node") == 0;
            return true;
        }
    }
    return false;
}

static bool take_option(struct arena *arena, struct options *options, const char *name,
                        const char *value)
{
    if (take_plain_option(options, name, value)) {
        return true;
    }
    if (strcmp(name, "file") == 0) {
        vec_push(arena, &options->paths, value);
    } else if (strcmp(name, "flows") == 0) {
        vec_push(arena, &options->flow_files, value);
        options->flows = options->flow_files.items[0];
    } else if (strcmp(name, "matrix") == 0) {
        vec_push(arena, &options->matrices, value);
    } else if (strcmp(name, "dns") == 0) {
        vec_push(arena, &options->dns, value);
    } else if (strcmp(name, "enforce") == 0) {
        vec_push(arena, &options->enforce, value);
    } else if (strcmp(name, "delete") == 0) {
        vec_push(arena, &options->remove, value);
    } else if (strcmp(name, "force") == 0) {
        return set_force(arena, options, value);
    } else if (strcmp(name, "lock-timeout") == 0) {
        return set_time(name, &options->lock_timeout, value);
    } else if (strcmp(name, "resolve-timeout") == 0) {
        options->resolve_timeout_given = true;
        return set_time(name, &options->resolve_timeout, value);
    } else if (strcmp(name, "confirm") == 0) {
        return set_time(name, &options->confirm, value != NULL ? value : "60s") &&
               is_window(name, options->confirm);
    } else if (strcmp(name, "state-dir") == 0) {
        return set_state_dir(options, value);
    } else if (strcmp(name, "max-size") == 0) {
        return set_bytes(name, &options->max_size, value);
    } else if (strcmp(name, "exit-when-quiet") == 0) {
        return set_time(name, &options->quiet_exit, value) && is_window(name, options->quiet_exit);
    } else if (strcmp(name, "since") == 0) {
        return set_time(name, &options->since, value) && is_window(name, options->since);
    } else if (strcmp(name, "interval") == 0) {
        return set_time(name, &options->interval, value);
    } else if (strcmp(name, "stable") == 0) {
        return set_time(name, &options->stable, value);
    } else if (strcmp(name, "aggregate") == 0) {
        options->aggregate_given = true;
        return set_number(name, AGGREGATE_MAX, &options->aggregate, value);
    } else if (strcmp(name, "limit") == 0) {
        return set_number(name, LIMIT_MAX, &options->limit, value);
    } else if (strcmp(name, "width") == 0) {
        options->width_given = true;
        return set_number(name, WIDTH_MAX, &options->width, value);
    } else if (strcmp(name, "watch") == 0) {
        return set_time(name, &options->watch, value != NULL ? value : "2s") &&
               is_window(name, options->watch);
    } else if (strcmp(name, "table") == 0) {
        return set_table(options, value);
    } else if (strcmp(name, "output") == 0) {
        return set_output(options, value);
    } else if (strcmp(name, "fail-level") == 0) {
        return set_fail_level(options, value);
    } else {
        return set_color(options, value);
    }
    return true;
}

// ---- the command line -----------------------------------------------------------------------------------------

// Returns how many words of argv are the program and the verb; 0 after having said what is wrong.
static size_t find_verb(int argc, char **argv, struct options *ret)
{
    if (argc < 2 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
        ret->verb = verb_find("help");
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        ret->verb = verb_find("version");
        return 2;
    }
    size_t taken;
    ret->verb = verb_of_words((const char *const *)argv + 1, (size_t)argc - 1, &taken);
    return ret->verb != NULL ? 1 + taken : 0;
}

// getopt takes any unique beginning of a name; a script that relies on it breaks with the next option.
static bool is_abbreviated(int argc, char **argv, const struct verb *verb)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        size_t length = strcspn(argv[i], "=");
        bool known = strncmp(argv[i], "--", 2) != 0;
        for (size_t j = 0; j < option_info_count && !known; j++) {
            known = strlen(option_infos[j].name) == length - 2 &&
                    strncmp(option_infos[j].name, argv[i] + 2, length - 2) == 0;
        }
        if (!known) {
            complain_option(argv[i], verb);
            return true;
        }
    }
    return false;
}

// "--confirm 60s": the value of such an option stands behind "=", so that the word would be taken for a PATH.
static bool is_detached(const struct option_info *info, const char *word)
{
    static const char digits[] = "0123456789";
    if (info->argument == NULL || info->argument[0] != '[' || word == NULL ||
        access(word, F_OK) == 0) {
        return false;
    }
    size_t number = strspn(word, digits);
    const char *unit = word + number;
    bool is_time = number > 0 && (strcmp(unit, "s") == 0 || strcmp(unit, "m") == 0 ||
                                  strcmp(unit, "h") == 0 || strcmp(unit, "ms") == 0);
    bool is_code = diag_code_find(word) != DIAG_CODE_COUNT;
    bool takes_time = strcmp(info->name, "force") != 0;
    if (takes_time ? !is_time : !is_code) {
        return false;
    }
    complain("the value of --%s stands behind \"=\"", info->name);
    hint("--%s=%s", info->name, word);
    return true;
}

static bool take_options(struct arena *arena, int argc, char **argv, struct options *ret)
{
    if (is_abbreviated(argc, argv, ret->verb)) {
        return false;
    }
    struct getopt_tables tables;
    make_tables(&tables);
    opterr = 0;
    optind = 0;
    int value;
    while ((value = getopt_long(argc, argv, tables.short_options, tables.long_options, NULL)) !=
           -1) {
        const struct option_info *info = value == ':' || value == '?' ? NULL : info_of(value);
        if (value == ':') {
            complain("option \"%s\" needs a value", argv[optind - 1]);
            return false;
        }
        if (info == NULL) {
            complain_option(optopt != 0 && optopt < LONG_BASE ? (char[]){'-', (char)optopt, '\0'}
                                                              : argv[optind - 1],
                            ret->verb);
            return false;
        }
        if (!option_allowed(ret->verb, info->name)) {
            complain("polc %s has no option --%s", ret->verb->name, info->name);
            hint("polc help %s", ret->verb->name);
            return false;
        }
        const char *next = optarg == NULL && optind < argc ? argv[optind] : NULL;
        if (is_detached(info, next) || !take_option(arena, ret, info->name, optarg)) {
            return false;
        }
    }
    return true;
}

bool options_parse(struct arena *arena, int argc, char **argv, struct options *ret)
{
    const char *node = getenv("POLC_NODE");
    const char *no_color = getenv("NO_COLOR");
    const char *state_dir = getenv("POLC_STATE_DIR");
    bool has_state_dir = state_dir != NULL && state_dir[0] != '\0';
    *ret = (struct options){.table = "polc",
                            .state_dir = has_state_dir ? state_dir : "/var/lib/polc",
                            .state_dir_given = has_state_dir,
                            .fail_level = DIAG_WARNING,
                            .lock_timeout = LOCK_TIMEOUT,
                            .resolve_timeout = RESOLVE_TIMEOUT,
                            .limit = LIMIT_DEFAULT,
                            .interval = INTERVAL_DEFAULT,
                            .stable = STABLE_DEFAULT,
                            .node = node != NULL && node[0] != '\0' ? node : NULL};
    ret->color = isatty(STDERR_FILENO) == 1 && (no_color == NULL || no_color[0] == '\0');
    int named = (int)find_verb(argc, argv, ret);
    if (named == 0) {
        return false;
    }
    ret->output = default_output(ret->verb);
    if (argc < 2) {
        return true;
    }
    argv[named - 1] = argv[0]; // where getopt looks for the name of the program
    argv += named - 1;
    argc -= named - 1;
    if (!take_options(arena, argc, argv, ret)) {
        return false;
    }
    size_t operands = (size_t)(argc - optind);
    if (!operands_take(arena, ret, argv + optind, operands)) {
        return false;
    }
    operands_add_default_paths(arena, ret);
    return true;
}
