// SPDX-License-Identifier: GPL-2.0-or-later
// Which host endpoint governs which interface (semantics.md 6.1; catalogue 118, 119, 120), bridges in front of workloads.
#include "resolve/model_helper.h"

static struct cidr net_of(const char *text)
{
    struct cidr cidr;
    const char *slash = strchr(text, '/');
    ck_assert_int_eq(ip_addr_parse(text, (size_t)(slash - text), &cidr.addr), ADDR_OK);
    cidr.bits = (uint8_t)atoi(slash + 1);
    return cidr;
}

// lo; eth0 10.0.0.1, fd00::1; eth1 10.0.1.1; eth2 and bond0; br0 with tap0 and tap1; cali1; on node n1.
static const struct host_inventory *inventory(void)
{
    static const struct {
        const char *name, *master;
        bool loopback, bridge;
        const char *addresses[2];
    } rows[] = {
        {"bond0", NULL, false, false, {"10.0.2.1/24"}},
        {"br0", NULL, false, true, {"10.0.3.1/24"}},
        {"cali1", NULL, false, false, {NULL}},
        {"eth0", NULL, false, false, {"10.0.0.1/24", "fd00::1/64"}},
        {"eth1", NULL, false, false, {"10.0.1.1/24"}},
        {"eth2", "bond0", false, false, {NULL}},
        {"lo", NULL, true, false, {"127.0.0.1/8"}},
        {"tap0", "br0", false, false, {NULL}},
        {"tap1", "br0", false, false, {NULL}},
    };
    struct host_inventory *ret = arena_new_of(arena, struct host_inventory);
    struct host_node *node = vec_add(arena, ret);
    node->name = "n1";
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct host_interface *interface = vec_add(arena, node);
        *interface = (struct host_interface){.name = rows[i].name,
                                             .loopback = rows[i].loopback,
                                             .bridge = rows[i].bridge,
                                             .master = rows[i].master,
                                             .addresses = arena_array_of(arena, struct cidr, 2)};
        for (size_t j = 0; j < 2 && rows[i].addresses[j] != NULL; j++) {
            interface->addresses[interface->address_count++] = net_of(rows[i].addresses[j]);
        }
    }
    return ret;
}

static const char *hep(const char *name, const char *spec)
{
    return thing("HostEndpoint", "", name, "", arena_printf(arena, "node: n1, %s", spec));
}

// "eth0=a eth1=b": each interface with the host endpoint that governs it, others left out.
static const char *governed(const struct model *model)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const struct model_interface *interface = &model->interfaces.items[i];
        if (interface->host >= 0) {
            strbuf_addf(&text, "%s%s=%s", text.length > 0 ? " " : "", interface->name,
                        model->hosts.items[interface->host].res->meta.name);
        }
    }
    return strbuf_text(&text);
}

static const char *interfaces_text(const struct model_host *host)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, host->all_interfaces ? "*" : "");
    for (size_t i = 0; i < host->interfaces.count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", host->interfaces.items[i]);
    }
    return strbuf_text(&text);
}

struct govern_case {
    const char *hosts[4]; // name, spec, name, spec
    const char *governed; // with the inventory
    const char *codes;
    const char *alone; // interfaces of the two, without an inventory
    const char *alone_codes;
};

