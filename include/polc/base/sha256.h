// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 (FIPS 180-4), for "has this input changed".
#pragma once

#include <stddef.h>

// Lower-case hex with its terminator.
void sha256_hex(const void *data, size_t size, char ret_hex[65]);
