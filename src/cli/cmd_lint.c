// SPDX-License-Identifier: GPL-2.0-or-later
// polc lint: what is legal and hardly meant, with what validate says.
#include "cli.h"

#include <polc/lint.h>
#include <polc/report.h>

// The node of the input that is the machine polc runs on, if it has a host endpoint there; else NULL. Of the others
// nothing more is known than the input says.
static const char *find_this_node(struct run *run)
{
    if (run->options.node_given) {
        return is_this_machine(run, run->options.node) ? run->options.node : NULL;
    }
    const char *hostname = this_hostname(run);
    const char *brief = arena_strndup(run->arena, hostname, strcspn(hostname, "."));
    const char *found = NULL;
    for (size_t i = 0; i < run->resources.hosts.count; i++) {
        const char *node = run->resources.hosts.items[i].node.text;
        if (node != NULL && strcmp(node, hostname) == 0) {
            return node;
        }
        found = node != NULL && strcmp(node, brief) == 0 ? node : found;
    }
    return found;
}

// All nodes together still know the interfaces of this machine, when it is one of them.
static int read_this_node(struct run *run, const char *node)
{
    int error = node != NULL && !run->options.node_given && run->options.interfaces == NULL
                    ? host_read_kernel(run->input, node, &run->inventory)
                    : 0;
    if (error != 0) {
        diag_report(run->diags, DIAG_N304, LOC_NONE, "reading this host's interfaces: %s",
                    strerror(error));
    }
    return error == 0 ? POLC_EXIT_OK : POLC_EXIT_SYSTEM;
}

// Ports that other tables of this machine publish, if the run may look.
static void read_published(struct run *run, const char *node, struct lint_input *input)
{
    struct nft_published_ports ports = {0};
    struct nft_failure failure;
    if (node == NULL) {
        return;
    }
    if (nft_read_dnat(run->input, run->options.table, &ports, &failure) != NFT_DONE) {
        if (run->options.verbose) {
            fprintf(stderr, "note: published ports of this host were not looked at: %s\n",
                    strerror(failure.error));
        }
        return;
    }
    struct lint_published *published =
        arena_array_of(run->input, struct lint_published, ports.count);
    for (size_t i = 0; i < ports.count; i++) {
        const struct nft_published *port = &ports.items[i];
        published[i] = (struct lint_published){
            .family = port->family,
            .protocol = port->protocol,
            .port = port->min,
            .last = port->max,
            .interface = port->interface,
            .has_address = port->has_address,
            .address = port->address,
            .rule = port->rule,
            .target = port->target,
        };
    }
    input->node = node;
    input->published = published;
    input->published_count = ports.count;
}

// As they can be given to a shell again.
static const char *quoted_paths(struct run *run)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:@%,";
    struct strbuf text = {.arena = run->arena};
    for (size_t i = 0; i < run->options.paths.count; i++) {
        const char *path = run->options.paths.items[i];
        bool is_plain = path[0] != '\0' && path[strspn(path, plain)] == '\0';
        strbuf_add(&text, i > 0 ? " " : "");
        strbuf_add(&text, is_plain ? path : "'");
        for (; !is_plain && *path != '\0'; path++) {
            *path == '\'' ? strbuf_add(&text, "'\\''") : strbuf_add_n(&text, path, 1);
        }
        strbuf_add(&text, is_plain ? "" : "'");
    }
    return strbuf_text(&text);
}

