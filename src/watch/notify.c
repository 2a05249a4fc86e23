// SPDX-License-Identifier: GPL-2.0-or-later
// The protocol of sd_notify(3): one datagram to the socket that the environment names.
#include <polc/watch.h>

#include <errno.h>
#include <polc/base/file.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

int watch_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0') {
        return 0;
    }
    size_t length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length >= sizeof addr.sun_path) {
        return EAFNOSUPPORT;
    }
    memcpy(addr.sun_path, path, length);
    if (path[0] == '@') { // an abstract one
        addr.sun_path[0] = '\0';
    }
    CLOSING int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd < 0 ||
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr, size) < 0) {
        return errno;
    }
    return 0;
}
