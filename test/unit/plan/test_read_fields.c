// SPDX-License-Identifier: GPL-2.0-or-later
// What the loader is told to read of each kind is all that its decoder looks at: every input of the golden tests says the
// same, and makes the same plan, as when its objects are read in whole.
#include "unit.h"

#include <ftw.h>
#include <polc/plan.h>
#include <polc/resolve.h>
#include <polc/validate.h>

static size_t files, plans;

// The diagnostics, and the plan when none of them is an error.
static char *result_of(const char *path, load_fields_fn fields)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    load_paths_in_part(arena, sources, diags, &path, 1, fields, res_decode_object,
                       res_decoder_new(arena, diags, &resources));
    validate(arena, diags, &resources);
    fprintf(out, "%zu objects, %zu skipped, %zu pods\n", resources.objects, resources.skipped,
            resources.pods_skipped);
    if (diags_count(diags, DIAG_ERROR) == 0) {
        struct model *model = resolve(arena, diags, &resources, NULL, NULL);
        plan_print_json(plan_build(arena, model), sources, out);
        plans++;
    }
    diags_print(diags, out, &(struct diag_print_options){.max = SIZE_MAX});
    arena_free(arena);
    fclose(out);
    return text;
}

static int compare(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)walk;
    const char *suffix = strrchr(path, '.');
    if (type == FTW_F && suffix != NULL &&
        (strcmp(suffix, ".yaml") == 0 || strcmp(suffix, ".json") == 0)) {
        char *whole = result_of(path, NULL);
        char *part = result_of(path, res_read_fields);
        ck_assert_msg(strcmp(whole, part) == 0, "%s in whole:\n%s\nin part:\n%s", path, whole,
                      part);
        free(whole);
        free(part);
        files++;
    }
    return 0;
}

START_TEST(in_part_as_in_whole)
{
    ck_assert_int_eq(nftw(TEST_SOURCE_DIR "/golden", compare, 16, FTW_PHYS), 0);
    ck_assert_uint_ge(files, 100);
    ck_assert_uint_ge(plans, 100);
}
END_TEST

UNIT_TESTS("read fields", in_part_as_in_whole)
