// SPDX-License-Identifier: GPL-2.0-or-later
// Rules: what the parts of one rule mean together (semantics.md 1.5).
#include "internal.h"

const char *rule_text(const struct check *check, const struct rule_place *place)
{
    return arena_printf(check->arena, "rule %zu (%s) of %s", place->index,
                        place->egress ? "egress" : "ingress",
                        res_full_name(check->arena, place->meta));
}

// The first entry of the four port lists, or the first that is a number.
static const struct res_port *first_port(const struct res_rule *rule, bool numeric)
{
    const struct res_ports *const lists[] = {
        &rule->source.ports,
        &rule->source.not_ports,
        &rule->destination.ports,
        &rule->destination.not_ports,
    };
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            if (!numeric || lists[i]->items[j].name == NULL) {
                return &lists[i]->items[j];
            }
        }
    }
    return NULL;
}

static void report_no_protocol(const struct check *check, const struct res_rule *rule,
                               const struct rule_place *place, const struct res_port *port)
{
    struct diag *diag = diag_report(check->diags, DIAG_P034, port->loc,
                                    "rule needs a protocol before it can name ports");
    diag_related(diag, rule->loc, "%s starts here and has no \"protocol\"",
                 rule_text(check, place));
    diag_hint(diag, "add \"protocol: TCP\" to the rule; ports exist only in TCP, UDP and SCTP");
}

static void report_no_ports(const struct check *check, const struct res_rule *rule,
                            const struct rule_place *place, const struct res_port *port)
{
    unsigned number = rule->protocol.number;
    const char *name = proto_name(number);
    struct diag *diag = diag_report(check->diags, DIAG_P035, port->loc,
                                    "rule names ports, but protocol %s has none",
                                    name != NULL ? name : arena_printf(check->arena, "%u", number));
    diag_related(diag, rule->protocol.loc, "the protocol of %s", rule_text(check, place));
    diag_hint(diag, "ports exist only in TCP, UDP and SCTP");
}

static bool is_protocol_reported(const struct res_rule *rule)
{
    return rule->protocol.number == 0 && rule->protocol.loc.line != 0;
}

static void check_ports(const struct check *check, const struct res_rule *rule,
                        const struct rule_place *place)
{
    bool none = rule->protocol.number == 0;
    const struct res_port *port = first_port(rule, none);
    if (port == NULL || is_protocol_reported(rule)) {
        return;
    }
    if (none) {
        report_no_protocol(check, rule, place, port);
    } else if (!proto_has_ports(rule->protocol.number)) {
        report_no_ports(check, rule, place, port);
    }
}

static bool is_icmp(const struct res_protocol *protocol)
{
    return protocol->number == PROTO_ICMP || protocol->number == PROTO_ICMPV6;
}

static void check_icmp(const struct check *check, const struct res_rule *rule,
                       const struct rule_place *place, const struct res_icmp *icmp,
                       const char *field)
{
    if (!icmp->present) {
        return;
    }
    if (!is_icmp(&rule->protocol) && !is_protocol_reported(rule)) {
        struct diag *diag = diag_report(check->diags, DIAG_P036, icmp->loc,
                                        "\"%s\" needs protocol ICMP or ICMPv6", field);
        diag_related(diag, rule->protocol.number != 0 ? rule->protocol.loc : rule->loc, "%s %s",
                     rule_text(check, place),
                     rule->protocol.number != 0 ? "has another protocol"
                                                : "starts here and has no \"protocol\"");
        diag_hint(diag, "add \"protocol: ICMP\" to the rule, or \"protocol: ICMPv6\"");
    }
    if (icmp->code >= 0 && icmp->type < 0) {
        struct diag *diag = diag_report(check->diags, DIAG_P037, icmp->loc,
                                        "\"%s\" has a code without a type", field);
        diag_related(diag, rule->loc, "%s starts here", rule_text(check, place));
    }
}

static void check_protocol_version(const struct check *check, const struct res_rule *rule,
                                   const struct rule_place *place,
                                   const struct res_protocol *protocol)
{
    bool wrong = (protocol->number == PROTO_ICMP && rule->ip_version == IP_V6) ||
                 (protocol->number == PROTO_ICMPV6 && rule->ip_version == IP_V4);
    if (!wrong) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_P038, protocol->loc, "protocol %s does not exist in IPv%u",
                    proto_name(protocol->number), rule->ip_version);
    diag_related(diag, rule->ip_version_loc, "the IP version of %s", rule_text(check, place));
}

// What the prefixes of a rule have shown so far.
struct families {
    const struct res_net *first;
    bool reported;
};

static void check_family(const struct check *check, const struct res_rule *rule,
                         const struct rule_place *place, const struct res_nets *nets,
                         struct families *families)
{
    for (size_t i = 0; i < nets->count && !families->reported; i++) {
        const struct res_net *net = &nets->items[i];
        uint8_t family = net->cidr.addr.family;
        if (rule->ip_version != 0 && family != rule->ip_version) {
            struct diag *diag =
                diag_report(check->diags, DIAG_P044, net->loc,
                            "an IPv%u prefix in a rule for IPv%u", family, rule->ip_version);
            diag_related(diag, rule->ip_version_loc, "the IP version of %s",
                         rule_text(check, place));
            families->reported = true;
        } else if (families->first != NULL && family != families->first->cidr.addr.family) {
            struct diag *diag =
                diag_report(check->diags, DIAG_P043, net->loc,
                            "IPv4 and IPv6 prefixes in one rule, which can match no packet");
            diag_related(diag, families->first->loc, "%s has an IPv%u prefix here",
                         rule_text(check, place), families->first->cidr.addr.family);
            diag_hint(diag, "write one rule for IPv4 and one for IPv6");
            families->reported = true;
        }
        families->first = families->first == NULL ? net : families->first;
    }
}

static void check_families(const struct check *check, const struct res_rule *rule,
                           const struct rule_place *place)
{
    struct families families = {0};
    check_family(check, rule, place, &rule->source.nets, &families);
    check_family(check, rule, place, &rule->source.not_nets, &families);
    check_family(check, rule, place, &rule->destination.nets, &families);
    check_family(check, rule, place, &rule->destination.not_nets, &families);
}

static void check_http(const struct check *check, const struct res_rule *rule,
                       const struct rule_place *place)
{
    if (!rule->has_http) {
        return;
    }
    struct diag *diag = diag_report(check->diags, DIAG_P039, rule->http_loc,
                                    "polc cannot enforce an \"http\" match: it filters packets");
    const char *where = rule_text(check, place);
    if (place->egress || rule->action != RES_ALLOW) {
        diag_label(diag, "nor could Calico: \"http\" stands only in Allow rules of ingress");
    }
    diag_related(diag, rule->loc, "%s would match every request without it", where);
    diag_hint(diag, "remove \"http\" from the rule");
}

static void check_rule(const struct check *check, const struct res_rule *rule,
                       const struct rule_place *place)
{
    check_ports(check, rule, place);
    check_icmp(check, rule, place, &rule->icmp, "icmp");
    check_icmp(check, rule, place, &rule->not_icmp, "notICMP");
    check_protocol_version(check, rule, place, &rule->protocol);
    check_protocol_version(check, rule, place, &rule->not_protocol);
    check_families(check, rule, place);
    check_http(check, rule, place);
    check_entity(check, rule, false, place);
    check_entity(check, rule, true, place);
}

void check_rules(const struct check *check, const struct res_rules *rules, struct rule_place place)
{
    for (place.index = 0; place.index < rules->count; place.index++) {
        check_rule(check, &rules->items[place.index], &place);
    }
}