static const struct govern_case cases[] = {
    {{"a", "interfaceName: eth0"}, "eth0=a", "", "eth0", ""},
    {{"a", "expectedIPs: [10.0.0.1]"}, "eth0=a", "", "", "W041"},
    {{"a", "expectedIPs: [\"fd00::1\", 10.0.1.1]"}, "eth0=a eth1=a", "", "", "W041"},
    {{"a", "expectedIPs: [10.0.0.2]"}, "", "W042", "", "W041"},
    // An address of the link's network is not an address of the interface.
    {{"a", "expectedIPs: [10.0.0.0]"}, "", "W042", "", "W041"},
    // 118: by address has no less right than by name.
    {{"b", "interfaceName: eth0", "a", "expectedIPs: [10.0.0.1]"},
     "eth0=a",
     "W044",
     "|eth0",
     "W041"},
    {{"a", "interfaceName: eth0", "b", "expectedIPs: [10.0.0.1]"},
     "eth0=a",
     "W044",
     "eth0|",
     "W041"},
    // 119: one with a name is never matched by address.
    {{"a", "interfaceName: eth1, expectedIPs: [10.0.0.1]"}, "eth1=a", "", "eth1", ""},
    {{"a", "interfaceName: eth0", "b", "interfaceName: eth0"}, "eth0=a", "W044", "eth0|", "W044"},
    // 120: the one for all gets the rest.
    {{"all", "interfaceName: \"*\"", "z", "interfaceName: eth0"},
     "bond0=all br0=all cali1=all eth0=z eth1=all eth2=all tap0=all tap1=all",
     "",
     "*|eth0",
     ""},
    {{"all", "interfaceName: \"*\"", "alm", "interfaceName: \"*\""},
     "bond0=all br0=all cali1=all eth0=all eth1=all eth2=all tap0=all tap1=all",
     "W044",
     "*|",
     "W044"},
    {{"a", "interfaceName: lo"}, "", "W044", "", "W044"},
    {{"a", "expectedIPs: [127.0.0.1]"}, "", "W044", "", "W041"},
    {{"a", "interfaceName: cali1"}, "", "W044", "cali1", ""},
    {{"a", "interfaceName: eth2"}, "", "W044", "eth2", ""},
    {{"a", "interfaceName: bond0"}, "bond0=a", "", "bond0", ""},
    // Not there now: it is governed as soon as it comes.
    {{"a", "interfaceName: eth9"}, "", "W048", "eth9", ""},
    {{"a", "interfaceName: eth9", "b", "interfaceName: eth9"}, "", "W048 W044", "eth9|", "W044"},
};

START_TEST(who_governs)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct govern_case *test = &cases[i];
        bool two = test->hosts[2] != NULL;
        const char *text = join(hep(test->hosts[0], test->hosts[1]),
                                two ? hep(test->hosts[2], test->hosts[3]) : "", NULL);
        const struct model *model = model_with(text, "n1", inventory());
        ck_assert_msg(strcmp(governed(model), test->governed) == 0 &&
                          strcmp(codes(), test->codes) == 0,
                      "case %zu: expected <%s> %s, got <%s>:\n%s", i, test->governed, test->codes,
                      governed(model), printed(false));
        ck_assert_uint_eq(model->interfaces.count, 9);
        model = model_of(text, "n1");
        const char *found = interfaces_text(&model->hosts.items[0]);
        if (two) {
            found = arena_printf(arena, "%s|%s", found, interfaces_text(&model->hosts.items[1]));
        }
        ck_assert_msg(strcmp(found, test->alone) == 0 && strcmp(codes(), test->alone_codes) == 0,
                      "case %zu alone: expected <%s> %s, got <%s>:\n%s", i, test->alone,
                      test->alone_codes, found, printed(false));
        ck_assert_uint_eq(model->interfaces.count, 0);
        // A run for all nodes expects no inventory, so nothing is said of addresses.
        model_of(text, NULL);
        ck_assert_ptr_null(strstr(codes(), "W041"));
    }
}
END_TEST

START_TEST(missing_interface_is_governed_by_name)
{
    const struct model *model = model_with(hep("a", "interfaceName: eth9"), "n1", inventory());
    ck_assert_str_eq(interfaces_text(host_of(model, "a")), "eth9");
    ck_assert_ptr_nonnull(strstr(printed(false), "n1 has no interface \"eth9\""));
}
END_TEST

START_TEST(other_nodes_have_no_say)
{
    const char *text = join(thing("HostEndpoint", "", "a", "", "node: n2, interfaceName: eth0"),
                            thing("HostEndpoint", "", "all", "", "node: n2, interfaceName: \"*\""),
                            hep("b", "interfaceName: eth0"), NULL);
    ck_assert_str_eq(governed(model_with(text, NULL, inventory())), "eth0=b");
    ck_assert_str_eq(codes(), "");
    ck_assert_str_eq(governed(model_with(text, "n1", inventory())), "eth0=b");
    ck_assert_uint_eq(model_with(text, "n2", inventory())->interfaces.count, 0);
}
END_TEST

