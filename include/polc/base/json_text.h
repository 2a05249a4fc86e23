// SPDX-License-Identifier: GPL-2.0-or-later
// JSON strings without a JSON library, for diagnostics.
#pragma once

#include <stdio.h>

// Writes `text` as a JSON string with its quotes (RFC 8259); NULL as null. UTF-8 is passed on as it is; a byte that is
// none (in the name of a file, say) becomes U+FFFD, because JSON cannot hold it.
void json_text_print(FILE *out, const char *text);
