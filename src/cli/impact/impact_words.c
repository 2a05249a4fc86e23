// SPDX-License-Identifier: GPL-2.0-or-later
// Groups of flows in words: who, what, and why it is uncertain.
#include "impact_view.h"

#include <inttypes.h>

const char *impact_number(struct arena *arena, uint64_t number)
{
    enum { GROUP = 3 };
    struct strbuf text = {.arena = arena};
    const char *digits = arena_printf(arena, "%" PRIu64, number);
    size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        strbuf_add(&text, i > 0 && (length - i) % GROUP == 0 ? "," : "");
        strbuf_add_n(&text, &digits[i], 1);
    }
    return strbuf_text(&text);
}

static const char *flows_text(struct arena *arena, uint64_t flows)
{
    return arena_printf(arena, "%s flow%s", impact_number(arena, flows), plural(flows));
}

const char *impact_counts_text(struct arena *arena, const struct impact_group *group)
{
    const char *flows = flows_text(arena, group->flows);
    return group->bytes == 0
               ? flows
               : arena_printf(arena, "%s, %s byte%s", flows, impact_number(arena, group->bytes),
                              plural(group->bytes));
}

// ---- ends and services ------------------------------------------------------------------------------------------------

struct words impact_domains(struct arena *arena, const struct impact_end *end)
{
    struct words names = {0};
    char *next = end->domains != NULL ? arena_strdup(arena, end->domains) : NULL;
    for (const char *name; (name = strsep(&next, "\n")) != NULL;) {
        vec_push(arena, &names, name);
    }
    return names;
}

// " (a.example, b.example and 2 more)"; "" without names.
static const char *domains_text(struct arena *arena, const struct impact_end *end)
{
    enum { SHOWN_MAX = 2 };
    struct words names = impact_domains(arena, end);
    size_t shown = names.count > SHOWN_MAX + 1 ? SHOWN_MAX : names.count;
    if (names.count == 0) {
        return "";
    }
    const char *more =
        shown < names.count ? arena_printf(arena, " and %zu more", names.count - shown) : "";
    return arena_printf(arena, " (%s%s)", words_join(arena, names.items, shown, ", "), more);
}

const char *impact_end_text(struct arena *arena, const struct impact_end *end)
{
    const char *prefix = texts_equal(end->type, "hep")  ? "host "
                         : texts_equal(end->type, "ns") ? "set "
                                                        : "";
    if (end->name == NULL) {
        return "anyone";
    }
    return safe_text(arena,
                     arena_printf(arena, "%s%s%s%s%s", prefix, end->ns != NULL ? end->ns : "",
                                  end->ns != NULL ? "/" : "", end->name, domains_text(arena, end)));
}

const char *impact_service_text(struct arena *arena, const struct impact_group *group)
{
    if (group->protocol == 0) {
        return group->port >= 0 ? arena_printf(arena, "port %d", group->port) : "any protocol";
    }
    const char *protocol = flow_protocol_text(arena, group->protocol);
    if (group->port >= 0) {
        return arena_printf(arena, "%s/%d", protocol, group->port);
    }
    if (group->icmp_type >= 0) {
        return arena_printf(arena, "%s type %d", protocol, group->icmp_type);
    }
    return proto_has_ports(group->protocol) ? arena_printf(arena, "%s/any", protocol) : protocol;
}

// ---- outcomes -----------------------------------------------------------------------------------------------------------

const char *impact_change_text(uint8_t change)
{
    static const char *const texts[] = {[IMPACT_CLOSED] = "closed",
                                        [IMPACT_OPENED] = "opened",
                                        [IMPACT_UNCERTAIN] = "uncertain",
                                        [IMPACT_SAME] = "unchanged"};
    _Static_assert(ARRAY_COUNT(texts) == IMPACT_CHANGES, "one text per change");
    return texts[change];
}

const char *impact_verdict_text(const struct impact_example *example)
{
    static const char *const texts[2][2] = {[FLOW_ALLOW] = {"allow, as before", "allow -> DENY"},
                                            [FLOW_DENY] = {"deny -> ALLOW", "deny, as before"}};
    return texts[example->before][example->after];
}

