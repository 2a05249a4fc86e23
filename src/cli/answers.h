// SPDX-License-Identifier: GPL-2.0-or-later
// The files of --dns: which names have which addresses.
#pragma once

#include "cli.h"

struct dns_book;

// *ret is NULL without --dns. False after having said what is wrong with a file.
bool answers_read(struct run *run, const struct dns_book **ret);
