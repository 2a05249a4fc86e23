// SPDX-License-Identifier: GPL-2.0-or-later
// The end of a run by a bug.
#include <polc/base/exit.h>

#include <stdio.h>
#include <stdlib.h>

void polc_unreachable(const char *file, int line, const char *what)
{
    fprintf(stderr, "polc: bug at %s:%d: %s; nothing was sent to the kernel\n", file, line, what);
#if defined(POLC_FUZZING)
    abort();
#endif
    exit(POLC_EXIT_INTERNAL);
}
