// SPDX-License-Identifier: GPL-2.0-or-later
// Why a rule does not match a flow, in words.
#include "internal.h"

enum { LIST_SHOWN = 3 }; // entries of a list that are named

static void add_more(struct strbuf *text, size_t count)
{
    if (count > LIST_SHOWN) {
        strbuf_addf(text, " (+%zu more)", count - LIST_SHOWN);
    }
}

static const char *nets_text(struct arena *arena, const struct cidrset *set)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < set->count && i < LIST_SHOWN; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", cidr_text(set->items[i], false, buffer));
    }
    add_more(&text, set->count);
    return strbuf_text(&text);
}

static const char *ports_text(struct arena *arena, const struct portset *set)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < set->count && i < LIST_SHOWN; i++) {
        struct port_range range = set->items[i];
        strbuf_addf(&text, "%s%u", i > 0 ? ", " : "", range.min);
        if (range.min != range.max) {
            strbuf_addf(&text, ":%u", range.max);
        }
    }
    add_more(&text, set->count);
    return strbuf_text(&text);
}

// The protocol and ports that a rule wants: "udp/53".
static const char *wanted_service(struct arena *arena, const struct plan_match *match)
{
    const char *protocol = flow_protocol_text(arena, match->protocol);
    const struct portset *ports = &match->destination.ports;
    return ports->count > 0 ? arena_printf(arena, "%s/%s", protocol, ports_text(arena, ports))
                            : protocol;
}

static const char *icmp_text(struct arena *arena, int type, int code)
{
    return code < 0 ? arena_printf(arena, "type %d", type)
                    : arena_printf(arena, "type %d code %d", type, code);
}

struct context {
    struct arena *arena;
    const struct plan *plan;
    const struct plan_match *match;
    const struct flow *flow;
    const struct plan_side *side;
    const char *side_name;
    struct ip_addr addr;
    uint16_t port;
};

// A canonical selector as its author wrote it: the namespace that resolving has put before it goes behind.
static const char *selector_text(struct arena *arena, const char *name)
{
    static const char head[] = "(projectcalico.org/namespace == \"";
    static const char tail[] = "\" && ";
    size_t length = strlen(name);
    bool scoped = text_begins(name, head) && name[length - 1] == ')';
    const char *ns = scoped ? name + strlen(head) : "";
    size_t ns_length = strcspn(ns, "\"");
    if (strncmp(ns + ns_length, tail, strlen(tail)) != 0) {
        return name;
    }
    const char *rest = ns + ns_length + strlen(tail);
    return arena_printf(arena, "%.*s in namespace %.*s", (int)(name + length - 1 - rest), rest,
                        (int)ns_length, ns);
}

static const char *set_name(const struct context *context, int32_t number)
{
    return selector_text(context->arena, context->plan->ipsets.items[number].name);
}

const char *flow_domains_text(struct arena *arena, const struct plan *plan, int32_t number)
{
    const struct plan_domains *domains = &plan->domains.items[number];
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < domains->count && i < LIST_SHOWN; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", domains->patterns[i]);
    }
    add_more(&text, domains->count);
    return strbuf_text(&text);
}

// By its name when it has one, else by its address.
static const char *wrong_name(const struct context *context)
{
    struct arena *arena = context->arena;
    const struct flow_strings *names = context->flow->names;
    const char *wanted = flow_domains_text(arena, context->plan, context->side->domains);
    char buffer[IP_TEXT_MAX];
    const char *mismatch = names != NULL && names->count > 0
                               ? arena_printf(arena, "%s is not %s", names->items[0], wanted)
                               : arena_printf(arena, "%s is no address of %s",
                                              ip_addr_text(context->addr, buffer), wanted);
    return context->side->ipset < 0
               ? mismatch
               : arena_printf(arena, "destination is not %s, and %s",
                              set_name(context, context->side->ipset), mismatch);
}

// The service that a set stands for, or NULL.
static const char *service_of(const struct context *context, int32_t number)
{
    return number >= 0 ? context->plan->ipsets.items[number].service : NULL;
}

// "port http/TCP of SELECTOR"; that it may be any endpoint's need not be said.
static const char *port_name(const struct context *context, int32_t number)
{
    static const char of[] = " of ";
    const char *name = context->plan->ipsets.items[number].name;
    const char *at = strstr(name, of);
    if (at == NULL) {
        return name;
    }
    const char *selector = at + strlen(of);
    const char *port = arena_strndup(context->arena, name, (size_t)(at - name));
    return strcmp(selector, "all()") == 0 ? port
                                          : arena_printf(context->arena, "%s of %s", port,
                                                         selector_text(context->arena, selector));
}

static const char *wrong_ports(const struct context *context)
{
    struct arena *arena = context->arena;
    const struct plan_side *side = context->side;
    const char *service = service_of(context, side->named_ports);
    if (service != NULL) {
        bool empty = context->plan->ipsets.items[side->named_ports].port_count == 0;
        char buffer[IP_TEXT_MAX];
        return empty ? arena_printf(arena, "service %s has no backend", service)
                     : arena_printf(arena, "%s %s %s is no backend of service %s",
                                    context->side_name, ip_addr_text(context->addr, buffer),
                                    flow_service_text(arena, context->flow), service);
    }
    if (side->ports.count == 0 && context->plan->ipsets.items[side->named_ports].port_count == 0) {
        return arena_printf(arena, "no endpoint has %s", port_name(context, side->named_ports));
    }
    if (side->named_ports < 0 && side == &context->match->destination) {
        return arena_printf(arena, "%s is not %s", flow_service_text(arena, context->flow),
                            wanted_service(arena, context->match));
    }
    return arena_printf(arena, "%s port %u is not %s%s%s", context->side_name, context->port,
                        ports_text(arena, &side->ports),
                        side->ports.count > 0 && side->named_ports >= 0 ? " or " : "",
                        side->named_ports >= 0 ? port_name(context, side->named_ports) : "");
}

