// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of changed traffic in words: who, which services, e.g., and who decides.
#include "diff.h"

#include "trace.h"

enum { NETS_SHOWN = 3, SERVICES_SHOWN = 4, PORTS_SHOWN = 8, ICMP_CODES = 256 };

// ---- ends -------------------------------------------------------------------------------------------------------

// "shop/web", "hep web-01"
static const char *name_text(struct arena *arena, const char *id)
{
    static const char *const words[][2] = {{"wep/", ""}, {"hep/", "hep "}, {"node/", "node "}};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        size_t length = strlen(words[i][0]);
        if (strncmp(id, words[i][0], length) == 0) {
            id = arena_printf(arena, "%s%s", words[i][1], id + length);
            break;
        }
    }
    return safe_text(arena, id);
}

static void add_comma(struct strbuf *text)
{
    strbuf_add(text, text->length > 0 ? ", " : "");
}

static void add_names(struct strbuf *text, const struct traffic_names *names)
{
    if (names->count > 0) {
        add_comma(text);
        strbuf_add(text, name_text(text->arena, names->items[0]));
    }
    if (names->count > 1) {
        strbuf_addf(text, " (+%zu like it)", names->count - 1);
    }
}

// Nets that every host has, by what they are.
static const char *net_text(struct cidr net, char *buffer)
{
    static const struct {
        struct cidr net;
        const char *name;
    } known[] = {
        {{{IP_V4, {224}}, 4}, "multicast"},
        {{{IP_V6, {0xff}}, 8}, "multicast"},
        {{{IP_V4, {255, 255, 255, 255}}, 32}, "broadcast"},
        {{{IP_V6, {0xfe, 0x80}}, 10}, "link-local"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (cidr_compare(known[i].net, net) == 0) {
            return known[i].name;
        }
    }
    return cidr_text(net, true, buffer);
}

static const char *who_text(struct arena *arena, const struct traffic_who *who)
{
    char buffer[IP_TEXT_MAX];
    struct strbuf text = {.arena = arena};
    add_names(&text, &who->endpoints);
    add_names(&text, &who->hosts);
    for (size_t i = 0; i < who->nets.count && i < NETS_SHOWN; i++) {
        add_comma(&text);
        strbuf_add(&text, net_text(who->nets.items[i], buffer));
    }
    if (who->nets.count > NETS_SHOWN) {
        strbuf_addf(&text, " and %zu more nets", who->nets.count - NETS_SHOWN);
    }
    if (who->holes.count > 0) {
        struct strbuf holes = {.arena = arena};
        add_names(&holes, &who->holes);
        strbuf_addf(&text, " (without %s)", strbuf_text(&holes));
    }
    return strbuf_text(&text);
}

const char *diff_end_text(struct arena *arena, const struct traffic_end *end, uint8_t families)
{
    const char *who = who_text(arena, &end->who);
    if (!end->all_but) {
        return who;
    }
    const char *all = families == PLAN_V4   ? "0.0.0.0/0"
                      : families == PLAN_V6 ? "::/0"
                                            : "any address";
    return who[0] != '\0' ? arena_printf(arena, "%s except %s", all, who) : all;
}

// ---- services -----------------------------------------------------------------------------------------------------

static void add_ports(struct strbuf *text, const struct portset *ports)
{
    for (size_t i = 0; i < ports->count && i < PORTS_SHOWN; i++) {
        struct port_range range = ports->items[i];
        strbuf_addf(text, range.min == range.max ? "%s%u" : "%s%u-%u", i > 0 ? "," : "", range.min,
                    range.max);
    }
    if (ports->count > PORTS_SHOWN) {
        strbuf_addf(text, ",... (%zu more)", ports->count - PORTS_SHOWN);
    }
}

// Types as a whole where all of their codes are meant.
static void add_types(struct strbuf *text, const struct portset *types)
{
    for (size_t i = 0; i < types->count && i < PORTS_SHOWN; i++) {
        unsigned first = types->items[i].min, last = types->items[i].max;
        const char *comma = i > 0 ? "," : " type ";
        if (first % ICMP_CODES == 0 && last % ICMP_CODES == ICMP_CODES - 1) {
            strbuf_addf(text, first / ICMP_CODES == last / ICMP_CODES ? "%s%u" : "%s%u-%u", comma,
                        first / ICMP_CODES, last / ICMP_CODES);
        } else {
            strbuf_addf(text, first == last ? "%s%u/%u" : "%s%u/%u-%u/%u", comma,
                        first / ICMP_CODES, first % ICMP_CODES, last / ICMP_CODES,
                        last % ICMP_CODES);
        }
    }
    if (types->count > PORTS_SHOWN) {
        strbuf_addf(text, ",... (%zu more)", types->count - PORTS_SHOWN);
    }
}

static void add_service(struct strbuf *text, const struct traffic_service *service)
{
    if (service->first == 0 && service->last == UINT8_MAX) {
        strbuf_add(text, "any protocol");
        return;
    }
    if (service->first != service->last) {
        strbuf_addf(text, "protocols %u-%u", service->first, service->last);
        return;
    }
    strbuf_add(text, flow_protocol_text(text->arena, service->first));
    if (service->destination_ports.count > 0) {
        strbuf_add(text, "/");
        add_ports(text, &service->destination_ports);
    }
    if (service->source_ports.count > 0) {
        strbuf_add(text, " from port ");
        add_ports(text, &service->source_ports);
    }
    add_types(text, &service->icmp);
}

const char *diff_service_text(struct arena *arena, const struct traffic_row *row)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, row->all_but && row->services.count > 0 ? "any protocol but " : "");
    for (size_t i = 0; i < row->services.count && i < SERVICES_SHOWN; i++) {
        strbuf_add(&text, i > 0 ? ", " : "");
        add_service(&text, &row->services.items[i]);
    }
    if (row->services.count > SERVICES_SHOWN) {
        strbuf_addf(&text, " and %zu more", row->services.count - SERVICES_SHOWN);
    }
    return text.length > 0 ? strbuf_text(&text) : "any protocol";
}

