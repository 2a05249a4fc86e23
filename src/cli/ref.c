// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoint references on the model; see ref.h.
#include "ref.h"

#include <polc/dns.h>

struct finder {
    struct arena *arena;
    const struct model *model;
    const char *text; // without the port
    struct ref *ret;
    struct ref_problem *problem;
    bool domains;                // names in DNS count
    const struct dns_book *book; // of their addresses, or NULL
    size_t stand_in;             // see ref_find_destination
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct finder *finder,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finder->problem->message = arena_vprintf(finder->arena, format, args);
    va_end(args);
    return false;
}

// ---- ends -----------------------------------------------------------------------------------------------------

static void add_address(struct ref_end *end, struct ip_addr addr)
{
    for (size_t i = 0; i < end->address_count; i++) {
        if (end->addresses[i].family == addr.family) {
            return;
        }
    }
    end->addresses[end->address_count++] = addr;
}

static void add_nets(struct ref_end *end, const struct res_nets *nets)
{
    for (size_t i = 0; i < nets->count; i++) {
        add_address(end, nets->items[i].cidr.addr);
    }
}

// A label that tells it from others: one of those that people use for that, else the first of its own.
static const char *selector_of(struct arena *arena, const struct labels *labels)
{
    static const char *const telling[] = {"app", "app.kubernetes.io/name", "k8s-app", "name",
                                          "role"};
    for (size_t i = 0; i < ARRAY_COUNT(telling); i++) {
        const char *value = labels_get(labels, telling[i]);
        if (value != NULL) {
            return arena_printf(arena, "%s == \"%s\"", telling[i], value);
        }
    }
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];
        if (strncmp(label->key, "projectcalico.org/", strlen("projectcalico.org/")) != 0 &&
            strncmp(label->key, "pcns.", strlen("pcns.")) != 0 &&
            strncmp(label->key, "pcsa.", strlen("pcsa.")) != 0) {
            return arena_printf(arena, "%s == \"%s\"", label->key, label->value);
        }
    }
    return NULL;
}

static const char *workload_name(struct arena *arena, const struct model_endpoint *endpoint)
{
    return arena_printf(arena, "%s/%s", endpoint->res->meta.ns, endpoint->res->meta.name);
}

static void name_workload(struct arena *arena, const struct model_endpoint *endpoint,
                          struct ref_end *ret)
{
    ret->name = workload_name(arena, endpoint);
    ret->ns = arena_strdup(arena, endpoint->res->meta.ns);
    ret->selector = selector_of(arena, &endpoint->labels);
    ret->pod = strcmp(endpoint->res->orchestrator, "k8s") == 0;
}

static void add_workload(const struct finder *finder, const struct model_endpoint *endpoint)
{
    struct ref_end end = {0};
    name_workload(finder->arena, endpoint, &end);
    add_nets(&end, &endpoint->res->addresses);
    vec_push(finder->arena, &finder->ret->ends, end);
}

// Addresses of the interfaces that a host endpoint governs, or (number -1) of all interfaces of the node.
static void add_interfaces(const struct finder *finder, struct ref_end *end, const char *node,
                           int32_t number)
{
    for (size_t i = 0; i < finder->model->interfaces.count; i++) {
        const struct model_interface *interface = &finder->model->interfaces.items[i];
        bool here = interface->node == NULL || node == NULL || strcmp(interface->node, node) == 0;
        if (!here || interface->loopback || interface->workload ||
            (number >= 0 && interface->host != number)) {
            continue;
        }
        for (size_t j = 0; j < interface->address_count; j++) {
            add_address(end, interface->addresses[j].addr);
        }
    }
}

static void add_host(const struct finder *finder, size_t number)
{
    const struct model_host *host = &finder->model->hosts.items[number];
    struct ref_end end = {.name = arena_strdup(finder->arena, host->id),
                          .selector = selector_of(finder->arena, &host->labels)};
    add_nets(&end, &host->res->expected_ips);
    add_interfaces(finder, &end, host->res->node.text, (int32_t)number);
    vec_push(finder->arena, &finder->ret->ends, end);
}

// ---- addresses --------------------------------------------------------------------------------------------------

static bool in_a_set(const struct model *model, struct ip_addr addr)
{
    for (size_t i = 0; i < model->netsets.count; i++) {
        const struct res_nets *nets = &model->netsets.items[i].res->nets;
        for (size_t j = 0; j < nets->count; j++) {
            if (nets->items[j].cidr.bits > 0 && cidr_contains_addr(nets->items[j].cidr, addr)) {
                return true;
            }
        }
    }
    return false;
}

