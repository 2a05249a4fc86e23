// SPDX-License-Identifier: GPL-2.0-or-later
// The ledger: for each rule the counter of the last reading, and between which two readings it grew last. It is as large
// as the policies, however often it is read.
//
//   polc board 1
//   epoch WORD
//   time SECONDS
//   SINCE PACKETS AFTER BY KEY
//   end COUNT
//
// A counter that is smaller than before, or of another epoch, began anew at nothing.
#include "internal.h"

#include <errno.h>
#include <inttypes.h>

static const char magic[] = "polc board 1";

// ---- reading -------------------------------------------------------------------------------------------------------

// The next line, terminated on the arena; NULL at the end, or where the last line has no end.
static char *next_line(struct arena *arena, const char **at, const char *end)
{
    const char *stop = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
    if (stop == NULL || memchr(*at, '\0', (size_t)(stop - *at)) != NULL) {
        return NULL;
    }
    char *line = arena_strndup(arena, *at, (size_t)(stop - *at));
    *at = stop + 1;
    return line;
}

// A number of digits and the blank behind it.
static bool take_number(char **at, uint64_t max, uint64_t *ret)
{
    char *end;
    errno = 0;
    *ret = strtoull(*at, &end, 10);
    bool good = **at >= '0' && **at <= '9' && errno == 0 && *ret <= max && *end == ' ';
    *at = end + 1;
    return good;
}

static bool take_time(char **at, int64_t *ret)
{
    uint64_t number;
    bool good = take_number(at, INT64_MAX, &number);
    *ret = good ? (int64_t)number : 0;
    return good;
}

static bool take_line(char *text, struct board_line *ret)
{
    if (!take_time(&text, &ret->since) || !take_number(&text, UINT64_MAX, &ret->packets) ||
        !take_time(&text, &ret->after) || !take_time(&text, &ret->by)) {
        return false;
    }
    ret->key = text;
    return text[0] != '\0';
}

// The value of "WORD VALUE"; NULL when it is another line.
static char *value_of(char *line, const char *word)
{
    size_t length = strlen(word);
    bool is_it = line != NULL && text_begins(line, word) && line[length] == ' ';
    return is_it ? line + length + 1 : NULL;
}

const char *board_ledger_parse(struct arena *arena, const char *text, size_t size,
                               struct board_ledger *ret)
{
    const char *at = text, *end = text + size;
    *ret = (struct board_ledger){0};
    const char *line = next_line(arena, &at, end);
    if (line == NULL || strcmp(line, magic) != 0) {
        return "it is no record of the board, or one of a later polc";
    }
    ret->epoch = value_of(next_line(arena, &at, end), "epoch");
    char *time = value_of(next_line(arena, &at, end), "time");
    time = time != NULL ? arena_printf(arena, "%s ", time) : NULL;
    if (ret->epoch == NULL || time == NULL || !take_time(&time, &ret->time)) {
        return "its head is damaged";
    }
    for (;;) {
        char *next = next_line(arena, &at, end);
        char *count = value_of(next, "end");
        struct board_line entry;
        if (count != NULL) {
            bool whole = strcmp(count, arena_printf(arena, "%zu", ret->lines.count)) == 0;
            return whole && at == end ? NULL : "lines are missing in it";
        }
        if (next == NULL || !take_line(next, &entry)) {
            return arena_printf(arena, "line %zu is damaged, or its end is missing",
                                ret->lines.count + 4);
        }
        vec_push(arena, &ret->lines, entry);
    }
}

void board_ledger_print(const struct board_ledger *ledger, struct strbuf *out)
{
    strbuf_addf(out, "%s\nepoch %s\ntime %" PRId64 "\n", magic, ledger->epoch, ledger->time);
    for (size_t i = 0; i < ledger->lines.count; i++) {
        const struct board_line *line = &ledger->lines.items[i];
        strbuf_addf(out, "%" PRId64 " %" PRIu64 " %" PRId64 " %" PRId64 " %s\n", line->since,
                    line->packets, line->after, line->by, line->key);
    }
    strbuf_addf(out, "end %zu\n", ledger->lines.count);
}

// ---- one reading more ----------------------------------------------------------------------------------------------

static struct strmap *index_lines(struct arena *arena, const struct board_ledger *ledger)
{
    struct strmap *map = strmap_new(arena);
    for (size_t i = 0; ledger != NULL && i < ledger->lines.count; i++) {
        strmap_put(map, ledger->lines.items[i].key, &ledger->lines.items[i]);
    }
    return map;
}

// What the reading at `now` makes of a line.
static void read_again(struct board_line *line, const struct board_ledger *old, const char *epoch,
                       uint64_t packets, int64_t now)
{
    bool anew = strcmp(old->epoch, epoch) != 0 || packets < line->packets;
    if (packets > (anew ? 0 : line->packets)) {
        line->after = old->time;
        line->by = now;
    }
    line->packets = packets;
}

struct board_ledger board_ledger_next(struct arena *arena, const struct board_ledger *old,
                                      const struct board *board, const char *epoch, int64_t now)
{
    struct board_ledger ret = {.epoch = epoch, .time = now};
    struct strmap *lines = index_lines(arena, old);
    for (size_t i = 0; i < board->all.count; i++) {
        const struct board_policy *policy = board->all.items[i];
        for (size_t j = 0; j < policy->rows.count; j++) {
            const struct board_row *row = &policy->rows.items[j];
            const struct board_line *known = strmap_get(lines, row->key);
            struct board_line line = {.key = row->key, .since = now, .packets = row->count.packets};
            if (known != NULL) {
                line = *known;
                read_again(&line, old, epoch, row->count.packets, now);
            }
            vec_push(arena, &ret.lines, line);
        }
    }
    return ret;
}

void board_add_ledger(struct arena *arena, struct board *board, const struct board_ledger *ledger,
                      const char *epoch, int64_t now)
{
    struct strmap *lines = index_lines(arena, ledger);
    for (size_t i = 0; i < board->all.count; i++) {
        struct board_policy *policy = board->all.items[i];
        for (size_t j = 0; j < policy->rows.count; j++) {
            struct board_row *row = &policy->rows.items[j];
            const struct board_line *known = strmap_get(lines, row->key);
            if (known == NULL) {
                continue;
            }
            struct board_line line = *known;
            read_again(&line, ledger, epoch, row->count.packets, now);
            row->since = line.since;
            board_hit_add(&row->last, (struct board_hit){line.after, line.by});
            board_hit_add(&policy->last, row->last);
        }
    }
}
