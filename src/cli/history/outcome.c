// SPDX-License-Identifier: GPL-2.0-or-later
// What confirm, rollback and restore say of their result on stdout: in words, or as one JSON object like that of apply.
#include "reload.h"

#include <jansson.h>

static void print_json(json_t *root)
{
    json_dumpf(root, stdout, 0);
    putchar('\n');
    json_decref(root);
}

static json_t *outcome_json(const struct outcome *outcome)
{
    json_t *root =
        json_pack("{s:s, s:o}", "result", outcome->result, "generation",
                  outcome->generation > 0 ? json_integer(outcome->generation) : json_null());
    if (outcome->summary != NULL) {
        json_object_set_new(root, "summary", json_string(outcome->summary));
    }
    if (outcome->waits != NULL) {
        json_object_set_new(root, "confirm_within_ms",
                            json_integer((json_int_t)outcome->waits->window));
    }
    return root;
}

void print_outcome(struct run *run, const struct outcome *outcome)
{
    const char *summary = outcome->summary != NULL ? outcome->summary : "";
    if (run->options.output == OUTPUT_JSON) {
        print_json(outcome_json(outcome));
        return;
    }
    if (run->options.quiet || outcome->json_only) {
        return;
    }
    if (outcome->generation > 0) {
        printf("%s: generation %u%s%s\n", outcome->result, outcome->generation,
               summary[0] != '\0' ? ": " : "", summary);
    } else {
        printf("%s: nothing; %s\n", outcome->result, summary);
    }
    if (outcome->waits != NULL) {
        print_deadline(run, outcome->waits);
    }
}

void print_refusals(const struct run *run)
{
    if (run->options.output != OUTPUT_JSON) {
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < run->refused.count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "code", run->refused.items[i],
                                              "message", run->refused_why.items[i]));
    }
    print_json(json_pack("{s:s, s:o}", "result", "refused", "refusals", list));
}
