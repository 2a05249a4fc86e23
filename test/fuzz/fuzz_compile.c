// SPDX-License-Identifier: GPL-2.0-or-later
// YAML all the way: what the validator lets through must compile, for all nodes as a plan and for each node as text and
// JSON; lint and the evaluator of flows must cope with the plan.
#include <polc/flow.h>
#include <polc/lint.h>
#include <polc/nft.h>
#include <polc/resolve.h>
#include <polc/validate.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES_MAX = 3, ENDS_MAX = 3 };

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

// Some flows between the first endpoints; the trace and the verdict alone must agree.
static void evaluate(struct arena *arena, const struct plan *plan)
{
    const struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    for (size_t i = 0; i < plan->endpoints.count && i < ENDS_MAX; i++) {
        for (size_t j = 0; j < plan->endpoints.count && j < ENDS_MAX; j++) {
            struct flow flow = {.source = plan->endpoints.items[i].addresses[0],
                                .destination = plan->endpoints.items[j].addresses[0],
                                .protocol = PROTO_TCP,
                                .source_port = 40000,
                                .destination_port = 80,
                                .icmp_type = -1,
                                .icmp_code = -1};
            struct flow_trace trace;
            if (flow.source.family != flow.destination.family) {
                continue;
            }
            flow_trace(evaluator, arena, &flow, &trace);
            if (trace.verdict != flow_verdict(evaluator, &flow, false) ||
                trace.pending_verdict != flow_verdict(evaluator, &flow, true)) {
                abort();
            }
        }
    }
}

static void run_lint(struct arena *arena, struct diags *diags, const struct resources *resources,
                     const struct model *model, const struct plan *plan)
{
    struct lint_input input = {
        .resources = resources, .model = model, .plan = plan, .paths = "fuzz.yaml"};
    lint(diags, &input);
    lint_drop_ignored(arena, diags, resources);
    lint_fingerprint(arena, diags, resources);
}

static void compile(struct arena *arena, struct sources *sources, struct diags *diags,
                    const struct resources *resources, FILE *out)
{
    const struct host_inventory none = {0};
    const struct model *all = resolve(arena, diags, resources, NULL, &none);
    const struct plan *plan = plan_build(arena, all);
    plan_print_json(plan, sources, out);
    evaluate(arena, plan);
    run_lint(arena, diags, resources, all, plan);
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