START_TEST(bridges_stand_before_their_ports)
{
    const char *text =
        join(workload("a", "guest", "", "10.0.3.7/32", "interfaceName: tap0"),
             workload("a", "guest2", "", "10.0.3.8/32", "interfaceName: tap1"),
             workload("a", "plain", "", "10.0.9.7/32", "interfaceName: eth1"),
             workload("a", "slave", "", "10.0.9.8/32", "interfaceName: eth2"),
             workload("a", "gone", "", "10.0.9.9/32", "interfaceName: tap9"),
             workload("a", "none", "", "10.0.9.10/32", ""), hep("a", "interfaceName: br0"),
             hep("b", "interfaceName: tap0"), hep("c", "interfaceName: eth1"), NULL);
    const struct model *model = model_with(text, "n1", inventory());
    ck_assert_str_eq(endpoint_of(model, "wep/a/guest")->interface, "br0");
    ck_assert_str_eq(endpoint_of(model, "wep/a/guest")->port, "tap0");
    ck_assert_str_eq(endpoint_of(model, "wep/a/plain")->interface, "eth1");
    ck_assert_ptr_null(endpoint_of(model, "wep/a/plain")->port);
    // Only bridges hide a port behind an interface of the same network.
    ck_assert_str_eq(endpoint_of(model, "wep/a/slave")->interface, "eth2");
    ck_assert_str_eq(endpoint_of(model, "wep/a/gone")->interface, "tap9");
    ck_assert_ptr_null(endpoint_of(model, "wep/a/none")->interface);
    // What belongs to workloads is governed by no named host endpoint.
    ck_assert_str_eq(governed(model), "");
    ck_assert_str_eq(codes(), "W044 W044 W044");
    ck_assert_str_eq(endpoint_of(model, "wep/a/guest")->bridge, "br0");
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const struct model_interface *interface = &model->interfaces.items[i];
        bool expected =
            strcmp(interface->name, "br0") == 0 || strncmp(interface->name, "tap", 3) == 0 ||
            strcmp(interface->name, "eth1") == 0 || strcmp(interface->name, "eth2") == 0 ||
            strcmp(interface->name, "cali1") == 0;
        ck_assert_msg(interface->workload == expected, "%s", interface->name);
    }
}
END_TEST

// tap1 is nobody's: whatever is behind it is a neighbour, not a spoofed workload, and br0 is an interface like others.
START_TEST(a_bridge_with_other_ports_is_no_workload_interface)
{
    const char *text = join(workload("a", "guest", "", "10.0.3.7/32", "interfaceName: tap0"),
                            hep("a", "interfaceName: br0"), NULL);
    const struct model *model = model_with(text, "n1", inventory());
    const struct model_endpoint *guest = endpoint_of(model, "wep/a/guest");
    ck_assert_ptr_null(guest->interface);
    ck_assert_str_eq(guest->bridge, "br0");
    ck_assert_str_eq(guest->port, "tap0");
    ck_assert_str_eq(governed(model), "br0=a");
    ck_assert_str_eq(codes(), "W047");
}
END_TEST

// A port that is named as workloads' are is a workload's, though without an endpoint.
START_TEST(workload_ports_do_not_open_a_bridge)
{
    const char *text =
        join(workload("a", "guest", "", "10.0.3.7/32", "interfaceName: tap0"),
             thing("FelixConfiguration", "", "default", "", "interfacePrefix: tap"), NULL);
    const struct model *model = model_with(text, "n1", inventory());
    ck_assert_str_eq(endpoint_of(model, "wep/a/guest")->interface, "br0");
    ck_assert_str_eq(codes(), "");
}
END_TEST

