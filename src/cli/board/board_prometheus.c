// SPDX-License-Identifier: GPL-2.0-or-later
// The board as text of Prometheus, for the textfile collector of its node exporter. Counters go on over an apply, and
// begin anew when the table is made anew, as counters of Prometheus may.
#include "board_page.h"

#include <inttypes.h>

// A label value: backslash, quote and line end are escaped.
static void print_label(const char *name, const char *value, bool first)
{
    printf("%s%s=\"", first ? "{" : ",", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"') {
            putchar('\\');
        }
        *value == '\n' ? (void)fputs("\\n", stdout) : (void)putchar(*value);
    }
    putchar('"');
}

static void print_head(const char *name, const char *type, const char *text)
{
    printf("# HELP %s %s\n# TYPE %s %s\n", name, text, name, type);
}

static void print_value(uint64_t value)
{
    printf("} %" PRIu64 "\n", value);
}

// ---- policies -----------------------------------------------------------------------------------------------------

struct metric {
    const char *name, *text;
    bool staged, bytes;
};

static void print_policy(const struct metric *metric, const char *tier,
                         const struct board_policy *policy)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        for (int action = 0; action < PLAN_ACTION_COUNT; action++) {
            const struct board_count *count = &policy->sums[direction][action];
            if (!board_has(policy, direction, (enum plan_action)action)) {
                continue;
            }
            fputs(metric->name, stdout);
            print_label("tier", tier, true);
            print_label("policy", policy->policy->id, false);
            print_label("direction", board_direction_text(direction), false);
            print_label("action", plan_action_text((enum plan_action)action), false);
            print_value(metric->bytes ? count->bytes : count->packets);
        }
    }
}

static const char *tier_name(const struct board_page *page, const struct board_policy *policy)
{
    return text_begins(policy->policy->id, "profile/")
               ? "__PROFILE__"
               : page->board->plan->tiers.items[policy->policy->tier].name;
}

static void print_policies(const struct board_page *page)
{
    static const struct metric metrics[] = {
        {"polc_policy_connections_total",
         "New connections, by packets before they are established.", false, false},
        {"polc_policy_bytes_total", "Bytes of these packets.", false, true},
        {"polc_staged_policy_connections_total",
         "What a staged policy would have done, had all of them been enforced.", true, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(metrics); i++) {
        print_head(metrics[i].name, "counter", metrics[i].text);
        for (size_t j = 0; j < page->board->all.count; j++) {
            const struct board_policy *policy = page->board->all.items[j];
            if (policy->policy->staged == metrics[i].staged && board_shows(page, policy)) {
                print_policy(&metrics[i], tier_name(page, policy), policy);
            }
        }
    }
}

static void print_rules(const struct board_page *page)
{
    static const char name[] = "polc_rule_connections_total";
    print_head(name, "counter",
               "New connections by rule; rules that the kernel has as one, together.");
    for (size_t i = 0; i < page->board->all.count; i++) {
        const struct board_policy *policy = page->board->all.items[i];
        for (size_t j = 0; board_shows(page, policy) && j < policy->rows.count; j++) {
            const struct board_row *row = &policy->rows.items[j];
            fputs(name, stdout);
            print_label("tier", tier_name(page, policy), true);
            print_label("policy", policy->policy->id, false);
            print_label("direction", board_direction_text(row->direction), false);
            print_label("rule", row->indexes != NULL ? row->indexes : "end", false);
            print_label("action", plan_action_text((enum plan_action)row->action), false);
            print_label("staged", policy->policy->staged ? "true" : "false", false);
            print_value(row->count.packets);
        }
    }
}

// ---- the rest -------------------------------------------------------------------------------------------------------

static void print_end(const char *name, const char *tier,
                      const struct board_count ends[PLAN_DIRECTIONS])
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        fputs(name, stdout);
        print_label("tier", tier, true);
        print_label("direction", board_direction_text(direction), false);
        print_value(ends[direction].packets);
    }
}

static void print_ends(const struct board_page *page)
{
    static const char denied[] = "polc_tier_end_denied_total";
    static const char would[] = "polc_staged_tier_end_denied_total";
    const struct board *board = page->board;
    print_head(denied, "counter",
               "New connections denied at the end of a tier, or of all profiles.");
    for (size_t i = 0; i < board->tiers.count; i++) {
        if (!board->tiers.items[i].tier->pass) {
            print_end(denied, board->tiers.items[i].tier->name, board->tiers.items[i].ends);
        }
    }
    print_end(denied, "__PROFILE__", board->profiles.ends);
    print_head(would, "counter",
               "What the end of a tier would deny, were all staged policies enforced.");
    for (size_t i = 0; i < board->tiers.count; i++) {
        if (!board->tiers.items[i].tier->pass) {
            print_end(would, board->tiers.items[i].tier->name, board->tiers.items[i].pending_ends);
        }
    }
}

static void print_earlies(const struct board_page *page)
{
    static const char failsafe[] = "polc_failsafe_connections_total";
    static const char dropped[] = "polc_dropped_packets_total";
    const struct board *board = page->board;
    print_head(failsafe, "counter", "New connections to ports that are always open.");
    for (size_t i = 0; i < board->failsafes.count; i++) {
        fputs(failsafe, stdout);
        print_label("direction", board_direction_text(board->failsafes.items[i].direction), true);
        print_label("port", board->failsafes.items[i].what, false);
        print_value(board->failsafes.items[i].count.packets);
    }
    print_head(dropped, "counter", "Packets dropped before any policy.");
    for (size_t i = 0; i < board->drops.count; i++) {
        fputs(dropped, stdout);
        print_label("reason", board->drops.items[i].what, true);
        print_value(board->drops.items[i].count.packets);
    }
}

static void print_generation(const struct board_page *page)
{
    print_head("polc_generation", "gauge", "Number of the generation that is loaded; 0 for none.");
    printf("polc_generation %u\n", page->info.generation);
    if (page->entry != NULL) {
        print_head("polc_generation_applied_timestamp_seconds", "gauge", "When it was applied.");
        printf("polc_generation_applied_timestamp_seconds %" PRId64 "\n", page->entry->time);
    }
}

static void print_flow_table(const struct board_page *page)
{
    const struct flow_kernel *flows = &page->flows;
    if (!page->live || !flows->recorded) {
        return;
    }
    print_head("polc_flow_table_size", "gauge",
               "Flows that each set of the flow table has room for.");
    printf("polc_flow_table_size %u\n", flows->size);
    print_head("polc_flow_table_used", "gauge", "Flows in the fullest of its sets.");
    printf("polc_flow_table_used %u\n", flows->used);
    print_head("polc_flow_table_lost_total", "counter", "Connections that it had no room for.");
    printf("polc_flow_table_lost_total %" PRIu64 "\n", flows->lost);
}

void board_print_prometheus(const struct board_page *page)
{
    print_generation(page);
    print_policies(page);
    if (page->run->options.rules) {
        print_rules(page);
    }
    print_ends(page);
    print_earlies(page);
    print_flow_table(page);
}
