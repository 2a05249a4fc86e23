// SPDX-License-Identifier: GPL-2.0-or-later
// Module expect: what the authors of the policies expect of them, and whether it holds. Cases come from ConnectivityTest
// objects and from connectivity matrices; the flow evaluator decides. Nothing is sampled: ports, protocols and endpoints
// that no rule and no case tells apart are judged once for all.
#pragma once

#include <polc/flow.h>
#include <polc/resolve.h>

// An endpoint, or an address that is none.
struct expect_party {
    const char
        *name; // a reference that matches this one alone: "shop/web", "hep/web-01", "198.51.100.7"
    const struct model_endpoint *endpoint; // NULL: none
    const struct model_host *host;         // NULL: none
    const char *node;                      // NULL: not known, or none
    struct ip_addr *addresses;
    size_t address_count;
    const struct res_endpoint_ports *ports; // named ones; NULL: none
    bool domain;                            // a name in DNS
    const struct flow_strings
        *names; // of a destination whose addresses only stand for its own; NULL: none
    bool known; // an endpoint that "closed" speaks of
    bool local; // counts: pairs of which neither end is local are left out
};

struct expect_side {
    struct res_names references;
    struct model_indexes parties; // that they match
    bool *has;                    // by party; made by expect_run
};

// A flow that was judged, for one pair out of those that are like it.
struct expect_flow {
    uint32_t from, to; // parties
    size_t pairs;      // that it stands for
    bool unnamed;      // its port or protocol is one that nothing names
    bool named_source; // its source port is one that a rule names
    struct flow flow;
    uint16_t last_port; // of the interval that its destination port speaks for
    bool allowed;       // by the evaluator
    bool wrong;         // not what the case expects: by the evaluator, or in the kernel
    bool arrived;       // in the kernel, if it was asked
};

struct expect_case {
    const char *group; // "ConnectivityTest shop", or the path of a matrix
    struct loc loc;
    const char *text;        // "shop/web -> shop/db tcp/5432"
    const char *description; // NULL: none
    bool allow;              // what is expected
    bool closed;             // not a case of its own: everything that no case allows is denied
    uint8_t protocol;        // 0: any
    struct res_ports ports;  // empty: any
    bool port_of_reference;  // the one port stood behind the name of a destination
    struct res_icmp icmp;
    struct expect_side from, to;
    // Set by who finds the references, and by expect_run.
    const char *problem, *hint; // why it cannot hold whatever the policies say; NULL: none
    struct loc problem_loc;
    struct {
        VEC_FIELDS(struct expect_flow);
    } flows;               // the wrong ones; all of them when the suite keeps them
    size_t judged, failed; // flows
};

struct expect_suite {
    struct {
        VEC_FIELDS(struct expect_case);
    } cases;
    struct {
        VEC_FIELDS(struct expect_party);
    } parties;
    struct strmap *names; // of parties -> number + 1
    bool keep_flows;      // for the kernel to be asked too
    // Which names have which addresses, all of them. NULL: an address has no name but that of its party, and flows of which
    // that is a guess are counted.
    const struct dns_book *book;
    size_t guessed;
};

// The cases of a ConnectivityTest; points into it.
void expect_add_test(struct arena *arena, struct expect_suite *suite, const struct res_test *test);

// The rows of a Markdown table with the columns source, destination and port, in any order and letter case; and that all
// else is denied. Reports a file without such a table, and cells that say nothing.
void expect_add_matrix(struct arena *arena, struct sources *sources, struct diags *diags,
                       const char *path, struct expect_suite *suite);

// The number of a party, which is added unless one of that name is there. Every endpoint that "closed" is to speak of must
// be a party.
uint32_t expect_party(struct arena *arena, struct expect_suite *suite,
                      const struct expect_party *party);

// Judges every case, once its references were found; returns the number of those that do not hold.
size_t expect_run(struct arena *arena, const struct plan *plan, struct expect_suite *suite);

// After `arrived` was filled in: a case that only the kernel sees otherwise does not hold either. Returns as above.
size_t expect_judge_kernel(struct expect_suite *suite);

bool expect_holds(const struct expect_case *item);
