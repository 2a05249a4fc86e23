// SPDX-License-Identifier: GPL-2.0-or-later
// polc impact: the recorded flows whose verdict a change of policies would change.
#include "answers.h"
#include "impact_view.h"

struct impact_view impact_view_make(const struct diff *diff, const struct flowlog_records *flows,
                                    const struct dns_book *book, bool all)
{
    struct impact *impact =
        impact_new(diff->run->arena, diff->before->plan, diff->after->plan, diff->traffic, all);
    if (book != NULL) {
        impact_set_names(impact, book);
        flow_evaluator_set_names(diff->evaluators[0], book, true);
        flow_evaluator_set_names(diff->evaluators[1], book, true);
    }
    for (size_t i = 0; i < flows->count; i++) {
        impact_add(impact, &flows->items[i]);
    }
    return (struct impact_view){.diff = diff,
                                .result = impact_finish(impact),
                                .names = flowlog_names_new(diff->run->arena, diff->before->plan),
                                .all = all};
}

bool impact_changes(const struct impact_view *view)
{
    return view->result->counts[IMPACT_CLOSED] + view->result->counts[IMPACT_OPENED] > 0;
}

static void print(struct run *run, const struct impact_view *view)
{
    if (run->options.output == OUTPUT_JSON) {
        json_t *root = impact_json(view);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
    } else if (run->options.output == OUTPUT_MD) {
        impact_print_md(view);
    } else if (!run->options.quiet || impact_changes(view)) {
        impact_print_text(view);
    }
}

// Without flows that question is open; the one about all packets is not.
static void print_no_flows(struct run *run, const struct flow_input *flows)
{
    const struct options *options = &run->options;
    const char *base = options->base;
    fprintf(stderr, "note: there was no flow to judge\n");
    if (options->remove.count > 0) {
        flow_input_hint(run, flows);
    } else if (options->enforce.count > 0) {
        hint("polc enforce %s%s%s --dry-run     (all traffic, seen or not)",
             words_join(run->arena, options->enforce.items, options->enforce.count, " "),
             paths_option(run), same_options(run, false));
    } else {
        hint("polc diff%s%s%s     (all traffic, seen or not)", same_options(run, true),
             base != NULL ? " --base " : "", base != NULL ? base : "");
    }
}

static void print_notes(const struct impact_view *view, const struct flow_input *flows)
{
    const char *node = view->diff->after->plan->node;
    if (view->diff->run->options.quiet) {
        return;
    }
    if (node != NULL) {
        fprintf(stderr, "note: only what node %s polices is judged\n",
                safe_text(view->diff->run->arena, node));
    }
    if (flows->records.count == 0) {
        print_no_flows(view->diff->run, flows);
    }
    if (view->result->by_names > 0) {
        hint("--dns FILE says which names have which addresses, with lines \"NAME ADDRESS...\"");
    }
}

int cmd_impact(struct run *run)
{
    struct impact_sides sides;
    struct flow_input flows;
    struct diff diff;
    const struct dns_book *book;
    int code = impact_sides_find(run, &sides);
    if (code == POLC_EXIT_OK && !answers_read(run, &book)) {
        code = POLC_EXIT_USAGE;
    }
    if (code == POLC_EXIT_OK) {
        code = flow_input_read_raw(run, &flows);
    }
    if (code != POLC_EXIT_OK) {
        return code;
    }
    diff_traffic(run, sides.before, sides.after, &diff);
    struct impact_view view = impact_view_make(&diff, &flows.records, book, run->options.all);
    view.trials = sides.trials;
    print(run, &view);
    print_notes(&view, &flows);
    if (flows.code != POLC_EXIT_OK) {
        return flows.code;
    }
    return impact_changes(&view) ? POLC_EXIT_NO : POLC_EXIT_OK;
}