// Some address of the Internet that no network set names: of the ranges for documentation (RFC 5737, 3849), else anyone's.
static const struct ip_addr public_addresses[] = {
    {IP_V4, {203, 0, 113, 1}},
    {IP_V4, {198, 51, 100, 1}},
    {IP_V4, {192, 0, 2, 1}},
    {IP_V4, {9, 9, 9, 9}},
    {IP_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
    {IP_V6, {0x26, 0x20, 0, 0xfe, [15] = 0xfe}},
};

static void find_public(const struct finder *finder)
{
    struct ref_end end = {.name = "pub"};
    for (size_t i = 0; i < ARRAY_COUNT(public_addresses); i++) {
        if (!in_a_set(finder->model, public_addresses[i])) {
            add_address(&end, public_addresses[i]);
        }
    }
    add_address(&end, public_addresses[0]); // when sets name them all
    vec_push(finder->arena, &finder->ret->ends, end);
}

static bool has_address(const struct res_nets *nets, struct ip_addr addr)
{
    for (size_t i = 0; i < nets->count; i++) {
        if (ip_addr_compare(nets->items[i].cidr.addr, addr) == 0) {
            return true;
        }
    }
    return false;
}

// Whose address it is, as far as the input says.
static void name_address(const struct finder *finder, struct ip_addr addr, struct ref_end *ret)
{
    for (size_t i = 0; i < finder->model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &finder->model->endpoints.items[i];
        if (has_address(&endpoint->res->addresses, addr)) {
            name_workload(finder->arena, endpoint, ret);
            return;
        }
    }
    for (size_t i = 0; i < finder->model->hosts.count; i++) {
        const struct model_host *host = &finder->model->hosts.items[i];
        if (has_address(&host->res->expected_ips, addr)) {
            ret->name = arena_strdup(finder->arena, host->id);
            ret->selector = selector_of(finder->arena, &host->labels);
            return;
        }
    }
}

static void add_named_address(const struct finder *finder, struct ip_addr addr)
{
    char buffer[IP_TEXT_MAX];
    struct ref_end end = {0};
    name_address(finder, addr, &end);
    if (end.name == NULL) {
        end.name = arena_strdup(finder->arena, ip_addr_text(addr, buffer));
    }
    for (size_t i = 0; i < finder->ret->ends.count; i++) {
        if (strcmp(finder->ret->ends.items[i].name, end.name) == 0) {
            add_address(&finder->ret->ends.items[i], addr);
            return;
        }
    }
    add_address(&end, addr);
    vec_push(finder->arena, &finder->ret->ends, end);
}

static bool find_address(const struct finder *finder)
{
    struct ip_addr addr;
    if (ip_addr_parse(finder->text, strlen(finder->text), &addr) != ADDR_OK) {
        return false;
    }
    add_named_address(finder, addr);
    return true;
}

// ---- names in DNS ---------------------------------------------------------------------------------------------

enum { STAND_INS = 1 << 17, NET_HOSTS = 254 };

// Number `number` of the addresses for documentation (RFC 5737, 3849) and, when those are used up, for benchmarks (2544).
static struct ip_addr stand_in_address(uint8_t family, uint32_t number)
{
    static const uint8_t nets[][3] = {{203, 0, 113}, {198, 51, 100}, {192, 0, 2}};
    enum { BENCHMARK_1 = 198, BENCHMARK_2 = 18 };
    uint8_t low = (uint8_t)number, high = (uint8_t)(number >> 8);
    if (family == IP_V6) {
        return (struct ip_addr){IP_V6, {0x20, 0x01, 0x0d, 0xb8, [13] = 1, [14] = high, [15] = low}};
    }
    if (number < ARRAY_COUNT(nets) * NET_HOSTS) {
        const uint8_t *net = nets[number / NET_HOSTS];
        return (struct ip_addr){IP_V4, {net[0], net[1], net[2], (uint8_t)(number % NET_HOSTS + 1)}};
    }
    return (struct ip_addr){IP_V4,
                            {BENCHMARK_1, (uint8_t)(BENCHMARK_2 + (number >> 16)), high, low}};
}

static bool is_free(const struct finder *finder, struct ip_addr addr)
{
    struct ref_end owner = {0};
    for (size_t i = 0; i < ARRAY_COUNT(public_addresses); i++) {
        if (ip_addr_compare(public_addresses[i], addr) == 0) {
            return false;
        }
    }
    name_address(finder, addr, &owner);
    return owner.name == NULL && !in_a_set(finder->model, addr);
}

// A different one for each number, which nothing of the input names.
static struct ip_addr find_stand_in(const struct finder *finder, uint8_t family)
{
    size_t left = finder->stand_in;
    for (uint32_t i = 0; i < STAND_INS; i++) {
        struct ip_addr addr = stand_in_address(family, i);
        if (is_free(finder, addr) && left-- == 0) {
            return addr;
        }
    }
    return stand_in_address(family, 0); // sets name them all
}

static bool is_domain(const char *text)
{
    return strchr(text, '.') != NULL && dns_name_problem(text) == NULL;
}

static bool find_domain(const struct finder *finder)
{
    const char *name = dns_name_canonical(finder->arena, finder->text);
    struct ref_end end = {.name = name, .domain = name};
    struct dns_view facts = {0};
    if (finder->book != NULL && dns_book_name(finder->book, name, &facts) && facts.count > 0) {
        for (size_t i = 0; i < facts.count; i++) {
            end.addresses[0] = facts.items[i]->addr;
            end.address_count = 1;
            vec_push(finder->arena, &finder->ret->ends, end);
        }
        return true;
    }
    add_address(&end, find_stand_in(finder, IP_V4));
    add_address(&end, find_stand_in(finder, IP_V6));
    end.stands_in = true;
    vec_push(finder->arena, &finder->ret->ends, end);
    return true;
}

// ---- by name ----------------------------------------------------------------------------------------------------

// `pattern` may end in "*".
static bool matches_name(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);
    return length > 0 && pattern[length - 1] == '*' ? strncmp(pattern, name, length - 1) == 0
                                                    : strcmp(pattern, name) == 0;
}

