// SPDX-License-Identifier: GPL-2.0-or-later
// What a WorkloadEndpoint and a Pod have in common.
#pragma once

#include "decode.h"

// Takes the name of an interface, or reports what is wrong with it.
void set_interface(struct res_decoder *decoder, const char *text, struct loc loc,
                   struct res_text *ret);
