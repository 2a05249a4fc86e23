// SPDX-License-Identifier: GPL-2.0-or-later
// Services of rules: where their backends come from, and what a side of a rule then is (semantics.md 3.7; catalogue 79 to
// 82).
#include "resolve/model_helper.h"

#include <stdlib.h>

#define POD(ns, name, app, address, ports)                                                         \
    "{apiVersion: v1, kind: Pod, metadata: {name: " name ", namespace: " ns ", labels: {app: " app \
    "}}, spec: {nodeName: n1, containers: [{ports: [" ports "]}]}, status: {podIPs: [" address     \
    "]}}\n---\n"
#define SLICE(ns, name, service, rest)                                                             \
    "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " name                \
    ", namespace: " ns ", labels: {kubernetes.io/service-name: " service "}}, " rest "}\n---\n"
#define ENDPOINTS(ns, name, rest)                                                                  \
    "{apiVersion: v1, kind: Endpoints, metadata: {name: " name ", namespace: " ns "}, " rest       \
    "}\n---\n"
#define SERVICE(ns, name, spec)                                                                    \
    "{apiVersion: v1, kind: Service, metadata: {name: " name ", namespace: " ns "}, spec: {" spec  \
    "}}\n---\n"

static const struct model_service *service_of(const char *text, const char *ns, const char *name)
{
    const struct model_service *service = model_find_service(model_of(text, NULL), ns, name);
    ck_assert_msg(service != NULL, "no service %s/%s", ns, name);
    return service;
}

// "10.0.0.1 10.0.0.2; 10.0.0.1/6/80": addresses and triples.
static const char *backends_text(const struct model_service *service)
{
    struct model_ipset addresses = {.members = service->addresses};
    struct model_ipset ports = {.ports = service->ports, .port_count = service->port_count};
    return arena_printf(arena, "%s; %s", members_text(&addresses), members_text(&ports));
}

static const char pods[] = POD("a", "one", "web", "{ip: 10.0.0.1}, {ip: 'fd00::1'}",
                               "{name: http, containerPort: 8080}, "
                               "{name: dns, containerPort: 53, protocol: UDP}")
    POD("a", "two", "web", "{ip: 10.0.0.2}", "{name: http, containerPort: 80}")
        POD("a", "three", "db", "{ip: 10.0.0.3}", "")
            POD("b", "four", "web", "{ip: 10.0.0.4}", "{name: http, containerPort: 80}");

