// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-1, which Calico uses to name interfaces. Not for security.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20 };

void sha1(const void *data, size_t size, uint8_t digest[SHA1_SIZE]);
