// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> fewer records, by Calico's levels of aggregation (semantics.md 9.2).
#include "internal.h"

static void aggregate_end(struct flowlog_end *end, int level)
{
    if (level >= 2) {
        end->name_aggr = end->name_aggr != NULL ? end->name_aggr : end->name;
        end->name = NULL;
        end->ip = NULL;
    }
}

static struct flowlog_record reduced(const struct flowlog_record *record, int level)
{
    struct flowlog_record ret = *record;
    ret.source.port = FLOWLOG_UNKNOWN;
    ret.dest.port = level >= 3 ? FLOWLOG_UNKNOWN : ret.dest.port;
    ret.num_flows = ret.num_flows != FLOWLOG_UNKNOWN ? ret.num_flows : 1;
    aggregate_end(&ret.source, level);
    aggregate_end(&ret.dest, level);
    return ret;
}

// Texts are unique, so that their addresses tell them apart.
static void add_key(const struct flowlog_record *record, struct strbuf *key)
{
    key->length = 0;
    for (size_t i = 0; i < flowlog_field_count; i++) {
        const struct flowlog_field *field = &flowlog_fields[i];
        if (!field->key) {
            continue;
        }
        if (field->kind == FLOWLOG_NUMBER) {
            int64_t number = flowlog_number(field, record);
            strbuf_add_n(key, (const char *)&number, sizeof number);
        } else if (field->kind == FLOWLOG_TRACE || field->kind == FLOWLOG_LIST) {
            const struct flow_strings *list = flowlog_list(field, record);
            strbuf_add_n(key, (const char *)&list->count, sizeof list->count);
            for (size_t j = 0; j < list->count; j++) {
                strbuf_add_n(key, (const char *)&list->items[j], sizeof list->items[j]);
            }
        } else {
            const char *text = flowlog_text(field, record);
            strbuf_add_n(key, (const char *)&text, sizeof text);
        }
    }
}

static bool has_text(const struct flow_strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == text) {
            return true;
        }
    }
    return false;
}

static struct flow_strings copied(struct arena *arena, const struct flow_strings *list)
{
    struct flow_strings ret = {0};
    for (size_t i = 0; i < list->count; i++) {
        vec_push(arena, &ret, list->items[i]);
    }
    return ret;
}

// Lists of records are shared: changed ones are new.
static void unite(struct arena *arena, struct flow_strings *list, const struct flow_strings *more)
{
    struct flow_strings ret = {0};
    for (size_t i = 0; i < more->count; i++) {
        if (has_text(list, more->items[i])) {
            continue;
        }
        if (ret.count == 0) {
            ret = copied(arena, list);
        }
        vec_push(arena, &ret, more->items[i]);
    }
    *list = ret.count > 0 ? ret : *list;
}

static void intersect(struct arena *arena, struct flow_strings *list,
                      const struct flow_strings *other)
{
    struct flow_strings ret = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (has_text(other, list->items[i])) {
            vec_push(arena, &ret, list->items[i]);
        }
    }
    *list = ret.count < list->count ? ret : *list;
}

static void add_number(int64_t *sum, int64_t number)
{
    if (*sum == FLOWLOG_UNKNOWN || number == FLOWLOG_UNKNOWN) {
        *sum = *sum == FLOWLOG_UNKNOWN ? number : *sum;
    } else if (__builtin_add_overflow(*sum, number, sum)) {
        *sum = INT64_MAX;
    }
}

static void merge(struct arena *arena, struct flowlog_record *into,
                  const struct flowlog_record *from)
{
    bool earlier = into->start_time == FLOWLOG_UNKNOWN ||
                   (from->start_time != FLOWLOG_UNKNOWN && from->start_time < into->start_time);
    if (from->end_time >= into->end_time) { // the last one tells what is pending
        into->pending = from->pending;
        into->all = from->all;
        into->transit = from->transit;
        into->end_time = from->end_time;
    }
    into->start_time = earlier ? from->start_time : into->start_time;
    add_number(&into->bytes_in, from->bytes_in);
    add_number(&into->bytes_out, from->bytes_out);
    add_number(&into->packets_in, from->packets_in);
    add_number(&into->packets_out, from->packets_out);
    add_number(&into->num_flows, from->num_flows);
    add_number(&into->num_flows_started, from->num_flows_started);
    add_number(&into->num_flows_completed, from->num_flows_completed);
    add_number(&into->num_original_source_ips, from->num_original_source_ips);
    unite(arena, &into->original_source_ips, &from->original_source_ips);
    intersect(arena, &into->source.labels, &from->source.labels);
    intersect(arena, &into->dest.labels, &from->dest.labels);
}

struct flowlog_records flowlog_aggregate(struct arena *arena, const struct flowlog_records *records,
                                         int level)
{
    struct flowlog_records ret = {0};
    if (level == 0) {
        return *records;
    }
    struct strmap *numbers = strmap_new(arena); // key -> number in `ret`, from 1
    struct strbuf key = {.arena = arena};
    for (size_t i = 0; i < records->count; i++) {
        struct flowlog_record record = reduced(&records->items[i], level);
        add_key(&record, &key);
        size_t known = (size_t)(uintptr_t)strmap_put_n(numbers, strbuf_text(&key), key.length,
                                                       (void *)(uintptr_t)(ret.count + 1));
        if (known == ret.count + 1) {
            vec_push(arena, &ret, record);
        } else {
            merge(arena, &ret.items[known - 1], &record);
        }
    }
    return ret;
}