START_TEST(backends)
{
    static const struct {
        const char *name, *objects, *expected;
        enum model_service_origin origin;
    } cases[] = {
        {"81, 82: ready or not; a port without a number",
         SLICE("a", "s1", "s",
               "endpoints: [{addresses: [10.1.0.2], conditions: {ready: false}}, {addresses: "
               "[10.1.0.1]}], ports: [{port: 80}, {name: x}, {port: 53, protocol: UDP}]"),
         "10.1.0.1 10.1.0.2; 10.1.0.1/6/80 10.1.0.1/17/53 10.1.0.2/6/80 10.1.0.2/17/53",
         MODEL_FROM_SLICES},
        {"no ports: addresses alone", SLICE("a", "s1", "s", "endpoints: [{addresses: [10.1.0.1]}]"),
         "10.1.0.1; ", MODEL_FROM_SLICES},
        {"slices add up, each with its own ports",
         SLICE("a", "s1", "s", "endpoints: [{addresses: [10.1.0.1]}], ports: [{port: 1}]")
             SLICE("a", "s2", "s",
                   "addressType: IPv6, endpoints: [{addresses: ['fd00::9']}], ports: [{port: 2}]")
                 SLICE("a", "s3", "s",
                       "addressType: FQDN, endpoints: [{addresses: [x.org]}], ports: [{port: 3}]"),
         "10.1.0.1 fd00::9; 10.1.0.1/6/1 fd00::9/6/2", MODEL_FROM_SLICES},
        {"slices of another namespace or service do not count",
         SLICE("a", "s1", "s", "endpoints: [{addresses: [10.1.0.1]}], ports: [{port: 1}]")
             SLICE("b", "s1", "s", "endpoints: [{addresses: [10.1.0.2]}], ports: [{port: 1}]")
                 SLICE("a", "s2", "t", "endpoints: [{addresses: [10.1.0.3]}], ports: [{port: 1}]"),
         "10.1.0.1; 10.1.0.1/6/1", MODEL_FROM_SLICES},
        {"slices before endpoints before the selector",
         SERVICE("a", "s", "selector: {app: web}, ports: [{port: 80}]")
             ENDPOINTS("a", "s", "subsets: [{addresses: [{ip: 10.2.0.1}], ports: [{port: 1}]}]")
                 SLICE("a", "s1", "s", "endpoints: [{addresses: [10.1.0.1]}], ports: [{port: 1}]"),
         "10.1.0.1; 10.1.0.1/6/1", MODEL_FROM_SLICES},
        {"an empty slice is a slice",
         SERVICE("a", "s", "selector: {app: web}, ports: [{port: 80}]")
             SLICE("a", "s1", "s", "endpoints: []"),
         "; ", MODEL_FROM_SLICES},
        {"endpoints before the selector; subsets apart",
         SERVICE("a", "s", "selector: {app: web}, ports: [{port: 80}]") ENDPOINTS(
             "a", "s",
             "subsets: [{addresses: [{ip: 10.2.0.1}], notReadyAddresses: [{ip: 10.2.0.2}], "
             "ports: [{port: 1}]}, {addresses: [{ip: 10.2.0.3}], ports: [{port: 2, protocol: SCTP}]}]"),
         "10.2.0.1 10.2.0.2 10.2.0.3; 10.2.0.1/6/1 10.2.0.2/6/1 10.2.0.3/132/2",
         MODEL_FROM_ENDPOINTS},
        {"target by number, and as the port",
         SERVICE("a", "s",
                 "selector: {app: web}, ports: [{port: 80, targetPort: 8000}, {port: 9}]"),
         "10.0.0.1 10.0.0.2 fd00::1; 10.0.0.1/6/9 10.0.0.1/6/8000 10.0.0.2/6/9 10.0.0.2/6/8000 "
         "fd00::1/6/9 fd00::1/6/8000",
         MODEL_FROM_SELECTOR},
        {"target by name, in the protocol of the port",
         SERVICE("a", "s",
                 "selector: {app: web}, ports: [{port: 80, targetPort: http}, {port: 53, protocol: "
                 "UDP, targetPort: dns}, {port: 54, targetPort: dns}]"),
         "10.0.0.1 10.0.0.2 fd00::1; 10.0.0.1/6/8080 10.0.0.1/17/53 10.0.0.2/6/80 fd00::1/6/8080 "
         "fd00::1/17/53",
         MODEL_FROM_SELECTOR},
        {"no selector selects nothing", SERVICE("a", "s", "selector: {}, ports: [{port: 80}]"),
         "; ", MODEL_FROM_NOTHING},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model_service *service =
            service_of(join(pods, cases[i].objects, NULL), "a", "s");
        const char *found = backends_text(service);
        ck_assert_msg(strcmp(found, cases[i].expected) == 0, "%s: expected <%s>, got <%s>",
                      cases[i].name, cases[i].expected, found);
        ck_assert_msg(service->origin == cases[i].origin, "%s: from %u", cases[i].name,
                      service->origin);
    }
}
END_TEST

// The order of ids differs from that of namespaces where one is the beginning of another.
START_TEST(finds_services)
{
    const char *text =
        SERVICE("a-b", "s", "") SERVICE("a", "s", "") SERVICE("a", "t", "") SERVICE("b", "s", "");
    text = join(text, SERVICE("a-b", "r", ""), NULL);
    static const char *const known[][2] = {
        {"a", "s"}, {"a", "t"}, {"a-b", "r"}, {"a-b", "s"}, {"b", "s"}};
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        const struct model_service *service = service_of(text, known[i][0], known[i][1]);
        ck_assert_str_eq(service->ns, known[i][0]);
        ck_assert_str_eq(service->name, known[i][1]);
        ck_assert_str_eq(service->id, arena_printf(arena, "svc/%s/%s", known[i][0], known[i][1]));
    }
    ck_assert_ptr_null(model_find_service(model_of(text, NULL), "a", "r"));
    ck_assert_ptr_null(model_find_service(model_of("", NULL), "a", "s"));
}
END_TEST

static const struct model_rule *rule_of(const struct model *model, int direction)
{
    const struct model_policy *policy = policy_of(model, "np/a/p");
    ck_assert_uint_eq(policy->rules[direction].count, 1);
    return &policy->rules[direction].items[0];
}

static const struct model *with_rules(const char *spec)
{
    return model_of(
        join(pods, SERVICE("a", "s", "selector: {app: web}, ports: [{port: 80, targetPort: http}]"),
             thing("NetworkPolicy", "a", "p", "", spec), NULL),
        NULL);
}