bool impact_is_faint(const struct impact_group *group)
{
    bool gone = group->source.kind == IMPACT_GONE || group->dest.kind == IMPACT_GONE;
    return group->change == IMPACT_UNCERTAIN && gone && group->doubts == 0 &&
           (group->reachable & ~(1 << IMPACT_SAME)) == 0;
}

// What may be, changes first: "closed or unchanged".
const char *impact_outcome_text(struct arena *arena, const struct impact_group *group)
{
    struct strbuf text = {.arena = arena};
    if (group->change != IMPACT_UNCERTAIN) {
        return group->example_count > 0 ? impact_verdict_text(&group->examples[0]) : "";
    }
    if (impact_is_faint(group)) {
        return "not known";
    }
    for (uint8_t change = 0; change < IMPACT_CHANGES; change++) {
        if (group->reachable & 1 << change) {
            strbuf_addf(&text, "%s%s", text.length > 0 ? " or " : "", impact_change_text(change));
        }
    }
    return strbuf_text(&text);
}

// ---- why ----------------------------------------------------------------------------------------------------------------

// What makes an end matter.
static const char *end_doubt(struct arena *arena, const struct impact_end *end, const char *role)
{
    const char *name = impact_end_text(arena, end);
    switch ((enum impact_end_kind)end->kind) {
    case IMPACT_ENDPOINTS:
        return arena_printf(arena, "%s has %zu addresses, and the policies do not treat them alike",
                            name, end->address_count);
    case IMPACT_KIN:
        return arena_printf(
            arena, "the %s is not there any more, and the policies do not treat all of %s alike",
            role, name);
    case IMPACT_NETSET:
        return arena_printf(
            arena, "which address of %s it was is not recorded, and the policies tell them apart",
            name);
    case IMPACT_OUTSIDE:
        return arena_printf(
            arena,
            "the address behind \"%s\" is not recorded, and the policies tell addresses apart",
            name);
    case IMPACT_ADDRESS:
    case IMPACT_GONE:
    case IMPACT_ANYTHING:
        break;
    }
    return arena_printf(arena, "the %s is not recorded", role);
}

static void add_reason(struct strbuf *text, const char *reason)
{
    strbuf_addf(text, "%s%s", text->length > 0 ? "; " : "", reason);
}

static void add_end(struct strbuf *text, const struct impact_end *end, bool doubted,
                    const char *role)
{
    if (end->kind == IMPACT_GONE) {
        add_reason(text, arena_printf(text->arena,
                                      "%s is not in the policies, so its labels are not known",
                                      impact_end_text(text->arena, end)));
    } else if (doubted) {
        add_reason(text, end_doubt(text->arena, end, role));
    }
}

// Those that concern no end.
static const struct {
    uint8_t doubt;
    const char *key, *text;
} doubts[] = {
    {IMPACT_BY_PROTOCOL, "protocol", "the protocol is not recorded"},
    {IMPACT_BY_PORT, "port", "the port is not recorded, and the policies tell ports apart"},
    {IMPACT_BY_SOURCE_PORT, "source-port",
     "the source port is not recorded, and the policies tell source ports apart"},
    {IMPACT_BY_INTERFACE, "interface",
     "which interface of the host it takes is not known here (--interfaces)"},
    {IMPACT_BY_SIZE, "size", "there are too many possibilities to try all of them"},
    {IMPACT_BY_NAMES, "names",
     "whether a name that a rule allows has the address is not recorded (--dns)"},
};

const char *impact_why(struct arena *arena, const struct impact_group *group)
{
    struct strbuf text = {.arena = arena};
    if (group->change != IMPACT_UNCERTAIN) {
        return "";
    }
    add_end(&text, &group->source, group->doubts & IMPACT_BY_SOURCE, "source");
    add_end(&text, &group->dest, group->doubts & IMPACT_BY_DEST, "destination");
    for (size_t i = 0; i < ARRAY_COUNT(doubts); i++) {
        if (group->doubts & doubts[i].doubt) {
            add_reason(&text, doubts[i].text);
        }
    }
    return strbuf_text(&text);
}

