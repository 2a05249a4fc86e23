// SPDX-License-Identifier: GPL-2.0-or-later
// Small changes of small inputs, and the rows that they make.
#include "plan/plan_helper.h"

#include "unit.h"

#include <polc/space.h>
#include <polc/traffic.h>

static const char open_profile[] =
    "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: open},"
    " spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}}\n---\n";

static const char *wep(const char *name, const char *node, const char *address)
{
    return thing(
        "WorkloadEndpoint", "x", name, arena_printf(arena, "name: %s", name),
        arena_printf(arena, "node: %s, interfaceName: cali-%s, profiles: [open], ipNetworks: [%s]",
                     node, name, address));
}

static const char *world(void)
{
    static const char settings[] =
        "allowVXLANPacketsFromWorkloads: true, allowIPIPPacketsFromWorkloads: true";
    return join(open_profile, thing("FelixConfiguration", "", "default", "", settings),
                wep("a", "n1", "10.0.0.1/32"), wep("b", "n1", "10.0.0.2/32"),
                wep("c", "n2", "10.0.0.3/32"), NULL);
}

static const char *policy(const char *kind, const char *name, const char *spec)
{
    return thing(kind, "", name, "", spec);
}

static void add_names(struct strbuf *text, const struct traffic_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        strbuf_addf(text, "%s%s", text->length > 0 ? "," : "", names->items[i]);
    }
}

static const char *end_text(const struct traffic_end *end)
{
    char buffer[IP_TEXT_MAX];
    struct strbuf text = {.arena = arena};
    add_names(&text, &end->who.endpoints);
    add_names(&text, &end->who.hosts);
    for (size_t i = 0; i < end->who.nets.count; i++) {
        strbuf_addf(&text, "%s%s", text.length > 0 ? "," : "",
                    cidr_text(end->who.nets.items[i], true, buffer));
    }
    return arena_printf(arena, "%s%s", end->all_but ? "!" : "", strbuf_text(&text));
}

// Which addresses the names of the plan afterwards have; NULL: none.
static const struct space_domains *named;

// "+ wep/x/a > wep/x/b 6:80": opened; "-" is closed, "!" all but. Rows of IPv4, with their protocols and destination ports.
static const char *rows_text(const char *before, const char *after, bool staged)
{
    struct plan *old = plan_of(before, NULL), *new = plan_of(after, NULL);
    const struct traffic_domains domains = {.after = named};
    const struct traffic_diff *diff = traffic_compare_named(arena, old, new, staged, &domains);
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < diff->rows.count; i++) {
        const struct traffic_row *row = &diff->rows.items[i];
        if ((row->families & PLAN_V4) == 0) {
            continue;
        }
        strbuf_addf(&text, "%s%s %s > %s %s", text.length > 0 ? "\n" : "",
                    row->change == TRAFFIC_OPENED ? "+" : "-", end_text(&row->source),
                    end_text(&row->destination), row->all_but ? "!" : "");
        for (size_t j = 0; j < row->services.count; j++) {
            const struct traffic_service *service = &row->services.items[j];
            strbuf_addf(&text, "%s%u", j > 0 ? "," : "", service->first);
            for (size_t k = 0; k < service->destination_ports.count; k++) {
                strbuf_addf(&text, ":%u-%u", service->destination_ports.items[k].min,
                            service->destination_ports.items[k].max);
            }
        }
    }
    for (size_t i = 0; i < diff->undecided.count; i++) {
        strbuf_addf(&text, "%s? %s", text.length > 0 ? "\n" : "", diff->undecided.items[i]);
    }
    return strbuf_text(&text);
}

static void check_change(const char *from, const char *to, const char *rows)
{
    const char *before = join(world(), from, NULL), *after = join(world(), to, NULL);
    ck_assert_str_eq(rows_text(before, after, false), rows);
    ck_assert_str_eq(rows_text(before, before, false), "");
    ck_assert_str_eq(rows_text(after, after, false), "");
}