START_TEST(sides_of_rules)
{
    const struct model *model = with_rules(
        "egress: [{action: Allow, destination: {services: {name: s, namespace: a}}}], ingress: "
        "[{action: Allow, protocol: TCP, source: {services: {name: s, namespace: a}, ports: [http, "
        "7], notPorts: [http]}}]");
    const struct model_side *out = &rule_of(model, MODEL_OUT)->destination;
    ck_assert_str_eq(set_name(model, out->named_ports), "service a/s");
    ck_assert_str_eq(members_text(set_of(model, "service a/s")),
                     "10.0.0.1/6/8080 10.0.0.2/6/80 fd00::1/6/8080");
    ck_assert_str_eq(set_name(model, out->ipset), "-");
    const struct model_side *in = &rule_of(model, MODEL_IN)->source;
    ck_assert_str_eq(set_name(model, in->ipset), "addresses of service a/s");
    ck_assert_str_eq(members_text(set_of(model, "addresses of service a/s")),
                     "10.0.0.1 10.0.0.2 fd00::1");
    // Ports by name are those of the service's backends: the pod of namespace b is none.
    const char *named = "port http/TCP of all() within addresses of service a/s";
    ck_assert_str_eq(set_name(model, in->named_ports), named);
    ck_assert_int_eq(in->not_named_ports, in->named_ports);
    ck_assert_str_eq(members_text(set_of(model, named)),
                     "10.0.0.1/6/8080 10.0.0.2/6/80 fd00::1/6/8080");
}
END_TEST

START_TEST(namespace_of_the_policy) // 79
{
    const struct model *model =
        with_rules("egress: [{action: Allow, destination: {services: {name: s}}}]");
    ck_assert_str_eq(set_name(model, rule_of(model, MODEL_OUT)->destination.named_ports),
                     "service a/s");
    model = with_rules("egress: [{action: Allow, destination: {services: {name: nothing}}}]");
    const struct model_side *side = &rule_of(model, MODEL_OUT)->destination;
    ck_assert_str_eq(set_name(model, side->named_ports), "service a/nothing");
    ck_assert_str_eq(members_text(set_of(model, "service a/nothing")), "");
}
END_TEST

// ---- many services and workloads in one namespace -----------------------------------------------------------------

enum { PODS = 60, SERVICES = 40, LABELS = 3 };

static const char *const values[LABELS] = {"x", "y", "z"};

static int below(int limit)
{
    return rand() % limit;
}

// "a: x, b: y", each key but with one chance in `absent`; digits 0 for absent, else 1 + value.
static const char *random_labels(int absent, int *ret)
{
    struct strbuf text = {.arena = arena};
    for (int i = 0; i < LABELS; i++) {
        ret[i] = below(absent) == 0 ? 0 : 1 + below(LABELS);
        if (ret[i] > 0) {
            strbuf_addf(&text, "%c: %s,", 'a' + i, values[ret[i] - 1]);
        }
    }
    return strbuf_text(&text);
}

static bool selected(const int *wanted, const int *has)
{
    bool any = false;
    for (int i = 0; i < LABELS; i++) {
        if (wanted[i] != 0 && wanted[i] != has[i]) {
            return false;
        }
        any |= wanted[i] != 0;
    }
    return any;
}

START_TEST(services_select_what_a_walk_does)
{
    int pod_labels[PODS][LABELS], wanted[SERVICES][LABELS];
    struct strbuf text = {.arena = arena};
    srand(7);
    for (int i = 0; i < PODS; i++) {
        const char *labels = random_labels(4, pod_labels[i]);
        strbuf_addf(&text,
                    "{apiVersion: v1, kind: Pod, metadata: {name: p%d, namespace: a, labels: {%s}},"
                    " spec: {nodeName: n1}, status: {podIP: 10.0.0.%d}}\n---\n",
                    i, labels, i + 1);
    }
    for (int i = 0; i < SERVICES; i++) {
        const char *labels = random_labels(2, wanted[i]);
        strbuf_addf(&text,
                    "{apiVersion: v1, kind: Service, metadata: {name: s%d, namespace: a}, "
                    "spec: {selector: {%s}, ports: [{port: 80}]}}\n---\n",
                    i, labels);
    }
    const struct model *model = model_of(strbuf_text(&text), NULL);
    for (int i = 0; i < SERVICES; i++) {
        const struct model_service *service =
            model_find_service(model, "a", arena_printf(arena, "s%d", i));
        size_t expected = 0;
        for (int j = 0; j < PODS; j++) {
            struct ip_addr addr = {IP_V4, {10, 0, 0, (uint8_t)(j + 1)}};
            bool here = selected(wanted[i], pod_labels[j]);
            expected += here;
            ck_assert_msg(cidrset_contains_addr(&service->addresses, addr) == here, "s%d, p%d", i,
                          j);
        }
        ck_assert_uint_eq(service->port_count, expected);
    }
}
END_TEST

UNIT_TESTS("resolve/services", backends, finds_services, sides_of_rules, namespace_of_the_policy,
           services_select_what_a_walk_does)
