// SPDX-License-Identifier: GPL-2.0-or-later
// JSON strings without a JSON library, for diagnostics.
#pragma once

#include <stdio.h>

// Writes `text` as a JSON string with its quotes (RFC 8259); NULL as null. Bytes above 0x7f are passed on as they are.
void json_text_print(FILE *out, const char *text);
