// SPDX-License-Identifier: GPL-2.0-or-later
// The decoder of what the kernel's log sends, which takes whatever comes.
#pragma once

#include <polc/watch.h>

#include <libmnl/libmnl.h>

// False when the message is no packet. The copy points into the message. Its number is there when *ret_numbered.
bool capture_decode(const struct nlmsghdr *message, struct watch_copy *ret, bool *ret_numbered,
                    uint32_t *ret_sequence);
