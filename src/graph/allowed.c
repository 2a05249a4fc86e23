// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan allows -> connections between nodes, one for each two nodes and service, judged so that the rules are known
// that allow it. Exact sets of addresses and services come in; for each node and service one connection speaks.
#include "allowed.h"
#include "internal.h"
#include "spans.h"

// ---- ends -----------------------------------------------------------------------------------------------------------

struct place {
    struct ip_addr addr;
    const char *endpoint; // "": nobody's
};

struct end {
    const char *key;  // what the level calls it
    const char *note; // which part of it; NULL: no word is needed, or it depends on the service
    bool any;
    struct place places[2]; // the second one is another endpoint's, if there is one
    size_t count;
};

struct ends {
    VEC_FIELDS(struct end);
};

// A row, and its services as the graph has them.
struct told {
    const struct traffic_row *row;
    struct allowed_services services;
};

struct finder {
    struct arena *arena;
    struct {
        VEC_FIELDS(struct told);
    } rows;
    const struct plan *plan;
    enum graph_level level;
    const struct flowlog_filter *filter;
    size_t max;
    const struct flowlog_names *names;
    struct flowlog_judge *judge;
    const struct spans *spans;
    struct strtab *texts; // of services
    struct strmap *seen;  // "SOURCE DEST SERVICE"
    struct graph_allowed *ret;
};

static bool is_endpoint(const struct flowlog_name *name)
{
    return strcmp(name->type, "wep") == 0 || strcmp(name->type, "hep") == 0;
}

static const char *end_key(const struct finder *finder, const struct flowlog_name *name)
{
    bool whole = is_endpoint(name) && finder->level == GRAPH_NAMESPACE;
    bool single = is_endpoint(name) && finder->level == GRAPH_ENDPOINT;
    return arena_printf(finder->arena, "%s/%s/%s/%s", name->type, name->ns,
                        whole ? "" : name->aggregate, single ? name->name : "");
}

// Nets that every host has, and nobody means.
static bool is_odd(struct cidr net)
{
    static const struct cidr odd[] = {{{IP_V4, {224}}, 4},
                                      {{IP_V4, {255, 255, 255, 255}}, 32},
                                      {{IP_V6, {0xff}}, 8},
                                      {{IP_V6, {0xfe, 0x80}}, 10}};
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        if (cidr_compare(odd[i], net) == 0) {
            return true;
        }
    }
    return false;
}

// "shop/web" of "wep/shop/web"
static const char *without_kind(const char *id)
{
    return text_begins(id, "wep/") ? id + strlen("wep/") : id;
}

// ---- parts of ends ----------------------------------------------------------------------------------------------------

static bool covers(const struct cidrset *set, struct cidr net)
{
    for (size_t i = 0; i < set->count; i++) {
        if (cidr_contains(set->items[i], net)) {
            return true;
        }
    }
    return false;
}

static bool covers_all(const struct cidrset *set, const struct cidrset *nets)
{
    for (size_t i = 0; i < nets->count; i++) {
        if (!covers(set, nets->items[i])) {
            return false;
        }
    }
    return true;
}

static const struct traffic_end *end_of(const struct traffic_row *row, bool source)
{
    return source ? &row->source : &row->destination;
}

static bool is_nobody(const struct traffic_end *end)
{
    return !end->all_but && end->who.endpoints.count + end->who.hosts.count == 0;
}

