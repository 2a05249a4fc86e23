// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel's flow table has recorded of the packets of one round, against what the simulator says.
#pragma once

#include "compare.h"
#include "wire.h"

// Reads the flow table of the host. False when that did not work.
bool recorded_read(struct arena *arena, const struct wire *wire, struct nft_flow_table *ret);

// NULL when what was recorded in between is what the shots must leave, no more and no less; else what is wrong. Each shot is
// the first packet of its connection.
const char *recorded_compare(const struct subject *subject, const struct shot *shots, size_t count,
                             const struct nft_flow_table *before,
                             const struct nft_flow_table *after);