START_TEST(a_rule_less_is_closed_to_whom_it_named)
{
    static const char head[] = "selector: name == 'b', types: [Ingress], ingress: [";
    check_change(
        policy(
            "GlobalNetworkPolicy", "p",
            arena_printf(
                arena,
                "%s{action: Allow, protocol: TCP, source: {selector: has(name)}, destination: {ports: [80, 81]}}]",
                head)),
        policy(
            "GlobalNetworkPolicy", "p",
            arena_printf(
                arena,
                "%s{action: Allow, protocol: TCP, source: {selector: name == 'a'}, destination: {ports: [81]}}]",
                head)),
        "- wep/x/a > wep/x/b 6:80-80\n"
        "- wep/x/b,wep/x/c > wep/x/b 6:80-81");
}
END_TEST

START_TEST(equal_endpoints_and_any_address_are_one_end)
{
    check_change(
        "",
        policy(
            "GlobalNetworkPolicy", "p",
            "selector: name != 'c', types: [Ingress],"
            " ingress: [{action: Deny, protocol: TCP, destination: {ports: [25]}}, {action: Allow}]"),
        "- ! > wep/x/a,wep/x/b 6:25-25");
}
END_TEST

START_TEST(both_ends_decide_together)
{
    // c cannot send to anybody in both, so that b opens is nothing to c.
    const char *deny =
        policy("GlobalNetworkPolicy", "no", "selector: name == 'c', types: [Egress], egress: []");
    const char *closed =
        policy("GlobalNetworkPolicy", "p", "selector: name == 'b', types: [Ingress], ingress: []");
    check_change(join(deny, closed, NULL), deny, "+ !wep/x/c > wep/x/b !");
}
END_TEST

START_TEST(a_set_of_addresses_and_its_members)
{
    static const char spec[] =
        "selector: name == 'a', types: [Ingress], ingress: [{action: Allow, protocol: UDP, source: {selector: has(feed)}}]";
    const char *rule = policy("GlobalNetworkPolicy", "p", spec);
    check_change(
        join(rule, thing("GlobalNetworkSet", "", "s", "feed: x", "nets: [192.0.2.0/25]"), NULL),
        join(
            rule,
            thing("GlobalNetworkSet", "", "s", "feed: x", "nets: [192.0.2.64/26, 198.51.100.9/32]"),
            NULL),
        "+ 198.51.100.9 > wep/x/a 17\n"
        "- 192.0.2.0/26 > wep/x/a 17");
}
END_TEST

START_TEST(another_order_or_another_text_is_no_change)
{
    check_change(
        policy(
            "GlobalNetworkPolicy", "p",
            "order: 1, selector: name == 'a', types: [Ingress], ingress:"
            " [{action: Allow, protocol: TCP, destination: {ports: [80]}}, {action: Deny, protocol: UDP}]"),
        join(
            policy(
                "GlobalNetworkPolicy", "q",
                "order: 9, selector: name == 'a', types: [Ingress], ingress:"
                " [{action: Deny, protocol: UDP}, {action: Allow, protocol: TCP, destination: {ports: ['80:80']}}]"),
            policy("GlobalNetworkPolicy", "r",
                   "order: 10, selector: name == 'a', types: [Ingress], ingress: [{action: Deny}]"),
            NULL),
        "");
}
END_TEST

START_TEST(an_address_changes_its_owner)
{
    const char *closed =
        policy("GlobalNetworkPolicy", "p", "selector: name == 'd', types: [Ingress], ingress: []");
    const char *d = wep("d", "n1", "10.0.0.4/32"), *e = wep("e", "n1", "10.0.0.4/32");
    ck_assert_str_eq(
        rows_text(join(world(), closed, d, NULL), join(world(), closed, e, NULL), false),
        "+ ! > wep/x/e !");
}
END_TEST

START_TEST(staged_policies_count_when_asked)
{
    const char *spec = "selector: name == 'a', types: [Ingress], ingress: []";
    const char *before = world();
    const char *after = join(world(), policy("StagedGlobalNetworkPolicy", "p", spec), NULL);
    ck_assert_str_eq(rows_text(before, after, false), "");
    ck_assert_str_eq(rows_text(before, after, true), "- ! > wep/x/a !");
}
END_TEST

