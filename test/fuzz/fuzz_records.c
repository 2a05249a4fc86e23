// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of a file of flow records: what can be read is written the same again and again, and may be judged, put
// together and counted.
#include <polc/flowlog.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static const char *written(struct arena *arena, const struct flowlog_record *record)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    require(out != NULL);
    flowlog_write(record, out);
    fclose(out);
    const char *ret = arena_strndup(arena, text, size);
    require(strlen(ret) == size && text[size - 1] == '\n' && memchr(text, '\n', size - 1) == NULL);
    free(text);
    return ret;
}

static void check(struct arena *arena, struct flowlog_reader *reader,
                  const struct flowlog_record *record, struct flowlog_records *records)
{
    struct flowlog_record again;
    struct flow_record_error error;
    const char *text = written(arena, record);
    require(flowlog_read(reader, text, strlen(text), &again, &error));
    require(strcmp(written(arena, &again), text) == 0);
    struct arena *scratch = arena_new((size_t)1 << 24);
    struct flowlog_judge *judge = flowlog_judge_new(reader, scratch, NULL);
    require(flowlog_judge(judge, record, records) == FLOWLOG_KEPT);
    flowlog_would_deny(&records->items[records->count - 1]);
    arena_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct flowlog_reader *reader = flowlog_reader_new(arena);
    struct flowlog_records records = {0};
    const char *text = (const char *)data;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        struct flowlog_record record;
        struct flow_record_error error;
        if (flowlog_read(reader, text + at, length, &record, &error)) {
            check(arena, reader, &record, &records);
        } else {
            require(error.message != NULL && error.offset <= length);
        }
        at += length + 1;
    }
    for (int level = 0; level <= FLOWLOG_LEVEL_MAX; level++) {
        struct flowlog_records less = flowlog_aggregate(arena, &records, level);
        require(less.count <= records.count && (less.count > 0) == (records.count > 0));
        const char *best;
        const struct flowlog_field *field = flowlog_field_find("policies", 8, &best);
        flowlog_count(arena, &less, &field, 1);
    }
    arena_free(arena);
    return 0;
}
