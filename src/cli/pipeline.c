// SPDX-License-Identifier: GPL-2.0-or-later
// The pipeline, the first file to read: each stage takes what the one before it made and returns something new.
//
//   load      paths                 -> located node trees, one object at a time
//   resource  node tree             -> typed resource
//   validate  resources             -> diagnostics
//   host      kernel or file        -> inventory  (interfaces, addresses, bridges)
//   resolve   resources, inventory  -> model      (defaults, labels, order, active policies, IP sets)
//   plan      model                 -> plan       (dataplane-neutral; stands alone)
//   nft       plan                  -> ruleset    (nftables; printed, compared with the kernel, committed)
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

enum { HOST_NAME_SIZE = 256 };

bool run_report(struct run *run)
{
    size_t errors = diags_count(run->diags, DIAG_ERROR);
    size_t warnings = diags_count(run->diags, DIAG_WARNING);
    struct diag_print_options options = {.color = run->options.color};
    if (run->options.quiet && errors == 0) {
        return false;
    }
    fflush(stdout);
    diags_print(run->diags, stderr, &options);
    size_t files = sources_count(run->sources);
    if (errors + warnings > 0 && files > 0) {
        fprintf(stderr, "%zu error%s, %zu warning%s in %zu file%s%s\n", errors, plural(errors),
                warnings, plural(warnings), files, plural(files),
                errors > 0 ? "; nothing was compiled" : "");
    }
    return errors > 0;
}

// What the command line should have been: "polc enforce ... -f DIR".
static void hint_path(const struct run *run)
{
    const struct options *options = &run->options;
    bool names = options->verb->operands == OPERANDS_NAMES;
    const char *path = NULL;
    for (size_t i = 0; names && i < options->operands.count && path == NULL; i++) {
        path = access(options->operands.items[i], F_OK) == 0 ? options->operands.items[i] : NULL;
    }
    hint("polc %s%s %s     (or set POLC_DIR)", options->verb->name,
         names                                           ? " ... -f"
         : options->verb->operands == OPERANDS_ONE_PATHS ? " ..."
                                                         : "",
         path != NULL ? path : "DIR");
}

// Without a PATH, and without the default one, the question is what to read, not what is wrong with it.
static bool has_input(const struct run *run)
{
    const char *path = run->options.paths.items[0];
    if (!run->options.default_paths || access(path, F_OK) == 0) {
        return true;
    }
    complain("there is no %s, and no PATH was given", path);
    hint_path(run);
    return false;
}

static void load_texts(const struct loader *loader, const struct sources *texts)
{
    for (uint32_t i = 0; i < sources_count(texts); i++) {
        const struct source *source = sources_get(texts, i);
        load_text(loader, source->path, source->text, source->size);
    }
}

int pipeline_read(struct run *run)
{
    if (!has_input(run)) {
        return POLC_EXIT_USAGE;
    }
    struct res_decoder *decoder = res_decoder_new(run->input, run->diags, &run->resources);
    void *context;
    load_object_fn decode = timings_decode(run, decoder, &context);
    const struct loader loader = {run->arena,      run->sources, run->diags,
                                  res_read_fields, decode,       context};
    if (run->instead != NULL) {
        load_texts(&loader, run->instead);
    } else {
        load_paths(&loader, run->options.paths.items, run->options.paths.count);
    }
    timings_end(run, "load");
    validate(run->input, run->diags, &run->resources);
    timings_end(run, "validate");
    return diags_count(run->diags, DIAG_ERROR) > 0 ? POLC_EXIT_USAGE : POLC_EXIT_OK;
}

const char *this_hostname(struct run *run)
{
    char name[HOST_NAME_SIZE] = "";
    if (gethostname(name, sizeof name - 1) != 0) {
        name[0] = '\0';
    }
    return arena_strdup(run->arena, name);
}

// The node by design: --node, POLC_NODE, the host name, its short form. Verbs about the input take all nodes.
static const char *choose_node(struct run *run)
{
    bool is_short = false;
    if (!run->options.verb->this_host || run->options.input_only) {
        return run->options.node_given ? run->options.node : NULL;
    }
    const char *node = model_choose_node(run->arena, &run->resources, run->options.node,
                                         this_hostname(run), &is_short);
    if (is_short && !run->options.quiet) {
        fprintf(stderr, "note: this host is \"%s\"; taking node \"%s\"\n", this_hostname(run),
                node);
    }
    return node;
}

// A node that was named by hand is another machine, unless it has this one's name; verbs that speak to the kernel speak
// to this one, whatever it is called.
bool is_this_machine(struct run *run, const char *node)
{
    const struct verb *verb = run->options.verb;
    if (run->options.input_only) {
        return false;
    }
    if (verb->this_kernel || !run->options.node_given) {
        return verb->this_host;
    }
    const char *hostname = this_hostname(run);
    size_t length = strcspn(hostname, ".");
    return strcmp(node, hostname) == 0 ||
           (strlen(node) == length && strncmp(node, hostname, length) == 0);
}

