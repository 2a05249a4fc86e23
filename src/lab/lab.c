// SPDX-License-Identifier: GPL-2.0-or-later
// The lab as a whole: a child that builds it, and a parent that waits for its answer in shared memory. The child dies
// with its parent, and its namespaces with it.
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 1024,
    CHILD_SECONDS = 60,       // for a lab without anything in it
    STATIONS_PER_SECOND = 10, // and probes, more than are needed on a slow machine
    PROBES_PER_SECOND = 50,
};

// What the child writes for its parent.
struct answer {
    int status; // enum lab_status
    char message[MESSAGE_MAX];
    bool arrived[];
};

static int fail(struct answer *answer, enum lab_status status, const char *message)
{
    snprintf(answer->message, sizeof answer->message, "%s", message);
    answer->status = status;
    return EXIT_FAILURE;
}

static bool prepare_nodes(struct world *world)
{
    const struct lab *lab = world->lab;
    for (size_t i = 0; i < lab->node_count; i++) {
        const char *message =
            namespace_enter(world, world->nodes[i]) ? lab->prepare(lab->context, i) : NULL;
        if (message != NULL) {
            world_fail(world, message, 0);
        }
        if (world->error != NULL) {
            return false;
        }
    }
    return true;
}

static unsigned time_limit(const struct lab *lab)
{
    return (unsigned)(CHILD_SECONDS + lab->station_count / STATIONS_PER_SECOND +
                      lab->probe_count / PROBES_PER_SECOND);
}

static int child(struct arena *arena, const struct lab *lab, pid_t parent, struct answer *answer)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        return EXIT_FAILURE; // it was gone before
    }
    alarm(time_limit(lab));
    if (!namespace_begin()) {
        return fail(answer, LAB_NOT_ALLOWED, strerror(errno));
    }
    struct world world = {.arena = arena, .lab = lab};
    world.nodes = arena_array_of(arena, int, lab->node_count);
    world.stations = arena_array_of(arena, int, lab->station_count);
    if (!topology_build(&world) || !traffic_control(&world) || !prepare_nodes(&world) ||
        !traffic_run(&world)) {
        return fail(answer, LAB_FAILED, world.error);
    }
    for (size_t i = 0; i < lab->probe_count; i++) {
        answer->arrived[i] = lab->probes[i].arrived;
    }
    answer->status = LAB_DONE;
    return EXIT_SUCCESS;
}

static bool wait_for(pid_t pid)
{
    int status;
    pid_t got;
    do {
        got = waitpid(pid, &status, 0);
    } while (got < 0 && errno == EINTR);
    return got == pid && WIFEXITED(status);
}

enum lab_status lab_run(struct arena *arena, const struct lab *lab, const char **ret_message)
{
    size_t size = sizeof(struct answer) + lab->probe_count * sizeof(bool);
    struct answer *answer =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED) {
        *ret_message = arena_printf(arena, "mmap: %s", strerror(errno));
        return LAB_FAILED;
    }
    fail(answer, LAB_FAILED, "it did not end in time");
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        _exit(child(arena, lab, parent, answer));
    }
    if (pid < 0) {
        fail(answer, LAB_FAILED, strerror(errno));
    } else if (!wait_for(pid) && answer->status == LAB_DONE) {
        fail(answer, LAB_FAILED, "it ended before it was done");
    }
    for (size_t i = 0; i < lab->probe_count && answer->status == LAB_DONE; i++) {
        lab->probes[i].arrived = answer->arrived[i];
    }
    enum lab_status status = (enum lab_status)answer->status;
    *ret_message = arena_strdup(arena, answer->message);
    munmap(answer, size);
    return status;
}
