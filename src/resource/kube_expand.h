// SPDX-License-Identifier: GPL-2.0-or-later
// One rule of a Kubernetes policy -> rules of Calico: one for each pair of protocol and peer.
#pragma once

#include "values.h"

enum kube_direction { KUBE_INGRESS, KUBE_EGRESS };

// In the order in which rules come out: none at all, then by name.
enum kube_protocol { KUBE_ANY, KUBE_SCTP, KUBE_TCP, KUBE_UDP, KUBE_PROTOCOLS };

// Destination ports by protocol; those of KUBE_ANY are names, which go with every protocol.
struct kube_ports {
    struct {
        bool present, all; // all: an entry without a port
        struct res_ports ports;
        struct loc loc;
    } groups[KUBE_PROTOCOLS];
};

struct kube_peers {
    VEC_FIELDS(struct res_entity);
};

// The words for a protocol, and which one a word of them is; NULL means TCP.
extern const struct words kube_protocol_words;
enum kube_protocol kube_protocol(const char *text);

// `port` NULL: all ports of the protocol.
void kube_ports_add(struct res_decoder *decoder, struct kube_ports *ports,
                    enum kube_protocol protocol, const struct res_port *port, struct loc loc);

// Without ports a rule is for every protocol, without peers for every address. Of `head` counts what stands before
// the match: action and places.
void kube_expand(struct res_decoder *decoder, const struct res_rule *head,
                 enum kube_direction direction, const struct kube_ports *ports,
                 const struct kube_peers *peers, struct res_rules *ret);
