// SPDX-License-Identifier: GPL-2.0-or-later
// The settings of FelixConfiguration for domain rules. Inside module resource only.
#pragma once

#include "decode.h"

// dnsTrustedServers, into struct res_dns_servers.
void field_dns_servers(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg);
