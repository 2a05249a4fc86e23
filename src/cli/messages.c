// SPDX-License-Identifier: GPL-2.0-or-later
// How polc speaks outside of diagnostics: mistakes on the command line, refusals, failures of the system.
#include "cli.h"

#include <errno.h>

__attribute__((format(printf, 2, 0))) static void say(const char *prefix, const char *format,
                                                      va_list args)
{
    fflush(stdout);
    fputs(prefix, stderr);
    safe_vprintf(stderr, format, args);
    fputc('\n', stderr);
}

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("polc: ", format, args);
    va_end(args);
}

void complain_at(struct run *run, const char *what, const char *message, const char *text,
                 size_t offset, size_t length, const char *label)
{
    struct strbuf carets = {.arena = run->arena};
    strbuf_addf(&carets, "%*s^", (int)offset, "");
    for (size_t i = 1; i < length; i++) {
        strbuf_add(&carets, "~");
    }
    complain("%s: %s", what, message);
    fprintf(stderr, "  %s\n  %s%s%s\n", safe_text(run->arena, text), strbuf_text(&carets),
            label != NULL ? " " : "", label != NULL ? label : "");
}

void hint(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("hint: ", format, args);
    va_end(args);
}

static bool is_forced(const struct options *options, const char *code)
{
    for (size_t i = 0; i < options->force.count; i++) {
        if (strcasecmp(options->force.items[i], code) == 0) {
            return true;
        }
    }
    return options->force_all;
}

// Once each: a try of `apply` that another program overtook comes here again.
static void note_forced(struct run *run, const char *code)
{
    for (size_t i = 0; i < run->forced.count; i++) {
        if (strcmp(run->forced.items[i], code) == 0) {
            return;
        }
    }
    vec_push(run->arena, &run->forced, code);
}

bool refuse(struct run *run, enum diag_code refusal, const char *format, ...)
{
    const char *code = diag_code_name(refusal);
    va_list args;
    va_start(args, format);
    bool forced = is_forced(&run->options, code);
    const char *what = arena_vprintf(run->arena, format, args);
    va_end(args);
    fflush(stdout);
    fprintf(stderr, "%s[%s]: %s%s\n", forced ? "forced" : "refused", code,
            safe_text(run->arena, what), forced ? "" : "; nothing was changed");
    if (forced) {
        note_forced(run, code);
    } else {
        vec_push(run->arena, &run->refused, code);
        vec_push(run->arena, &run->refused_why, safe_text(run->arena, what));
    }
    return !forced;
}

void add_shell_word(struct strbuf *text, const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_./:@%+=,-";
    if (word[0] != '\0' && word[strspn(word, safe)] == '\0') {
        strbuf_addf(text, " %s", word);
        return;
    }
    strbuf_add(text, " '");
    for (; *word != '\0'; word++) {
        strbuf_add_n(text, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    }
    strbuf_add(text, "'");
}

const char *same_options(struct run *run, bool paths)
{
    const struct options *options = &run->options;
    struct strbuf text = {.arena = run->arena};
    for (size_t i = 0; paths && !options->default_paths && i < options->paths.count; i++) {
        strbuf_addf(&text, " %s", options->paths.items[i]);
    }
    if (paths && options->node_given) {
        strbuf_addf(&text, " --node %s", options->node);
    }
    if (strcmp(options->table, "polc") != 0) {
        strbuf_addf(&text, " --table %s", options->table);
    }
    if (options->state_dir_option) {
        strbuf_addf(&text, " --state-dir %s", options->state_dir);
    }
    return strbuf_text(&text);
}

const char *forced_again(struct run *run, enum diag_code refusal, bool confirm)
{
    enum { MS = 1000 };
    const struct options *options = &run->options;
    struct strbuf text = {.arena = run->arena};
    strbuf_addf(&text, "polc %s", options->verb->name);
    for (size_t i = 0; i < options->operands.count; i++) {
        strbuf_addf(&text, " %s", options->operands.items[i]);
    }
    if (options->confirm % MS != 0) {
        strbuf_addf(&text, " --confirm=%llums", (unsigned long long)options->confirm);
    } else if (options->confirm > 0) {
        strbuf_addf(&text, " --confirm=%llus", (unsigned long long)(options->confirm / MS));
    } else if (confirm) {
        strbuf_add(&text, " --confirm");
    }
    strbuf_add(&text, options->dry_run ? " --dry-run" : "");
    strbuf_add(&text, options->cut ? " --cut" : "");
    strbuf_add(&text, " --force=");
    for (size_t i = 0; i < options->force.count; i++) {
        strbuf_addf(&text, "%s,", options->force.items[i]);
    }
    strbuf_addf(&text, "%s%s", diag_code_name(refusal), same_options(run, true));
    return strbuf_text(&text);
}

const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

const char *words_join(struct arena *arena, const char *const *words, size_t count,
                       const char *separator)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? separator : "", words[i]);
    }
    return strbuf_text(&text);
}

