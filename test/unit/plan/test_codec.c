// SPDX-License-Identifier: GPL-2.0-or-later
// Plan <-> bytes: nothing is lost; a part, a flipped bit and a later polc's fields are met with words or skipped.
#include "codec.h"
#include "plan/plan_helper.h"

#include <polc/base/sha256.h>

static const char *const roots[] = {"/etc/polc", "/run/polc/endpoints.d"};

// A bit of everything: each kind of endpoint, policy, match and set.
static struct plan *rich_plan(void)
{
    return plan_of(
        join(thing("Tier", "", "early", "", "order: 5, defaultAction: Pass"),
             thing("FelixConfiguration", "", "default", "",
                   "interfacePrefix: \"tap,veth\", logPrefix: \"log %n\", "
                   "dnsTrustedServers: [192.0.2.53, '[fd00::53]:5353'], dnsExtraTTL: 1m, "
                   "logActionRateLimit: 3/minute, nftablesFilterDenyAction: Reject, "
                   "failsafeInboundHostPorts: [{protocol: TCP, port: 22, net: 192.0.2.0/24}]"),
             thing("WorkloadEndpoint", "a", "w1", "w: one",
                   "node: n1, interfaceName: tap1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"], "
                   "profiles: [mine], ports: [{name: http, protocol: TCP, port: 8080}]"),
             thing("HostEndpoint", "", "h", "h: \"1\"",
                   "node: n1, interfaceName: eth0, expectedIPs: [192.0.2.1]"),
             thing("Profile", "", "mine", "", "ingress: [{action: Allow}]"),
             thing("NetworkPolicy", "a", "np", "",
                   "order: 3, ingress: [{action: Allow, protocol: TCP, "
                   "source: {selector: has(w), nets: [10.0.0.0/8, \"fd00::/8\"]}, "
                   "destination: {ports: [http, 443, \"1000:2000\"]}}, "
                   "{action: Deny, protocol: ICMP, icmp: {type: 8, code: 0}}], "
                   "egress: [{action: Log}, {action: Deny, destination: "
                   "{notNets: [10.0.0.0/9], notPorts: [1]}, protocol: UDP}, "
                   "{action: Allow, destination: {domains: ['*.b.example', a.example]}}, "
                   "{action: Allow, destination: {selector: far == 'yes'}}]"),
             thing("NetworkSet", "a", "far", "far: \"yes\"",
                   "nets: [198.51.100.0/24], allowedEgressDomains: [c.example]"),
             thing("GlobalNetworkPolicy", "", "nat", "",
                   "selector: has(h), preDNAT: true, applyOnForward: true, order: 2.5, "
                   "ingress: [{action: Pass}]"),
             thing("StagedGlobalNetworkPolicy", "", "staged", "", "egress: [{action: Allow}]"),
             NULL),
        "n1");
}

static struct plan_origin origin_of_test(void)
{
    return plan_origin_of(arena, plan_sources, roots, ARRAY_COUNT(roots));
}

static const char *plan_text(const struct plan *plan)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    plan_print_json(plan, plan_sources, out);
    fclose(out);
    const char *ret = arena_strndup(arena, text, size);
    free(text);
    return ret;
}

static const char *decoded(struct plan_bytes bytes, struct plan **ret_plan)
{
    struct plan_origin origin;
    return plan_decode(arena, bytes.data, bytes.size, ret_plan, &origin);
}

START_TEST(what_is_read_is_what_was_written)
{
    struct plan *plan = rich_plan(), *again;
    struct plan_origin origin = origin_of_test(), origin_again;
    struct plan_bytes bytes = plan_encode(arena, plan, &origin);
    ck_assert_ptr_null(plan_decode(arena, bytes.data, bytes.size, &again, &origin_again));
    ck_assert_str_eq(plan_text(plan), plan_text(again));
    ck_assert_uint_eq(again->netsets.items[0].domain_count, 1);
    ck_assert_str_eq(again->netsets.items[0].domains[0], "c.example");
    struct plan_bytes twice = plan_encode(arena, again, &origin_again);
    ck_assert_uint_eq(bytes.size, twice.size);
    ck_assert_mem_eq(bytes.data, twice.data, bytes.size);
    ck_assert_uint_eq(origin_again.root_count, 2);
    ck_assert_str_eq(origin_again.roots[1], roots[1]);
    ck_assert_uint_eq(origin_again.sources.count, 1);
    ck_assert_str_eq(origin_again.sources.items[0].path, plan_path);
    const struct source *source = sources_get(plan_sources, 0);
    char hash[65];
    sha256_hex(source->text, source->size, hash);
    ck_assert_uint_eq(origin_again.sources.items[0].size, source->size);
    ck_assert_str_eq(origin_again.sources.items[0].sha256, hash);
}
END_TEST

