// SPDX-License-Identifier: GPL-2.0-or-later
// A quarter of one processor may be used ahead of the others, second by second. The way back needs no capability but a
// limit (RLIMIT_RTPRIO), which is set before capabilities go, or by the service manager. Where that may not be set, there is
// no way back.
#include "watch_pace.h"

#include <polc/change.h>
#include <sched.h>
#include <stddef.h>
#include <sys/resource.h>
#include <time.h>

enum {
    SECOND = 1000,
    AHEAD_MS = 250, // of each second
    // Ahead, without a pause: a mistake of ours, which the kernel ends. Its count goes on from one second to the next,
    // until a process that is ahead sleeps: so that happens once a second, which a flood leaves no time for.
    ENDLESS_US = 2 * 1000 * 1000,
    PAUSE_NS = 100 * 1000,
};

static uint64_t processor_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * SECOND + (uint64_t)used.tv_nsec / 1000000;
}

static bool set(int policy)
{
    struct sched_param param = {.sched_priority = policy == SCHED_RR ? 1 : 0};
    return sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param) == 0;
}

void watch_pace_begin(struct watch_pace *pace)
{
    *pace = (struct watch_pace){.window = change_now(), .used_at = processor_ms()};
    setrlimit(RLIMIT_RTPRIO, &(struct rlimit){1, 1});
    setrlimit(RLIMIT_RTTIME, &(struct rlimit){ENDLESS_US, ENDLESS_US});
    pace->ahead = set(SCHED_RR);
    pace->unable = !pace->ahead;
}

void watch_pace_keep(struct watch_pace *pace)
{
    uint64_t now = change_now(), used = processor_ms();
    if (pace->unable) {
        return;
    }
    if (now - pace->window >= SECOND) {
        pace->window = now;
        pace->used_at = used;
        pace->ahead = pace->ahead || set(SCHED_RR);
        pace->unable = !pace->ahead;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    } else if (pace->ahead && used - pace->used_at > AHEAD_MS) {
        pace->ahead = !set(SCHED_OTHER);
    }
}
