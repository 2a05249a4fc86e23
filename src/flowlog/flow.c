// SPDX-License-Identifier: GPL-2.0-or-later
// Record -> the flow that it is of, for the evaluator.
#include "internal.h"

// ---- ends -----------------------------------------------------------------------------------------------------------

// Aggregated logs have no addresses: the endpoint's own, then.
static size_t find_addresses(struct flowlog_names *names, const struct flowlog_end *end,
                             struct ip_addr *own, const struct ip_addr **ret)
{
    if (end->ip != NULL && ip_addr_parse(end->ip, strlen(end->ip), own) == ADDR_OK) {
        *ret = own;
        return 1;
    }
    const char *name = end->name != NULL ? end->name : end->name_aggr;
    return name != NULL ? flowlog_find_addresses(names, end->ns, name, ret) : 0;
}

// Addresses of one family, the first such pair.
static enum flow_lack find_ends(struct flowlog_names *names, const struct flowlog_record *record,
                                struct flow *ret)
{
    struct ip_addr own[2];
    const struct ip_addr *sources;
    const struct ip_addr *destinations;
    size_t source_count = find_addresses(names, &record->source, &own[0], &sources);
    size_t destination_count = find_addresses(names, &record->dest, &own[1], &destinations);
    if (source_count == 0 || destination_count == 0) {
        return source_count == 0 ? LACK_SOURCE : LACK_DEST;
    }
    for (size_t i = 0; i < source_count; i++) {
        for (size_t j = 0; j < destination_count; j++) {
            if (sources[i].family == destinations[j].family) {
                ret->source = sources[i];
                ret->destination = destinations[j];
                return LACK_NOTHING;
            }
        }
    }
    return LACK_FAMILY;
}

enum flow_lack record_flow(struct flowlog_names *names, const struct flowlog_record *record,
                           struct flow *ret)
{
    *ret = (struct flow){.icmp_type = (int16_t)record->icmp_type,
                         .icmp_code = (int16_t)record->icmp_code,
                         .in_interface = record->in_interface,
                         .out_interface = record->out_interface,
                         .names = &record->domains};
    enum flow_lack lack = find_ends(names, record, ret);
    if (lack != LACK_NOTHING) {
        return lack;
    }
    ret->protocol = record->proto != NULL ? flow_protocol_parse(record->proto) : 0;
    if (ret->protocol == 0) {
        return LACK_PROTOCOL;
    }
    flow_default_icmp(ret);
    if (!proto_has_ports(ret->protocol) && ret->protocol != PROTO_UDPLITE) {
        return LACK_NOTHING;
    }
    bool has_source = record->source.port != FLOWLOG_UNKNOWN;
    bool has_dest = record->dest.port != FLOWLOG_UNKNOWN;
    ret->source_port = has_source ? (uint16_t)record->source.port : 0;
    ret->destination_port = has_dest ? (uint16_t)record->dest.port : 0;
    return has_dest ? LACK_NOTHING : LACK_PORT;
}

bool flowlog_find_flow(struct flowlog_names *names, const struct flowlog_record *record,
                       struct flow *ret)
{
    return record_flow(names, record, ret) == LACK_NOTHING;
}

// ---- for who reads flows alone --------------------------------------------------------------------------------------

static const char *lacking_end(struct arena *arena, const struct flowlog_end *end, const char *side,
                               struct flow_record_error *error)
{
    const char *name = end->name != NULL ? end->name : end->name_aggr;
    const char *field = arena_printf(arena, "%s_%s", side,
                                     name == NULL        ? "ip"
                                     : end->name != NULL ? "name"
                                                         : "name_aggr");
    if (name == NULL) {
        error->message = arena_printf(arena, "the flow has no \"%s\"", field);
        error->hint =
            "a flow has addresses, or the names and namespaces of endpoints, as flow logs have them";
    } else {
        error->message =
            arena_printf(arena, "no address of an endpoint \"%s%s%s\" is known",
                         end->ns != NULL ? end->ns : "", end->ns != NULL ? "/" : "", name);
    }
    return field;
}

bool flowlog_read_flow(struct flowlog_reader *reader, struct flowlog_names *names, const char *text,
                       size_t size, struct flow *ret, struct flow_record_error *reterr)
{
    struct flowlog_record record;
    const char *field = "proto";
    struct arena *arena = reader_arena(reader);
    if (!flowlog_read(reader, text, size, &record, reterr)) {
        return false;
    }
    enum flow_lack lack = record_flow(names, &record, ret);
    struct flow_strings *domains = arena_new_of(arena, struct flow_strings);
    *domains = record.domains;
    ret->names = domains;
    switch (lack) {
    case LACK_NOTHING:
    case LACK_PORT:
        return true;
    case LACK_SOURCE:
        field = lacking_end(arena, &record.source, "source", reterr);
        break;
    case LACK_DEST:
        field = lacking_end(arena, &record.dest, "dest", reterr);
        break;
    case LACK_FAMILY:
        field = "dest_ip";
        reterr->message = "one address is IPv4, the other IPv6";
        break;
    case LACK_PROTOCOL:
        reterr->message = "the flow has no \"proto\"";
        break;
    }
    place_error(arena, text, size, field, reterr);
    return false;
}
