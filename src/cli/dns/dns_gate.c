// SPDX-License-Identifier: GPL-2.0-or-later
// The gate is an advisory lock on a file beside the files of rules, which the watcher's user can open: the lock of the
// changes of the firewall (state.c) is not his.
#include "dns_gate.h"

#include "dns_paths.h"

#include <fcntl.h>
#include <limits.h>
#include <polc/base/file.h>
#include <polc/dns.h>
#include <polc/domains.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STEP_NS = 1000000, STEPS = 1000 }; // a second
enum { GATE_MODE = 0640 };

// For the watcher and for who may change the table: anybody else who could open it could hold it, and keep both waiting.
// The watcher is of the group of the directory that lies beside. Who may not set that (a unit without CAP_CHOWN) leaves it.
static void give_to_watcher(struct run *run, int gate)
{
    struct stat is, watcher;
    const char *store = dns_path(run, DNS_STORE_OBSERVED);
    const char *directory = arena_strndup(run->arena, store, (size_t)(strrchr(store, '/') - store));
    if (fstat(gate, &is) != 0) {
        return;
    }
    if (lstat(directory, &watcher) == 0 && S_ISDIR(watcher.st_mode) &&
        watcher.st_gid != is.st_gid && fchown(gate, (uid_t)-1, watcher.st_gid) != 0) {
        return;
    }
    if ((is.st_mode & ALLPERMS) != GATE_MODE) { // whatever the umask
        (void)fchmod(gate, GATE_MODE);
    }
}

// Made where the folder is: without it nobody watches.
static int open_gate(struct run *run, bool create)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" DOMAINS_FOLDER "/gate", dns_directory(run));
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && create) {
        fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, GATE_MODE);
    }
    if (fd >= 0 && create) {
        give_to_watcher(run, fd);
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
