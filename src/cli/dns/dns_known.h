// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of names on this host.
#pragma once

#include "cli.h"

#include <polc/dns.h>

// Adds what apply and refresh have resolved, and what watch has seen. Says which of them cannot be read.
void dns_known_read(struct run *run, struct dns_book *book);
