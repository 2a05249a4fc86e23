// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module board share.
#pragma once

#include <polc/board.h>

// Later of the two, the narrower where both mean the same moment.
void board_hit_add(struct board_hit *hit, struct board_hit other);
// The first rule with this index or a later one: rules that match nothing are not in the plan, and indexes have gaps.
size_t board_rule_at(const struct plan_rules *rules, uint32_t index);
