// SPDX-License-Identifier: GPL-2.0-or-later
// An entry of the history in words: when, by whom, and what became of it.
#include "reload.h"

#include <time.h>

// In the zone of the user, to the minute; for machines in UTC, to the second.
const char *entry_time(struct arena *arena, int64_t seconds)
{
    char text[32];
    time_t when = (time_t)seconds;
    struct tm broken;
    size_t length = strftime(text, sizeof text, "%F %H:%M", localtime_r(&when, &broken));
    return arena_strndup(arena, text, length);
}

const char *entry_time_utc(struct arena *arena, int64_t seconds)
{
    char text[32];
    time_t when = (time_t)seconds;
    struct tm broken;
    size_t length = strftime(text, sizeof text, "%FT%TZ", gmtime_r(&when, &broken));
    return arena_strndup(arena, text, length);
}

const char *entry_who(struct arena *arena, const struct change_entry *entry)
{
    const char *user = entry->user != NULL ? entry->user : "?";
    return entry->sudo_user != NULL ? arena_printf(arena, "%s (%s)", entry->sudo_user, user) : user;
}

// Of a pending one the deadline counts: whoever looks will hardly know how long ago it was applied.
const char *entry_state(struct run *run, const struct state *state,
                        const struct change_entry *entry)
{
    if (entry->state == CHANGE_PENDING) {
        uint64_t left = change_left(entry, state->boot_id, change_now());
        return left > 0 ? arena_printf(run->arena, "pending, %s left", left_text(run->arena, left))
                        : "pending, expired";
    }
    return change_state_names[entry->state];
}

const char *with_message(struct run *run, const char *note, const char *message)
{
    return message != NULL
               ? arena_printf(run->arena, "%s: %s", note, safe_text(run->arena, message))
               : note;
}

void print_deadline(struct run *run, const struct change_entry *entry)
{
    enum { MS = 1000 };
    char clock[sizeof "23:59:59"];
    time_t end = time(NULL) + (time_t)(entry->window / MS);
    struct tm local;
    strftime(clock, sizeof clock, "%T", localtime_r(&end, &local));
    printf("it is taken back in %s, at %s, unless: polc confirm%s\n",
           left_text(run->arena, entry->window), clock, same_options(run, false));
}
