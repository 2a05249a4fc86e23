// SPDX-License-Identifier: GPL-2.0-or-later
// Whose DNS answers are believed: named by address or as a service, or nobody named (semantics.md 8.3).
#include "model_helper.h"

#define FELIX(name, servers)                                                                       \
    "{apiVersion: projectcalico.org/v3, kind: FelixConfiguration, metadata: {name: " name          \
    "}, spec: {dnsTrustedServers: [" servers "]}}\n---\n"
#define SERVICE(ns, name, spec)                                                                    \
    "{apiVersion: v1, kind: Service, metadata: {namespace: " ns ", name: " name "}, spec: {" spec  \
    "}}\n---\n"
#define SLICE(ns, service, addresses, ports)                                                       \
    "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {namespace: " ns             \
    ", name: s1, labels: {kubernetes.io/service-name: " service                                    \
    "}}, addressType: IPv4, endpoints: [{addresses: [" addresses "]}], ports: [" ports "]}\n---\n"

#define DNS_PORTS                                                                                  \
    "{port: 53, protocol: UDP, name: dns}, {port: 53, protocol: TCP, name: dns-tcp}, {port: 9153}"
#define KUBE_DNS                                                                                   \
    SERVICE("kube-system", "kube-dns", "clusterIP: 10.96.0.10, ports: [" DNS_PORTS "]")            \
    SLICE("kube-system", "kube-dns", "10.0.0.2, 10.0.0.3", DNS_PORTS)

static const char *servers_text(const struct model_settings *settings)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < settings->dns_servers.count; i++) {
        const struct ip_port *server = &settings->dns_servers.items[i];
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "",
                    ip_port_text(server->addr, server->port, buffer));
    }
    return strbuf_text(&text);
}

// Nameservers 192.0.2.53 and 127.0.0.53 for node n1, nothing of others.
static struct host_inventory host_of_n1(void)
{
    static struct ip_addr addresses[] = {{IP_V4, {192, 0, 2, 53}}, {IP_V4, {127, 0, 0, 53}}};
    static struct host_node node = {.name = "n1"};
    node.nameservers.items = addresses;
    node.nameservers.count = ARRAY_COUNT(addresses);
    return (struct host_inventory){.items = &node, .count = 1};
}

START_TEST(servers_of_a_host)
{
    static const struct {
        const char *text, *servers;
    } cases[] = {
        {"", "127.0.0.53:53 192.0.2.53:53"},
        {KUBE_DNS, "10.0.0.2:53 10.0.0.3:53 10.96.0.10:53 127.0.0.53:53 192.0.2.53:53"},
        // Whatever is named takes the place of all of them, nothing as well.
        {KUBE_DNS FELIX("default", "10.1.0.1, '10.1.0.1:5353', '[fd00::1]:53', 10.1.0.1"),
         "10.1.0.1:53 10.1.0.1:5353 [fd00::1]:53"},
        {KUBE_DNS FELIX("default", ""), ""},
        {FELIX("default", "10.1.0.1") FELIX("node.n1", "10.1.0.2"), "10.1.0.2:53"},
        {FELIX("default", "10.1.0.1") FELIX("node.n2", "10.1.0.2"), "10.1.0.1:53"},
        {KUBE_DNS FELIX("default", "'k8s-service:kube-dns'"),
         "10.0.0.2:53 10.0.0.3:53 10.96.0.10:53"},
        {KUBE_DNS FELIX("default", "'k8s-service:kube-dns:5300'"),
         "10.0.0.2:53 10.0.0.3:53 10.96.0.10:5300"},
        {KUBE_DNS FELIX("default", "'k8s-service:dns/kube-dns', 10.1.0.1"), "10.1.0.1:53"},
        {SERVICE("dns", "own",
                 "clusterIPs: [10.96.0.11, 'fd00::b'], ports: [{port: 5353, protocol: UDP}]")
             FELIX("default", "'k8s-service:dns/own'"),
         "10.96.0.11:5353 [fd00::b]:5353"},
        {SERVICE("dns", "own", "clusterIP: None, ports: [{port: 53, protocol: UDP}]")
             SLICE("dns", "own", "10.0.0.9", "{port: 1053, protocol: UDP}")
                 FELIX("default", "'k8s-service:dns/own'"),
         "10.0.0.9:1053"},
    };
    struct host_inventory inventory = host_of_n1();
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model = model_with(cases[i].text, "n1", &inventory);
        ck_assert_str_eq(servers_text(&model->settings), cases[i].servers);
    }
}
END_TEST

// Of another machine nobody knows whom it asks.
START_TEST(servers_of_all_nodes)
{
    struct host_inventory inventory = host_of_n1();
    const struct model *model =
        model_with(KUBE_DNS FELIX("node.n2", "10.1.0.2") FELIX("node.n3", "'k8s-service:kube-dns'"),
                   NULL, &inventory);
    ck_assert_str_eq(servers_text(&model->settings), "10.0.0.2:53 10.0.0.3:53 10.96.0.10:53");
    ck_assert_uint_eq(model->node_settings.count, 2);
    ck_assert_str_eq(servers_text(&model->node_settings.items[0].settings), "10.1.0.2:53");
    ck_assert_str_eq(servers_text(&model->node_settings.items[1].settings),
                     "10.0.0.2:53 10.0.0.3:53 10.96.0.10:53");
    model = model_with("", "n2", &inventory);
    ck_assert_str_eq(servers_text(&model->settings), "");
}
END_TEST

UNIT_TESTS("dns servers", servers_of_a_host, servers_of_all_nodes)