// An endpoint may name the bridge instead of its port: it has one of the ports, whichever.
START_TEST(endpoints_may_name_the_bridge)
{
    const char *one = workload("a", "one", "", "10.0.3.7/32", "interfaceName: br0");
    const char *two = workload("a", "two", "", "10.0.3.8/32", "interfaceName: br0");
    const struct model *model = model_with(join(one, two, NULL), "n1", inventory());
    ck_assert_str_eq(endpoint_of(model, "wep/a/one")->interface, "br0");
    ck_assert_str_eq(endpoint_of(model, "wep/a/one")->bridge, "br0");
    ck_assert_ptr_null(endpoint_of(model, "wep/a/one")->port);
    ck_assert_str_eq(codes(), "");
    model = model_with(join(one, hep("h", "interfaceName: br0"), NULL), "n1", inventory());
    ck_assert_ptr_null(endpoint_of(model, "wep/a/one")->interface);
    ck_assert_str_eq(endpoint_of(model, "wep/a/one")->bridge, "br0");
    ck_assert_str_eq(governed(model), "br0=h");
    ck_assert_str_eq(codes(), "W047");
}
END_TEST

// With a device each they could be told apart; as ports of one bridge they cannot.
START_TEST(addresses_collide_behind_a_bridge)
{
    static const struct {
        const char *first, *second, *codes;
    } pairs[] = {
        {"interfaceName: tap0", "interfaceName: tap1", "P060"},
        {"interfaceName: tap0", "interfaceName: br0", "P060"},
        {"interfaceName: eth0", "interfaceName: eth1", ""},
        // Behind a bridge with other ports they are known by address alone.
        {"interfaceName: tap0", "interfaceName: eth1", "W047 P060"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
        model_with(join(workload("a", "one", "", "10.0.3.7/32", pairs[i].first),
                        workload("a", "two", "", "10.0.3.7/32", pairs[i].second), NULL),
                   "n1", inventory());
        ck_assert_msg(strcmp(codes(), pairs[i].codes) == 0, "case %zu: expected <%s>, got:\n%s", i,
                      pairs[i].codes, printed(false));
        model_of(join(workload("a", "one", "", "10.0.3.7/32", pairs[i].first),
                      workload("a", "two", "", "10.0.3.7/32", pairs[i].second), NULL),
                 "n1");
        ck_assert_str_eq(codes(), "");
    }
}
END_TEST

// What a pod's device is called only the host knows: Calico's name counts where there is such a device.
START_TEST(pods_are_behind_calicos_device)
{
    static const char pods[] =
        "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {nodeName: n1}, "
        "status: {podIP: 10.0.3.7}}\n---\n"
        "{apiVersion: v1, kind: Pod, metadata: {name: other, namespace: shop}, spec: {nodeName: n1}, "
        "status: {podIP: 10.0.3.8}}\n---\n"
        "{apiVersion: v1, kind: Pod, metadata: {name: own, namespace: shop, annotations: "
        "{polc.io/interface: tap9}}, spec: {nodeName: n1}, status: {podIP: 10.0.3.9}}\n---\n";
    struct host_inventory *known = (struct host_inventory *)inventory();
    known->items[0].items[2].name = "cali551b05c3e54"; // of shop.web
    const struct model *model = model_with(pods, "n1", known);
    ck_assert_str_eq(endpoint_of(model, "wep/shop/web")->interface, "cali551b05c3e54");
    ck_assert_ptr_null(endpoint_of(model, "wep/shop/other")->interface);
    ck_assert_str_eq(endpoint_of(model, "wep/shop/own")->interface, "tap9");
    ck_assert_ptr_null(endpoint_of(model_of(pods, "n1"), "wep/shop/web")->interface);
    // Of a WorkloadEndpoint that names no interface nothing is guessed.
    const char *wep = workload("shop", "web", "", "10.0.3.7/32", "pod: web, orchestrator: k8s");
    ck_assert_ptr_null(endpoint_of(model_with(wep, "n1", known), "wep/shop/web")->interface);
}
END_TEST

UNIT_TESTS("resolve interfaces", pods_are_behind_calicos_device, who_governs,
           missing_interface_is_governed_by_name, other_nodes_have_no_say,
           bridges_stand_before_their_ports, a_bridge_with_other_ports_is_no_workload_interface,
           workload_ports_do_not_open_a_bridge, endpoints_may_name_the_bridge,
           addresses_collide_behind_a_bridge)
