// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module dns share.
#pragma once

#include <polc/dns.h>

// a-z 0-9 - _: what a label of a canonical name is made of.
bool is_name_character(unsigned char character);
// Of ASCII only, whatever the locale (RFC 4343).
unsigned char lower_case(unsigned char character);

// What the whole lines of a store's text say (dns_store_read).
void store_read_lines(struct dns_book *book, const char *text, size_t size, int64_t now);
