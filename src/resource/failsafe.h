// SPDX-License-Identifier: GPL-2.0-or-later
// Failsafe ports.
#pragma once

#include "decode.h"

// Into struct res_failsafes.
void field_failsafes(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg);