const char *paths_suffix(struct run *run)
{
    const struct words *paths = &run->options.paths;
    return run->options.default_paths
               ? ""
               : arena_printf(run->arena, " %s",
                              words_join(run->arena, paths->items, paths->count, " "));
}

const char *paths_option(struct run *run)
{
    const struct options *options = &run->options;
    struct strbuf text = {.arena = run->arena};
    for (size_t i = 0; !options->default_paths && i < options->paths.count; i++) {
        strbuf_addf(&text, " -f %s", options->paths.items[i]);
    }
    return strbuf_text(&text);
}

// What a person knows about an errno of nf_tables.
static const char *errno_hint(int error)
{
    switch (error) {
    case EMLINK:
        return "16 chains is the kernel's limit; `polc explain N310` shows how tiers and policies add to it";
    case EMSGSIZE:
        return "the batch does not fit the socket buffer; as root: sysctl net.core.wmem_max";
    case ENOMEM:
        return "the kernel has no memory for this ruleset";
    default:
        return NULL;
    }
}

static void report_refusal(struct run *run, const struct nft_failure *failure)
{
    const char *text = failure->message != NULL && failure->message[0] != '\0'
                           ? failure->message
                           : strerror(failure->error);
    struct diag *diag = diag_report(run->diags, DIAG_N310, failure->loc,
                                    "the kernel refused this %s: %s (%s); nothing was changed",
                                    failure->what != NULL ? failure->what : "ruleset", text,
                                    strerrorname_np(failure->error));
    if (failure->comment != NULL) {
        diag_label(diag, "%s", failure->comment);
    }
    if (errno_hint(failure->error) != NULL) {
        diag_hint(diag, "%s", errno_hint(failure->error));
    }
}

int report_failure(struct run *run, enum nft_status status, const struct nft_failure *failure)
{
    struct diag *diag;
    switch (status) {
    case NFT_DONE:
        return POLC_EXIT_OK;
    case NFT_STALE:
        diag_report(
            run->diags, DIAG_N301, LOC_NONE,
            "another program keeps changing the firewall; nothing was changed after several tries");
        break;
    case NFT_REFUSED:
        report_refusal(run, failure);
        break;
    case NFT_NO_PRIVILEGE:
        diag = diag_report(
            run->diags, DIAG_N302, LOC_NONE,
            "the kernel's firewall needs CAP_NET_ADMIN, which this process has not; nothing was changed");
        diag_hint(
            diag,
            "sudo polc %s ...    (no privilege needed: validate, lint, test, compile, get, eval, "
            "trace; flows, top, graph, recommend with --flows FILE; diff with --base DIR; "
            "impact with both)",
            run->options.verb->name);
        break;
    case NFT_UNSUPPORTED:
        diag_report(run->diags, DIAG_N303, LOC_NONE,
                    "this kernel has no nf_tables; nothing was changed");
        break;
    case NFT_SYSTEM_ERROR:
        diag_report(run->diags, DIAG_N304, LOC_NONE, "%s: %s; nothing was changed",
                    failure->what != NULL ? failure->what : "netlink", strerror(failure->error));
        break;
    }
    diags_print(run->diags, stderr, &(struct diag_print_options){.color = run->options.color});
    return POLC_EXIT_SYSTEM;
}
