// SPDX-License-Identifier: GPL-2.0-or-later
// YAML through lint and into every form of its findings: whatever the validator lets through must be lintable, twice with
// the same fingerprints, and without findings that the input itself does not have a second time.
#include <polc/lint.h>
#include <polc/report.h>
#include <polc/validate.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct linted {
    struct sources *sources;
    struct diags *diags;
    struct resources resources;
};

static void run(struct arena *arena, const uint8_t *data, size_t size, struct linted *ret)
{
    const struct host_inventory none = {0};
    ret->sources = sources_new(arena);
    ret->diags = diags_new(arena, ret->sources);
    struct res_decoder *decoder = res_decoder_new(arena, ret->diags, &ret->resources);
    const struct loader loader = {arena, ret->sources,      ret->diags,
                                  NULL,  res_decode_object, decoder};
    load_text(&loader, "fuzz.yaml", (const char *)data, size);
    validate(arena, ret->diags, &ret->resources);
    if (diags_count(ret->diags, DIAG_ERROR) == 0) {
        const struct model *model = resolve(arena, ret->diags, &ret->resources, NULL, &none);
        struct lint_input input = {.resources = &ret->resources,
                                   .model = model,
                                   .plan = plan_build(arena, model),
                                   .paths = "fuzz.yaml"};
        lint(ret->diags, &input);
        lint_drop_ignored(arena, ret->diags, &ret->resources);
    }
    lint_fingerprint(arena, ret->diags, &ret->resources);
}

static void print(struct arena *arena, struct linted *linted)
{
    FILE *out = fopen("/dev/null", "w");
    diags_print(linted->diags, out, &(struct diag_print_options){.color = true, .max = SIZE_MAX});
    diags_print(linted->diags, out, &(struct diag_print_options){.json = true, .max = SIZE_MAX});
    report_sarif(arena, linted->diags, linted->sources, "0", out);
    report_github(arena, linted->diags, linted->sources, out);
    fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct linted first = {0}, second = {0};
    size_t left;
    run(arena, data, size, &first);
    run(arena, data, size, &second);
    print(arena, &first);
    lint_drop_known(arena, second.diags, first.diags);
    diags_all(second.diags, &left);
    if (left > 0) {
        abort(); // compared with itself, nothing is new
    }
    arena_free(arena);
    return 0;
}
