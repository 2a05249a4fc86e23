// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of this module share.
#pragma once

#include <polc/expect.h>

// ---- services.c: ports and protocols that something tells apart ------------------------------------------------------

// One for all ports (types, protocols) that no rule and no case tells apart from it.
struct service {
    uint8_t protocol;
    uint8_t family;               // 0: both
    uint16_t port, last_port;     // the interval that it speaks for
    int16_t icmp_type, icmp_code; // -1: no ICMP
    bool unnamed;                 // nothing names it
};

struct services {
    VEC_FIELDS(struct service);
    struct {
        uint8_t protocol;
        struct {
            VEC_FIELDS(uint16_t);
        } ports; // source ports; the first is one that nothing names
    } sources[3];
};

void services_collect(struct arena *arena, const struct plan *plan,
                      const struct expect_suite *suite, struct services *ret);

// ---- classes.c: addresses that nothing tells apart -----------------------------------------------------------------

struct member {
    uint32_t party;
    struct ip_addr addr;
};

// All of one family; in the same sets, on the same side of the same cases, with the same policies.
struct class
{
    uint8_t family;
    VEC_FIELDS(struct member);
};

struct classes {
    VEC_FIELDS(struct class);
};

void classes_collect(struct arena *arena, const struct plan *plan, const struct expect_suite *suite,
                     struct classes *ret);

// ---- cases.c --------------------------------------------------------------------------------------------------------

// Sets the text: "shop/web -> shop/db tcp/5432".
void case_name(struct arena *arena, struct expect_case *item, const char *from, const char *to);

// The case "nothing else is allowed".
void expect_add_closed(struct arena *arena, struct expect_suite *suite, const char *group,
                       struct loc loc);

// Whether the ports and protocol of a case take in a service at a destination.
bool case_has_service(const struct expect_case *item, const struct service *service,
                      const struct expect_party *to);
