// SPDX-License-Identifier: GPL-2.0-or-later
// What changes, for a person at a terminal: traffic first, then policies.
#include "diff.h"

static const char *const words[] = {[TRAFFIC_OPENED] = "opened", [TRAFFIC_CLOSED] = "closed"};
static const char *const verdicts[] = {
    [TRAFFIC_OPENED] = "deny -> ALLOW", [TRAFFIC_CLOSED] = "allow -> DENY"};

struct columns {
    int source, destination, service;
};

// The widest text of a column, but not of what is very long: such a line is out of step alone.
static void widen(int *width, const char *text)
{
    enum { WIDEST = 44 };
    int length = (int)strlen(text);
    *width = length > *width && length <= WIDEST ? length : *width;
}

void diff_print_decision(const char *name, const struct diff_decision *decision)
{
    enum { TEXT_WIDTH = 64 };
    if (decision->place[0] != '\0') {
        printf("          %s  %-*s  %s\n", name, TEXT_WIDTH, decision->text, decision->place);
    } else {
        printf("          %s  %s\n", name, decision->text);
    }
}

static void print_row(const struct diff *diff, const struct traffic_row *row,
                      const struct columns *columns)
{
    struct arena *arena = diff->run->arena;
    struct diff_decision decisions[2];
    diff_decide(diff, &row->witness, decisions);
    printf("  %s  %-*s  ->  %-*s  %-*s  %s\n", words[row->change], columns->source,
           diff_end_text(arena, &row->source, row->families), columns->destination,
           diff_end_text(arena, &row->destination, row->families), columns->service,
           diff_service_text(arena, row), verdicts[row->change]);
    diff_print_decision("was", &decisions[0]);
    diff_print_decision("now", &decisions[1]);
    printf("          e.g. %s\n", diff_witness_text(arena, &row->witness));
}

static void print_undecided(const struct diff *diff)
{
    const struct traffic_names *nodes = &diff->traffic->undecided;
    for (size_t i = 0; i < nodes->count; i++) {
        printf("  not decided  traffic through %s%s: its interfaces are not known here\n",
               nodes->items[i][0] != '\0' ? "host " : "this host",
               safe_text(diff->run->arena, nodes->items[i]));
    }
    if (nodes->count > 0) {
        printf(
            "               hint: --interfaces DIR, with NODE.json from `ip -j addr` of each host\n");
    }
}

static void print_names(const struct diff *diff)
{
    enum { SHOWN = 40 };
    const struct diff_names *names = &diff->names;
    size_t shown = diff->run->options.verbose ? names->count : SHOWN, rows = 0;
    struct columns columns = {0};
    for (size_t i = 0; i < names->count; i += diff_names_like(names, i)) {
        if (rows++ < shown) {
            widen(&columns.destination, names->items[i].pattern);
            widen(&columns.service, names->items[i].service);
        }
    }
    size_t row = 0;
    for (size_t i = 0; i < names->count && row < shown; i += diff_names_like(names, i), row++) {
        const struct diff_name *name = &names->items[i];
        printf("  %s  %-*s  %-*s  %s by %s  %s\n", words[name->change], columns.destination,
               name->pattern, columns.service, name->service,
               name->change == TRAFFIC_OPENED ? "allowed" : "was allowed",
               diff_name_rule(diff->run->arena, name, diff_names_like(names, i)), name->place);
    }
    if (row < rows) {
        printf("  and %zu more names (-v shows all, -o json too)\n", rows - row);
    }
}

void diff_print_traffic(const struct diff *diff)
{
    enum { SHOWN = 100 };
    struct arena *arena = diff->run->arena;
    size_t count = diff->traffic->rows.count;
    size_t shown = diff->run->options.verbose || count < SHOWN ? count : SHOWN;
    struct columns columns = {0};
    printf("%s\n", diff_headline(arena, diff));
    for (size_t i = 0; i < shown; i++) {
        const struct traffic_row *row = &diff->traffic->rows.items[i];
        widen(&columns.source, diff_end_text(arena, &row->source, row->families));
        widen(&columns.destination, diff_end_text(arena, &row->destination, row->families));
        widen(&columns.service, diff_service_text(arena, row));
    }
    if (count + diff->names.count + diff->traffic->undecided.count > 0) {
        putchar('\n');
    }
    for (size_t i = 0; i < shown; i++) {
        print_row(diff, &diff->traffic->rows.items[i], &columns);
    }
    if (shown < count) {
        printf("  and %zu more (-v shows all, -o json too)\n", count - shown);
    }
    print_names(diff);
    print_undecided(diff);
}

void diff_print_policies(const struct diff *diff)
{
    static const char signs[] = {[NFT_ADDED] = '+', [NFT_REMOVED] = '-', [NFT_CHANGED] = '~'};
    const struct diff_texts *texts = &diff->texts;
    int names = 0, whats = 0;
    for (size_t i = 0; i < texts->policies.count; i++) {
        widen(&names, texts->policies.items[i].name);
        widen(&whats, texts->policies.items[i].what);
    }
    if (texts->policies.count > 0) {
        putchar('\n');
    }
    for (size_t i = 0; i < texts->policies.count; i++) {
        const struct diff_policy *policy = &texts->policies.items[i];
        printf("%c %-*s  %-*s  %s\n", signs[policy->kind], names, policy->name, whats, policy->what,
               policy->place);
    }
    printf("\n%s\n", diff_counts(diff->run->arena, diff));
}