START_TEST(the_id_is_of_what_the_plan_says)
{
    struct plan *plan = rich_plan();
    const char *id = plan_id(arena, plan);
    ck_assert_uint_eq(strlen(id), 64);
    plan->policies.items[0].loc.line += 7;
    plan->policies.items[0].rules[PLAN_IN].items[0].loc.column++;
    plan->policies_in_input++;
    vec_push(arena, &plan->interfaces, (struct plan_interface){.name = "veth7", .host = -1});
    ck_assert_str_eq(id, plan_id(arena, plan));
    plan->policies.items[0].rules[PLAN_IN].items[0].action = PLAN_DENY;
    ck_assert_str_ne(id, plan_id(arena, plan));
}
END_TEST

START_TEST(a_part_is_no_plan)
{
    struct plan *plan = rich_plan(), *again;
    struct plan_origin origin = origin_of_test();
    struct plan_bytes bytes = plan_encode(arena, plan, &origin);
    struct arena_mark mark = arena_mark(arena);
    for (size_t size = 0; size < bytes.size; size++) {
        ck_assert_ptr_nonnull(decoded((struct plan_bytes){bytes.data, size}, &again));
        arena_rewind(arena, mark);
    }
}
END_TEST

START_TEST(a_flipped_bit_is_noticed)
{
    struct plan *plan = rich_plan(), *again;
    struct plan_origin origin = origin_of_test();
    struct plan_bytes bytes = plan_encode(arena, plan, &origin);
    uint8_t *copy = arena_alloc(arena, bytes.size);
    memcpy(copy, bytes.data, bytes.size);
    struct arena_mark mark = arena_mark(arena);
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert_ptr_nonnull(decoded((struct plan_bytes){copy, bytes.size}, &again));
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        arena_rewind(arena, mark);
    }
}
END_TEST

// Behind a checksum that fits there is still nothing that leads out of the plan: whoever uses what was read does not crash.
START_TEST(what_has_a_good_checksum_is_checked_too)
{
    enum { HEAD = 20, HASH = 64 };
    struct plan *plan = rich_plan(), *again = NULL;
    struct plan_origin origin = origin_of_test(), origin_again;
    struct plan_bytes bytes = plan_encode(arena, plan, &origin);
    size_t size = bytes.size - HEAD - HASH, good = 0, bad = 0;
    uint8_t *copy = arena_alloc(arena, size);
    memcpy(copy, bytes.data + HEAD, size);
    struct arena_mark mark = arena_mark(arena);
    for (size_t bit = 0; bit < size * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (plan_decode_unframed(arena, copy, size, &again, &origin_again) == NULL) {
            plan_text(again);
            good++;
        } else {
            bad++;
        }
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        arena_rewind(arena, mark);
    }
    ck_assert_uint_gt(good, 0); // a number, or a letter of a name
    ck_assert_uint_gt(bad, size);
}
END_TEST

// A polc that knows no domains would take such a rule for one that allows every address.
START_TEST(domains_are_no_plan_to_an_earlier_polc)
{
    enum { VERSION_AT = 8 };
    struct plan *plan = rich_plan(), *without = plan_of_rules("{action: Allow}", NULL), *again;
    struct plan_origin origin = origin_of_test();
    ck_assert_uint_eq(plan->domains.count, 2);
    ck_assert_uint_eq(plan_encode(arena, plan, &origin).data[VERSION_AT], 2);
    origin = origin_of_test();
    struct plan_bytes bytes = plan_encode(arena, without, &origin);
    ck_assert_uint_eq(bytes.data[VERSION_AT], 1);
    ck_assert_ptr_null(decoded(bytes, &again));
    uint8_t *later = arena_alloc(arena, bytes.size);
    memcpy(later, bytes.data, bytes.size);
    later[VERSION_AT] = 3;
    ck_assert_str_eq(decoded((struct plan_bytes){later, bytes.size}, &again),
                     "a later polc wrote it");
}
END_TEST

typedef void (*spoil_fn)(struct plan *plan);

static struct plan_rule *domain_rule(struct plan *plan)
{
    struct plan_policy *policy = NULL;
    for (size_t i = 0; i < plan->policies.count; i++) {
        policy =
            strcmp(plan->policies.items[i].id, "np/a/np") == 0 ? &plan->policies.items[i] : policy;
    }
    return &policy->rules[PLAN_OUT].items[2];
}

static void spoil_action(struct plan *plan)
{
    domain_rule(plan)->action = PLAN_DENY;
}

static void spoil_number(struct plan *plan)
{
    domain_rule(plan)->match.destination.domains = 2;
}

static void spoil_side(struct plan *plan)
{
    domain_rule(plan)->match.source.domains = 0;
}

static void spoil_direction(struct plan *plan)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        plan->policies.items[i].rules[PLAN_IN] = plan->policies.items[i].rules[PLAN_OUT];
    }
}

static void spoil_ports(struct plan *plan)
{
    for (size_t i = 0; i < plan->ipsets.count; i++) {
        if (plan->ipsets.items[i].named_ports) {
            domain_rule(plan)->match.destination.named_ports = (int32_t)i;
        }
    }
}

