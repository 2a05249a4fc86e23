// SPDX-License-Identifier: GPL-2.0-or-later
// Where on this host is kept what is known of names.
#pragma once

#include "cli.h"

// "/run/polc", or the state directory where one is given: it then has everything of its table. On run->arena.
const char *dns_directory(struct run *run);
// A path below it, such as DNS_STORE_RESOLVED.
const char *dns_path(struct run *run, const char *name);
