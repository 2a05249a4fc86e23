// SPDX-License-Identifier: GPL-2.0-or-later
// The gate is an advisory lock on a file beside the files of rules, which the watcher's user can open: the lock of the
// changes of the firewall (state.c) is not his.
#include "dns_gate.h"

#include "dns_paths.h"

#include <fcntl.h>
#include <limits.h>
#include <polc/base/file.h>
#include <polc/domains.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { STEP_NS = 1000000, STEPS = 1000 }; // a second

// Made where the folder is: without it nobody watches.
static int open_gate(struct run *run, bool create)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" DOMAINS_FOLDER "/gate", dns_directory(run));
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && create) {
        fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd >= 0 && fchmod(fd, 0644) != 0) { // whatever the umask
            close_fd(&fd);
            fd = -1;
        }
    }
    return fd;
}

int dns_gate_enter(struct run *run, enum dns_gate what)
{
    bool alone = what == DNS_GATE_TABLE;
    int fd = open_gate(run, alone);
    for (int i = 0; fd >= 0 && i < STEPS; i++) {
        if (flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) {
            return fd;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
    }
    close_fd(&fd);
    return -1;
}