// Those of a namespace (NULL: of any) with this name, their own or that of their pod.
static void find_workloads(const struct finder *finder, const char *ns, const char *name)
{
    for (size_t i = 0; i < finder->model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &finder->model->endpoints.items[i];
        const struct res_workload *res = endpoint->res;
        bool named = matches_name(name, res->meta.name) ||
                     (res->pod != NULL && matches_name(name, res->pod));
        if (named && (ns == NULL || strcmp(ns, res->meta.ns) == 0)) {
            add_workload(finder, endpoint);
        }
    }
}

static void find_hosts(const struct finder *finder, const char *name)
{
    for (size_t i = 0; i < finder->model->hosts.count; i++) {
        if (matches_name(name, finder->model->hosts.items[i].res->meta.name)) {
            add_host(finder, i);
        }
    }
}

static void find_node(const struct finder *finder, const char *name)
{
    struct ref_end end = {.name = arena_printf(finder->arena, "node/%s", name)};
    bool known = false;
    for (size_t i = 0; i < finder->model->node_count; i++) {
        known |= strcmp(finder->model->nodes[i], name) == 0;
    }
    for (size_t i = 0; i < finder->model->hosts.count; i++) {
        const struct res_host *res = finder->model->hosts.items[i].res;
        if (res->node.text != NULL && strcmp(res->node.text, name) == 0) {
            known = true;
            add_nets(&end, &res->expected_ips);
        }
    }
    if (known) {
        add_interfaces(finder, &end, name, -1);
        vec_push(finder->arena, &finder->ret->ends, end);
    }
}

static void suggest(const struct finder *finder, const char *name)
{
    size_t endpoints = finder->model->endpoints.count;
    size_t count = endpoints + finder->model->hosts.count;
    bool with_namespace = strchr(name, '/') != NULL;
    const char **names = arena_array_of(finder->arena, const char *, count + 1);
    for (size_t i = 0; i < endpoints; i++) {
        const struct model_endpoint *endpoint = &finder->model->endpoints.items[i];
        names[i] =
            with_namespace ? workload_name(finder->arena, endpoint) : endpoint->res->meta.name;
    }
    for (size_t i = endpoints; i < count; i++) {
        names[i] = finder->model->hosts.items[i - endpoints].id;
    }
    const char *best = spell_best(name, names, count);
    finder->problem->hint = best != NULL ? arena_printf(finder->arena, "did you mean %s?", best)
                                         : "polc get endpoints lists them";
}

