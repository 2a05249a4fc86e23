// SPDX-License-Identifier: GPL-2.0-or-later
// Namespaces: made one after another by one process, which keeps each as a file descriptor. A socket stays in the
// namespace that it was made in, so one process can speak for all of them, and no thread or helper is needed.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

bool world_fail(struct world *world, const char *what, int error)
{
    if (world->error == NULL) {
        world->error = error == 0 ? arena_strdup(world->arena, what)
                                  : arena_printf(world->arena, "%s: %s", what, strerror(error));
    }
    return false;
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written == (ssize_t)strlen(text);
}

// As somebody who may not make a network namespace: in a user namespace of his own he may.
static bool begin_as_user(void)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

bool namespace_begin(void)
{
    return unshare(CLONE_NEWNET) == 0 || (errno == EPERM && begin_as_user());
}

bool lab_has_family(uint8_t family)
{
    return family == IP_V4 || access("/proc/sys/net/ipv6", F_OK) == 0;
}

// Neither duplicate addresses nor reverse paths are looked at: everything is fixed.
static bool set_forwarding(struct world *world)
{
    static const struct {
        const char *path, *value;
        bool v6;
    } settings[] = {
        {"/proc/sys/net/ipv4/ip_forward", "1", false},
        {"/proc/sys/net/ipv4/conf/all/rp_filter", "0", false},
        {"/proc/sys/net/ipv4/conf/default/rp_filter", "0", false},
        {"/proc/sys/net/ipv6/conf/all/disable_ipv6", "0", true},
        {"/proc/sys/net/ipv6/conf/default/disable_ipv6", "0", true},
        {"/proc/sys/net/ipv6/conf/default/accept_dad", "0", true},
        {"/proc/sys/net/ipv6/conf/default/accept_ra", "0", true},
        {"/proc/sys/net/ipv6/conf/all/forwarding", "1", true},
    };
    bool has_v6 = lab_has_family(IP_V6);
    for (size_t i = 0; i < ARRAY_COUNT(settings); i++) {
        if ((has_v6 || !settings[i].v6) && !write_text(settings[i].path, settings[i].value)) {
            return world_fail(world, settings[i].path, errno);
        }
    }
    return true;
}

int namespace_new(struct world *world)
{
    if (unshare(CLONE_NEWNET) != 0) {
        world_fail(world, "cannot make a network namespace", errno);
        return -1;
    }
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        world_fail(world, "/proc/self/ns/net", errno);
        return -1;
    }
    int error = rtnl_set_up("lo", NULL);
    if (error != 0) {
        world_fail(world, "cannot set lo up", -error);
        return -1;
    }
    return set_forwarding(world) ? fd : -1;
}

bool namespace_enter(struct world *world, int fd)
{
    return setns(fd, CLONE_NEWNET) == 0 ||
           world_fail(world, "cannot enter a network namespace", errno);
}

int station_namespace(const struct world *world, uint32_t station)
{
    if (station == CONTROL_STATION) {
        return world->fabric;
    }
    const struct lab_station *item = &world->lab->stations[station];
    switch ((enum lab_place)item->place) {
    case LAB_WORKLOAD:
        return world->stations[station];
    case LAB_HOST:
        return world->nodes[item->node];
    case LAB_OUTSIDE:
        break;
    }
    return world->fabric;
}
