// SPDX-License-Identifier: GPL-2.0-or-later
// UTF-8, one character at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Reads the character at `text`, of which `left` bytes (at least 1) remain. Returns its bytes, or 0 when it is not
// well-formed (RFC 3629).
size_t utf8_read(const char *text, size_t left, uint32_t *ret_character);
