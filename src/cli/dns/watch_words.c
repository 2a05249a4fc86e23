// SPDX-License-Identifier: GPL-2.0-or-later
// What polc dns watch says while it runs.
#include "watch.h"

#include <polc/change.h>

enum { SILENCE = 60 * 1000 }; // ms

void watch_nag(struct watch_nag *nag, const char *format, ...)
{
    char text[512];
    va_list args;
    uint64_t now = change_now();
    if (nag->said != 0 && now - nag->said < SILENCE) {
        return;
    }
    nag->said = now;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    complain("%s", text);
}

const char *watch_time_text(uint64_t ms, char *buffer)
{
    static const struct {
        uint64_t seconds;
        char letter;
    } units[] = {{24 * 3600, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    uint64_t seconds = ms / 1000;
    size_t i = 0;
    while (i + 1 < ARRAY_COUNT(units) && seconds < 2 * units[i].seconds) {
        i++;
    }
    snprintf(buffer, WATCH_TIME_TEXT, "%llu%c", (unsigned long long)(seconds / units[i].seconds),
             units[i].letter);
    return buffer;
}