static void spoil_name(struct plan *plan)
{
    plan->domains.items[0].name = "a.example b.example";
}

static void spoil_order(struct plan *plan)
{
    const char **patterns = plan->domains.items[0].patterns, *first = patterns[0];
    patterns[0] = patterns[1];
    patterns[1] = first;
    plan->domains.items[0].name = "a.example *.b.example";
}

static void spoil_letters(struct plan *plan)
{
    plan->domains.items[1].patterns[0] = plan->domains.items[1].name = "C.example\"";
}

static void spoil_twins(struct plan *plan)
{
    plan->domains.items[1] = plan->domains.items[0];
}

static void spoil_empty(struct plan *plan)
{
    plan->domains.items[1].count = 0;
    plan->domains.items[1].name = "";
}

static void spoil_server(struct plan *plan)
{
    plan->settings.dns_servers.items[0].port = 0;
}

static void spoil_netset(struct plan *plan)
{
    plan->netsets.items[0].domains[0] = "C.example";
}

START_TEST(domains_that_do_not_fit_are_no_plan)
{
    static const spoil_fn spoilers[] = {
        spoil_action, spoil_number, spoil_side,  spoil_direction, spoil_name,  spoil_letters,
        spoil_order,  spoil_twins,  spoil_empty, spoil_server,    spoil_ports, spoil_netset,
    };
    for (size_t i = 0; i < ARRAY_COUNT(spoilers); i++) {
        struct plan *plan = rich_plan(), *again;
        struct plan_origin origin = origin_of_test();
        spoilers[i](plan);
        ck_assert_msg(decoded(plan_encode(arena, plan, &origin), &again) != NULL, "%zu", i);
    }
}
END_TEST

struct later_tier {
    struct plan_tier tier;
    const char *text;
    double number;
    uint64_t more;
};

START_TEST(fields_of_a_later_polc_are_skipped)
{
    static const struct field fields[] = {
        {.tag = 1, .kind = FIELD_TEXT, .offset = offsetof(struct plan_tier, name)},
        {.tag = 3, .kind = FIELD_BOOL, .offset = offsetof(struct plan_tier, pass)},
        {.tag = 200, .kind = FIELD_TEXT, .offset = offsetof(struct later_tier, text)},
        {.tag = 201, .kind = FIELD_DOUBLE, .offset = offsetof(struct later_tier, number)},
        {.tag = 202, .kind = FIELD_U64, .offset = offsetof(struct later_tier, more)},
    };
    static const struct field known_fields[] = {
        {.tag = 1, .kind = FIELD_TEXT, .offset = offsetof(struct plan_tier, name)},
        {.tag = 2, .kind = FIELD_I32, .offset = offsetof(struct plan_tier, loc), .absent = -1},
        {.tag = 3, .kind = FIELD_BOOL, .offset = offsetof(struct plan_tier, pass)},
    };
    static const struct record later = RECORD("tier", struct later_tier, fields);
    static const struct record known = RECORD("tier", struct plan_tier, known_fields);
    struct arena *mine = arena_new(1 << 20);
    struct strbuf out = {.arena = mine};
    struct later_tier written = {{.name = "t", .pass = true}, "new", 1.5, UINT64_MAX};
    struct plan_tier read;
    record_write(&later, &written, false, &out);
    ck_assert(record_read(&known, mine, (const uint8_t *)out.text, out.length, &read));
    ck_assert_str_eq(read.name, "t");
    ck_assert(read.pass);
    int32_t number; // was not written: its default
    memcpy(&number, &read.loc, sizeof number);
    ck_assert_int_eq(number, -1);
    arena_free(mine);
}
END_TEST

START_TEST(varints_keep_their_value)
{
    static const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, INT64_MAX, UINT64_MAX};
    struct arena *mine = arena_new(1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        struct strbuf out = {.arena = mine};
        uint64_t read = 42;
        varint_write(&out, values[i]);
        const uint8_t *at = (const uint8_t *)out.text, *end = at + out.length;
        ck_assert(varint_read(&at, end, &read));
        ck_assert_uint_eq(read, values[i]);
        ck_assert_ptr_eq(at, end);
        at = (const uint8_t *)out.text;
        ck_assert(!varint_read(&at, end - 1, &read));
    }
    static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    const uint8_t *at = too_long;
    uint64_t read;
    ck_assert(!varint_read(&at, at + sizeof too_long, &read));
    arena_free(mine);
}
END_TEST

UNIT_TESTS("codec", what_is_read_is_what_was_written, the_id_is_of_what_the_plan_says,
           a_part_is_no_plan, a_flipped_bit_is_noticed, what_has_a_good_checksum_is_checked_too,
           domains_are_no_plan_to_an_earlier_polc, domains_that_do_not_fit_are_no_plan,
           fields_of_a_later_polc_are_skipped, varints_keep_their_value)
