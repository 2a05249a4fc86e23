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
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

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

// ---- mutation: lines and words of YAML as often as bytes, so that more of what comes out is still YAML ----------

struct span {
    size_t start, length;
};

static bool ends_piece(uint8_t byte, bool words)
{
    return byte == '\n' || (words && strchr(" ,:{}[]\"'", byte) != NULL);
}

// One of the lines (with its end), or of the words.
static struct span some_piece(const uint8_t *data, size_t size, bool words)
{
    size_t at = (size_t)rand() % size, end = at;
    while (at > 0 && !ends_piece(data[at - 1], words)) {
        at--;
    }
    while (end < size && !ends_piece(data[end], words)) {
        end++;
    }
    return (struct span){at, end - at + (!words && end < size)};
}

// Puts a copy of one piece in the place of another one, or before it.
static size_t copy_piece(uint8_t *data, size_t size, size_t max_size, bool words)
{
    struct span from = some_piece(data, size, words), to = some_piece(data, size, words);
    size_t removed = rand() % 2 > 0 ? to.length : 0;
    uint8_t *copy = malloc(from.length + 1);
    if (size - removed + from.length <= max_size) {
        memcpy(copy, data + from.start, from.length);
        memmove(data + to.start + from.length, data + to.start + removed,
                size - to.start - removed);
        memcpy(data + to.start, copy, from.length);
        size = size - removed + from.length;
    }
    free(copy);
    return size;
}

static size_t drop_line(uint8_t *data, size_t size)
{
    struct span line = some_piece(data, size, false);
    memmove(data + line.start, data + line.start + line.length, size - line.start - line.length);
    return size - line.length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    srand(seed);
    switch (size == 0 ? 0 : rand() % 6) {
    case 1:
        return drop_line(data, size);
    case 2:
        return copy_piece(data, size, max_size, false);
    case 3:
    case 4:
        return copy_piece(data, size, max_size, true);
    default:
        return LLVMFuzzerMutate(data, size, max_size);
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
    const struct loader loader = {arena, sources, diags, NULL, res_decode_object, decoder};
    load_text(&loader, "fuzz.yaml", (const char *)data, size);
    validate(arena, diags, &resources);
    if (diags_count(diags, DIAG_ERROR) == 0) {
        compile(arena, sources, diags, &resources, out);
    }
    diags_print(diags, out, &(struct diag_print_options){.color = true});
    fclose(out);
    arena_free(arena);
    return 0;
}
