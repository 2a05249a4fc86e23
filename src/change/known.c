// SPDX-License-Identifier: GPL-2.0-or-later
// The file "kernel": at which state of the kernel polc's table is known to be what polc loaded. Not synced: it ends with
// the boot, and who finds it torn reads the kernel instead.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { KNOWN_MAX = 1024, FILE_MODE = 0600 };

static const char file[] = "kernel", temporary[] = "kernel.new";

// The end of the last line tells a whole file from a torn one.
#define FORMAT                                                                                     \
    "polc kernel 1\nboot %s\nnamespace %" PRIu64 "\nstate %" PRIu32 "\ntable %s\nprogram %s\nend\n"

int change_known_write(const struct change_store *store, const struct change_known *known)
{
    char text[KNOWN_MAX];
    int length = snprintf(text, sizeof text, FORMAT, known->boot_id, known->namespace,
                          known->generation_id, known->table, known->program);
    if (length < 0 || (size_t)length >= sizeof text) {
        return ENAMETOOLONG;
    }
    int fd = openat(store->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return errno;
    }
    int error = write(fd, text, (size_t)length) == length ? 0 : errno != 0 ? errno : EIO;
    close(fd);
    return error != 0 || renameat(store->fd, temporary, store->fd, file) == 0 ? error : errno;
}

bool change_known_is(const struct change_store *store, const struct change_known *known)
{
    char wanted[KNOWN_MAX], text[KNOWN_MAX];
    int length = snprintf(wanted, sizeof wanted, FORMAT, known->boot_id, known->namespace,
                          known->generation_id, known->table, known->program);
    int fd = openat(store->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t size = read(fd, text, sizeof text);
    close(fd);
    return known->boot_id[0] != '\0' && known->program[0] != '\0' && known->namespace != 0 &&
           length > 0 && (size_t)length < sizeof wanted && size == length &&
           memcmp(text, wanted, (size_t)length) == 0;
}
