// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the body of a test in a child with a user and network namespace of its own: nothing reaches
// the machine's.
#pragma once

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NETNS_SKIP = 77 };

// In the child: Check's own assertions would jump back into its runner, which is the parent's.
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);              \
            _exit(EXIT_FAILURE);                                                                   \
        }                                                                                          \
    } while (0)

static inline bool netns_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    fputs(text, file);
    return fclose(file) == 0;
}

// A user namespace in which the caller is root, and a network namespace that belongs to it.
static inline bool netns_enter_user(void)
{
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %u 1", getuid());
    snprintf(groups, sizeof groups, "0 %u 1", getgid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           netns_write("/proc/self/setgroups", "deny") &&
           netns_write("/proc/self/uid_map", users) && netns_write("/proc/self/gid_map", groups);
}

static inline bool netns_enter(void)
{
    return unshare(CLONE_NEWNET) == 0 || netns_enter_user();
}

// Fails the test when the body fails; prints why and passes when no namespace is to be had.
static inline void netns_run(const char *name, void (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (!netns_enter()) {
            fprintf(stderr, "%s: skipped: no network namespace: %s\n", name, strerror(errno));
            _exit(NETNS_SKIP);
        }
        body();
        exit(EXIT_SUCCESS);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) &&
                      (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NETNS_SKIP),
                  "%s failed in its namespace", name);
}

// A test of that name whose body runs in a namespace.
#define NETNS_TEST(name)                                                                           \
    static void name##_body(void);                                                                 \
    START_TEST(name)                                                                               \
    {                                                                                              \
        netns_run(#name, name##_body);                                                             \
    }                                                                                              \
    END_TEST                                                                                       \
    static void name##_body(void)
