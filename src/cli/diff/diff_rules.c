// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of two plans, field by field, in the words of a policy file.
#include "diff.h"

#include <polc/base/sha256.h>

struct field {
    const char *name, *text;
};

struct fields {
    VEC_FIELDS(struct field);
};

static void add(struct arena *arena, struct fields *fields, const char *name, const char *text)
{
    vec_push(arena, fields, (struct field){name, text});
}

static const char *protocol_text(struct arena *arena, uint8_t protocol)
{
    const char *name = proto_name(protocol);
    return protocol == 0 ? "any" : name != NULL ? name : arena_printf(arena, "%u", protocol);
}

static const char *icmp_text(struct arena *arena, int16_t type, int16_t code)
{
    return type < 0   ? "any"
           : code < 0 ? arena_printf(arena, "type %d", type)
                      : arena_printf(arena, "type %d code %d", type, code);
}

// Many are told by their number and a hash of all of them, so that other ones are another text.
static const char *nets_text(struct arena *arena, bool given, const struct cidrset *nets)
{
    enum { SHOWN = 6 };
    char buffer[IP_TEXT_MAX];
    struct strbuf text = {.arena = arena};
    if (!given) {
        return "any";
    }
    strbuf_add(&text, "[");
    for (size_t i = 0; i < nets->count && i < SHOWN; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", cidr_text(nets->items[i], false, buffer));
    }
    if (nets->count > SHOWN) {
        char hash[65];
        enum { DIGITS = 8 };
        sha256_hex(nets->items, nets->count * sizeof *nets->items, hash);
        strbuf_addf(&text, ", ... %zu in all, #%.*s", nets->count, DIGITS, hash);
    }
    strbuf_add(&text, "]");
    return strbuf_text(&text);
}

static const char *ports_text(struct arena *arena, const struct plan *plan, bool given,
                              const struct portset *ports, int32_t named)
{
    struct strbuf text = {.arena = arena};
    if (!given) {
        return "any";
    }
    strbuf_add(&text, "[");
    for (size_t i = 0; i < ports->count; i++) {
        struct port_range range = ports->items[i];
        strbuf_addf(&text, range.min == range.max ? "%s%u" : "%s%u-%u", i > 0 ? ", " : "",
                    range.min, range.max);
    }
    if (named >= 0) {
        strbuf_addf(&text, "%s%s", ports->count > 0 ? ", " : "", plan->ipsets.items[named].name);
    }
    strbuf_add(&text, "]");
    return strbuf_text(&text);
}

static const char *set_text(const struct plan *plan, int32_t set)
{
    return set < 0 ? "any" : plan->ipsets.items[set].name;
}

// Many are told by their number and a hash, as prefixes are.
static const char *domains_text(struct arena *arena, const struct plan *plan, int32_t number)
{
    enum { SHOWN = 6, DIGITS = 8 };
    struct strbuf text = {.arena = arena};
    if (number < 0) {
        return "any";
    }
    const struct plan_domains *domains = &plan->domains.items[number];
    strbuf_add(&text, "[");
    for (size_t i = 0; i < domains->count && i < SHOWN; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", domains->patterns[i]);
    }
    if (domains->count > SHOWN) {
        char hash[65];
        sha256_hex(domains->name, strlen(domains->name), hash);
        strbuf_addf(&text, ", ... %zu in all, #%.*s", domains->count, DIGITS, hash);
    }
    strbuf_add(&text, "]");
    return strbuf_text(&text);
}

static void add_side(struct arena *arena, const struct plan *plan, const struct plan_side *side,
                     const char *name, struct fields *ret)
{
    struct field fields[] = {
        {"nets", nets_text(arena, side->has_nets, &side->nets)},
        {"notNets", nets_text(arena, side->has_not_nets, &side->not_nets)},
        {"selector", set_text(plan, side->ipset)},
        {"notSelector", set_text(plan, side->not_ipset)},
        {"domains", domains_text(arena, plan, side->domains)},
        {"ports", ports_text(arena, plan, side->has_ports, &side->ports, side->named_ports)},
        {"notPorts",
         ports_text(arena, plan, side->not_ports.count > 0 || side->not_named_ports >= 0,
                    &side->not_ports, side->not_named_ports)},
    };
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        add(arena, ret, arena_printf(arena, "%s.%s", name, fields[i].name), fields[i].text);
    }
}

static struct fields fields_of(struct arena *arena, const struct plan *plan,
                               const struct plan_rule *rule)
{
    static const char *const families[] = {
        [0] = "none", [PLAN_V4] = "4", [PLAN_V6] = "6", [PLAN_BOTH] = "any"};
    const struct plan_match *match = &rule->match;
    struct fields ret = {0};
    add(arena, &ret, "action", plan_action_text(rule->action));
    add(arena, &ret, "ipVersion", families[match->families]);
    add(arena, &ret, "protocol", protocol_text(arena, match->protocol));
    add(arena, &ret, "notProtocol", protocol_text(arena, match->not_protocol));
    add(arena, &ret, "icmp", icmp_text(arena, match->icmp_type, match->icmp_code));
    add(arena, &ret, "notICMP", icmp_text(arena, match->not_icmp_type, match->not_icmp_code));
    add_side(arena, plan, &match->source, "source", &ret);
    add_side(arena, plan, &match->destination, "destination", &ret);
    return ret;
}

const char *diff_rule_text(struct arena *arena, const struct plan *plan,
                           const struct plan_rule *rule)
{
    struct fields fields = fields_of(arena, plan, rule);
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < fields.count; i++) {
        if (strcmp(fields.items[i].text, "any") != 0) {
            strbuf_addf(&text, "%s%s %s", i > 0 ? ", " : "", fields.items[i].name,
                        fields.items[i].text);
        }
    }
    return strbuf_text(&text);
}

// A rule's IP version mostly follows from its other fields, and then it is not worth a word.
const char *diff_rule_changes(struct arena *arena, const struct plan *before,
                              const struct plan_rule *from, const struct plan *after,
                              const struct plan_rule *to)
{
    struct fields old = fields_of(arena, before, from), new = fields_of(arena, after, to);
    struct strbuf text = {.arena = arena};
    const char *version = NULL;
    for (size_t i = 0; i < old.count; i++) {
        if (strcmp(old.items[i].text, new.items[i].text) == 0) {
            continue;
        }
        const char *change = arena_printf(arena, "%s %s -> %s", old.items[i].name,
                                          old.items[i].text, new.items[i].text);
        if (strcmp(old.items[i].name, "ipVersion") == 0) {
            version = change;
            continue;
        }
        strbuf_addf(&text, "%s%s", text.length > 0 ? ", " : "", change);
    }
    return text.length > 0 || version == NULL ? strbuf_text(&text) : version;
}