static bool has_service(const struct told *told, const char *text)
{
    for (size_t i = 0; i < told->services.count; i++) {
        if (strcmp(told->services.items[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

// Rows are disjoint: nets that may do more than everybody stand in a row of their own. What they share with everybody is
// told there. Whether `part` (nets and nothing else, at one end) may do a service that everybody may do in `whole`.
static bool is_part(const struct traffic_row *whole, const struct told *part, bool source,
                    const char *text)
{
    return end_of(whole, source)->all_but && is_nobody(end_of(part->row, source)) &&
           (whole->families & part->row->families) == part->row->families &&
           covers_all(&end_of(whole, !source)->addresses, &end_of(part->row, !source)->addresses) &&
           covers_all(&end_of(part->row, !source)->addresses, &end_of(whole, !source)->addresses) &&
           has_service(part, text);
}

static bool is_told_elsewhere(const struct finder *finder, const struct told *told,
                              const char *text)
{
    for (size_t i = 0; i < finder->rows.count; i++) {
        const struct told *other = &finder->rows.items[i];
        if (has_service(other, text) &&
            (is_part(other->row, told, true, text) || is_part(other->row, told, false, text))) {
            return true;
        }
    }
    return false;
}

static bool may_too(const struct finder *finder, const struct traffic_row *row, bool source,
                    const char *text, struct cidr net)
{
    for (size_t i = 0; i < finder->rows.count; i++) {
        const struct told *other = &finder->rows.items[i];
        if (is_part(row, other, source, text) &&
            covers(&end_of(other->row, source)->addresses, net)) {
            return true;
        }
    }
    return false;
}

static void add_net(const struct finder *finder, struct flow_strings *list, struct cidr net)
{
    char buffer[IP_TEXT_MAX];
    vec_push(finder->arena, list, arena_strdup(finder->arena, cidr_text(net, true, buffer)));
}

enum { SHOWN_MAX = 3 };

// Those of the nets of an end that are "pub" or "pvt".
static const char *nets_text(const struct finder *finder, const struct traffic_who *who,
                             uint8_t family, const char *aggregate)
{
    struct flow_strings list = {0};
    for (size_t i = 0; i < who->nets.count; i++) {
        struct cidr net = who->nets.items[i];
        struct flowlog_name name = flowlog_name_address(finder->names, net.addr, NULL);
        if (net.addr.family == family && strcmp(name.aggregate, aggregate) == 0) {
            add_net(finder, &list, net);
        }
    }
    return list.count > 0 ? graph_join(finder->arena, &list, SHOWN_MAX) : NULL;
}

// The only one at an end: what he sends to himself passes nobody, and is nothing to tell.
static bool is_alone(const struct traffic_end *end, const char *id)
{
    const struct traffic_names *ids =
        end->who.endpoints.count > 0 ? &end->who.endpoints : &end->who.hosts;
    return !end->all_but && end->who.endpoints.count + end->who.hosts.count == 1 &&
           strcmp(ids->items[0], id) == 0;
}

// Who is not meant by everybody, but for the one at the other end; NULL: nobody.
static const char *but_text(const struct finder *finder, const struct traffic_row *row, bool source,
                            uint8_t family, const char *text)
{
    const struct traffic_who *who = &end_of(row, source)->who;
    const struct traffic_end *other = end_of(row, !source);
    struct flow_strings list = {0};
    for (size_t i = 0; i < who->endpoints.count; i++) {
        const char *id = who->endpoints.items[i];
        if (!is_alone(other, id)) {
            vec_push(finder->arena, &list, without_kind(id));
        }
    }
    for (size_t i = 0; i < who->hosts.count; i++) {
        const char *id = who->hosts.items[i];
        if (!is_alone(other, id)) {
            vec_push(finder->arena, &list, id);
        }
    }
    for (size_t i = 0; i < who->nets.count; i++) {
        struct cidr net = who->nets.items[i];
        if (net.addr.family == family && !is_odd(net) && !may_too(finder, row, source, text, net)) {
            add_net(finder, &list, net);
        }
    }
    return list.count > 0 ? arena_printf(finder->arena, "all but %s",
                                         graph_join(finder->arena, &list, SHOWN_MAX))
                          : NULL;
}

// ---- ends of rows -----------------------------------------------------------------------------------------------------

static void add_place(const struct finder *finder, struct strmap *known,
                      const struct traffic_end *end, struct ip_addr addr, struct ends *ret)
{
    struct flowlog_name name = flowlog_name_address(finder->names, addr, NULL);
    const char *key = end_key(finder, &name);
    struct place place = {
        addr, is_endpoint(&name) ? arena_printf(finder->arena, "%s/%s", name.ns, name.name) : ""};
    size_t next = ret->count + 1;
    size_t number = (size_t)(uintptr_t)strmap_put(known, key, (void *)(uintptr_t)next);
    if (number == next) {
        bool net = strcmp(name.type, "net") == 0;
        vec_push(finder->arena, ret,
                 (struct end){
                     .key = key,
                     .note = net ? nets_text(finder, &end->who, addr.family, name.aggregate) : NULL,
                     .places = {place},
                     .count = 1});
        return;
    }
    struct end *known_end = &ret->items[number - 1];
    if (known_end->count == 1 && strcmp(known_end->places[0].endpoint, place.endpoint) != 0) {
        known_end->places[known_end->count++] = place;
    }
}

// Whom no policy of his own governs speaks for everybody.
static struct end any_of(const struct ends *ends)
{
    struct end ret = {.key = GRAPH_ANY, .any = true, .count = 1};
    ret.places[0] = ends->items[0].places[0];
    for (size_t i = 1; i < ends->count && ret.places[0].endpoint[0] != '\0'; i++) {
        ret.places[0] = ends->items[i].places[0];
    }
    ret.places[0].endpoint = "";
    return ret;
}

// Everybody but few is one end; others are those that the level tells apart.
static struct ends find_ends(const struct finder *finder, const struct traffic_end *end,
                             uint8_t family)
{
    struct ends ret = {0};
    struct cidrset part = cidrset_family(&end->addresses, family);
    struct strmap *known = strmap_new(finder->arena);
    struct ip_addr addr;
    for (size_t i = 0; i < part.count; i++) {
        size_t at = 0;
        while (spans_next(finder->spans, part.items[i], &at, &addr)) {
            add_place(finder, known, end, addr, &ret);
        }
    }
    if (end->all_but && ret.count > 0) {
        struct end any = any_of(&ret);
        ret.items[0] = any;
        ret.count = 1;
    }
    return ret;
}

// ---- one connection -------------------------------------------------------------------------------------------------

static struct flowlog_record record_of(const struct finder *finder, const struct flow *sample,
                                       struct ip_addr source, struct ip_addr dest)
{
    char buffer[IP_TEXT_MAX];
    struct flowlog_record record = flowlog_unknown;
    record.source.ip = arena_strdup(finder->arena, ip_addr_text(source, buffer));
    record.dest.ip = arena_strdup(finder->arena, ip_addr_text(dest, buffer));
    record.proto = allowed_protocol(finder->arena, sample->protocol);
    if (proto_has_ports(sample->protocol)) {
        record.source.port = sample->source_port;
        record.dest.port = sample->destination_port;
    }
    record.icmp_type = sample->icmp_type;
    record.icmp_code = sample->icmp_code;
    return record;
}

static void make_any(struct flowlog_end *end)
{
    *end = (struct flowlog_end){.name_aggr = GRAPH_ANY, .type = GRAPH_ANY, .port = FLOWLOG_UNKNOWN};
}

static const char *text_of(const struct finder *finder, const struct traffic_row *row,
                           const char *service, const struct end *ends[2])
{
    struct strbuf text = {.arena = finder->arena};
    strbuf_add(&text, service);
    for (int i = 0; i < 2; i++) {
        uint8_t family = ends[i]->places[0].addr.family;
        const char *note = ends[i]->any && ends[i]->note == NULL
                               ? but_text(finder, row, i == 0, family, service)
                               : ends[i]->note;
        if (note != NULL) {
            strbuf_addf(&text, " (%s %s)", i == 0 ? "from" : "to", note);
        }
    }
    return strbuf_text(&text);
}

// False when the filter leaves it out.
static bool add_connection(struct finder *finder, const struct allowed_service *service,
                           const struct end *source, const struct end *dest,
                           const struct place *from, const struct place *to, const char *text)
{
    struct flowlog_records reports = {0};
    size_t before = finder->ret->reports.count;
    struct flowlog_record record = record_of(finder, &service->sample, from->addr, to->addr);
    flowlog_judge(finder->judge, &record, &reports);
    for (size_t i = 0; i < reports.count; i++) {
        struct flowlog_record *report = &reports.items[i];
        if (source->any) {
            make_any(&report->source);
        }
        if (dest->any) {
            make_any(&report->dest);
        }
        report->proto = service->proto;
        report->source.port = FLOWLOG_UNKNOWN;
        report->dest.port = service->port;
        report->icmp_type = service->icmp_type;
        report->icmp_code = service->icmp_code;
        if (flowlog_filter_matches(finder->filter, report)) {
            const char *unique = strtab_intern(finder->texts, text, strlen(text));
            vec_push(finder->arena, &finder->ret->reports,
                     (struct graph_allowance){*report, unique});
        }
    }
    return finder->ret->reports.count > before;
}

// What an endpoint sends to itself passes nobody.
static bool choose_two(const struct end *source, const struct end *dest,
                       const struct place **ret_from, const struct place **ret_to)
{
    for (size_t i = 0; i < source->count; i++) {
        for (size_t j = 0; j < dest->count; j++) {
            *ret_from = &source->places[i];
            *ret_to = &dest->places[j];
            if ((*ret_from)->endpoint[0] == '\0' ||
                strcmp((*ret_from)->endpoint, (*ret_to)->endpoint) != 0) {
                return true;
            }
        }
    }
    return false;
}

static void add_pair(struct finder *finder, const struct told *told, const struct end *source,
                     const struct end *dest)
{
    const struct place *from, *to;
    if (!choose_two(source, dest, &from, &to)) {
        return;
    }
    for (size_t i = 0; i < told->services.count && !finder->ret->cut; i++) {
        const struct allowed_service *service = &told->services.items[i];
        if (is_told_elsewhere(finder, told, service->text)) {
            continue;
        }
        const char *text =
            text_of(finder, told->row, service->text, (const struct end *[]){source, dest});
        const char *key = arena_printf(finder->arena, "%s %s %s", source->key, dest->key, text);
        if (strmap_get(finder->seen, key) != NULL) {
            continue;
        }
        finder->ret->cut = finder->ret->count == finder->max;
        if (!finder->ret->cut) {
            strmap_put(finder->seen, key, finder);
            finder->ret->count += add_connection(finder, service, source, dest, from, to, text);
        }
    }
}

// ---- all ------------------------------------------------------------------------------------------------------------

static bool has_family(const struct plan_endpoint *endpoint, uint8_t family)
{
    for (size_t i = 0; i < endpoint->address_count; i++) {
        if (endpoint->addresses[i].family == family) {
            return true;
        }
    }
    return false;
}

static bool is_every_endpoint(const struct plan *plan, const struct traffic_end *end,
                              uint8_t family)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        count += has_family(&plan->endpoints.items[i], family);
    }
    return !end->all_but && end->who.nets.count == 0 && end->who.endpoints.count == count;
}

// All with all would be no picture. A filter may be for some of them.
static void join_every_endpoint(const struct finder *finder, const struct traffic_row *row,
                                uint8_t family, struct ends *sources, struct ends *dests)
{
    enum { PAIRS_MAX = 4096 };
    struct ends *ends[] = {sources, dests};
    bool many = finder->filter == NULL && sources->count * dests->count > PAIRS_MAX;
    for (int i = 0; i < 2 && many; i++) {
        if (ends[!i]->count > 1 && is_every_endpoint(finder->plan, end_of(row, i == 0), family)) {
            ends[i]->items[0] = any_of(ends[i]);
            ends[i]->items[0].note = "every endpoint";
            ends[i]->count = 1;
        }
    }
}

static void add_row(struct finder *finder, const struct told *told, uint8_t family)
{
    struct ends sources = find_ends(finder, &told->row->source, family);
    struct ends dests = find_ends(finder, &told->row->destination, family);
    join_every_endpoint(finder, told->row, family, &sources, &dests);
    for (size_t i = 0; i < sources.count && !finder->ret->cut; i++) {
        for (size_t j = 0; j < dests.count && !finder->ret->cut; j++) {
            add_pair(finder, told, &sources.items[i], &dests.items[j]);
        }
    }
}

static void add_rows(struct finder *finder, const struct traffic_diff *diff)
{
    static const uint8_t families[][2] = {{PLAN_V4, IP_V4}, {PLAN_V6, IP_V6}};
    for (size_t i = 0; i < diff->rows.count; i++) {
        const struct traffic_row *row = &diff->rows.items[i];
        vec_push(finder->arena, &finder->rows,
                 (struct told){row, allowed_services_make(finder->arena, row)});
    }
    for (size_t i = 0; i < finder->rows.count; i++) {
        for (size_t j = 0; j < ARRAY_COUNT(families); j++) {
            if ((finder->rows.items[i].row->families & families[j][0]) != 0) {
                add_row(finder, &finder->rows.items[i], families[j][1]);
            }
        }
    }
}

struct graph_allowed *graph_find_allowed(struct arena *arena, const struct plan *plan,
                                         enum graph_level level,
                                         const struct flowlog_filter *filter, size_t max)
{
    enum { SCRATCH_MAX = 1 << 30 };
    struct arena *scratch = arena_new(SCRATCH_MAX);
    const struct traffic_diff *diff = traffic_allowed(arena, plan, false);
    struct finder finder = {.arena = arena,
                            .plan = plan,
                            .level = level,
                            .filter = filter,
                            .max = max,
                            .names = flowlog_names_new(arena, plan),
                            .judge = flowlog_judge_new(flowlog_reader_new(arena), scratch, plan),
                            .spans = spans_new(arena, plan),
                            .texts = strtab_new(arena),
                            .seen = strmap_new(arena),
                            .ret = arena_new_of(arena, struct graph_allowed)};
    add_rows(&finder, diff);
    for (size_t i = 0; i < diff->undecided.count; i++) {
        vec_push(arena, &finder.ret->undecided, diff->undecided.items[i]);
    }
    arena_free(scratch);
    return finder.ret;
}
