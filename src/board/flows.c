// SPDX-License-Identifier: GPL-2.0-or-later
// Recorded flows -> last hits, packets and bytes of the rules that their policy traces name.
#include "internal.h"

// The parts of "INDEX|TIER|NAME|ACTION|RULE".
struct entry {
    const char *tier, *name;
    size_t tier_length, name_length;
    long rule; // -1: the end of the tier
};

static bool split_entry(const char *text, struct entry *ret)
{
    enum { BARS = 4 };
    const char *bars[BARS];
    const char *at = text;
    for (int i = 0; i < BARS; i++) {
        bars[i] = strchr(at, '|');
        if (bars[i] == NULL) {
            return false;
        }
        at = bars[i] + 1;
    }
    char *end;
    *ret = (struct entry){.tier = bars[0] + 1,
                          .tier_length = (size_t)(bars[1] - bars[0] - 1),
                          .name = bars[1] + 1,
                          .name_length = (size_t)(bars[2] - bars[1] - 1),
                          .rule = strtol(at, &end, 10)};
    return end != at && *end == '\0';
}

void board_hit_add(struct board_hit *hit, struct board_hit other)
{
    if (other.by > hit->by || (other.by == hit->by && other.after > hit->after)) {
        *hit = other;
    }
}

static uint64_t known(int64_t number)
{
    return number > 0 ? (uint64_t)number : 0;
}

struct attribution {
    struct board *board;
    struct strmap *policies; // as traces name them -> struct board_policy *
    const struct flowlog_record *record;
    struct board_hit hit;
    struct board_count traffic;
    int direction; // enum plan_direction; -1: of a host that forwards, either
};

static void add_traffic(struct board_count *sum, const struct board_count *traffic)
{
    sum->packets += traffic->packets;
    sum->bytes += traffic->bytes;
}

// The row of a rule of a policy; of a profile that is missing, its only one. NULL when there is none.
static struct board_row *find_row(const struct board_policy *policy, int direction, long rule)
{
    if (direction < 0) {
        return NULL;
    }
    for (size_t i = 0; policy->policy->missing && i < policy->rows.count; i++) {
        if (policy->rows.items[i].direction == direction) {
            return &policy->rows.items[i];
        }
    }
    const struct plan_rules *rules = &policy->policy->rules[direction];
    size_t place = board_rule_at(rules, (uint32_t)rule);
    uint32_t number = place < rules->count && rules->items[place].index == (uint32_t)rule
                          ? policy->row_of[direction][place]
                          : 0;
    return number > 0 && policy->state == BOARD_LOADED ? &policy->rows.items[number - 1] : NULL;
}

// The end of a tier names a policy, but it is the tier's.
static void hit_tier_end(const struct attribution *of, const struct entry *entry)
{
    for (size_t i = 0; i < of->board->tiers.count; i++) {
        struct board_tier *tier = &of->board->tiers.items[i];
        if (strlen(tier->tier->name) == entry->tier_length &&
            memcmp(tier->tier->name, entry->tier, entry->tier_length) == 0) {
            board_hit_add(&tier->last, of->hit);
        }
    }
}

static void hit_entry(const struct attribution *of, const char *text, bool staged_only)
{
    struct entry entry;
    struct board_policy *policy = split_entry(text, &entry)
                                      ? strmap_get_n(of->policies, entry.name, entry.name_length)
                                      : NULL;
    if (policy == NULL || (staged_only && !policy->policy->staged)) {
        return;
    }
    if (entry.rule < 0) {
        if (!policy->policy->staged) {
            hit_tier_end(of, &entry);
        }
        return;
    }
    board_hit_add(&policy->last, of->hit);
    add_traffic(&policy->traffic, &of->traffic);
    struct board_row *row = find_row(policy, of->direction, entry.rule);
    if (row != NULL) {
        board_hit_add(&row->last, of->hit);
        add_traffic(&row->traffic, &of->traffic);
    }
}

// Whether the trace tells what happened: traces are by the present policies, and these may be others than then.
static bool is_told(const struct flowlog_record *record)
{
    const struct flow_strings *trace = &record->enforced;
    const char *last = trace->count > 0 ? trace->items[trace->count - 1] : "";
    return record->action == NULL ||
           texts_equal(record->action, "deny") == (strstr(last, "|deny|") != NULL);
}

static void add_record(struct attribution *of, const struct flowlog_record *record)
{
    int64_t time = record->end_time != FLOWLOG_UNKNOWN ? record->end_time : record->start_time;
    of->record = record;
    of->hit = (struct board_hit){time > 0 ? time : 0, time > 0 ? time : 0};
    of->traffic = (struct board_count){known(record->packets_in) + known(record->packets_out),
                                       known(record->bytes_in) + known(record->bytes_out)};
    of->direction = texts_equal(record->reporter, "src")   ? PLAN_OUT
                    : texts_equal(record->reporter, "dst") ? PLAN_IN
                                                           : -1;
    for (size_t i = 0; is_told(record) && i < record->enforced.count; i++) {
        hit_entry(of, record->enforced.items[i], false);
    }
    for (size_t i = 0; i < record->pending.count; i++) {
        hit_entry(of, record->pending.items[i], true);
    }
}

void board_add_flows(struct arena *arena, struct board *board,
                     const struct flowlog_records *records)
{
    struct attribution of = {.board = board, .policies = strmap_new(arena)};
    for (size_t i = 0; i < board->all.count; i++) {
        struct board_policy *policy = board->all.items[i];
        strmap_put(of.policies, flow_policy_name(arena, board->plan, policy->policy), policy);
    }
    for (size_t i = 0; i < records->count; i++) {
        add_record(&of, &records->items[i]);
    }
}
