// SPDX-License-Identifier: GPL-2.0-or-later
// The impact for a person at a terminal: what is closed, what is opened, what is uncertain and why.
#include "impact_view.h"

#include <unistd.h>

static const char signs[] = {
    [IMPACT_CLOSED] = '-', [IMPACT_OPENED] = '+', [IMPACT_UNCERTAIN] = '?', [IMPACT_SAME] = ' '};
// Red, green, yellow.
static const char *const colors[] = {[IMPACT_CLOSED] = "\033[31m",
                                     [IMPACT_OPENED] = "\033[32m",
                                     [IMPACT_UNCERTAIN] = "\033[33m",
                                     [IMPACT_SAME] = ""};

struct columns {
    int source, dest, service, outcome;
};

static void widen(int *width, const char *text)
{
    enum { WIDEST = 44 };
    int length = (int)strlen(text);
    *width = length > *width && length <= WIDEST ? length : *width;
}

static bool is_shown(const struct impact_view *view, const struct impact_group *group)
{
    return (group->change != IMPACT_SAME || view->all) &&
           (!impact_is_faint(group) || view->diff->run->options.verbose);
}

static struct columns measure(const struct impact_view *view, size_t count)
{
    struct columns columns = {0};
    struct arena *arena = view->diff->run->arena;
    for (size_t i = 0; i < count; i++) {
        const struct impact_group *group = &view->result->groups.items[i];
        if (is_shown(view, group)) {
            widen(&columns.source, impact_end_text(arena, &group->source));
            widen(&columns.dest, impact_end_text(arena, &group->dest));
            widen(&columns.service, impact_service_text(arena, group));
            widen(&columns.outcome, impact_outcome_text(arena, group));
        }
    }
    return columns;
}

static void print_reasons(const struct impact_view *view, const struct impact_group *group)
{
    struct diff_decision decisions[2];
    for (size_t i = 0; i < group->example_count; i++) {
        const struct impact_example *example = &group->examples[i];
        printf("          %s %s", i == 0 ? "e.g." : "but ",
               impact_example_text(view, group, example));
        printf(group->change == IMPACT_UNCERTAIN ? "   %s\n" : "\n", impact_verdict_text(example));
        diff_decide(view->diff, &example->flow, decisions);
        diff_print_decision("was", &decisions[0]);
        diff_print_decision("now", &decisions[1]);
    }
}

static bool is_colored(const struct run *run)
{
    return run->options.color_always || (run->options.color && isatty(STDOUT_FILENO) == 1);
}

static void print_group(const struct impact_view *view, const struct impact_group *group,
                        const struct columns *columns)
{
    struct run *run = view->diff->run;
    struct arena *arena = run->arena;
    bool color = is_colored(run) && colors[group->change][0] != '\0';
    const char *why = impact_why(arena, group);
    const char *otherwise = impact_otherwise_text(arena, group->otherwise, "");
    printf("%s%c %-9s  %-*s  ->  %-*s  %-*s  %-*s%s  %s\n", color ? colors[group->change] : "",
           signs[group->change], impact_change_text(group->change), columns->source,
           impact_end_text(arena, &group->source), columns->dest,
           impact_end_text(arena, &group->dest), columns->service,
           impact_service_text(arena, group), columns->outcome, impact_outcome_text(arena, group),
           color ? "\033[0m" : "", impact_counts_text(arena, group));
    if (why[0] != '\0') {
        printf("          why  %s\n", why);
    }
    print_reasons(view, group);
    if (otherwise != NULL) {
        printf("          %s\n", otherwise);
    }
}

// Those whose ends are gone, while nothing changes for what is there.
static void print_faint(const struct impact_view *view)
{
    uint64_t flows = 0, groups = 0;
    for (size_t i = 0; i < view->result->groups.count; i++) {
        const struct impact_group *group = &view->result->groups.items[i];
        flows += impact_is_faint(group) ? group->flows : 0;
        groups += impact_is_faint(group);
    }
    if (groups > 0 && !view->diff->run->options.verbose) {
        printf(
            "? uncertain  %s flow%s of endpoints that are not in the policies; nothing changes for those of their namespaces that are (-v)\n",
            impact_number(view->diff->run->arena, flows), plural(flows));
    }
}

void impact_print_text(const struct impact_view *view)
{
    enum { SHOWN = 100 };
    struct run *run = view->diff->run;
    const struct impact_result *result = view->result;
    size_t count = result->groups.count;
    size_t end = run->options.verbose || count < SHOWN ? count : SHOWN;
    struct columns columns = measure(view, end);
    size_t hidden = 0;
    for (size_t i = 0; i < view->trials.count; i++) {
        printf("if: %s\n", view->trials.items[i]);
    }
    printf("%s\n", impact_headline(run->arena, view));
    if (result->counts[IMPACT_SAME] < result->flows || (view->all && count > 0)) {
        putchar('\n');
    }
    for (size_t i = 0; i < count; i++) {
        bool shown = is_shown(view, &result->groups.items[i]);
        if (shown && i < end) {
            print_group(view, &result->groups.items[i], &columns);
        }
        hidden += shown && i >= end;
    }
    print_faint(view);
    if (hidden > 0) {
        printf("  and %zu more (-v shows all, -o json too)\n", hidden);
    }
    const char *otherwise = impact_otherwise_text(run->arena, result->otherwise, "\n");
    if (otherwise != NULL) {
        printf("%s: the policies have changed since\n", otherwise);
    }
}
