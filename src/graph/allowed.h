// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of what is allowed share.
#pragma once

#include <polc/traffic.h>

// ---- allowed_services.c: services of a row of allowed traffic ---------------------------------------------------------

// With fields as records have them, or FLOWLOG_UNKNOWN.
struct allowed_service {
    const char *text;
    const char *proto; // NULL: several
    int64_t port, icmp_type, icmp_code;
    struct flow sample; // one of its packets; without addresses
};

struct allowed_services {
    VEC_FIELDS(struct allowed_service);
};

// As records have it: "tcp", "47".
const char *allowed_protocol(struct arena *arena, uint8_t protocol);
// Each port, range of ports or ICMP type by itself, unless they are many.
struct allowed_services allowed_services_make(struct arena *arena, const struct traffic_row *row);
