// SPDX-License-Identifier: GPL-2.0-or-later
// Who reads the kernel's table as a whole, or changes it, keeps `dns watch` from changing elements meanwhile: a table that
// changes hundreds of times a second cannot be read in one state, and what was compared with it cannot be committed. Nobody
// waits for long: who does not let go is passed by.
#pragma once

#include "cli.h"

enum dns_gate {
    DNS_GATE_ELEMENTS, // changes a few elements; several may at a time
    DNS_GATE_TABLE,    // reads or changes the whole table; nobody else
};

// Returns what is to be closed behind it (CLOSING int gate = ...); -1: it is not held, which stops nobody.
int dns_gate_enter(struct run *run, enum dns_gate what);
