// SPDX-License-Identifier: GPL-2.0-or-later
// ConnectivityTest objects -> cases, and which services a case is about.
#include "internal.h"

#include <ctype.h>

static const char *names_text(struct arena *arena, const struct res_names *names)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < names->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", names->items[i].text);
    }
    return strbuf_text(&text);
}

static void add_protocol(struct strbuf *text, uint8_t protocol)
{
    const char *name = proto_name(protocol);
    if (protocol == 0) {
        return;
    }
    strbuf_add(text, " ");
    if (name == NULL) {
        strbuf_addf(text, "protocol %u", protocol);
    }
    for (; name != NULL && *name != '\0'; name++) {
        strbuf_addf(text, "%c", tolower((unsigned char)*name));
    }
}

static void add_ports(struct strbuf *text, const struct expect_case *item)
{
    const char *separator = item->protocol != 0 ? "/" : " ";
    for (size_t i = 0; i < item->ports.count; i++) {
        const struct res_port *port = &item->ports.items[i];
        strbuf_add(text, i == 0 ? separator : ",");
        if (port->name != NULL) {
            strbuf_add(text, port->name);
        } else if (port->min == port->max) {
            strbuf_addf(text, "%u", port->min);
        } else {
            strbuf_addf(text, "%u:%u", port->min, port->max);
        }
    }
}

void case_name(struct arena *arena, struct expect_case *item, const char *from, const char *to)
{
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%s -> %s", from, to);
    add_protocol(&text, item->protocol);
    add_ports(&text, item);
    if (item->icmp.present && item->icmp.type >= 0) {
        strbuf_addf(&text, " type %d", item->icmp.type);
    }
    if (item->icmp.present && item->icmp.code >= 0) {
        strbuf_addf(&text, " code %d", item->icmp.code);
    }
    item->text = strbuf_text(&text);
}

void expect_add_closed(struct arena *arena, struct expect_suite *suite, const char *group,
                       struct loc loc)
{
    vec_push(arena, &suite->cases,
             (struct expect_case){
                 .group = group, .loc = loc, .text = "nothing else is allowed", .closed = true});
}

void expect_add_test(struct arena *arena, struct expect_suite *suite, const struct res_test *test)
{
    const char *group = arena_printf(arena, "ConnectivityTest %s", test->meta.name);
    for (size_t i = 0; i < test->cases.count; i++) {
        const struct res_test_case *from = &test->cases.items[i];
        struct expect_case item = {
            .group = group,
            .loc = from->loc,
            .description = from->description.text,
            .allow = from->expect == RES_EXPECT_ALLOW,
            .protocol = from->protocol.number,
            .ports = from->ports,
            .icmp = from->icmp,
            .from.references = from->from,
            .to.references = from->to,
        };
        case_name(arena, &item, names_text(arena, &item.from.references),
                  names_text(arena, &item.to.references));
        vec_push(arena, &suite->cases, item);
    }
    if (test->closed.value) {
        expect_add_closed(arena, suite, group, test->closed.loc);
    }
}

static bool is_named_port(const struct expect_party *party, const char *name,
                          const struct service *service)
{
    const struct res_endpoint_ports *ports = party->ports;
    for (size_t i = 0; ports != NULL && i < ports->count; i++) {
        const struct res_endpoint_port *port = &ports->items[i];
        if (port->protocol == service->protocol && port->port == service->port &&
            strcmp(port->name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool case_has_service(const struct expect_case *item, const struct service *service,
                      const struct expect_party *to)
{
    if (item->protocol != 0 && item->protocol != service->protocol) {
        return false;
    }
    const struct res_icmp *icmp = &item->icmp;
    if (icmp->present && ((icmp->type >= 0 && icmp->type != service->icmp_type) ||
                          (icmp->code >= 0 && icmp->code != service->icmp_code))) {
        return false;
    }
    bool found = item->ports.count == 0;
    for (size_t i = 0; i < item->ports.count && !found; i++) {
        const struct res_port *port = &item->ports.items[i];
        found = port->name != NULL ? is_named_port(to, port->name, service)
                                   : proto_has_ports(service->protocol) &&
                                         service->port >= port->min && service->port <= port->max;
    }
    return found;
}
