// SPDX-License-Identifier: GPL-2.0-or-later
// A snapshot <-> bytes, for the next look. Tags are for ever, as those of the plan.
#include "internal.h"

#include <polc/base/record.h>

#define ROW(tag_, kind_, type, member)                                                             \
    {                                                                                              \
        .tag = (tag_), .kind = (kind_), .offset = offsetof(type, member)                           \
    }
#define ADDRESS(tag_, type, member)                                                                \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_CUSTOM, .offset = offsetof(type, member),                     \
        .write = ip_addr_field_write, .read = ip_addr_field_read                                   \
    }
#define INSIDE(tag_, type, member, record_)                                                        \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_RECORD, .offset = offsetof(type, member),                     \
        .record = &(record_)                                                                       \
    }
#define VECTOR(tag_, type, member, record_)                                                        \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_LIST, .offset = offsetof(type, member.items),                 \
        .count = offsetof(type, member.count), .capacity = offsetof(type, member.capacity),        \
        .record = &(record_)                                                                       \
    }

static const struct field key_fields[] = {
    ADDRESS(1, struct flowlog_key, source),         ADDRESS(2, struct flowlog_key, dest),
    ROW(3, FIELD_U8, struct flowlog_key, protocol), ROW(4, FIELD_U16, struct flowlog_key, port),
    ROW(5, FIELD_BOOL, struct flowlog_key, denied),
};
static const struct record key_record = RECORD("key", struct flowlog_key, key_fields);

static const struct field seen_fields[] = {
    INSIDE(1, struct flowlog_seen, key, key_record),
    ROW(2, FIELD_U64, struct flowlog_seen, count),
    ROW(3, FIELD_U64, struct flowlog_seen, bytes),
    ROW(4, FIELD_U64, struct flowlog_seen, time),
};
static const struct record seen_record = RECORD("seen", struct flowlog_seen, seen_fields);

static const struct field connection_fields[] = {
    INSIDE(1, struct flowlog_connection, key, key_record),
    ROW(2, FIELD_U32, struct flowlog_connection, id),
    ROW(3, FIELD_U16, struct flowlog_connection, source_port),
    ROW(4, FIELD_BOOL, struct flowlog_connection, over),
    ROW(5, FIELD_BOOL, struct flowlog_connection, counted),
    ROW(6, FIELD_U64, struct flowlog_connection, bytes_in),
    ROW(7, FIELD_U64, struct flowlog_connection, bytes_out),
    ROW(8, FIELD_U64, struct flowlog_connection, packets_in),
    ROW(9, FIELD_U64, struct flowlog_connection, packets_out),
};
static const struct record connection_record =
    RECORD("connection", struct flowlog_connection, connection_fields);

static const struct field snapshot_fields[] = {
    ROW(1, FIELD_U64, struct flowlog_snapshot, time),
    ROW(2, FIELD_BOOL, struct flowlog_snapshot, tracked),
    VECTOR(3, struct flowlog_snapshot, seen, seen_record),
    VECTOR(4, struct flowlog_snapshot, connections, connection_record),
};
static const struct record snapshot_record =
    RECORD("snapshot", struct flowlog_snapshot, snapshot_fields);

void flowlog_snapshot_write(const struct flowlog_snapshot *snapshot, struct strbuf *out)
{
    record_write(&snapshot_record, snapshot, false, out);
}

bool flowlog_snapshot_read(struct arena *arena, const uint8_t *data, size_t size,
                           struct flowlog_snapshot *ret)
{
    *ret = (struct flowlog_snapshot){0};
    if (!record_read(&snapshot_record, arena, data, size, ret)) {
        return false;
    }
    flowlog_snapshot_sort(ret); // damage must not mislead the look-ups
    return true;
}
