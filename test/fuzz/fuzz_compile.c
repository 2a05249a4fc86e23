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

// A loopback, a card with addresses, a bridge with a port; sorted by name.
static struct host_inventory inventory_of(struct arena *arena, const char *name)
{
    static struct cidr addresses[] = {{{IP_V4, {10, 0, 0, 1}}, 24},
                                      {{IP_V6, {0xfd, [15] = 1}}, 64}};
    struct host_node node = {.name = name};
    vec_push(arena, &node, (struct host_interface){.name = "br0", .bridge = true});
    vec_push(arena, &node,
             (struct host_interface){
                 .name = "eth0", .addresses = addresses, .address_count = ARRAY_COUNT(addresses)});
    vec_push(arena, &node, (struct host_interface){.name = "eth1", .master = "br0"});
    vec_push(arena, &node, (struct host_interface){.name = "lo", .loopback = true});
    struct host_inventory ret = {0};
    vec_push(arena, &ret, node);
    return ret;
}

static void compile(struct arena *arena, struct sources *sources, struct diags *diags,
                    const struct resources *resources, FILE *out)
{
    const struct host_inventory none = {0};
    const struct model *all = resolve(arena, diags, resources, NULL, &none);
    plan_print_json(plan_build(arena, all), sources, out);
    for (size_t i = 0; i < all->node_count && i < NODES_MAX; i++) {
        const char *node = all->nodes[i];
        const struct host_inventory inventory = inventory_of(arena, node);
        const struct model *model = resolve(arena, diags, resources, node, &inventory);
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
