// SPDX-License-Identifier: GPL-2.0-or-later
// What `polc enforce` and `polc stage` changed: the files, the traffic, the policies, and what to do next.
#include "impact_view.h"
#include "stage.h"

// Lines move, so a place is but a file.
static const char *file_name(const struct stage *stage, const struct stage_target *target)
{
    return safe_text(stage->run->arena, sources_get(stage->run->sources, target->loc.source)->path);
}

// ---- for people --------------------------------------------------------------------------------------------------------

static void print_hunks(const struct stage *stage)
{
    for (size_t i = 0; i < stage->files.count; i++) {
        const struct stage_file *file = &stage->files.items[i];
        const char *path = safe_text(stage->run->arena, file->path);
        printf("--- %s\n+++ %s\n", path, path);
        safe_print(stdout, file->hunks, true);
    }
}

static void print_targets(const struct stage *stage)
{
    const char *word = stage_enforces(stage) ? "enforced" : "staged";
    for (size_t i = 0; i < stage->targets.count; i++) {
        const struct stage_target *target = &stage->targets.items[i];
        if (target->done) {
            printf("%s already: %s %s (%s)\n", word, stage_kind_text(target->from), target->name,
                   file_name(stage, target));
        } else {
            printf("%s%s: %s -> %s %s (%s)\n", stage->run->options.dry_run ? "would be " : "", word,
                   stage_kind_text(target->from), stage_kind_text(target->to), target->name,
                   file_name(stage, target));
        }
    }
}

static void note_ignored(const struct stage *stage)
{
    for (size_t i = 0; i < stage->targets.count; i++) {
        const struct stage_target *target = &stage->targets.items[i];
        if (target->ignored && !target->done) {
            fprintf(stderr, "note: %s was set aside (stagedAction: Ignore)\n", target->name);
        }
    }
}

static bool has_stdin(const struct stage *stage)
{
    for (size_t i = 0; i < stage->files.count; i++) {
        if (stage_is_stdin(&stage->files.items[i])) {
            return true;
        }
    }
    return false;
}

// "No difference" would be the truth, and mislead.
static void note_no_endpoint(const struct stage *stage)
{
    struct run *run = stage->run;
    const struct words *names = &run->options.operands;
    fprintf(stderr,
            "note: there is no endpoint in%s: what this does to traffic cannot be told from it\n",
            paths_suffix(run));
    if (run->options.dry_run) {
        hint("polc %s %s%s -f ENDPOINTS --dry-run     (all of the input)", run->options.verb->name,
             words_join(run->arena, names->items, names->count, " "), paths_option(run));
    } else {
        hint("polc diff%s ENDPOINTS     (all of the input; nothing is loaded yet)",
             paths_suffix(run));
    }
}

static void hint_next(const struct stage *stage)
{
    struct run *run = stage->run;
    if (run->plan->endpoints_in_input == 0) {
        note_no_endpoint(stage);
        return;
    }
    if (run->options.dry_run && has_stdin(stage)) {
        return; // it cannot be changed
    }
    if (run->options.dry_run) {
        hint("polc %s %s%s%s%s     (without --dry-run: changes the files)", run->options.verb->name,
             words_join(run->arena, run->options.operands.items, run->options.operands.count, " "),
             paths_option(stage->run), run->options.ns != NULL ? " -n " : "",
             run->options.ns != NULL ? run->options.ns : "");
    } else {
        hint("polc apply --confirm%s     (nothing is loaded yet)", same_options(run, true));
    }
}

static void print_text(const struct stage *stage, const struct diff *diff,
                       const struct impact_view *impact)
{
    if (diff != NULL) {
        print_hunks(stage);
        putchar('\n');
        diff_print_traffic(diff);
        diff_print_policies(diff);
        putchar('\n');
    }
    if (impact != NULL) {
        impact_print_text(impact);
        putchar('\n');
    }
    print_targets(stage);
    fflush(stdout);
    if (diff != NULL) {
        note_ignored(stage);
        hint_next(stage);
    }
}

// ---- for programs --------------------------------------------------------------------------------------------------------

static json_t *targets_json(const struct stage *stage)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stage->targets.count; i++) {
        const struct stage_target *target = &stage->targets.items[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:b, s:s}", "policy", target->name, "from",
                                        res_kind_model_name((enum res_kind)target->from), "to",
                                        res_kind_model_name((enum res_kind)target->to), "changed",
                                        (int)!target->done, "file", file_name(stage, target)));
    }
    return list;
}

static json_t *files_json(const struct stage *stage)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stage->files.count; i++) {
        const struct stage_file *file = &stage->files.items[i];
        json_array_append_new(list, json_pack("{s:s, s:s}", "path",
                                              safe_text(stage->run->arena, file->path), "diff",
                                              file->hunks));
    }
    return list;
}

static void print_json(const struct stage *stage, const struct diff *diff,
                       const struct impact_view *impact)
{
    bool written = diff != NULL && !stage->run->options.dry_run;
    json_t *root =
        json_pack("{s:s, s:b, s:o, s:o}", "verb", stage->run->options.verb->name, "written",
                  (int)written, "policies", targets_json(stage), "files", files_json(stage));
    if (diff != NULL) {
        json_object_set_new(root, "traffic", diff_json_traffic(diff));
        json_object_set_new(root, "changes", diff_json_policies(diff));
        json_object_set_new(root, "summary", json_string(diff_counts(stage->run->arena, diff)));
    }
    if (impact != NULL) {
        json_object_set_new(root, "impact", impact_json(impact));
    }
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

void stage_print(const struct stage *stage, const struct diff *diff,
                 const struct impact_view *impact)
{
    if (stage->run->options.output == OUTPUT_JSON) {
        print_json(stage, diff, impact);
    } else if (!stage->run->options.quiet) {
        print_text(stage, diff, impact);
    }
}
