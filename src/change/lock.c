// SPDX-License-Identifier: GPL-2.0-or-later
// One change at a time: an advisory lock on a file that also names its holder. The kernel drops the lock with the
// process, so that there is nothing to clean up after a crash.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 20, PATIENCE_MS = 300, NS_IN_MS = 1000000, HOLDER_MAX = 128 };

static void pause_ms(long ms)
{
    struct timespec time = {.tv_nsec = ms * NS_IN_MS};
    nanosleep(&time, NULL);
}

static const char *read_holder(struct arena *arena, int fd)
{
    char text[HOLDER_MAX];
    ssize_t length = pread(fd, text, sizeof text, 0);
    size_t used = length > 0 ? strcspn(arena_strndup(arena, text, (size_t)length), "\n") : 0;
    return used > 0 ? arena_strndup(arena, text, used) : "another process";
}

static int write_holder(int fd, const char *who)
{
    char text[HOLDER_MAX];
    int length = snprintf(text, sizeof text, "%.64s, process %ld\n", who, (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
        return errno != ENOSPC ? errno : 0; // the name is a courtesy
    }
    return 0;
}

static int open_lock(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash != NULL && slash != path) {
        char directory[PATH_MAX];
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
        // Whatever the umask says: what is known of names, and for other users too, lies beside the lock.
        if (mkdir(directory, 0755) == 0 ? chmod(directory, 0755) != 0 : errno != EEXIST) {
            return -1;
        }
    }
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int change_lock_take(struct arena *arena, const char *path, const char *who, uint64_t timeout,
                     void (*on_wait)(const char *holder), struct change_lock *ret)
{
    uint64_t start = change_now();
    bool said = false;
    *ret = (struct change_lock){.fd = open_lock(path), .path = path};
    if (ret->fd < 0) {
        return errno;
    }
    while (flock(ret->fd, LOCK_EX | LOCK_NB) != 0) {
        uint64_t waited = change_now() - start;
        int error = errno;
        if ((error != EWOULDBLOCK && error != EINTR) || waited >= timeout) {
            ret->holder = read_holder(arena, ret->fd);
            change_lock_release(ret);
            return error == EWOULDBLOCK ? EBUSY : error;
        }
        if (!said && waited >= PATIENCE_MS && on_wait != NULL) {
            said = true;
            on_wait(read_holder(arena, ret->fd));
        }
        pause_ms(POLL_MS);
    }
    return write_holder(ret->fd, who);
}

void change_lock_release(struct change_lock *lock)
{
    if (lock->fd >= 0) {
        close(lock->fd);
    }
    lock->fd = -1;
}
