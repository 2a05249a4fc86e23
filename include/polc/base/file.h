// SPDX-License-Identifier: GPL-2.0-or-later
// File descriptors that close themselves, and whole writes. Not part of polc/base.h: few modules have files.
#pragma once

#include <stddef.h>

// CLOSING int fd = open(...); -1 is left alone. Clang 14 calls one that is only held, as a lock is, unused.
#define CLOSING __attribute__((cleanup(close_fd), unused))
void close_fd(const int *fd);

// Goes on after short writes and signals. 0 or a positive errno value.
int write_all(int fd, const void *data, size_t size);
