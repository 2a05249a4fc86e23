// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of policies and profiles.
#pragma once

#include "values.h"

// A list of at most MAX_RULES rules into struct res_rules.
void field_rules(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg);
// {type, code} into struct res_icmp.
void field_icmp(struct res_decoder *decoder, const struct node *node, void *target,
                const void *arg);
