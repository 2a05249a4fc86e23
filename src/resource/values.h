// SPDX-License-Identifier: GPL-2.0-or-later
// Decoders of the values that are more than a scalar: selectors, prefixes, ports, protocols.
#pragma once

#include "scalar.h"

enum { MAX_NETS = 256, MAX_PORTS = 50, MAX_RULES = 1024 };

// The place of a part of a scalar; the whole scalar when escapes or lines stand between text and
// place.
struct loc loc_inside(const struct node *node, size_t offset, size_t length);

void field_selector(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg);

// Whether a text is a prefix, with a report if not. What a prefix may look like depends on where it
// stands.
enum net_form {
    NET_STRICT,  // rules: a mask, and nothing below it
    NET_RELAXED, // network sets: bare addresses and bits below the mask are accepted
    NET_MASKED,  // Kubernetes: a mask, and bits below it are accepted
    NET_HOST,    // addresses of a workload endpoint: a single one
    NET_BARE,    // addresses of a host endpoint: a single one without a mask
};
bool parse_net(struct res_decoder *decoder, const char *text, struct loc loc, enum net_form form,
               struct res_net *ret);
// `arg` is a pointer to enum net_form; of at most MAX_NETS entries when NET_STRICT.
void field_nets(struct res_decoder *decoder, const struct node *node, void *target,
                const void *arg);
extern const enum net_form net_strict, net_relaxed, net_masked, net_host, net_bare;

void field_ports(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg);
// One entry of a port list: a number, a range or a name.
bool parse_port(struct res_decoder *decoder, const struct node *node, struct res_port *ret);
// One entry that is no range, as in Kubernetes; `label` says what to write instead, NULL: nothing.
bool parse_single_port(struct res_decoder *decoder, const struct node *node, const char *label,
                       struct res_port *ret);
void field_protocol(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg);
