// SPDX-License-Identifier: GPL-2.0-or-later
// Text of the input, shown so that it cannot steer a terminal or turn the order of what stands beside it: control
// characters, and those that change the direction or cannot be seen, as escapes (\n, \t, \u001b); what is not UTF-8 as
// U+FFFD. Everything that polc prints for people and has from a file, a file name or the kernel goes through here.
#pragma once

#include <polc/base/arena.h>
#include <stdarg.h>
#include <stdio.h>

// The text itself when there is nothing to change in it.
const char *safe_text(struct arena *arena, const char *text);
// Writes it; with `lines`, line ends stay. safe_vprintf is of the second kind.
void safe_print(FILE *out, const char *text, bool lines);
void safe_vprintf(FILE *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
