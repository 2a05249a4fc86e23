// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel knows of its flows -> records of what is new. Its counters only grow: new is what they have more than
// at the last look, and connections are told apart by the numbers that conntrack gives them.
#include "internal.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_keys(const struct flowlog_key *a, const struct flowlog_key *b)
{
    int order = ip_addr_compare(a->source, b->source);
    order = order != 0 ? order : ip_addr_compare(a->dest, b->dest);
    order = order != 0 ? order : compare_numbers(a->protocol, b->protocol);
    order = order != 0 ? order : compare_numbers(a->port, b->port);
    return order != 0 ? order : compare_numbers(a->denied, b->denied);
}

static int compare_seen(const void *a, const void *b)
{
    const struct flowlog_seen *x = a;
    const struct flowlog_seen *y = b;
    return compare_keys(&x->key, &y->key);
}

static int compare_connections(const void *a, const void *b)
{
    const struct flowlog_connection *x = a;
    const struct flowlog_connection *y = b;
    int order = compare_keys(&x->key, &y->key);
    order = order != 0 ? order : compare_numbers(x->id, y->id);
    return order != 0 ? order : compare_numbers(x->source_port, y->source_port);
}

void flowlog_snapshot_sort(struct flowlog_snapshot *snapshot)
{
    vec_sort(&snapshot->seen, compare_seen);
    vec_sort(&snapshot->connections, compare_connections);
}

bool flowlog_snapshot_has(const struct flowlog_snapshot *snapshot, const struct flowlog_key *key)
{
    const struct flowlog_seen wanted = {.key = *key};
    return snapshot->seen.count > 0 && bsearch(&wanted, snapshot->seen.items, snapshot->seen.count,
                                               sizeof wanted, compare_seen) != NULL;
}

// ---- one flow -------------------------------------------------------------------------------------------------------

// What one snapshot has of a flow; either may be missing.
struct part {
    const struct flowlog_seen *seen;
    const struct flowlog_connection *connections;
    size_t count;
};

// Where a walk through a snapshot stands.
struct cursor {
    const struct flowlog_snapshot *snapshot; // NULL: an empty one
    size_t seen, connection;
};

static const struct flowlog_key *next_key(const struct cursor *cursor)
{
    const struct flowlog_snapshot *snapshot = cursor->snapshot;
    const struct flowlog_key *seen =
        cursor->seen < snapshot->seen.count ? &snapshot->seen.items[cursor->seen].key : NULL;
    const struct flowlog_key *connection =
        cursor->connection < snapshot->connections.count
            ? &snapshot->connections.items[cursor->connection].key
            : NULL;
    if (seen == NULL || connection == NULL) {
        return seen != NULL ? seen : connection;
    }
    return compare_keys(seen, connection) <= 0 ? seen : connection;
}

// What the snapshot has of this flow; leaves what comes before it behind.
static struct part take_part(struct cursor *cursor, const struct flowlog_key *key)
{
    struct part part = {0};
    const struct flowlog_snapshot *snapshot = cursor->snapshot;
    if (snapshot == NULL) {
        return part;
    }
    while (cursor->seen < snapshot->seen.count &&
           compare_keys(&snapshot->seen.items[cursor->seen].key, key) <= 0) {
        const struct flowlog_seen *seen = &snapshot->seen.items[cursor->seen++];
        part.seen = compare_keys(&seen->key, key) == 0 ? seen : NULL;
    }
    while (cursor->connection < snapshot->connections.count &&
           compare_keys(&snapshot->connections.items[cursor->connection].key, key) <= 0) {
        const struct flowlog_connection *at = &snapshot->connections.items[cursor->connection++];
        if (compare_keys(&at->key, key) == 0) {
            part.connections = part.count == 0 ? at : part.connections;
            part.count++;
        }
    }
    return part;
}

