// SPDX-License-Identifier: GPL-2.0-or-later
// File descriptors that close themselves, and whole writes.
#include <errno.h>
#include <polc/base/file.h>
#include <unistd.h>

void close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

int write_all(int fd, const void *data, size_t size)
{
    const char *rest = data;
    while (size > 0) {
        ssize_t written = write(fd, rest, size);
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        rest += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}
