// SPDX-License-Identifier: GPL-2.0-or-later
// The file that flows are appended to: whole lines, each once, whatever interrupts it.
#pragma once

#include "cli.h"

#include <polc/flowlog.h>

// A file that is open for appending.
struct record_file {
    int fd;
    uint64_t device, inode;
    uint64_t size; // bytes
};

// Opens or makes it, for its owner only, and repairs its last line. An exit code, and has said why.
int record_file_open(struct run *run, const char *path, struct record_file *ret);
// Puts what is there aside, as PATH.1, if it would grow beyond so many bytes. An exit code.
int record_file_limit(struct run *run, const char *path, uint64_t limit, size_t more,
                      struct record_file *file);
// All of it, on the disk for good, or nothing. 0 or an errno.
int record_file_append(const struct record_file *file, const char *text, size_t size);

// After a run that was interrupted: whether what `ledger` says was appended to the file is there. What is there of it in
// part is taken away.
bool record_file_settle(const struct flowlog_ledger *ledger);
