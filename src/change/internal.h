// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module change share.
#pragma once

#include <polc/change.h>

// Entry <-> bytes.
struct plan_bytes entry_encode(struct arena *arena, const struct change_entry *entry);
// NULL, or why the bytes are no entry.
const char *entry_decode(struct arena *arena, const uint8_t *data, size_t size,
                         struct change_entry *ret);

// ---- file.c -----------------------------------------------------------------------------------------------------

// Each returns 0 or an errno.
int write_synced(int fd, struct plan_bytes bytes);
// Whole under its name, but a crash may still take the name away.
int replace_file(int directory, const char *name, const char *temporary, struct plan_bytes bytes);
// NULL and *ret, or in words why it cannot be read.
const char *read_file(struct arena *arena, const struct change_store *store, const char *name,
                      struct plan_bytes *ret);
