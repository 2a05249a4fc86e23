// SPDX-License-Identifier: GPL-2.0-or-later
// A snapshot, and the ledger of what was recorded, <-> bytes, for the next look. Tags are for ever, as those of the plan.
#include "internal.h"

#include <polc/base/record.h>
#include <polc/base/sha256.h>

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

// ---- ledger -----------------------------------------------------------------------------------------------------------

static const struct field ledger_fields[] = {
    ROW(1, FIELD_TEXT, struct flowlog_ledger, boot_id),
    ROW(2, FIELD_U64, struct flowlog_ledger, namespace),
    ROW(3, FIELD_U64, struct flowlog_ledger, lost),
    ROW(4, FIELD_TEXT, struct flowlog_ledger, path),
    ROW(5, FIELD_U64, struct flowlog_ledger, device),
    ROW(6, FIELD_U64, struct flowlog_ledger, inode),
    ROW(7, FIELD_U64, struct flowlog_ledger, offset),
    ROW(8, FIELD_U64, struct flowlog_ledger, length),
    INSIDE(9, struct flowlog_ledger, snapshot, snapshot_record),
};
static const struct record ledger_record = RECORD("ledger", struct flowlog_ledger, ledger_fields);

static const char magic[] = "polcflows\n";
enum { MAGIC_SIZE = sizeof magic - 1, HASH_SIZE = 64 };

void flowlog_ledger_write(const struct flowlog_ledger *ledger, struct strbuf *out)
{
    char hash[HASH_SIZE + 1];
    strbuf_add(out, magic);
    record_write(&ledger_record, ledger, false, out);
    sha256_hex(out->text, out->length, hash);
    strbuf_add(out, hash);
}

const char *flowlog_ledger_read(struct arena *arena, const uint8_t *data, size_t size,
                                struct flowlog_ledger *ret)
{
    char hash[HASH_SIZE + 1];
    *ret = (struct flowlog_ledger){0};
    if (size < MAGIC_SIZE + HASH_SIZE || memcmp(data, magic, MAGIC_SIZE) != 0) {
        return "it does not say what was recorded";
    }
    sha256_hex(data, size - HASH_SIZE, hash);
    if (memcmp(hash, data + size - HASH_SIZE, HASH_SIZE) != 0) {
        return "it is torn or damaged";
    }
    if (!record_read(&ledger_record, arena, data + MAGIC_SIZE, size - MAGIC_SIZE - HASH_SIZE,
                     ret)) {
        return "it is of another form";
    }
    flowlog_snapshot_sort(&ret->snapshot);
    return NULL;
}