static bool fail_ambiguous(const struct finder *finder)
{
    enum { SHOWN = 4 };
    struct strbuf names = {.arena = finder->arena};
    size_t count = finder->ret->ends.count;
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        strbuf_addf(&names, "%s%s", i > 0 ? ", " : "", finder->ret->ends.items[i].name);
    }
    finder->problem->hint =
        arena_printf(finder->arena, "write NS/NAME, or \"%s*\" for all of them", finder->text);
    return fail(finder, "%zu endpoints are called \"%s\": %s%s", count, finder->text,
                strbuf_text(&names), count > SHOWN ? ", ..." : "");
}

static bool find_by_name(const struct finder *finder)
{
    const char *text = finder->text;
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : 0;
    const char *rest = slash != NULL ? slash + 1 : text;
    const char *second = strchr(rest, '/');
    const char *head = arena_strndup(finder->arena, text, length);
    if (strcmp(head, "hep") == 0) {
        find_hosts(finder, rest);
    } else if (strcmp(head, "node") == 0) {
        find_node(finder, rest);
    } else if (strcmp(head, "wep") == 0 && second != NULL) {
        find_workloads(finder, arena_strndup(finder->arena, rest, (size_t)(second - rest)),
                       second + 1);
    } else if (strcmp(head, "wep") == 0) {
        find_workloads(finder, NULL, rest);
    } else if (slash != NULL) {
        find_workloads(finder, head, rest);
    } else {
        find_workloads(finder, NULL, text);
        find_hosts(finder, text);
        if (finder->ret->ends.count == 0) {
            find_node(finder, text);
        }
    }
    bool pattern = strchr(text, '*') != NULL;
    if (finder->ret->ends.count == 0 && finder->domains && is_domain(text)) {
        return find_domain(finder);
    }
    if (finder->ret->ends.count == 0) {
        suggest(finder, text);
        if (finder->domains && text_begins(text, "*.")) {
            finder->problem->hint =
                arena_printf(finder->arena, "one name that it matches, such as www%s", text + 1);
        }
        return fail(finder, "there is no endpoint \"%s\"", text);
    }
    return finder->ret->ends.count == 1 || pattern ? true : fail_ambiguous(finder);
}

// ---- by selector ------------------------------------------------------------------------------------------------

static bool find_by_selector(const struct finder *finder)
{
    struct sel_error error;
    const struct sel *sel = sel_parse(finder->arena, finder->text, strlen(finder->text), &error);
    if (sel == NULL) {
        return fail(finder, "\"%s\" is no selector: %s", finder->text, error.message);
    }
    for (size_t i = 0; i < finder->model->endpoints.count; i++) {
        if (sel_matches(sel, &finder->model->endpoints.items[i].labels)) {
            add_workload(finder, &finder->model->endpoints.items[i]);
        }
    }
    for (size_t i = 0; i < finder->model->hosts.count; i++) {
        if (sel_matches(sel, &finder->model->hosts.items[i].labels)) {
            add_host(finder, i);
        }
    }
    if (finder->ret->ends.count == 0) {
        finder->problem->hint = arena_printf(
            finder->arena, "polc get endpoints --show-labels     (labels that there are)");
        return fail(finder, "the selector %s matches no endpoint", finder->text);
    }
    return true;
}

// ---- services -----------------------------------------------------------------------------------------------------

// The port of the backends, when they all have the same one.
static uint16_t service_port(const struct model_service *service)
{
    for (size_t i = 1; i < service->port_count; i++) {
        if (service->ports[i].port != service->ports[0].port) {
            return 0;
        }
    }
    return service->port_count > 0 ? service->ports[0].port : 0;
}

static void suggest_service(const struct finder *finder, const char *name)
{
    size_t count = finder->model->services.count;
    const char **names = arena_array_of(finder->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        names[i] = finder->model->services.items[i].id;
    }
    const char *best = spell_best(name, names, count);
    finder->problem->hint = best != NULL ? arena_printf(finder->arena, "did you mean %s?", best)
                                         : "svc/NS/NAME, and polc get svc lists them";
}

