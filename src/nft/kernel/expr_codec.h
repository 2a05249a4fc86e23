// SPDX-License-Identifier: GPL-2.0-or-later
// struct expr <-> netlink attributes, both ways from one table. Inside module nft only.
#pragma once

#include "expr.h"

#include <libmnl/libmnl.h>

// Appends one expression as an NFTA_LIST_ELEM. EXPR_OTHER cannot be written.
void expr_put(struct nlmsghdr *message, const struct expr *expr);

// Reads an NFTA_LIST_ELEM. What struct expr cannot say exactly, be it one attribute, becomes
// EXPR_OTHER with the name of the expression, so that it never equals an expression that polc made.
// Texts point into the message. False when the expression does nothing and is to be left out.
bool expr_get(const struct nlattr *list_elem, struct expr *ret);

// A verdict as the kernel nests it: in an attribute of that type, NFTA_DATA_VERDICT with code and
// chain.
void verdict_put(struct nlmsghdr *message, uint16_t type, uint8_t verdict, const char *chain);
// False when the attribute holds no verdict or one that enum verdict_kind does not know.
bool verdict_get(const struct nlattr *data, uint8_t *ret_verdict, const char **ret_chain);
