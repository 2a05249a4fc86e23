// SPDX-License-Identifier: GPL-2.0-or-later
// An entry of the history <-> bytes: "polcentry", its fields, and a SHA-256 over both. Tags are for ever, as those of
// the plan.
#include "internal.h"

#include <polc/base/record.h>
#include <polc/base/sha256.h>

const char *const change_state_names[CHANGE_STATES] = {
    [CHANGE_WRITTEN] = "written",       [CHANGE_PENDING] = "pending",
    [CHANGE_APPLIED] = "applied",       [CHANGE_CONFIRMED] = "confirmed",
    [CHANGE_TAKEN_BACK] = "taken back", [CHANGE_FAILED] = "failed",
    [CHANGE_DELETED] = "deleted",
};

#define ROW(tag_, kind_, member)                                                                   \
    {                                                                                              \
        .tag = (tag_), .kind = (kind_), .offset = offsetof(struct change_entry, member)            \
    }
#define TEXTS(tag_, member, count_)                                                                \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_TEXTS, .offset = offsetof(struct change_entry, member),       \
        .count = offsetof(struct change_entry, count_)                                             \
    }

static const struct field fields[] = {
    ROW(1, FIELD_U32, number),    ROW(2, FIELD_U8, state),         ROW(3, FIELD_U64, order),
    ROW(4, FIELD_TEXT, id),       ROW(5, FIELD_TEXT, table),       ROW(6, FIELD_TEXT, node),
    ROW(7, FIELD_TEXT, version),  TEXTS(8, roots, root_count),     ROW(9, FIELD_U64, time),
    ROW(10, FIELD_TEXT, user),    ROW(11, FIELD_TEXT, sudo_user),  ROW(12, FIELD_TEXT, message),
    ROW(13, FIELD_TEXT, summary), TEXTS(14, forced, forced_count), ROW(15, FIELD_U32, previous),
    ROW(16, FIELD_TEXT, note),    ROW(17, FIELD_U64, ended),       ROW(18, FIELD_TEXT, token),
    ROW(19, FIELD_TEXT, boot_id), ROW(20, FIELD_U64, deadline),    ROW(21, FIELD_U64, namespace),
    ROW(22, FIELD_U64, window),   ROW(23, FIELD_U32, leaves),
};
static const struct record entry_record = RECORD("entry", struct change_entry, fields);

static const char magic[] = "polcentry\n";
enum { MAGIC_SIZE = sizeof magic - 1, HASH_SIZE = 64 };

struct plan_bytes entry_encode(struct arena *arena, const struct change_entry *entry)
{
    struct strbuf out = {.arena = arena};
    char hash[HASH_SIZE + 1];
    strbuf_add(&out, magic);
    record_write(&entry_record, entry, false, &out);
    sha256_hex(out.text, out.length, hash);
    strbuf_add(&out, hash);
    return (struct plan_bytes){(const uint8_t *)out.text, out.length};
}

const char *entry_decode(struct arena *arena, const uint8_t *data, size_t size,
                         struct change_entry *ret)
{
    char hash[HASH_SIZE + 1];
    if (size < MAGIC_SIZE + HASH_SIZE || memcmp(data, magic, MAGIC_SIZE) != 0) {
        return "it is no entry of a history";
    }
    sha256_hex(data, size - HASH_SIZE, hash);
    if (memcmp(hash, data + size - HASH_SIZE, HASH_SIZE) != 0) {
        return "its checksum is wrong";
    }
    if (!record_read(&entry_record, arena, data + MAGIC_SIZE, size - MAGIC_SIZE - HASH_SIZE, ret) ||
        ret->table == NULL || ret->state >= CHANGE_STATES) {
        return "its fields are damaged";
    }
    bool no_generation = ret->state == CHANGE_DELETED;
    bool incomplete =
        (!no_generation && ret->id == NULL) ||
        (ret->state == CHANGE_PENDING && (ret->token == NULL || ret->boot_id == NULL));
    return incomplete ? "a part of it is missing" : NULL;
}
