// SPDX-License-Identifier: GPL-2.0-or-later
// probe login: what sshd is to a shell: takes one connection, and holds it while a command runs.
#include "probe.h"

#include <sys/wait.h>

int cmd_login(int argc, char **argv)
{
    const char *rest;
    int status = 0;
    if (argc < 2 || parse_kind(argv[0], &rest) != KIND_TCP) {
        fail_usage("login takes tcp:PORT and a command", NULL);
    }
    int listener = bind_port(SOCK_STREAM | SOCK_CLOEXEC, (uint16_t)parse_number(rest, UINT16_MAX));
    if (listener < 0 || listen(listener, 1) < 0) {
        fprintf(stderr, "probe: cannot listen on %s: %s\n", argv[0], strerror(errno));
        return EXIT_FAILURE;
    }
    puts("ready");
    fflush(stdout);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    pid_t child = fork();
    if (fd < 0 || child < 0) {
        return EXIT_FAILURE;
    }
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
