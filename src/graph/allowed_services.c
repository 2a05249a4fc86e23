// SPDX-License-Identifier: GPL-2.0-or-later
// Services of a row of allowed traffic -> services as the graph tells them apart.
#include "allowed.h"

#include <inttypes.h>
#include <polc/flowlog.h>

enum { APART_MAX = 16, SHOWN_MAX = 32, ICMP_CODES = 256, SOURCE_PORT = 40000 };

static bool is_icmp(uint8_t protocol)
{
    return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
}

static const char *range_text(struct arena *arena, struct port_range range, bool icmp)
{
    unsigned min = range.min, max = range.max;
    if (!icmp) {
        return min == max ? arena_printf(arena, "%u", min) : arena_printf(arena, "%u-%u", min, max);
    }
    unsigned first = min / ICMP_CODES, last = max / ICMP_CODES;
    if (min % ICMP_CODES == 0 && max % ICMP_CODES == ICMP_CODES - 1) {
        return first == last ? arena_printf(arena, "%u", first)
                             : arena_printf(arena, "%u-%u", first, last);
    }
    return min == max ? arena_printf(arena, "%u code %u", first, min % ICMP_CODES)
                      : arena_printf(arena, "%u code %u to %u code %u", first, min % ICMP_CODES,
                                     last, max % ICMP_CODES);
}

static const char *ranges_text(struct arena *arena, const struct portset *set, bool icmp)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < set->count && i < SHOWN_MAX; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? "," : "", range_text(arena, set->items[i], icmp));
    }
    if (set->count > SHOWN_MAX) {
        strbuf_addf(&text, " and %zu more", set->count - SHOWN_MAX);
    }
    return strbuf_text(&text);
}

const char *allowed_protocol(struct arena *arena, uint8_t protocol)
{
    static const char unnamed[] = "protocol ";
    const char *text = flow_protocol_text(arena, protocol);
    return text_begins(text, unnamed) ? text + strlen(unnamed) : text;
}

// "any tcp port", "tcp/80", "icmp type 8", "protocols 2-5"
static const char *service_text(struct arena *arena, const struct traffic_service *service,
                                const struct portset *part)
{
    struct strbuf text = {.arena = arena};
    const char *proto = allowed_protocol(arena, service->first);
    bool icmp = is_icmp(service->first);
    if (service->first == 0 && service->last == UINT8_MAX) {
        strbuf_add(&text, "any protocol");
    } else if (service->first != service->last) {
        strbuf_addf(&text, "protocols %u-%u", service->first, service->last);
    } else if (part->count > 0) {
        strbuf_addf(&text, icmp ? "%s type %s" : "%s/%s", proto, ranges_text(arena, part, icmp));
    } else {
        bool ports = proto_has_ports(service->first);
        strbuf_addf(&text, "%s%s%s", ports || icmp ? "any " : "", proto, ports ? " port" : "");
    }
    if (service->source_ports.count > 0) {
        strbuf_addf(&text, " from port %s", ranges_text(arena, &service->source_ports, false));
    }
    return strbuf_text(&text);
}

static struct flow sample_of(const struct traffic_service *service, const struct portset *part)
{
    struct flow ret = {.protocol = service->first, .icmp_type = -1, .icmp_code = -1};
    uint16_t first = part->count > 0 ? part->items[0].min : 0;
    if (is_icmp(service->first)) {
        ret.icmp_type = (int16_t)(first / ICMP_CODES);
        ret.icmp_code = (int16_t)(first % ICMP_CODES);
    } else if (proto_has_ports(service->first)) {
        ret.destination_port = first;
        ret.source_port =
            service->source_ports.count > 0 ? service->source_ports.items[0].min : SOURCE_PORT;
    }
    return ret;
}

static void add_service(struct arena *arena, const struct traffic_service *service,
                        struct portset part, struct allowed_services *ret)
{
    struct allowed_service one = {.text = service_text(arena, service, &part),
                                  .port = FLOWLOG_UNKNOWN,
                                  .icmp_type = FLOWLOG_UNKNOWN,
                                  .icmp_code = FLOWLOG_UNKNOWN,
                                  .sample = sample_of(service, &part)};
    bool single = part.count == 1 && part.items[0].min == part.items[0].max;
    bool one_type =
        part.count == 1 && part.items[0].min / ICMP_CODES == part.items[0].max / ICMP_CODES;
    one.proto = service->first == service->last ? allowed_protocol(arena, service->first) : NULL;
    if (is_icmp(service->first)) {
        one.icmp_type = one_type ? one.sample.icmp_type : FLOWLOG_UNKNOWN;
        one.icmp_code = single ? one.sample.icmp_code : FLOWLOG_UNKNOWN;
    } else if (single && service->source_ports.count == 0) {
        one.port = one.sample.destination_port;
    }
    vec_push(arena, ret, one);
}

static void add_but(struct arena *arena, const struct traffic_row *row,
                    struct allowed_services *ret)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < row->services.count && i < SHOWN_MAX; i++) {
        const struct traffic_service *service = &row->services.items[i];
        const struct portset *part =
            is_icmp(service->first) ? &service->icmp : &service->destination_ports;
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : " but ", service_text(arena, service, part));
    }
    if (row->services.count > SHOWN_MAX) {
        strbuf_addf(&text, " and %zu more", row->services.count - SHOWN_MAX);
    }
    vec_push(
        arena, ret,
        (struct allowed_service){.text = arena_printf(arena, "any protocol%s", strbuf_text(&text)),
                                 .port = FLOWLOG_UNKNOWN,
                                 .icmp_type = FLOWLOG_UNKNOWN,
                                 .icmp_code = FLOWLOG_UNKNOWN,
                                 .sample = row->witness});
}

struct allowed_services allowed_services_make(struct arena *arena, const struct traffic_row *row)
{
    struct allowed_services ret = {0};
    if (row->all_but) {
        add_but(arena, row, &ret);
        return ret;
    }
    for (size_t i = 0; i < row->exact.count; i++) {
        const struct traffic_service *service = &row->exact.items[i];
        struct portset part = is_icmp(service->first) ? service->icmp : service->destination_ports;
        bool apart = service->first == service->last && part.count <= APART_MAX;
        if (!apart || part.count == 0) {
            add_service(arena, service, part, &ret);
        }
        for (size_t j = 0; apart && j < part.count; j++) {
            add_service(arena, service, (struct portset){&part.items[j], 1}, &ret);
        }
    }
    return ret;
}
