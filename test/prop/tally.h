// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel's table has counted for staged policies, against what the packets of one round must have counted.
#pragma once

#include "counts.h"
#include "wire.h"

// Reads the counters of the host's table. False when that did not work.
bool tally_read(struct arena *arena, const struct wire *wire, struct nft_counters *ret);

// What must be counted for shots; false when some packet's way cannot know it.
bool tally_expect(const struct subject *subject, const struct shot *shots, size_t count,
                  struct count_entries *ret);

// NULL when what was counted in between is what was expected, else what is wrong, with the numbers.
const char *tally_compare(const struct subject *subject, const struct nft_counters *before,
                          const struct nft_counters *after, const struct count_entries *expected);
