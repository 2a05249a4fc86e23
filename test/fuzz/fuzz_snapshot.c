// SPDX-License-Identifier: GPL-2.0-or-later
// What `polc flows record` keeps in the state directory, inside of its checksum: whatever the bytes, what is read is in
// order, is written the same again, and has no news against itself.
#include <polc/flowlog.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static bool has_one_family(const struct flowlog_key *key)
{
    return key->source.family != 0 && key->dest.family != 0;
}

// Records are made of what the kernel has, whose addresses are whole.
static bool is_whole(const struct flowlog_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->seen.count; i++) {
        if (!has_one_family(&snapshot->seen.items[i].key)) {
            return false;
        }
    }
    for (size_t i = 0; i < snapshot->connections.count; i++) {
        if (!has_one_family(&snapshot->connections.items[i].key)) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct flowlog_snapshot snapshot, again, empty = {0};
    if (flowlog_snapshot_read(arena, data, size, &snapshot)) {
        struct strbuf first = {.arena = arena}, second = {.arena = arena};
        flowlog_snapshot_write(&snapshot, &first);
        require(flowlog_snapshot_read(arena, (const uint8_t *)strbuf_text(&first), first.length,
                                      &again));
        flowlog_snapshot_write(&again, &second);
        require(first.length == second.length &&
                memcmp(strbuf_text(&first), strbuf_text(&second), first.length) == 0);
        struct flowlog_reader *reader = flowlog_reader_new(arena);
        struct flowlog_records records = {0};
        flowlog_since(reader, &snapshot, &empty, &records);
        require(records.count == 0);
        if (is_whole(&snapshot)) {
            flowlog_since(reader, &empty, &snapshot, &records);
            for (size_t i = 1; i < records.count; i++) {
                require(records.items[i - 1].end_time <= records.items[i].end_time);
            }
        }
    }
    arena_free(arena);
    return 0;
}
