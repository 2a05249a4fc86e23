// SPDX-License-Identifier: GPL-2.0-or-later
// (Protocol with its ports) x (peers): protocols by their text, inside that peers in order
// (semantics.md 7.3, 7.7). Ports are always destination ports.
#include "kube_expand.h"

static const char *const protocol_texts[] = {"SCTP", "TCP", "UDP"};
const struct words kube_protocol_words = WORDS(protocol_texts);

static const uint8_t protocol_numbers[KUBE_PROTOCOLS] = {
    [KUBE_SCTP] = PROTO_SCTP, [KUBE_TCP] = PROTO_TCP, [KUBE_UDP] = PROTO_UDP};

enum kube_protocol kube_protocol(const char *text)
{
    for (size_t i = 0; text != NULL && i < ARRAY_COUNT(protocol_texts); i++) {
        if (strcmp(text, protocol_texts[i]) == 0) {
            return (enum kube_protocol)(KUBE_SCTP + i);
        }
    }
    return KUBE_TCP;
}

void kube_ports_add(struct res_decoder *decoder, struct kube_ports *ports,
                    enum kube_protocol protocol, const struct res_port *port, struct loc loc)
{
    ports->groups[protocol].present = true;
    ports->groups[protocol].loc = loc;
    if (port == NULL) {
        ports->groups[protocol].all = true;
    } else {
        vec_push(decoder->arena, &ports->groups[protocol].ports, *port);
    }
}

static void add_rule(struct res_decoder *decoder, const struct res_rule *head,
                     enum kube_direction direction, const struct kube_ports *ports,
                     enum kube_protocol protocol, const struct res_entity *peer,
                     struct res_rules *ret)
{
    struct res_rule rule = {
        .action = head->action, .loc = head->loc, .action_loc = head->action_loc};
    rule.icmp = rule.not_icmp = (struct res_icmp){.type = -1, .code = -1};
    if (peer != NULL) {
        *(direction == KUBE_INGRESS ? &rule.source : &rule.destination) = *peer;
    }
    if (protocol != KUBE_ANY) {
        rule.protocol =
            (struct res_protocol){protocol_numbers[protocol], true, ports->groups[protocol].loc};
    }
    if (!ports->groups[protocol].all) {
        rule.destination.ports = ports->groups[protocol].ports;
    }
    vec_push(decoder->arena, ret, rule);
}

void kube_expand(struct res_decoder *decoder, const struct res_rule *head,
                 enum kube_direction direction, const struct kube_ports *ports,
                 const struct kube_peers *peers, struct res_rules *ret)
{
    bool any = true;
    for (enum kube_protocol i = 0; i < KUBE_PROTOCOLS; i++) {
        any &= !ports->groups[i].present;
    }
    for (enum kube_protocol i = 0; i < KUBE_PROTOCOLS; i++) {
        if (!ports->groups[i].present && !(any && i == KUBE_ANY)) {
            continue;
        }
        if (peers->count == 0) {
            add_rule(decoder, head, direction, ports, i, NULL, ret);
        }
        for (size_t j = 0; j < peers->count; j++) {
            add_rule(decoder, head, direction, ports, i, &peers->items[j], ret);
        }
    }
}
