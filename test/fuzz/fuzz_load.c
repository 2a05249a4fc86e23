// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes through the loader, the decoder and the validator: no crash, no leak; diagnostics print as text and as JSON.
#include <polc/validate.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(struct diags *diags)
{
    FILE *out = fopen("/dev/null", "w");
    diags_print(diags, out, &(struct diag_print_options){.color = true});
    diags_print(diags, out, &(struct diag_print_options){.json = true});
    fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    struct res_decoder *decoder = res_decoder_new(arena, diags, &resources);
    // Escaped halves of characters are joined only in what is JSON by its name.
    const char *name = memmem(data, size, "\\ud", 3) != NULL ? "fuzz.json" : "fuzz.yaml";
    const struct loader loader = {arena, sources, diags, NULL, res_decode_object, decoder};
    load_text(&loader, name, (const char *)data, size);
    validate(arena, diags, &resources);
    print(diags);
    arena_free(arena);
    return 0;
}
