// SPDX-License-Identifier: GPL-2.0-or-later
// probe talk: one connection that stays open while a test changes the firewall.
#include "probe.h"

// One connection that stays open. Waits until it is writable, or readable.
static bool wait_for(int fd, short events, long timeout)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, (int)timeout) > 0;
}

// Throws away late answers to earlier messages, then sends `text` and waits for it to come back.
static void exchange(struct target *target, const char *text, size_t length, long timeout)
{
    char data[BUFFER_SIZE];
    long until = now_ms() + timeout;
    size_t got = 0;
    while (recv(target->fd, data, sizeof data, MSG_DONTWAIT) > 0) {
    }
    if (send(target->fd, text, length, MSG_NOSIGNAL) < 0) {
        decide_error(target, errno);
        return;
    }
    while (got < length) {
        long left = until - now_ms();
        if (left <= 0 || !wait_for(target->fd, POLLIN, left)) {
            return; // timeout: the connection stays, a later message may come through
        }
        ssize_t size = recv(target->fd, data, sizeof data, 0);
        if (size <= 0) {
            decide_error(target, size == 0 ? ECONNRESET : errno);
            return;
        }
        got += (size_t)size;
    }
    target->result = "ok";
}

// Waits for something that the server says by itself.
static void hear(struct target *target, long timeout)
{
    char data[BUFFER_SIZE];
    if (wait_for(target->fd, POLLIN, timeout)) {
        ssize_t size = recv(target->fd, data, sizeof data, 0);
        if (size > 0) {
            target->result = "ok";
        } else {
            decide_error(target, size == 0 ? ECONNRESET : errno);
        }
    }
}

static void open_talk(struct target *target, const struct options *options)
{
    int error = 0;
    socklen_t size = sizeof error;
    target->fd = target_socket(target);
    if (target->fd < 0 || !bind_from(target, options->from)) {
        decide_error(target, errno);
        return;
    }
    if (connect(target->fd, (struct sockaddr *)&target->address, target->address_size) < 0 &&
        errno != EINPROGRESS) {
        decide_error(target, errno);
        return;
    }
    if (!wait_for(target->fd, POLLOUT, options->timeout)) {
        decide(target, "timeout");
        return;
    }
    getsockopt(target->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        decide_error(target, error);
    }
}

int cmd_talk(int argc, char **argv)
{
    struct options options;
    char line[512];
    int first = parse_options(argv, &options);
    if (argc - first != 1) {
        fail_usage("talk takes one target", NULL);
    }
    struct target target = parse_target(argv[first]);
    if (target.kind == KIND_ICMP) {
        fail_usage("talk needs tcp or udp", target.text);
    }
    open_talk(&target, &options);
    printf("%s %s\n", target.text, target.result != NULL ? target.result : "ok");
    fflush(stdout);
    while (target.fd >= 0 && fgets(line, sizeof line, stdin) != NULL) {
        target.result = NULL;
        if (strcmp(line, "hear\n") == 0) {
            hear(&target, options.timeout);
        } else {
            exchange(&target, line, strlen(line), options.timeout);
        }
        printf("%s %s\n", target.text, target.result != NULL ? target.result : "timeout");
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
