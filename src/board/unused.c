// SPDX-License-Identifier: GPL-2.0-or-later
// Which rows and policies nobody uses, and how sure that is. In doubt a rule is used: who removes one by mistake cuts
// somebody off.
#include "internal.h"

enum board_use board_row_use(const struct board_row *row, int64_t from)
{
    if (row->last.by > from) {
        return BOARD_USED;
    }
    if (row->since > 0 && row->since <= from) {
        return BOARD_UNUSED;
    }
    if (row->count.packets > 0 || row->last.by > 0) {
        return BOARD_USED; // before the record begins, at a time that nobody knows
    }
    return row->since > 0 ? BOARD_UNUSED_HERE : BOARD_NEVER;
}

enum board_use board_policy_use(const struct board_policy *policy, int64_t from)
{
    enum board_use ret = BOARD_USED;
    if (policy->state != BOARD_LOADED || policy->last.by > from) {
        return BOARD_USED;
    }
    for (size_t i = 0; i < policy->rows.count; i++) {
        const struct board_row *row = &policy->rows.items[i];
        enum board_use use = board_row_use(row, from);
        if (use == BOARD_USED) {
            return BOARD_USED;
        }
        ret = use > ret ? use : ret;
    }
    return ret;
}
