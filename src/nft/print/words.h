// SPDX-License-Identifier: GPL-2.0-or-later
// nft's words, the same in its text and in its JSON. Inside module nft only.
#pragma once

#include "ruleset.h"

const char *hook_text(enum chain_hook hook);
const char *verdict_text(enum verdict_kind verdict);
const char *unit_text(uint64_t seconds); // of a limit
