// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as a plan, behind the frame with its checksum: what the decoder lets through must print, be encoded again to a
// plan that says the same, and lower.
#include <polc/nft.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct arena *arena, const struct plan *plan, const struct plan_origin *origin)
{
    static const char *const roots[] = {"/fuzz"};
    struct nft_lower_options options = {
        .table = "polc", .version = "0", .roots = roots, .root_count = ARRAY_COUNT(roots)};
    FILE *out = fopen("/dev/null", "w");
    const struct sources *sources = plan_origin_sources(arena, origin);
    plan_print_json(plan, sources, out);
    nft_print_text(nft_lower(arena, plan, sources, &options), out);
    fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct plan *plan, *again;
    struct plan_origin origin, origin_again;
    if (plan_decode_unframed(arena, data, size, &plan, &origin) == NULL) {
        struct plan_bytes bytes = plan_encode(arena, plan, &origin);
        if (plan_decode(arena, bytes.data, bytes.size, &again, &origin_again) != NULL ||
            strcmp(plan_id(arena, plan), plan_id(arena, again)) != 0) {
            abort();
        }
        use(arena, plan, &origin);
    }
    arena_free(arena);
    return 0;
}
