// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoint references, as `trace` and `test` take them: an address; NS/NAME; NAME if it is unique; NAME-*; wep/, hep/,
// node/, svc/ (its backends); pub; or a selector. `:PORT` may follow: that of the backends. A destination may be a name in
// DNS as well.
#pragma once

#include <polc/resolve.h>

struct dns_book;

// What a reference names, as far as a flow needs it.
struct ref_end {
    const char *name;     // for a person: "NS/NAME", "hep/NAME", "node/NAME", "pub", or the address
    const char *ns;       // its namespace; NULL: none
    const char *selector; // a selector that picks it, such as `app == "web"`; NULL
    bool pod;             // selectors of Kubernetes see it
    const char *domain;   // a name in DNS; NULL: none
    bool stands_in;       // nobody knows the addresses of the name: these stand for them
    struct ip_addr addresses[2]; // the first one of each family
    size_t address_count;
};

struct ref {
    const char *text;
    struct {
        VEC_FIELDS(struct ref_end);
    } ends;        // at least one; each has an address
    uint16_t port; // 0: none given, and no service that has only one
};

// In words, for the command line or a diagnostic.
struct ref_problem {
    const char *message;
    const char *hint; // NULL: none
};

// Everything in *ret is on `arena`: it outlives the model. False with *reterr_problem when it names nothing.
bool ref_find(struct arena *arena, const struct model *model, const char *text, struct ref *ret,
              struct ref_problem *reterr_problem);
// The same for a destination: what is no endpoint may be a name in DNS (of several labels). Its addresses are those of the
// book (NULL: none), an end for each; else some that stand for them, number `stand_in` of those that there are.
bool ref_find_destination(struct arena *arena, const struct model *model,
                          const struct dns_book *book, size_t stand_in, const char *text,
                          struct ref *ret, struct ref_problem *reterr_problem);
