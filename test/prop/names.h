// SPDX-License-Identifier: GPL-2.0-or-later
// The names that exist in the scene, with their addresses, and patterns of them for rules: which pattern means which name is
// found out here once more, component by component.
#pragma once

#include "rng.h"

#include <polc/dns.h>
#include <polc/nft.h>
#include <polc/plan.h>

// A pattern as somebody may write it: any letter case, a dot at the end or none.
const char *names_pattern(struct arena *arena, struct rng *rng);

// Whether a name that the pattern means has the address.
bool names_have(const char *pattern, struct ip_addr addr);

// Every address, `index` from 0; false at the end.
bool names_address(size_t index, struct ip_addr *ret);

// What a resolver has learned of all of them.
struct dns_book *names_book(struct arena *arena);

// What the sets of the plan's lists then hold.
void names_elements(struct arena *arena, const struct plan *plan, struct nft_domain_elements *ret);