static const char *patterns_text(struct arena *arena, const struct plan_domains *domains)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < domains->count && i < LIST_SHOWN; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", domains->patterns[i]);
    }
    add_more(&text, domains->count);
    return strbuf_text(&text);
}

static const char *wrong_set(const struct context *context)
{
    struct arena *arena = context->arena;
    const struct plan_side *side = context->side;
    const char *name = context->side_name;
    const char *service = service_of(context, side->ipset);
    char buffer[IP_TEXT_MAX];
    if (service != NULL) {
        return arena_printf(arena, "%s is no backend of service %s", name, service);
    }
    if (side->domains < 0) {
        return arena_printf(arena, "%s is not %s", name, set_name(context, side->ipset));
    }
    const char *patterns = patterns_text(arena, &context->plan->domains.items[side->domains]);
    return side->ipset < 0 ? arena_printf(arena, "%s %s is not known as %s", name,
                                          ip_addr_text(context->addr, buffer), patterns)
                           : arena_printf(arena, "%s is not %s, and %s is not known as %s", name,
                                          set_name(context, side->ipset),
                                          ip_addr_text(context->addr, buffer), patterns);
}

static const char *side_text(const struct context *context, enum mismatch mismatch)
{
    struct arena *arena = context->arena;
    const struct plan_side *side = context->side;
    const char *name = context->side_name;
    char buffer[IP_TEXT_MAX];
    const char *addr = ip_addr_text(context->addr, buffer);
    switch (mismatch) {
    case MISMATCH_PORTS:
        return wrong_ports(context);
    case MISMATCH_NOT_PORTS:
        return arena_printf(arena, "%s port %u is one of notPorts %s", name, context->port,
                            ports_text(arena, &side->not_ports));
    case MISMATCH_NETS:
        return arena_printf(arena, "%s %s is not in %s", name, addr, nets_text(arena, &side->nets));
    case MISMATCH_NOT_NETS:
        return arena_printf(arena, "%s %s is in notNets %s", name, addr,
                            nets_text(arena, &side->not_nets));
    case MISMATCH_SET:
        return wrong_set(context);
    case MISMATCH_NOT_SET:
        return arena_printf(arena, "%s is %s, which the rule excludes", name,
                            set_name(context, side->not_ipset));
    case MISMATCH_NOT_NAMED_PORTS:
        return arena_printf(arena, "%s port %u is one of notPorts: %s", name, context->port,
                            port_name(context, side->not_named_ports));
    case MISMATCH_DOMAINS:
        return wrong_name(context);
    case MISMATCH_NONE:
    case MISMATCH_FAMILY:
    case MISMATCH_PROTOCOL:
    case MISMATCH_NOT_PROTOCOL:
    case MISMATCH_ICMP:
    case MISMATCH_NOT_ICMP:
    case MISMATCH_MAYBE:
        break;
    }
    POLC_UNREACHABLE("a criterion of no side");
}

static const char *mismatch_text(struct arena *arena, const struct plan *plan,
                                 const struct plan_match *match, const struct flow *flow)
{
    bool source;
    enum mismatch mismatch = match_rule(plan, match, flow, NULL, &source);
    const char *service = flow_service_text(arena, flow);
    switch (mismatch) {
    case MISMATCH_FAMILY:
        return flow->source.family == IP_V4 ? "it is for IPv6 only" : "it is for IPv4 only";
    case MISMATCH_PROTOCOL:
        return arena_printf(arena, "%s is not %s", service, wanted_service(arena, match));
    case MISMATCH_NOT_PROTOCOL:
        return arena_printf(arena, "the rule is for all but %s",
                            flow_protocol_text(arena, match->not_protocol));
    case MISMATCH_ICMP:
        return arena_printf(arena, "%s is not %s", service,
                            icmp_text(arena, match->icmp_type, match->icmp_code));
    case MISMATCH_NOT_ICMP:
        return arena_printf(arena, "the rule is for all but %s",
                            icmp_text(arena, match->not_icmp_type, match->not_icmp_code));
    case MISMATCH_NONE:
        return NULL;
    case MISMATCH_DOMAINS:
    case MISMATCH_MAYBE:
    case MISMATCH_PORTS:
    case MISMATCH_NOT_PORTS:
    case MISMATCH_NETS:
    case MISMATCH_NOT_NETS:
    case MISMATCH_SET:
    case MISMATCH_NOT_SET:
    case MISMATCH_NOT_NAMED_PORTS:
        break;
    }
    struct context context = {
        .arena = arena,
        .plan = plan,
        .match = match,
        .flow = flow,
        .side = source ? &match->source : &match->destination,
        .side_name = source ? "source" : "destination",
        .addr = source ? flow->source : flow->destination,
        .port = source ? flow->source_port : flow->destination_port,
    };
    return safe_text(arena, side_text(&context, mismatch)); // selectors hold any bytes
}

const char *flow_step_mismatch(struct arena *arena, const struct plan *plan,
                               const struct flow_step *step, const struct flow *flow)
{
    if (step->result != FLOW_STEP_NO_MATCH) {
        return NULL;
    }
    return step->rule != NULL ? mismatch_text(arena, plan, &step->rule->match, flow)
                              : "it has no rule that could match";
}
