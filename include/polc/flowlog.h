// SPDX-License-Identifier: GPL-2.0-or-later
// Module flowlog: what flow logs say (semantics.md 9.2).
#pragma once

#include <polc/flow.h>

// ---- names (names.c) --------------------------------------------------------------------------------------------

// What a plan calls addresses. Lives on the arena; reads the plan, which must outlive it.
struct flowlog_names;
// `plan` NULL: one without endpoints and network sets.
struct flowlog_names *flowlog_names_new(struct arena *arena, const struct plan *plan);

// Absent parts are "-".
struct flowlog_name {
    const char *type; // "wep", "hep", "ns" (a network set), "net"
    const char *ns, *name;
    const char *aggregate; // of pods of one kind, of a node, "pvt" or "pub"
};
// `other_ns` is the namespace of the other end of the flow, whose network sets go before global ones; NULL: none.
struct flowlog_name flowlog_name_address(const struct flowlog_names *names, struct ip_addr addr,
                                         const char *other_ns);
// The addresses of an endpoint by its namespace (NULL: a host endpoint) and its name, what logs aggregate it to, or
// "WEB-*", the first one whose name begins so. Returns how many; 0 when there is none.
size_t flowlog_find_addresses(struct flowlog_names *names, const char *ns, const char *name,
                              const struct ip_addr **ret);