// Files of interfaces say nothing of the DNS servers that this machine asks. A node that they do not know stays unknown.
static void add_nameservers(struct run *run, const char *node)
{
    for (size_t i = 0; i < run->inventory.count; i++) {
        struct host_node *host = &run->inventory.items[i];
        if (texts_equal(host->name, node) && is_this_machine(run, node)) {
            host_read_nameservers(run->input, host);
        }
    }
}

// Interfaces come from --interfaces, else from the kernel when the node is this machine; else nothing is known.
static int read_interfaces(struct run *run, const char *node)
{
    if (run->options.interfaces != NULL) {
        // Sources keep the texts until the end.
        bool good = host_read_path(run->arena, run->sources, run->diags, run->options.interfaces,
                                   node, &run->inventory);
        if (good && node != NULL) {
            add_nameservers(run, node);
        }
        return good ? POLC_EXIT_OK : POLC_EXIT_USAGE;
    }
    if (node == NULL || !is_this_machine(run, node)) {
        return POLC_EXIT_OK;
    }
    int error = host_read_kernel(run->input, node, &run->inventory);
    if (error == 0) {
        add_nameservers(run, node);
    } else {
        diag_report(run->diags, DIAG_N304, LOC_NONE, "reading this host's interfaces: %s",
                    strerror(error));
        return POLC_EXIT_SYSTEM;
    }
    return POLC_EXIT_OK;
}

int pipeline_model(struct run *run)
{
    const char *node = choose_node(run);
    int code = read_interfaces(run, node);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run->model = resolve(run->input, run->diags, &run->resources, node, &run->inventory);
    timings_end(run, "resolve");
    return diags_count(run->diags, DIAG_ERROR) > 0 ? POLC_EXIT_USAGE : POLC_EXIT_OK;
}

#if defined(POLC_TESTING)
// Every golden case once more, with the plan that is kept and read again.
static void recode_for_test(struct run *run)
{
    if (getenv("POLC_TEST_RECODE") == NULL) {
        return;
    }
    struct plan_origin origin = plan_origin_of(run->arena, run->sources, NULL, 0);
    struct plan_bytes bytes = plan_encode(run->arena, run->plan, &origin);
    if (plan_decode(run->arena, bytes.data, bytes.size, &run->plan, &origin) != NULL) {
        POLC_UNREACHABLE("a plan that cannot be read again");
    }
}
#else
#define recode_for_test(run) ((void)(run))
#endif

int pipeline_plan(struct run *run)
{
    run->plan = plan_build(run->arena, run->model);
    recode_for_test(run);
    // The plan stands alone: what it was made from is the largest part of the memory.
    arena_free(run->input);
    run->input = NULL;
    run->model = NULL;
    memset(&run->resources, 0, sizeof run->resources);
    memset(&run->inventory, 0, sizeof run->inventory);
    timings_end(run, "plan");
    return POLC_EXIT_OK;
}

static void find_roots(struct run *run)
{
    const char **roots = arena_array_of(run->arena, const char *, run->options.paths.count);
    for (size_t i = 0; i < run->options.paths.count; i++) {
        const char *path = run->options.paths.items[i];
        char *absolute = strcmp(path, "-") == 0 ? NULL : realpath(path, NULL);
        roots[i] = arena_strdup(run->arena, absolute != NULL ? absolute : path);
        free(absolute);
    }
    run->roots = roots;
    run->root_count = run->options.paths.count;
}

struct nft_ruleset *lower_plan(struct run *run, const struct plan *plan,
                               const struct sources *sources, const char *const *roots,
                               size_t root_count)
{
    struct nft_lower_options options = {
        .table = run->options.table,
        .version = POLC_VERSION,
        .roots = roots,
        .root_count = root_count,
    };
    return nft_lower(run->arena, plan, sources, &options);
}

int pipeline_ruleset(struct run *run)
{
    find_roots(run);
    run->ruleset = lower_plan(run, run->plan, run->sources, run->roots, run->root_count);
    timings_end(run, "lower");
    return POLC_EXIT_OK;
}

struct run run_instead(struct run *run, const struct sources *texts)
{
    struct run ret = {.options = run->options,
                      .input = arena_new(MEMORY_LIMIT),
                      .arena = run->arena,
                      .sources = sources_new(run->arena),
                      .instead = texts};
    ret.diags = diags_new(run->arena, ret.sources);
    return ret;
}

int pipeline_run(struct run *run, const pipeline_stage *stages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = stages[i](run);
        if (code != POLC_EXIT_OK) {
            run_report(run);
            return code;
        }
    }
    return POLC_EXIT_OK;
}

int pipeline_until_ruleset(struct run *run)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, pipeline_plan,
                                            pipeline_ruleset};
    return pipeline_run(run, stages, ARRAY_COUNT(stages));
}
