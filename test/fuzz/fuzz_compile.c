// SPDX-License-Identifier: GPL-2.0-or-later
// YAML all the way to the ruleset: what the validator lets through must compile, for all nodes as a plan and for each node
// as text and JSON, without a crash and without a word more in the diagnostics than the resolver's.
#include <polc/nft.h>
#include <polc/resolve.h>
#include <polc/validate.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES_MAX = 3 };

static void lower(struct arena *arena, const struct sources *sources, const struct plan *plan,
                  FILE *out)
{
    static const char *const roots[] = {"/fuzz"};
    struct nft_lower_options options = {
        .table = "polc", .version = "0", .roots = roots, .root_count = ARRAY_COUNT(roots)};
    struct nft_ruleset *ruleset = nft_lower(arena, plan, sources, &options);
    nft_print_text(ruleset, out);
    nft_print_json(ruleset, out);
    nft_ruleset_counts(ruleset);
}

static void compile(struct arena *arena, struct sources *sources, struct diags *diags,
                    const struct resources *resources, FILE *out)
{
    const struct model *all = resolve(arena, diags, resources, NULL);
    plan_print_json(plan_build(arena, all), sources, out);
    for (size_t i = 0; i < all->node_count && i < NODES_MAX; i++) {
        const struct model *model = resolve(arena, diags, resources, all->nodes[i]);
        lower(arena, sources, plan_build(arena, model), out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    struct res_decoder *decoder = res_decoder_new(arena, diags, &resources);
    FILE *out = fopen("/dev/null", "w");
    load_text(arena, sources, diags, "fuzz.yaml", (const char *)data, size, res_decode_object,
              decoder);
    validate(arena, diags, &resources);
    if (diags_count(diags, DIAG_ERROR) == 0) {
        compile(arena, sources, diags, &resources, out);
    }
    diags_print(diags, out, &(struct diag_print_options){.color = true});
    fclose(out);
    arena_free(arena);
    return 0;
}