const char *diff_match_text(struct arena *arena, const struct plan_match *match)
{
    struct strbuf text = {.arena = arena};
    if (match->protocol == 0) {
        return match->not_protocol == 0
                   ? "any protocol"
                   : arena_printf(arena, "any protocol but %s",
                                  flow_protocol_text(arena, match->not_protocol));
    }
    strbuf_add(&text, flow_protocol_text(arena, match->protocol));
    if (match->destination.ports.count > 0) {
        strbuf_add(&text, "/");
        add_ports(&text, &match->destination.ports);
    }
    if (match->destination.not_ports.count > 0) {
        strbuf_add(&text, " but ");
        add_ports(&text, &match->destination.not_ports);
    }
    if (match->icmp_type >= 0) {
        strbuf_addf(&text, match->icmp_code >= 0 ? " type %d/%d" : " type %d", match->icmp_type,
                    match->icmp_code);
    }
    return strbuf_text(&text);
}

// ---- the witness --------------------------------------------------------------------------------------------------

static const char *place_of_packet(struct arena *arena, struct ip_addr addr, bool has_port,
                                   uint16_t port)
{
    char buffer[IP_TEXT_MAX];
    return arena_strdup(arena,
                        has_port ? ip_port_text(addr, port, buffer) : ip_addr_text(addr, buffer));
}

const char *diff_witness_text(struct arena *arena, const struct flow *witness)
{
    bool ports = proto_has_ports(witness->protocol);
    const char *text = arena_printf(
        arena, "%s -> %s %s", place_of_packet(arena, witness->source, ports, witness->source_port),
        place_of_packet(arena, witness->destination, ports, witness->destination_port),
        flow_protocol_text(arena, witness->protocol));
    return witness->icmp_type < 0 ? text
                                  : arena_printf(arena, "%s type %d code %d", text,
                                                 witness->icmp_type, witness->icmp_code);
}

// ---- who decides ----------------------------------------------------------------------------------------------------

static void decide_by_step(struct run *side, const struct flow_stage *stage,
                           const struct flow_step *step, struct diff_decision *ret)
{
    struct arena *arena = side->arena;
    ret->direction = stage->direction == PLAN_IN ? "ingress" : "egress";
    if (step->policy != NULL) {
        ret->policy = flow_policy_name(arena, side->plan, step->policy);
        ret->place = trace_place(side, step->loc);
    }
    if (step->rule != NULL) {
        ret->rule = step->rule->index;
        ret->text = arena_printf(arena, "%s%s %s rule %u", step->tier < 0 ? "profile " : "",
                                 step->tier < 0 ? step->policy->name : ret->policy, ret->direction,
                                 step->rule->index);
    } else if (step->tier >= 0) {
        ret->text = arena_printf(arena, "end of tier %s", side->plan->tiers.items[step->tier].name);
    }
}

