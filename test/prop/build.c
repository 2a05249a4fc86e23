// SPDX-License-Identifier: GPL-2.0-or-later
// load -> resource -> validate -> resolve -> plan -> nft_lower, as the pipeline of the command does it.
#include "build.h"

#include "scene.h"

#include <polc/resolve.h>
#include <polc/validate.h>

static void report(const struct test_case *test_case, struct diags *diags, FILE *errors)
{
    struct diag_print_options options = {0};
    (void)test_case;
    if (errors != NULL) {
        diags_print(diags, errors, &options);
    }
}

static void add_interface(struct arena *arena, struct host_node *node, const char *name)
{
    struct host_interface *ret = vec_add(arena, node);
    VEC(struct cidr) addresses = {0};
    struct ip_addr addr;
    const char *interface;
    for (size_t i = 0; scene_host_address(i, &addr, &interface); i++) {
        if (strcmp(interface, name) == 0) {
            uint8_t bits = addr.family == IP_V4 ? 24 : 64;
            vec_push(arena, &addresses, (struct cidr){addr, bits});
        }
    }
    *ret = (struct host_interface){.name = name,
                                   .loopback = strcmp(name, "lo") == 0,
                                   .addresses = addresses.items,
                                   .address_count = addresses.count};
}

static int compare_interfaces(const void *a, const void *b)
{
    return strcmp(((const struct host_interface *)a)->name,
                  ((const struct host_interface *)b)->name);
}

// What the scene's host looks like.
static struct host_inventory make_inventory(struct arena *arena, bool bridged)
{
    struct host_inventory inventory = {0};
    struct host_node *node = vec_add(arena, &inventory);
    node->name = SCENE_NODE;
    add_interface(arena, node, "lo");
    for (size_t i = 0; i < SCENE_OUTSIDE; i++) {
        add_interface(arena, node, scene_outside[i]);
    }
    for (size_t i = 0; i < SCENE_SLOTS; i++) {
        add_interface(arena, node, scene_slots[i].interface);
        if (bridged && i >= SCENE_PORT && i < SCENE_PORT + SCENE_PORTS) {
            node->items[node->count - 1].master = SCENE_BRIDGE;
        }
    }
    if (bridged) {
        add_interface(arena, node, SCENE_BRIDGE);
        node->items[node->count - 1].bridge = true;
    }
    vec_sort(node, compare_interfaces);
    return inventory;
}

// What is kept in a state directory and read again must be the same plan for everything behind it.
static struct plan *kept_and_read(struct arena *arena, const struct plan *plan,
                                  const struct sources *sources)
{
    struct plan_origin origin = plan_origin_of(arena, sources, NULL, 0);
    struct plan_bytes bytes = plan_encode(arena, plan, &origin);
    struct plan *read;
    const char *problem = plan_decode(arena, bytes.data, bytes.size, &read, &origin);
    if (problem != NULL || strcmp(plan_id(arena, plan), plan_id(arena, read)) != 0) {
        fprintf(stderr, "the plan cannot be read again: %s\n", problem != NULL ? problem : "id");
        abort();
    }
    return read;
}

bool build_case(struct arena *arena, const struct test_case *test_case, const char *node,
                struct built *ret, FILE *errors)
{
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources *resources = arena_new_of(arena, struct resources);
    struct res_decoder *decoder = res_decoder_new(arena, diags, resources);
    for (size_t i = 0; i < test_case->count; i++) {
        const struct case_document *document = &test_case->items[i];
        const struct loader loader = {arena, sources, diags, NULL, res_decode_object, decoder};
        load_text(&loader, document->name, document->text, strlen(document->text));
    }
    validate(arena, diags, resources);
    const struct model *model = NULL;
    if (diags_count(diags, DIAG_ERROR) == 0) {
        struct host_inventory inventory = make_inventory(arena, test_case->bridged);
        model = resolve(arena, diags, resources, node, &inventory);
    }
    if (diags_count(diags, DIAG_ERROR) > 0) {
        report(test_case, diags, errors);
        return false;
    }
    static const char *const roots[] = {"case"};
    struct nft_lower_options options = {
        .table = "polc", .version = "test", .roots = roots, .root_count = ARRAY_COUNT(roots)};
    ret->resources = resources;
    ret->plan = kept_and_read(arena, plan_build(arena, model), sources);
    ret->ruleset = node != NULL ? nft_lower(arena, ret->plan, sources, &options) : NULL;
    static const unsigned passes[BUILD_PASSES] = {0, PLAN_PRUNE, PLAN_MERGE, PLAN_FLATTEN};
    for (size_t i = 0; node != NULL && i < BUILD_PASSES; i++) {
        options.without_passes = PLAN_ALL_PASSES & ~passes[i];
        ret->by_pass[i] = nft_lower(arena, ret->plan, sources, &options);
    }
    return true;
}