static const struct flowlog_connection *find_connection(const struct part *part,
                                                        const struct flowlog_connection *wanted)
{
    for (size_t low = 0, high = part->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = compare_connections(&part->connections[middle], wanted);
        if (order == 0) {
            return &part->connections[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

static uint64_t more(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now; // it was forgotten, and began anew
}

// What is new about a flow.
struct news {
    uint64_t begun, ended;
    bool counted;
    uint64_t bytes_in, bytes_out, packets_in, packets_out;
    bool live;
};

static uint64_t count_live(const struct part *part)
{
    uint64_t live = 0;
    for (size_t i = 0; i < part->count; i++) {
        live += !part->connections[i].over;
    }
    return live;
}

static void add_counts(const struct part *before, const struct part *now, struct news *news)
{
    static const struct flowlog_connection none;
    for (size_t i = 0; i < now->count; i++) {
        const struct flowlog_connection *at = &now->connections[i];
        const struct flowlog_connection *known = find_connection(before, at);
        if (now->seen == NULL) {
            news->begun += known == NULL; // conntrack alone knows it
        }
        known = known != NULL ? known : &none;
        news->counted |= at->counted;
        news->bytes_in += more(at->bytes_in, known->bytes_in);
        news->bytes_out += more(at->bytes_out, known->bytes_out);
        news->packets_in += more(at->packets_in, known->packets_in);
        news->packets_out += more(at->packets_out, known->packets_out);
    }
}

static struct news news_of(const struct part *before, const struct part *now)
{
    struct news news = {0};
    uint64_t live = count_live(now), was_live = count_live(before);
    const struct flowlog_seen *seen = now->seen, *known = before->seen;
    if (seen != NULL) {
        news.begun = more(seen->count, known != NULL ? known->count : 0);
    }
    if (seen != NULL && seen->key.denied) {
        news.counted = true;
        news.packets_out = news.begun;
        news.bytes_out = more(seen->bytes, known != NULL ? known->bytes : 0);
    }
    add_counts(before, now, &news);
    news.live = live > 0;
    news.ended = was_live + news.begun > live ? was_live + news.begun - live : 0;
    return news;
}

static bool has_news(const struct news *news)
{
    return news->begun > 0 || news->ended > 0 || news->bytes_in > 0 || news->bytes_out > 0;
}

// ---- records --------------------------------------------------------------------------------------------------------

static int64_t number(uint64_t value)
{
    return value <= INT64_MAX ? (int64_t)value : INT64_MAX;
}

static const char *address_text(struct flowlog_reader *reader, struct ip_addr addr)
{
    char buffer[IP_TEXT_MAX];
    return reader_text(reader, ip_addr_text(addr, buffer));
}

static void set_key(struct flowlog_reader *reader, const struct flowlog_key *key,
                    struct flowlog_record *ret)
{
    enum { BYTE = 8 };
    ret->source.ip = address_text(reader, key->source);
    ret->dest.ip = address_text(reader, key->dest);
    ret->proto = reader_protocol(reader, key->protocol);
    ret->action = reader_text(reader, key->denied ? "deny" : "allow");
    if (key->protocol == PROTO_ICMP || key->protocol == PROTO_ICMPV6) {
        ret->icmp_type = key->port >> BYTE;
        ret->icmp_code = key->port & UINT8_MAX;
    } else if (proto_has_ports(key->protocol) || key->protocol == PROTO_UDPLITE) {
        ret->dest.port = key->port;
    }
}

// A flow with news, before it is a record.
struct item {
    int64_t time;
    size_t order; // of those of one time
    const struct flowlog_key *key;
    const struct flowlog_seen *seen;
    struct news news;
};

static struct flowlog_record make_record(struct flowlog_reader *reader, const struct item *item,
                                         int64_t start, bool tracked)
{
    struct flowlog_record record = flowlog_unknown;
    const struct news *news = &item->news;
    set_key(reader, item->key, &record);
    record.end_time = item->time;
    record.start_time = news->begun == 1 && item->seen != NULL ? item->seen->time : start;
    record.num_flows = record.num_flows_started = number(news->begun);
    if (tracked || item->key->denied) {
        record.num_flows_completed = number(news->ended);
    }
    if (news->counted) {
        record.bytes_in = number(news->bytes_in);
        record.bytes_out = number(news->bytes_out);
        record.packets_in = number(news->packets_in);
        record.packets_out = number(news->packets_out);
    }
    return record;
}

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    return x->time != y->time ? (x->time > y->time ? 1 : -1) : compare_numbers(x->order, y->order);
}

void flowlog_since(struct flowlog_reader *reader, const struct flowlog_snapshot *before,
                   const struct flowlog_snapshot *now, struct flowlog_records *ret)
{
    struct arena *arena = reader_arena(reader);
    struct cursor old = {.snapshot = before}, new = {.snapshot = now};
    VEC(struct item) items = {0};
    for (const struct flowlog_key *key; (key = next_key(&new)) != NULL;) {
        struct part was = take_part(&old, key), is = take_part(&new, key);
        struct item item = {now->time, items.count, key, is.seen, news_of(&was, &is)};
        // What began last ended last, but for connections that are live or have ended just now.
        if (is.seen != NULL && !item.news.live && item.news.begun > 0) {
            item.time = is.seen->time;
        }
        if (before == NULL || has_news(&item.news)) {
            vec_push(arena, &items, item);
        }
    }
    vec_sort(&items, compare_items);
    for (size_t i = 0; i < items.count; i++) {
        vec_push(arena, ret,
                 make_record(reader, &items.items[i],
                             before != NULL ? before->time : FLOWLOG_UNKNOWN, now->tracked));
    }
}
