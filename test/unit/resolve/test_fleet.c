// SPDX-License-Identifier: GPL-2.0-or-later
// Host endpoints that are made for nodes (semantics.md 6.8).
#include "resolve/model_helper.h"

// A KubeControllersConfiguration with the fields of "hostEndpoint".
static const char *fleet(const char *fields)
{
    return thing("KubeControllersConfiguration", "", "default", "",
                 arena_printf(arena, "controllers: {node: {hostEndpoint: {%s}}}", fields));
}

static const char *node(const char *name, const char *labels, const char *spec)
{
    return thing("Node", "", name, labels, spec);
}

// "NAME@NODE:INTERFACE,ADDRESS,..." of each host endpoint.
static const char *hosts_text(const struct model *model)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < model->hosts.count; i++) {
        const struct res_host *res = model->hosts.items[i].res;
        strbuf_addf(&text, "%s%s@%s:%s", i > 0 ? " " : "", res->meta.name, res->node.text,
                    res->interface_name.text != NULL ? res->interface_name.text : "");
        for (size_t j = 0; j < res->expected_ips.count; j++) {
            strbuf_addf(&text, ",%s", cidr_text(res->expected_ips.items[j].cidr, true, buffer));
        }
    }
    return strbuf_text(&text);
}

START_TEST(who_is_made)
{
    static const struct {
        const char *name, *fields, *hosts;
    } cases[] = {
        {"off by default", "", ""},
        {"off", "autoCreate: Disabled", ""},
        {"the default one", "autoCreate: Enabled", "n1-auto-hep@n1:*,10.0.0.1,fd00::1"},
        {"without the default one", "autoCreate: Enabled, createDefaultHostEndpoint: Disabled", ""},
        {"by address",
         "autoCreate: Enabled, createDefaultHostEndpoint: Disabled, "
         "templates: [{generateName: t, interfaceCIDRs: [10.0.0.0/8, 10.0.0.0/16]}]",
         "n1-t-auto-hep@n1:,10.0.0.1"},
        {"no address, no endpoint",
         "autoCreate: Enabled, createDefaultHostEndpoint: Disabled, "
         "templates: [{generateName: t, interfaceCIDRs: [10.1.0.0/16]}]",
         ""},
        {"templates only when enabled",
         "templates: [{generateName: t, interfaceCIDRs: [10.0.0.0/8]}]", ""},
        {"by pattern, anywhere in the name",
         "autoCreate: Enabled, createDefaultHostEndpoint: Disabled, "
         "templates: [{generateName: t, interfacePattern: th}]",
         "n1-t-eth0-auto-hep@n1:eth0,10.0.0.1 n1-t-eth1-auto-hep@n1:eth1,fd00::1"},
        {"anchored",
         "autoCreate: Enabled, createDefaultHostEndpoint: Disabled, "
         "templates: [{generateName: t, interfacePattern: \"^(eth1|x)$\"}]",
         "n1-t-eth1-auto-hep@n1:eth1,fd00::1"},
        {"both: the addresses within and those of the interface",
         "autoCreate: Enabled, createDefaultHostEndpoint: Disabled, templates: [{generateName: t, "
         "interfacePattern: eth1, interfaceCIDRs: [10.0.0.0/8]}]",
         "n1-t-eth1-auto-hep@n1:eth1,10.0.0.1,fd00::1"},
        {"other nodes",
         "autoCreate: Enabled, createDefaultHostEndpoint: Disabled, "
         "templates: [{generateName: t, interfacePattern: eth0, nodeSelector: has(x)}]",
         ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model = model_of(
            join(
                fleet(cases[i].fields),
                node(
                    "n1", "a: b",
                    "addresses: [{type: InternalIP, address: 10.0.0.1}], interfaces: "
                    "[{name: eth0, addresses: [10.0.0.1]}, {name: eth1, addresses: [\"fd00::1\"]}]"),
                NULL),
            "n1");
        ck_assert_msg(strcmp(hosts_text(model), cases[i].hosts) == 0, "%s: <%s>", cases[i].name,
                      hosts_text(model));
    }
}
END_TEST

START_TEST(labels_and_profile)
{
    const struct model *model = model_of(
        join(fleet("autoCreate: Enabled, templates: [{generateName: t, interfaceCIDRs: "
                   "[10.0.0.0/8], labels: {a: template, projectcalico.org/created-by: me}}]"),
             node("n1", "a: node, b: node", "bgp: {ipv4Address: 10.0.0.1/24}"), NULL),
        NULL);
    ck_assert_str_eq(labels_text(&host_of(model, "n1-auto-hep")->labels),
                     "a=node b=node projectcalico.org/created-by=calico-kube-controllers");
    const struct model_host *host = host_of(model, "n1-t-auto-hep");
    ck_assert_str_eq(labels_text(&host->labels),
                     "a=template b=node projectcalico.org/created-by=calico-kube-controllers");
    ck_assert_uint_eq(host->profiles.count, 1);
    ck_assert_str_eq(model->profiles.items[host->profiles.items[0]].name,
                     "projectcalico-default-allow");
    ck_assert(!model->profiles.items[host->profiles.items[0]].missing);
    ck_assert_uint_eq(model->node_count, 1);
}
END_TEST

START_TEST(nodes_of_both_kinds_are_one)
{
    const struct model *model = model_of(
        join(
            fleet("autoCreate: Enabled"),
            "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {a: core, c: core}}, status: "
            "{addresses: [{type: InternalIP, address: 10.0.0.2}, {type: ExternalIP, address: "
            "192.0.2.1}]}}\n---\n",
            node("n1", "a: calico, b: calico",
                 "ipv4VXLANTunnelAddr: 10.9.0.1, wireguard: {interfaceIPv4Address: 10.8.0.1}, "
                 "addresses: [{type: InternalIP, address: 10.0.0.2}, {address: 10.0.0.3}]"),
            NULL),
        NULL);
    ck_assert_str_eq(hosts_text(model), "n1-auto-hep@n1:*,10.9.0.1,10.8.0.1,10.0.0.2");
    ck_assert_str_eq(labels_text(&model->hosts.items[0].labels),
                     "a=calico b=calico c=core "
                     "projectcalico.org/created-by=calico-kube-controllers");
}
END_TEST

static const struct host_inventory *inventory(void)
{
    static struct cidr loopback = {{IP_V4, {127, 0, 0, 1}}, 8};
    static struct cidr link[] = {{{IP_V4, {10, 7, 0, 1}}, 24},
                                 {{IP_V6, {0xfe, 0x80, [15] = 1}}, 64}};
    static struct cidr docker = {{IP_V4, {172, 17, 0, 1}}, 16};
    static const struct host_interface interfaces[] = {
        {.name = "cali12", .addresses = &docker, .address_count = 1},
        {.name = "docker0", .bridge = true, .addresses = &docker, .address_count = 1},
        {.name = "ens1", .addresses = link, .address_count = 2},
        {.name = "ens2", .master = "bond0"},
        {.name = "lo", .loopback = true, .addresses = &loopback, .address_count = 1},
    };
    struct host_inventory *ret = arena_new_of(arena, struct host_inventory);
    struct host_node *known = vec_add(arena, ret);
    known->name = "n1";
    for (size_t i = 0; i < ARRAY_COUNT(interfaces); i++) {
        vec_push(arena, known, interfaces[i]);
    }
    return ret;
}

// What the host has now stands above what its object said once; what every host has is left out.
START_TEST(inventory_is_newer)
{
    const char *text =
        join(fleet("autoCreate: Enabled, templates: [{generateName: t, interfacePattern: \".*\"}]"),
             node("n1", "", "interfaces: [{name: old, addresses: [10.6.0.1]}]"), NULL);
    ck_assert_str_eq(hosts_text(model_with(text, "n1", inventory())),
                     "n1-auto-hep@n1:*,10.6.0.1,10.7.0.1 n1-t-ens1-auto-hep@n1:ens1,10.7.0.1");
    ck_assert_str_eq(hosts_text(model_with(text, "n1", NULL)),
                     "n1-auto-hep@n1:*,10.6.0.1 n1-t-old-auto-hep@n1:old,10.6.0.1");
    ck_assert_str_eq(codes(), "");
}
END_TEST

START_TEST(missing_nodes_are_made)
{
    const char *config =
        fleet("autoCreate: Enabled, templates: [{generateName: t, interfacePattern: \".*\"}]");
    const struct model *model = model_with(config, "n1", inventory());
    ck_assert_str_eq(hosts_text(model),
                     "n1-auto-hep@n1:*,10.7.0.1 n1-t-ens1-auto-hep@n1:ens1,10.7.0.1");
    ck_assert_str_eq(labels_text(&model->hosts.items[0].labels),
                     "kubernetes.io/hostname=n1 "
                     "projectcalico.org/created-by=calico-kube-controllers");
    ck_assert_str_eq(codes(), "");
    ck_assert_str_eq(hosts_text(model_of(config, "n1")), "n1-auto-hep@n1:*");
    ck_assert_str_eq(codes(), "W046");
    // Among nodes with objects it may be a slip.
    model = model_of(join(config, node("n2", "", ""), NULL), "n1");
    ck_assert_str_eq(hosts_text(model), "n1-auto-hep@n1:* n2-auto-hep@n2:*");
    ck_assert_str_eq(codes(), "W045 W046");
    ck_assert_uint_eq(model->local_endpoints, 1);
    // A run for all nodes has no node that could be missing.
    ck_assert_str_eq(hosts_text(model_of(config, NULL)), "");
    bool is_short;
    model_of(join(config, node("n2", "", ""), NULL), NULL);
    ck_assert_str_eq(model_choose_node(arena, resources, NULL, "n2.example.com", &is_short), "n2");
}
END_TEST

START_TEST(written_ones_stay)
{
    const struct model *model = model_of(join(fleet("autoCreate: Enabled"), node("n1", "", ""),
                                              thing("HostEndpoint", "", "n1-auto-hep", "mine: \"\"",
                                                    "node: n1, interfaceName: eth0"),
                                              NULL),
                                         NULL);
    ck_assert_str_eq(hosts_text(model), "n1-auto-hep@n1:eth0");
}
END_TEST

START_TEST(long_names_are_hashed)
{
    char name[201];
    memset(name, 'n', sizeof name);
    name[200] = '\0';
    const char *config = fleet(arena_printf(arena,
                                            "autoCreate: Enabled, templates: [{generateName: %s, "
                                            "interfaceCIDRs: [10.0.0.0/8]}]",
                                            name));
    const struct model *model =
        model_of(join(config, node(name, "", "bgp: {ipv4Address: 10.0.0.1}"), NULL), NULL);
    ck_assert_uint_eq(model->hosts.count, 2);
    for (size_t i = 0; i < model->hosts.count; i++) {
        size_t length = strlen(model->hosts.items[i].res->meta.name);
        ck_assert(length == 200 + strlen("-auto-hep") || length == 64 + strlen("-auto-hep"));
    }
}
END_TEST

UNIT_TESTS("resolve fleet", who_is_made, labels_and_profile, nodes_of_both_kinds_are_one,
           inventory_is_newer, missing_nodes_are_made, written_ones_stay, long_names_are_hashed)
