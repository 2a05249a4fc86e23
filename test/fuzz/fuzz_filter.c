// SPDX-License-Identifier: GPL-2.0-or-later
// Text of a filter of flows: what can be read matches a record or its negation does, and never both.
#include <polc/flowlog.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

// Every kind of field, with and without a value.
static const char *const lines[] = {
    "{\"source_ip\":\"10.0.0.1\",\"dest_ip\":\"fd00::1\",\"source_name\":\"web-1\",\"dest_port\":80,\"proto\":\"tcp\","
    "\"action\":\"allow\",\"dest_domains\":[\"a.example\",\"b\"],\"source_labels\":{\"labels\":[\"a=b\"]},"
    "\"policies\":{\"all_policies\":[\"0|t|ns/staged:t.p|deny|-1\",\"1|default|ns/knp.default.staged:p|allow|0\"],"
    "\"enforced_policies\":[\"staged:\",\"a|b|staged:b.\",\"|||staged:\"]}}",
    "{}",
};

static void check(struct arena *arena, const char *text, const struct flowlog_filter *filter)
{
    struct flow_record_error error;
    struct flowlog_reader *reader = flowlog_reader_new(arena);
    const struct flowlog_filter *negated =
        flowlog_filter_parse(arena, arena_printf(arena, "not (%s)", text), &error);
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        struct flowlog_record record;
        require(flowlog_read(reader, lines[i], strlen(lines[i]), &record, &error));
        bool matches = flowlog_filter_matches(filter, &record);
        require(negated == NULL || flowlog_filter_matches(negated, &record) != matches);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct flow_record_error error = {0};
    const char *text = arena_strndup(arena, (const char *)data, size);
    const struct flowlog_filter *filter = flowlog_filter_parse(arena, text, &error);
    require((filter != NULL) == (error.message == NULL));
    if (filter != NULL) {
        check(arena, text, filter);
    } else {
        require(error.offset <= strlen(text));
    }
    arena_free(arena);
    return 0;
}
