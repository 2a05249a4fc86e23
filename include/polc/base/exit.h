// SPDX-License-Identifier: GPL-2.0-or-later
// Exit codes, the same for every verb, and the end of a run by a bug.
#pragma once

enum polc_exit {
    POLC_EXIT_OK = 0,        // yes; done; no difference; already up to date
    POLC_EXIT_NO = 1,        // the answer is no and nothing is broken
    POLC_EXIT_USAGE = 2,     // wrong usage or wrong input
    POLC_EXIT_SYSTEM = 3,    // the system refused and nothing was changed
    POLC_EXIT_REVERTED = 4,  // applied and then taken back
    POLC_EXIT_SAFETY = 5,    // refused for safety
    POLC_EXIT_BUSY = 6,      // another apply holds the lock, or a generation waits
    POLC_EXIT_UNCERTAIN = 7, // the answer depends on what nobody knows
    POLC_EXIT_INTERNAL = 70, // a bug; nothing was sent
};

// Ends the run for a state that no input may reach: message with file and line, POLC_EXIT_INTERNAL.
__attribute__((noreturn)) void polc_unreachable(const char *file, int line, const char *what);
#define POLC_UNREACHABLE(what) polc_unreachable(__FILE__, __LINE__, (what))
