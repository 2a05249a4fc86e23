// SPDX-License-Identifier: GPL-2.0-or-later
// A part of `status`.
#pragma once

#include "cli.h"

#include <jansson.h>

void print_bridges(struct run *run);
json_t *bridges_json(struct run *run); // the caller owns it
