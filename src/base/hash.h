// SPDX-License-Identifier: GPL-2.0-or-later
// The keyed hash of the string maps.
#pragma once

#include <stddef.h>
#include <stdint.h>

// SipHash-1-3 of a string under the key of this process. Never let its order be seen.
uint32_t hash_text(const void *text, size_t length);