static void decide(struct run *side, const struct flow_trace *trace, const struct flow_stage *stage,
                   const struct flow *flow, struct diff_decision *ret)
{
    *ret = (struct diff_decision){.place = "", .rule = -1};
    if (stage == NULL) {
        ret->reason = trace_reason_key(trace->reason);
        ret->text = trace->reason == FLOW_BY_LOCAL ? "a host to itself or its own workload"
                                                   : "no endpoint governs it";
        return;
    }
    const struct flow_step *step = trace_last_step(&stage->enforced);
    bool by_step = stage->reason == FLOW_BY_RULE || stage->reason == FLOW_BY_TIER_END ||
                   stage->reason == FLOW_BY_NO_PROFILE;
    ret->reason = trace_reason_key(stage->reason);
    if (by_step && step != NULL) {
        decide_by_step(side, stage, step, ret);
    }
    if (ret->text == NULL) {
        ret->text = trace_decision(side, trace, stage, flow, false);
    }
    ret->text = safe_text(side->arena, ret->text);
}

void diff_decide(const struct diff *diff, const struct flow *flow, struct diff_decision ret[2])
{
    struct run *const sides[] = {diff->before, diff->after};
    const struct flow_stage *stages[2];
    struct flow_trace traces[2];
    for (int i = 0; i < 2; i++) {
        flow_trace(diff->evaluators[i], diff->run->arena, flow, &traces[i]);
    }
    flow_deciding_stages(&traces[0], &traces[1], stages);
    for (int i = 0; i < 2; i++) {
        decide(sides[i], &traces[i], stages[i], flow, &ret[i]);
    }
}

// ---- headline and counts ------------------------------------------------------------------------------------------

// "2 names opened, 1 closed"; "" for none.
static const char *names_headline(struct arena *arena, const struct diff_names *names)
{
    size_t opened = names->counts[TRAFFIC_OPENED], closed = names->counts[TRAFFIC_CLOSED];
    return opened == 0 && closed == 0 ? ""
           : closed == 0 ? arena_printf(arena, "%zu name%s opened", opened, plural(opened))
           : opened == 0 ? arena_printf(arena, "%zu name%s closed", closed, plural(closed))
                         : arena_printf(arena, "%zu name%s opened, %zu closed", opened,
                                        plural(opened), closed);
}

const char *diff_headline(struct arena *arena, const struct diff *diff)
{
    const size_t *counts = diff->traffic->counts;
    size_t all = diff->traffic->rows.count;
    const char *names = names_headline(arena, &diff->names);
    if (all > 0) {
        return arena_printf(arena, "%zu change%s in traffic: %zu opened, %zu closed%s%s", all,
                            plural(all), counts[TRAFFIC_OPENED], counts[TRAFFIC_CLOSED],
                            names[0] != '\0' ? "; " : "", names);
    }
    const char *all_decided = diff->traffic->undecided.count > 0 ? " where it is decided" : "";
    if (names[0] != '\0') {
        return arena_printf(arena, "%s; no other traffic changes%s", names, all_decided);
    }
    if (!diff_differs(diff)) {
        return arena_printf(arena, "no difference%s", all_decided);
    }
    return diff->texts.rules > 0
               ? arena_printf(arena, "no traffic changes%s; %zu rule%s rewritten", all_decided,
                              diff->texts.rules, plural(diff->texts.rules))
               : arena_printf(arena, "no traffic changes%s", all_decided);
}

static void add_more(struct strbuf *text, size_t count, const char *what, const char *verb)
{
    if (count > 0) {
        strbuf_addf(text, "; %zu %s%s %s", count, what, plural(count), verb);
    }
}

const char *diff_counts(struct arena *arena, const struct diff *diff)
{
    const struct diff_texts *texts = &diff->texts;
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%zu polic%s changed, %zu added, %zu removed", texts->counts[NFT_CHANGED],
                texts->counts[NFT_CHANGED] == 1 ? "y" : "ies", texts->counts[NFT_ADDED],
                texts->counts[NFT_REMOVED]);
    add_more(&text, texts->sets_changed, "set", "changed");
    add_more(&text, texts->endpoints_added, "endpoint", "added");
    add_more(&text, texts->endpoints_removed, "endpoint", "removed");
    add_more(&text, texts->hosts_added, "host endpoint", "added");
    add_more(&text, texts->hosts_removed, "host endpoint", "removed");
    strbuf_add(&text, texts->settings_changed ? "; settings changed" : "");
    strbuf_addf(&text, "; %zu unchanged; staged policies: %s", texts->unchanged, diff->staged);
    return strbuf_text(&text);
}
