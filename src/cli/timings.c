// SPDX-License-Identifier: GPL-2.0-or-later
// What each stage of a run took, on stderr at its end, when POLC_TIMINGS is set: the question of somebody with a large
// input, and of the benchmarks.
#include "cli.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct timing {
    const char *stage;
    uint64_t cpu;  // nanoseconds
    uint64_t wall; // nanoseconds, with what it waited for: disks, other programs
    size_t arenas; // bytes in use at its end
    size_t peak;   // KiB, of the process so far
};

struct timings {
    uint64_t last, last_wall; // when the stage before ended
    struct res_decoder *decoder;
    uint64_t decoding; // nanoseconds that the loader spent in it; it does not wait
    VEC_FIELDS(struct timing);
};

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

void timings_start(struct run *run)
{
    const char *wanted = getenv("POLC_TIMINGS");
    if (wanted != NULL && wanted[0] != '\0') {
        run->timings = arena_new_of(run->arena, struct timings);
        run->timings->last_wall = read_clock(CLOCK_MONOTONIC);
    }
}

static void add(struct run *run, const char *stage, uint64_t cpu, uint64_t wall)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    size_t input = run->input != NULL ? arena_used(run->input) : 0;
    vec_push(
        run->arena, run->timings,
        (struct timing){stage, cpu, wall, arena_used(run->arena) + input, (size_t)usage.ru_maxrss});
}

void timings_end(struct run *run, const char *stage)
{
    struct timings *timings = run->timings;
    if (timings == NULL) {
        return;
    }
    uint64_t cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - timings->last;
    uint64_t wall = read_clock(CLOCK_MONOTONIC) - timings->last_wall;
    add(run, stage, cpu - timings->decoding, wall - timings->decoding);
    if (timings->decoding > 0) {
        add(run, "decode", timings->decoding, timings->decoding);
    }
    timings->decoding = 0;
    timings->last = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    timings->last_wall = read_clock(CLOCK_MONOTONIC);
}

static void decode(void *context, const struct load_object *object)
{
    struct timings *timings = context;
    uint64_t start = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    res_decode_object(timings->decoder, object);
    timings->decoding += read_clock(CLOCK_PROCESS_CPUTIME_ID) - start;
}

load_object_fn timings_decode(struct run *run, struct res_decoder *decoder, void **ret_context)
{
    *ret_context = decoder;
    if (run->timings == NULL) {
        return res_decode_object;
    }
    run->timings->decoder = decoder;
    *ret_context = run->timings;
    return decode;
}

void timings_print(const struct run *run)
{
    const struct timings *timings = run->timings;
    if (timings == NULL) {
        return;
    }
    fprintf(stderr, "%-10s %10s %10s %12s %12s\n", "stage", "cpu ms", "wall ms", "arenas KiB",
            "peak KiB");
    for (size_t i = 0; i < timings->count; i++) {
        const struct timing *timing = &timings->items[i];
        fprintf(stderr, "%-10s %10.1f %10.1f %12zu %12zu\n", timing->stage,
                (double)timing->cpu / 1e6, (double)timing->wall / 1e6, timing->arenas / 1024,
                timing->peak);
    }
}
