// SPDX-License-Identifier: GPL-2.0-or-later
// The rollback that waits outside of the process that applies, and lives on without it.
#pragma once

#include "state.h"

// Starts `polc rollback --if-pending TOKEN`: as a transient service where systemd runs and has this network namespace,
// else as a process on its own. Returns once it runs. 0 or an errno.
int arm_rollback(struct run *run, const char *token);

// What it does: waits until the entry with this token is no longer pending or its deadline has passed; then takes it
// back. An exit code.
int wait_and_take_back(struct run *run, const char *token);
