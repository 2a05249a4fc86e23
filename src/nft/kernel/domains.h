// SPDX-License-Identifier: GPL-2.0-or-later
// What reading and filling domain sets share. Inside module nft only.
#pragma once

#include "netlink.h"

// Address and rest of life of one element (NFTA_LIST_ELEM) of a domain set of that family. False when it is no such one.
bool domain_element(const struct nlattr *element, uint8_t family, struct nft_domain_element *ret);

int domain_element_compare(const void *a, const void *b); // by list, then address
// Sorts the elements from `start` on; of one that is there twice that with the longer time stays.
void domain_elements_merge(struct nft_domain_elements *elements, size_t start);

struct domain_reader {
    struct arena *arena;
    struct nft_domain_elements *ret;
    uint32_t number; // of the list whose elements come
    uint8_t family;
};
void domains_take_elements(const struct nlmsghdr *reply, void *reader);

// ---- updater.c ------------------------------------------------------------------------------------------------

// How the time-out of an element that is there becomes another one.
enum updater_renewal {
    RENEWAL_UNKNOWN,
    RENEWAL_IN_PLACE, // by adding it once more: the kernel knows how, from 6.12 on
    RENEWAL_ANEW,     // by removing it and adding it in one transaction
};
// For tests: the way of an older kernel.
void updater_set_renewal(struct nft_updater *updater, enum updater_renewal renewal);
