// SPDX-License-Identifier: GPL-2.0-or-later
// Dumped nf_tables messages -> the kernel's table. Inside module nft only.
#pragma once

#include "kernel.h"
#include "netlink.h"

// A rule. `exprs` and the texts point into the message.
struct decoded_rule {
    const char *table, *chain;
    uint64_t handle;
    const char *comment; // not terminated when damaged: length counts
    size_t comment_length;
    struct exprs exprs;
};
// False when it has no chain.
bool decode_rule(const struct nlmsghdr *message, struct decoded_rule *ret);

// A chain, its texts on the arena. False when it is none of `table`.
bool decode_chain(struct arena *arena, const struct nlmsghdr *message, const char *table,
                  struct kernel_chain *ret);

// A set without its elements.
void decode_set(struct arena *arena, const struct nlmsghdr *message, struct kernel_set *ret);

// ---- decode_elements.c ---------------------------------------------------------------------

// Elements as they come: malloc'd, used for one set after another. Zeroed it is empty.
struct raw_elements {
    struct rows rows; // in an interval set of one field a row is a key and a byte: 0 for an end, 1
                      // for a start
    size_t capacity;
    bool edges; // that case
};
void raw_elements_start(struct raw_elements *raw, const struct kernel_set *set);
// Adds those of one NEWSETELEM message; chain names come from `texts`.
void raw_elements_add(struct raw_elements *raw, const struct nlmsghdr *message,
                      struct strtab *texts);
// Sorts them and leaves them with the set.
void raw_elements_finish(struct arena *arena, struct raw_elements *raw, struct kernel_set *set);
void raw_elements_free(struct raw_elements *raw);