// One input that was looked at; of the base only its findings matter.
static int check(struct run *run)
{
    const char *node = NULL;
    int code = pipeline_read(run);
    if (code == POLC_EXIT_OK) {
        node = find_this_node(run);
        code = read_this_node(run, node);
    }
    if (code == POLC_EXIT_OK) {
        code = pipeline_model(run);
    }
    if (code != POLC_EXIT_OK) {
        return code;
    }
    // "Selects nothing" is about every node, what a rule does about the nodes of the run. What resolving says of other
    // nodes nobody asked for.
    struct diags *unheard = diags_new(run->input, run->sources);
    const struct model *all =
        run->model->node == NULL
            ? run->model
            : resolve(run->input, unheard, &run->resources, NULL, &run->inventory);
    struct lint_input input = {
        .resources = &run->resources,
        .model = all,
        .plan = plan_build(run->input, run->model),
        .paths = quoted_paths(run),
    };
    read_published(run, node, &input);
    lint(run->diags, &input);
    return POLC_EXIT_OK;
}

static void print(struct run *run)
{
    struct diag_print_options options = {.max = SIZE_MAX};
    switch (run->options.output) {
    case OUTPUT_JSON:
        options.json = true;
        diags_print(run->diags, stdout, &options);
        return;
    case OUTPUT_SARIF:
        report_sarif(run->arena, run->diags, run->sources, POLC_VERSION, stdout);
        return;
    case OUTPUT_GITHUB:
        report_github(run->arena, run->diags, run->sources, stdout);
        return;
    default:
        options.color = run->options.color;
        diags_print(run->diags, stdout, &options);
    }
}

static bool is_text(const struct run *run)
{
    return run->options.output == OUTPUT_TEXT;
}

static void print_count(struct run *run, size_t ignored, size_t known)
{
    size_t warnings = diags_count(run->diags, DIAG_WARNING);
    size_t notes = diags_count(run->diags, DIAG_NOTE);
    size_t files = sources_count(run->sources);
    printf("%zu warning%s, %zu note%s in %zu file%s", warnings, plural(warnings), notes,
           plural(notes), files, plural(files));
    if (ignored > 0) {
        printf("; %zu ignored by annotation", ignored);
    }
    if (known > 0) {
        printf("; %zu not shown, the base has %s too", known, known == 1 ? "it" : "them");
    }
    putchar('\n');
}

// Drops what the base has as well. The base is linted as it stands: what it ignores is no news either.
static int drop_base(struct run *run, size_t *ret_known)
{
    struct run base = {
        .options = run->options, .input = arena_new(MEMORY_LIMIT), .arena = run->arena};
    base.options.paths = (struct words){0};
    base.options.default_paths = false;
    vec_push(run->arena, &base.options.paths, run->options.base);
    base.sources = sources_new(run->arena);
    base.diags = diags_new(run->arena, base.sources);
    int code = check(&base);
    if (code == POLC_EXIT_OK) {
        lint_fingerprint(run->arena, base.diags, &base.resources);
        *ret_known = lint_drop_known(run->arena, run->diags, base.diags);
    } else {
        run_report(&base);
        complain("the base, %s, cannot be compared with", run->options.base);
    }
    arena_free(base.input);
    return code;
}

static int verdict(const struct run *run)
{
    size_t findings = 0;
    for (int i = 0; i <= run->options.fail_level; i++) {
        findings += diags_count(run->diags, (enum diag_severity)i);
    }
    return findings > 0 ? POLC_EXIT_NO : POLC_EXIT_OK;
}

int cmd_lint(struct run *run)
{
    int code = check(run);
    lint_fingerprint(run->arena, run->diags, &run->resources);
    if (code != POLC_EXIT_OK) {
        is_text(run) ? (void)run_report(run) : print(run);
        return code;
    }
    size_t ignored = lint_drop_ignored(run->arena, run->diags, &run->resources);
    lint_fingerprint(run->arena, run->diags, &run->resources);
    size_t known = 0;
    if (run->options.base != NULL) {
        code = drop_base(run, &known);
        if (code != POLC_EXIT_OK) {
            return code;
        }
    }
    code = verdict(run);
    if (code != POLC_EXIT_OK || !run->options.quiet || !is_text(run)) {
        print(run);
    }
    if (is_text(run) && (code != POLC_EXIT_OK || !run->options.quiet)) {
        print_count(run, ignored, known);
    }
    return code;
}
