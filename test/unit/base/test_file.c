// SPDX-License-Identifier: GPL-2.0-or-later
// Descriptors that close themselves, and writes that are cut short.
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <polc/base/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int opened_and_left(void)
{
    CLOSING int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CLOSING int none = -1;
    ck_assert_int_ge(fd, 0);
    return none + fd + 1;
}

START_TEST(closed_at_the_end)
{
    int fd = opened_and_left();
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

// More than a pipe holds: the writer waits for the reader, and each write is short.
START_TEST(all_of_it_is_written)
{
    enum { SIZE = 300000 };
    static char data[SIZE], read_back[SIZE];
    int ends[2];
    for (size_t i = 0; i < SIZE; i++) {
        data[i] = (char)(i * 7 + i / 256);
    }
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(write_all(ends[1], data, SIZE));
    }
    close(ends[1]);
    size_t done = 0;
    ssize_t got = 1;
    while (got > 0 && done < SIZE) {
        got = read(ends[0], read_back + done, SIZE - done);
        done += got > 0 ? (size_t)got : 0;
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(done, SIZE);
    ck_assert_mem_eq(data, read_back, SIZE);
    close(ends[0]);
}
END_TEST

START_TEST(errors_are_told)
{
    CLOSING int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(write_all(full, "x", 1), ENOSPC);
    ck_assert_int_eq(write_all(-1, "x", 1), EBADF);
    ck_assert_int_eq(write_all(-1, "", 0), 0);
}
END_TEST

UNIT_TESTS("base file", closed_at_the_end, all_of_it_is_written, errors_are_told)
