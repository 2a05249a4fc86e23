// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module change share.
#pragma once

#include <polc/change.h>

// Entry <-> bytes.
struct plan_bytes entry_encode(struct arena *arena, const struct change_entry *entry);
// NULL, or why the bytes are no entry.
const char *entry_decode(struct arena *arena, const uint8_t *data, size_t size,
                         struct change_entry *ret);
