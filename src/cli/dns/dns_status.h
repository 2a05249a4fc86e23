// SPDX-License-Identifier: GPL-2.0-or-later
// What the two files of polc dns status share.
#pragma once

#include "dns_standing.h"

#include <jansson.h>

struct dns_overview {
    struct run *run;
    const struct plan *plan;
    uint32_t generation;
    struct dns_standing standing;
};

// The rules that have a list: "gnp/pay out 0 policies/pay.yaml:12", in the order of the plan.
struct words dns_status_users(const struct dns_overview *status, size_t list);
void dns_status_print_json(const struct dns_overview *status);
