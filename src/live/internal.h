// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module live share: the decoders, which take what any kernel may send.
#pragma once

#include <polc/live.h>
#include <polc/netlink.h>

// ---- decoders -------------------------------------------------------------------------------------------------

// False when the message names no entry: too short, or without addresses.
bool decode_connection(const struct nlmsghdr *message, struct live_connection *ret);
bool decode_socket(const struct nlmsghdr *message, uint8_t protocol, struct live_socket *ret);

bool live_is_wildcard(struct ip_addr addr);
