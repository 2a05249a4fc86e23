// SPDX-License-Identifier: GPL-2.0-or-later
// What the kinds of endpoints have in common.
#pragma once

#include "decode.h"

// Takes the name of an interface, or reports what is wrong with it.
void set_interface(struct res_decoder *decoder, const char *text, struct loc loc,
                   struct res_text *ret);

// Lists of named ports, into struct res_endpoint_ports. Those of a workload also have host ports.
void field_workload_ports(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg);
void field_host_ports(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg);
