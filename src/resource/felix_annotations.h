// SPDX-License-Identifier: GPL-2.0-or-later
// The annotations of FelixConfiguration: settings that Calico has not. Inside module resource only.
#pragma once

#include "decode.h"

// A row's `arg` for the object's metadata; fills in a struct res_felix.
extern const struct fields felix_metadata;
