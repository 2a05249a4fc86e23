// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes through the loader, the decoder and the validator: no crash, no leak, every error reported with a place.
#include <polc/validate.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    struct res_decoder *decoder = res_decoder_new(arena, diags, &resources);
    load_text(arena, sources, diags, "fuzz.yaml", (const char *)data, size, res_decode_object, decoder);
    validate(arena, diags, &resources);
    FILE *out = fopen("/dev/null", "w");
    diags_print(diags, out, &(struct diag_print_options){0});
    fclose(out);
    arena_free(arena);
    return 0;
}