struct words impact_reasons(struct arena *arena, const struct impact_group *group)
{
    struct words words = {0};
    if (group->source.kind == IMPACT_GONE) {
        vec_push(arena, &words, "source-gone");
    } else if (group->doubts & IMPACT_BY_SOURCE) {
        vec_push(arena, &words, "source");
    }
    if (group->dest.kind == IMPACT_GONE) {
        vec_push(arena, &words, "dest-gone");
    } else if (group->doubts & IMPACT_BY_DEST) {
        vec_push(arena, &words, "dest");
    }
    for (size_t i = 0; i < ARRAY_COUNT(doubts); i++) {
        if (group->doubts & doubts[i].doubt) {
            vec_push(arena, &words, doubts[i].key);
        }
    }
    return words;
}

// ---- examples -----------------------------------------------------------------------------------------------------------

// " (web-86c57db685-a1)" of an end that may be several.
static const char *who_text(const struct impact_view *view, const struct impact_end *end,
                            struct ip_addr addr)
{
    bool several = end->kind == IMPACT_ENDPOINTS || end->kind == IMPACT_KIN ||
                   end->kind == IMPACT_GONE || end->kind == IMPACT_ANYTHING;
    struct flowlog_name name = flowlog_name_address(view->names, addr, end->ns);
    struct arena *arena = view->diff->run->arena;
    return several && strcmp(name.name, "-") != 0
               ? arena_printf(arena, " (%s)", safe_text(arena, name.name))
               : "";
}

// By which names it is taken to be addressed, where that makes a difference.
static const char *names_text(struct arena *arena, const struct impact_group *group,
                              const struct flow *flow)
{
    size_t count = flow->names != NULL ? flow->names->count : 0;
    if (count == 0) {
        return group->doubts & IMPACT_BY_NAMES ? " as none of the names" : "";
    }
    return arena_printf(arena, " as %s%s", flow->names->items[0],
                        count > 1 ? arena_printf(arena, " (+%zu more)", count - 1) : "");
}

const char *impact_example_text(const struct impact_view *view, const struct impact_group *group,
                                const struct impact_example *example)
{
    struct arena *arena = view->diff->run->arena;
    const char *text = diff_witness_text(arena, &example->flow);
    const char *arrow = strstr(text, " -> ") + strlen(" -> ");
    const char *rest = strchr(arrow, ' ');
    return arena_printf(arena, "%.*s%s -> %.*s%s%s%s", (int)(arrow - text - strlen(" -> ")), text,
                        who_text(view, &group->source, example->flow.source), (int)(rest - arrow),
                        arrow, who_text(view, &group->dest, example->flow.destination), rest,
                        names_text(arena, group, &example->flow));
}

// ---- all of them --------------------------------------------------------------------------------------------------------

const char *impact_otherwise_text(struct arena *arena, uint64_t flows, const char *prefix)
{
    return flows == 0 ? NULL
                      : arena_printf(arena, "%s%s had another verdict when %s recorded", prefix,
                                     flows_text(arena, flows), flows == 1 ? "it was" : "they were");
}

const char *impact_headline(struct arena *arena, const struct impact_view *view)
{
    const struct impact_result *result = view->result;
    uint64_t closed = result->counts[IMPACT_CLOSED], opened = result->counts[IMPACT_OPENED];
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%s of %s would change", impact_number(arena, closed + opened),
                flows_text(arena, result->flows));
    if (closed + opened > 0) {
        strbuf_addf(&text, ": %s closed, %s opened", impact_number(arena, closed),
                    impact_number(arena, opened));
    }
    if (result->counts[IMPACT_UNCERTAIN] > 0) {
        strbuf_addf(&text, "; %s uncertain",
                    impact_number(arena, result->counts[IMPACT_UNCERTAIN]));
    }
    if (result->by_names > 0) {
        strbuf_addf(&text, " (%s of them by names)", impact_number(arena, result->by_names));
    }
    return strbuf_text(&text);
}