// Two interfaces, two host endpoints, and nobody knows which one a packet takes.
START_TEST(unknown_interfaces_are_not_guessed)
{
    static const char host[] = "node: n1, profiles: [open], interfaceName: ";
    const char *hosts = join(
        thing("HostEndpoint", "", "h0", "host: h0", arena_printf(arena, "%seth0", host)),
        thing("HostEndpoint", "", "h1", "host: h1", arena_printf(arena, "%seth1", host)), NULL);
    const char *forward =
        policy("GlobalNetworkPolicy", "f",
               "selector: host == 'h0', applyOnForward: true, types: [Ingress], ingress: []");
    check_change(hosts, join(hosts, forward, NULL), "? n1");
}
END_TEST

START_TEST(a_failsafe_port_less)
{
    const char *host = thing("HostEndpoint", "", "h", "host: h",
                             "node: n1, interfaceName: '*', expectedIPs: [192.0.2.1]");
    static const char list[] =
        "failsafeInboundHostPorts: [{protocol: TCP, port: 22}%s], failsafeOutboundHostPorts: []";
    check_change(
        join(
            host,
            policy("FelixConfiguration", "node.n1",
                   arena_printf(arena, list, ", {protocol: TCP, port: 2222, net: 203.0.113.0/24}")),
            NULL),
        join(host, policy("FelixConfiguration", "node.n1", arena_printf(arena, list, "")), NULL),
        "- 203.0.113.0/24 > hep/h 6:2222-2222");
}
END_TEST

START_TEST(where_nothing_was_everything_is_new)
{
    const char *after = join(
        world(),
        policy("GlobalNetworkPolicy", "p", "selector: name == 'a', types: [Ingress], ingress: []"),
        NULL);
    struct plan *nothing = arena_new_of(arena, struct plan), *plan = plan_of(after, NULL);
    const struct traffic_diff *diff = traffic_compare(arena, nothing, plan, false);
    ck_assert_uint_eq(diff->counts[TRAFFIC_OPENED], 0);
    ck_assert_uint_gt(diff->counts[TRAFFIC_CLOSED], 0);
    diff = traffic_compare(arena, nothing, nothing, false);
    ck_assert_uint_eq(diff->rows.count, 0);
}
END_TEST

static const char *diff_by_name(void)
{
    static const char head[] = "selector: name == 'a', types: [Egress], egress: [";
    return rows_text(
        join(world(), policy("GlobalNetworkPolicy", "p", arena_printf(arena, "%s]", head)), NULL),
        join(world(),
             policy("GlobalNetworkPolicy", "p",
                    arena_printf(arena,
                                 "%s{action: Allow, protocol: TCP, destination: {domains: "
                                 "[x.example], ports: [443]}}]",
                                 head)),
             NULL),
        false);
}

START_TEST(names_open_the_addresses_that_they_have)
{
    static struct cidr address = {{IP_V4, {198, 51, 100, 7}}, 32};
    const struct space_domains known = {.addresses = {&address, 1}}, any = {.any = true};
    ck_assert_str_eq(diff_by_name(), ""); // nothing is certain
    named = &known;
    ck_assert_str_eq(diff_by_name(), "+ wep/x/a > 198.51.100.7 6:443-443");
    named = &any;
    ck_assert_msg(strncmp(diff_by_name(), "+ wep/x/a > ", 12) == 0, "%s", diff_by_name());
    ck_assert_ptr_null(strchr(diff_by_name(), '\n'));
    named = NULL;
}
END_TEST

UNIT_TESTS("traffic/traffic", where_nothing_was_everything_is_new,
           a_rule_less_is_closed_to_whom_it_named, equal_endpoints_and_any_address_are_one_end,
           both_ends_decide_together, a_set_of_addresses_and_its_members,
           another_order_or_another_text_is_no_change, an_address_changes_its_owner,
           staged_policies_count_when_asked, unknown_interfaces_are_not_guessed,
           a_failsafe_port_less, names_open_the_addresses_that_they_have)