// "svc/NS/NAME": its backends, since policy is about them (semantics.md 3.7).
static bool find_service(const struct finder *finder)
{
    const char *ns = finder->text + strlen("svc/");
    const char *slash = strchr(ns, '/');
    const struct model_service *service =
        slash != NULL
            ? model_find_service(finder->model,
                                 arena_strndup(finder->arena, ns, (size_t)(slash - ns)), slash + 1)
            : NULL;
    if (service == NULL) {
        suggest_service(finder, finder->text);
        return fail(finder, "there is no service \"%s\"", finder->text);
    }
    for (size_t i = 0; i < service->addresses.count; i++) {
        add_named_address(finder, service->addresses.items[i].addr);
    }
    if (service->addresses.count == 0) {
        return fail(finder, "the service %s has no backends", finder->text);
    }
    if (finder->ret->port == 0) {
        finder->ret->port = service_port(service);
    }
    return true;
}

// ---- the whole ----------------------------------------------------------------------------------------------------

static bool is_selector(const char *text)
{
    return strpbrk(text, "=!()'\"{} ") != NULL;
}

// Takes ":PORT" from the end of "NAME:PORT" or "[ADDRESS]:PORT". A bare IPv6 address has no port.
static bool split_port(const struct finder *finder, char *text, char **ret_rest)
{
    char *colon = strrchr(text, ':');
    char *end = strrchr(text, ']');
    *ret_rest = text;
    if (text[0] == '[' && end != NULL) {
        *end = '\0';
        *ret_rest = text + 1;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else if (colon == NULL || strchr(text, ':') != colon) {
        return true;
    }
    if (colon == NULL) {
        return true;
    }
    char *stop;
    unsigned long port = strtoul(colon + 1, &stop, 10);
    if (*stop != '\0' || stop == colon + 1 || port == 0 || port > UINT16_MAX) {
        finder->problem->hint = "NAME:PORT, with a port of 1 to 65535";
        return fail(finder, "\"%s\" is no port", colon + 1);
    }
    *colon = '\0';
    finder->ret->port = (uint16_t)port;
    return true;
}

// Of several, those without an address do not count.
static bool have_addresses(const struct finder *finder)
{
    struct ref *ref = finder->ret;
    const char *first = ref->ends.items[0].name;
    size_t count = 0;
    for (size_t i = 0; i < ref->ends.count; i++) {
        if (ref->ends.items[i].address_count > 0) {
            ref->ends.items[count++] = ref->ends.items[i];
        }
    }
    ref->ends.count = count;
    if (count == 0) {
        finder->problem->hint =
            "--interfaces FILE, with what `ip -j addr` prints on the host; or expectedIPs";
        return fail(finder, "no address of %s is known", first);
    }
    return true;
}

static bool find(struct finder *finder)
{
    char *rest = arena_strdup(finder->arena, finder->text);
    *finder->ret = (struct ref){.text = arena_strdup(finder->arena, finder->text)};
    *finder->problem = (struct ref_problem){0};
    const char *scheme = strstr(finder->text, "://");
    if (scheme != NULL) {
        scheme += strlen("://");
        finder->problem->hint = arena_printf(finder->arena, "%.*s:443     (a name and a port)",
                                             (int)strcspn(scheme, ":/"), scheme);
        return fail(finder, "\"%s\" is a URL, and a name stands alone", finder->text);
    }
    bool selector = is_selector(finder->text);
    if (!selector && !split_port(finder, rest, &rest)) {
        return false;
    }
    finder->text = rest;
    if (rest[0] == '\0') {
        return fail(finder, "a reference is empty");
    }
    if (find_address(finder)) {
        return true;
    }
    if (strcmp(rest, "pub") == 0) {
        find_public(finder);
        return true;
    }
    bool found = text_begins(rest, "svc/") ? find_service(finder)
                 : selector                ? find_by_selector(finder)
                                           : find_by_name(finder);
    return found && have_addresses(finder);
}

bool ref_find(struct arena *arena, const struct model *model, const char *text, struct ref *ret,
              struct ref_problem *reterr_problem)
{
    struct finder finder = {
        .arena = arena, .model = model, .text = text, .ret = ret, .problem = reterr_problem};
    return find(&finder);
}

bool ref_find_destination(struct arena *arena, const struct model *model,
                          const struct dns_book *book, size_t stand_in, const char *text,
                          struct ref *ret, struct ref_problem *reterr_problem)
{
    struct finder finder = {.arena = arena,
                            .model = model,
                            .text = text,
                            .ret = ret,
                            .problem = reterr_problem,
                            .domains = true,
                            .book = book,
                            .stand_in = stand_in};
    return find(&finder);
}
