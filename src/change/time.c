// SPDX-License-Identifier: GPL-2.0-or-later
// Deadlines that neither a change of the clock nor sleep moves: CLOCK_BOOTTIME, and the boot that it counts from.
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000, NS_IN_MS = 1000000, BOOT_ID_LENGTH = 36 };

uint64_t change_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * MS + (uint64_t)now.tv_nsec / NS_IN_MS;
}

const char *change_boot_id(struct arena *arena)
{
#if defined(POLC_TESTING)
    const char *fake = getenv("POLC_TEST_BOOT_ID");
    if (fake != NULL) {
        return fake;
    }
#endif
    char text[BOOT_ID_LENGTH];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (fd >= 0) {
        close(fd);
    }
    return length > 0 ? arena_strndup(arena, text, (size_t)length) : "";
}

uint64_t change_namespace(void)
{
    struct stat info;
    return stat("/proc/self/ns/net", &info) == 0 ? info.st_ino : 0;
}

uint64_t change_left(const struct change_entry *entry, const char *boot_id, uint64_t now)
{
    if (strcmp(entry->boot_id, boot_id) != 0 || now >= entry->deadline) {
        return 0;
    }
    // A clock that stood still since the boot, as in a time namespace of its own, must not stretch the window.
    uint64_t left = entry->deadline - now;
    return left < entry->window ? left : entry->window;
}

bool change_expired(const struct change_entry *entry, const char *boot_id, uint64_t now)
{
    return change_left(entry, boot_id, now) == 0;
}

const char *change_token(struct arena *arena)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        random = change_now() << 20 ^ (uint64_t)getpid();
    }
    return arena_printf(arena, "%016llx", (unsigned long long)random);
}
