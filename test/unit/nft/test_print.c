// SPDX-License-Identifier: GPL-2.0-or-later
// The ruleset as text and as JSON: statement by statement, set by set, and both with the same
// objects in them.
#include "lower_helper.h"
#include "make_ruleset.h"

#include <jansson.h>
#include <netinet/in.h>

static json_t *printed_json(const struct nft_ruleset *ruleset)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    nft_print_json(ruleset, out);
    fclose(out);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    ck_assert_msg(root != NULL, "%s\n%s", error.text, text);
    free(text);
    return root;
}

// The n-th value of one kind of object among the commands; NULL when there are fewer.
static json_t *added(json_t *root, const char *kind, size_t n)
{
    json_t *command;
    size_t i;
    json_array_foreach(json_object_get(root, "nftables"), i, command)
    {
        json_t *found = json_object_get(json_object_get(command, "add"), kind);
        if (found != NULL && n-- == 0) {
            return found;
        }
    }
    return NULL;
}

static struct stmt bytes(enum rule_key key, enum match_op op, uint8_t value, uint8_t end)
{
    struct stmt stmt = make_match(key, op, &value, 1);
    stmt.value_end[0] = end;
    return stmt;
}

static struct stmt port(enum rule_key key, enum match_op op, uint16_t min, uint16_t max)
{
    uint8_t value[2] = {(uint8_t)(min >> 8), (uint8_t)min};
    struct stmt stmt = make_match(key, op, value, sizeof value);
    stmt.value_end[0] = (uint8_t)(max >> 8);
    stmt.value_end[1] = (uint8_t)max;
    return stmt;
}

static struct stmt address(enum rule_key key, enum match_op op, const char *text)
{
    struct cidr cidr;
    ck_assert_int_ge(cidr_parse(text, strlen(text), &cidr), 0);
    struct stmt stmt = make_match(key, op, cidr.addr.bytes, sizeof cidr.addr.bytes);
    stmt.bits = cidr.bits;
    return stmt;
}

static struct stmt states(uint32_t bits)
{
    return make_match(KEY_CT_STATE, OP_BITS, &bits, sizeof bits);
}

static struct stmt prefix(enum rule_key key, const char *name)
{
    struct stmt stmt = make_match(key, OP_PREFIX, name, strlen(name));
    stmt.bits = (uint8_t)(strlen(name) * 8);
    return stmt;
}

#define MATCH(key, right) "{\"match\": {\"op\": \"==\", \"left\": " key ", \"right\": " right "}}"
#define MATCH_NOT(key, right)                                                                      \
    "{\"match\": {\"op\": \"!=\", \"left\": " key ", \"right\": " right "}}"
#define PAYLOAD(protocol, field)                                                                   \
    "{\"payload\": {\"protocol\": \"" protocol "\", \"field\": \"" field "\"}}"
#define META(key) "{\"meta\": {\"key\": \"" key "\"}}"

struct statement_case {
    struct stmt stmt;
    const char *text, *json;
};

// Each statement as a rule of its own, printed in both forms.
static void check_statements(struct made *made, const struct statement_case *cases, size_t count)
{
    struct chain *chain = make_chain(made, "c");
    for (size_t i = 0; i < count; i++) {
        make_rule(made, chain, "it's a comment", &cases[i].stmt, 1);
    }
    const char *head = "\tchain c {\n";
    const char *line = strstr(printed_text(&made->ruleset), head) + strlen(head);
    json_t *root = printed_json(&made->ruleset);
    for (size_t i = 0; i < count; i++, line += strcspn(line, "\n") + 1) {
        const char *expected =
            arena_printf(arena, "\t\t%s comment \"it's a comment\"", cases[i].text);
        const char *found = arena_strndup(arena, line, strcspn(line, "\n"));
        ck_assert_str_eq(found, expected);
        json_t *rule_object = added(root, "rule", i);
        ck_assert_str_eq(json_string_value(json_object_get(rule_object, "comment")),
                         "it's a comment");
        char *dumped = json_dumps(json_array_get(json_object_get(rule_object, "expr"), 0), 0);
        ck_assert_str_eq(dumped, cases[i].json);
        free(dumped);
    }
    json_decref(root);
}

START_TEST(actions)
{
    struct made made = make_ruleset();
    const struct statement_case cases[] = {
        {make_verdict(VERDICT_ACCEPT, NULL), "accept", "{\"accept\": null}"},
        {make_verdict(VERDICT_DROP, NULL), "drop", "{\"drop\": null}"},
        {make_verdict(VERDICT_RETURN, NULL), "return", "{\"return\": null}"},
        {make_verdict(VERDICT_CONTINUE, NULL), "continue", "{\"continue\": null}"},
        {make_verdict(VERDICT_JUMP, "np/a/b/in"), "jump np/a/b/in",
         "{\"jump\": {\"target\": \"np/a/b/in\"}}"},
        {make_verdict(VERDICT_GOTO, "x"), "goto x", "{\"goto\": {\"target\": \"x\"}}"},
        {make_counter(), "counter", "{\"counter\": null}"},
        {{.kind = STMT_REJECT},
         "reject with icmpx type port-unreachable",
         "{\"reject\": {\"type\": \"icmpx\", \"expr\": \"port-unreachable\"}}"},
        {{.kind = STMT_NOTRACK}, "notrack", "{\"notrack\": null}"},
        {{.kind = STMT_SET_MARK, .mark = {.keep = 0xfffeffff, .set = 0x10000}},
         "meta mark set meta mark | 0x00010000",
         "{\"mangle\": {\"key\": " META("mark") ", \"value\": {\"|\": [" META(
             "mark") ", 65536]}}}"},
        {{.kind = STMT_SET_MARK, .mark = {.keep = 0xfffeffff}},
         "meta mark set meta mark & 0xfffeffff",
         "{\"mangle\": {\"key\": " META("mark") ", \"value\": {\"&\": [" META(
             "mark") ", 4294901759]}}}"},
        {{.kind = STMT_LOG, .log_prefix = "a b: "},
         "log prefix \"a b: \" level info",
         "{\"log\": {\"prefix\": \"a b: \", \"level\": \"info\"}}"},
        {{.kind = STMT_COPY, .copy = {"polc dns", 53}},
         "log prefix \"polc dns\" group 53 queue-threshold 1",
         "{\"log\": {\"prefix\": \"polc dns\", \"group\": 53, \"queue-threshold\": 1}}"},
        {{.kind = STMT_LIMIT, .limit = {10, 5, 60}},
         "limit rate 10/minute burst 5 packets",
         "{\"limit\": {\"rate\": 10, \"per\": \"minute\", \"burst\": 5}}"},
        {{.kind = STMT_LIMIT, .limit = {1, 5, 86400}},
         "limit rate 1/day burst 5 packets",
         "{\"limit\": {\"rate\": 1, \"per\": \"day\", \"burst\": 5}}"},
    };
    check_statements(&made, cases, ARRAY_COUNT(cases));
    make_free(&made);
}
END_TEST

START_TEST(matches)
{
    static const uint32_t zero = 0, bit = 0x10000, dnat = 32;
    struct made made = make_ruleset();
    const struct set *hosts = make_cidrs(&made, "hosts", SET_CIDRS, false, "10.0.0.1/32");
    const struct set *map = make_set(&made, "map", SET_VERDICTS);
    struct stmt not_hosts = make_lookup(KEY_IP_DADDR, hosts),
                triple = make_lookup2(KEY_IP_SADDR, KEY_L4PROTO, hosts);
    not_hosts.op = OP_NOT_SET;
    triple.keys[triple.key_count++] = KEY_TH_SPORT;
    const struct statement_case cases[] = {
        {states(6), "ct state established,related",
         "{\"match\": {\"op\": \"in\", \"left\": {\"ct\": {\"key\": \"state\"}}, \"right\": "
         "[\"established\", \"related\"]}}"},
        {bytes(KEY_L4PROTO, OP_EQ, IPPROTO_TCP, 0), "meta l4proto tcp",
         MATCH(META("l4proto"), "\"tcp\"")},
        {bytes(KEY_L4PROTO, OP_NE, 200, 0), "meta l4proto != 200",
         MATCH_NOT(META("l4proto"), "\"200\"")},
        {bytes(KEY_NFPROTO, OP_EQ, 2, 0), "meta nfproto ipv4", MATCH(META("nfproto"), "\"ipv4\"")},
        {bytes(KEY_NFPROTO, OP_EQ, 10, 0), "meta nfproto ipv6", MATCH(META("nfproto"), "\"ipv6\"")},
        {bytes(KEY_ICMP_TYPE, OP_EQ, 0, 0), "icmp type 0", MATCH(PAYLOAD("icmp", "type"), "0")},
        {bytes(KEY_ICMPV6_TYPE, OP_RANGE, 130, 136), "icmpv6 type 130-136",
         MATCH(PAYLOAD("icmpv6", "type"), "{\"range\": [130, 136]}")},
        {bytes(KEY_ICMPV6_CODE, OP_NE, 255, 0), "icmpv6 code != 255",
         MATCH_NOT(PAYLOAD("icmpv6", "code"), "255")},
        {port(KEY_TCP_DPORT, OP_EQ, 65535, 0), "tcp dport 65535",
         MATCH(PAYLOAD("tcp", "dport"), "65535")},
        {port(KEY_UDP_SPORT, OP_RANGE, 1, 1023), "udp sport 1-1023",
         MATCH(PAYLOAD("udp", "sport"), "{\"range\": [1, 1023]}")},
        {port(KEY_SCTP_DPORT, OP_NOT_RANGE, 1, 2), "sctp dport != 1-2",
         MATCH_NOT(PAYLOAD("sctp", "dport"), "{\"range\": [1, 2]}")},
        {address(KEY_IP_SADDR, OP_EQ, "10.0.0.1/32"), "ip saddr 10.0.0.1",
         MATCH(PAYLOAD("ip", "saddr"), "\"10.0.0.1\"")},
        {address(KEY_IP6_DADDR, OP_NE, "fd00::1/128"), "ip6 daddr != fd00::1",
         MATCH_NOT(PAYLOAD("ip6", "daddr"), "\"fd00::1\"")},
        {address(KEY_IP_DADDR, OP_PREFIX, "10.128.0.0/9"), "ip daddr 10.128.0.0/9",
         MATCH(PAYLOAD("ip", "daddr"), "{\"prefix\": {\"addr\": \"10.128.0.0\", \"len\": 9}}")},
        {address(KEY_IP6_SADDR, OP_NOT_PREFIX, "fe80::/10"), "ip6 saddr != fe80::/10",
         MATCH_NOT(PAYLOAD("ip6", "saddr"), "{\"prefix\": {\"addr\": \"fe80::\", \"len\": 10}}")},
        {prefix(KEY_IIFNAME, "cali"), "iifname \"cali*\"", MATCH(META("iifname"), "\"cali*\"")},
        {make_match(KEY_OIF, OP_NE, &zero, sizeof zero), "oif != 0", MATCH_NOT(META("oif"), "0")},
        {make_match(KEY_IIF, OP_EQ, &zero, sizeof zero), "iif 0", MATCH(META("iif"), "0")},
        {make_match(KEY_MARK, OP_BITS, &bit, sizeof bit), "meta mark & 0x00010000 != 0x00000000",
         MATCH_NOT("{\"&\": [" META("mark") ", 65536]}", "0")},
        {make_match(KEY_CT_STATUS, OP_BITS, &dnat, sizeof dnat), "ct status dnat",
         "{\"match\": {\"op\": \"in\", \"left\": {\"ct\": {\"key\": \"status\"}}, \"right\": "
         "[\"dnat\"]}}"},
        {bytes(KEY_CT_DIRECTION, OP_EQ, 0, 0), "ct direction original",
         MATCH("{\"ct\": {\"key\": \"direction\"}}", "\"original\"")},
        {bytes(KEY_CT_DIRECTION, OP_NE, 1, 0), "ct direction != reply",
         MATCH_NOT("{\"ct\": {\"key\": \"direction\"}}", "\"reply\"")},
        {make_lookup(KEY_IP_SADDR, hosts), "ip saddr @hosts",
         MATCH(PAYLOAD("ip", "saddr"), "\"@hosts\"")},
        {not_hosts, "ip daddr != @hosts", MATCH_NOT(PAYLOAD("ip", "daddr"), "\"@hosts\"")},
        {triple, "ip saddr . meta l4proto . th sport @hosts",
         MATCH("{\"concat\": [" PAYLOAD("ip", "saddr") ", " META("l4proto") ", " PAYLOAD(
                   "th", "sport") "]}",
               "\"@hosts\"")},
        {make_vmap(KEY_IP_DADDR, map), "ip daddr vmap @map",
         "{\"vmap\": {\"key\": " PAYLOAD("ip", "daddr") ", \"data\": \"@map\"}}"},
    };
    check_statements(&made, cases, ARRAY_COUNT(cases));
    make_free(&made);
}
END_TEST

START_TEST(sets_as_text)
{
    struct made made = make_ruleset();
    static const struct port_range ranges[] = {{1, 1}, {80, 90}};
    static const char *const names[] = {"cali1", "tap0"};
    struct set *set = make_cidrs(&made, "hosts", SET_CIDRS, false, "10.0.0.1/32 10.0.0.2/32");
    set->size = 16;
    set->comment = "has(a)";
    make_cidrs(&made, "nets", SET_CIDRS, true, "fd00::/8 fe80::1/128");
    make_cidrs(&made, "padded", SET_PADDED, true, "10.0.0.0/8 11.0.0.1/32");
    make_ports(&made, "ports", ranges, ARRAY_COUNT(ranges));
    struct set *interfaces = make_set(&made, "interfaces", SET_IFNAMES);
    interfaces->ifnames = names;
    interfaces->count = ARRAY_COUNT(names);
    make_set(&made, "empty", SET_CIDRS);
    ck_assert_str_eq(
        printed_text(&made.ruleset),
        "table inet polc {"
        "\n\tset hosts {\n\t\ttype ipv4_addr\n\t\tsize 16\n\t\tcomment \"has(a)\"\n"
        "\t\telements = { 10.0.0.1,\n\t\t             10.0.0.2 }\n\t}\n"
        "\n\tset nets {\n\t\ttype ipv6_addr\n\t\tflags interval\n\t\telements = { "
        "fd00::/8,\n\t\t             fe80::1 }\n\t}\n"
        "\n\tset padded {\n\t\ttype ipv4_addr . inet_proto\n\t\tflags interval\n"
        "\t\telements = { 10.0.0.0/8 . 0-255,\n\t\t             11.0.0.1 . 0-255 }\n\t}\n"
        "\n\tset ports {\n\t\ttype inet_service\n\t\tflags interval\n\t\telements = { 1,\n\t\t   "
        "          80-90 }\n\t}\n"
        "\n\tset interfaces {\n\t\ttype ifname\n\t\telements = { \"cali1\",\n\t\t             "
        "\"tap0\" }\n\t}\n"
        "\n\tset empty {\n\t\ttype ipv4_addr\n\t}\n}\n");
    make_free(&made);
}
END_TEST

// Elements of verdict maps name chains, so they follow them.
START_TEST(maps_follow_chains)
{
    struct made made = make_ruleset();
    struct set *map = make_set(&made, "from", SET_VERDICTS);
    map->size = 16;
    make_jump(&made, map, "cali1", "10.0.0.1", VERDICT_GOTO, "c");
    make_jump(&made, map, "", NULL, VERDICT_DROP, NULL);
    make_chain(&made, "c");
    make_base(&made, "forward", HOOK_FORWARD, -5);
    ck_assert_str_eq(
        printed_text(&made.ruleset),
        "table inet polc {"
        "\n\tmap from {\n\t\ttype ifname . ipv4_addr : verdict\n\t\tsize 16\n\t}\n"
        "\n\tchain c {\n\t}\n"
        "\n\tchain forward {\n\t\ttype filter hook forward priority -5; policy accept;\n\t}\n}\n"
        "\ntable inet polc {\n\tmap from {\n\t\ttype ifname . ipv4_addr : verdict\n\t\tsize 16\n"
        "\t\telements = { \"cali1\" . 10.0.0.1 : goto c,\n\t\t             * : drop }\n\t}\n}\n");
    json_t *root = printed_json(&made.ruleset);
    json_t *commands = json_object_get(root, "nftables");
    json_t *last = json_array_get(commands, json_array_size(commands) - 1);
    char *found = json_dumps(
        json_object_get(json_object_get(json_object_get(last, "add"), "element"), "elem"), 0);
    ck_assert_str_eq(found,
                     "[[{\"concat\": [\"cali1\", \"10.0.0.1\"]}, {\"goto\": {\"target\": \"c\"}}], "
                     "[\"*\", {\"drop\": null}]]");
    free(found);
    found = json_dumps(added(root, "chain", 1), 0);
    ck_assert_str_eq(
        found,
        "{\"family\": \"inet\", \"table\": \"polc\", \"name\": \"forward\", \"type\": \"filter\", "
        "\"hook\": \"forward\", \"prio\": -5, \"policy\": \"accept\"}");
    free(found);
    json_decref(root);
    make_free(&made);
}
END_TEST

static size_t count_of(json_t *root, const char *kind)
{
    size_t count = 0;
    while (added(root, kind, count) != NULL) {
        count++;
    }
    return count;
}

static size_t count_rules(const struct nft_ruleset *ruleset)
{
    size_t count = 0;
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        count += ruleset->chains.items[i]->count;
    }
    return count;
}

// Every object of the ruleset is in the JSON once, and the table's name is where it should be.
START_TEST(json_is_complete)
{
    struct nft_ruleset *ruleset = lower_rules(
        "ingress",
        "{action: Allow, protocol: TCP, source: {selector: has(w)}, destination: {ports: [http, "
        "1, 3]}}, "
        "{action: Deny, source: {nets: [10.0.0.0/8, 12.0.0.0/8]}}",
        "");
    ruleset->table = "other";
    size_t rules = count_rules(ruleset);
    json_t *root = printed_json(ruleset);
    ck_assert_uint_eq(count_of(root, "table"), 1);
    ck_assert_uint_eq(count_of(root, "chain"), ruleset->chains.count);
    ck_assert_uint_eq(count_of(root, "rule"), rules);
    ck_assert_uint_eq(count_of(root, "set") + count_of(root, "map"), ruleset->sets.count);
    for (size_t i = 0; i < rules; i++) {
        ck_assert_str_eq(json_string_value(json_object_get(added(root, "rule", i), "table")),
                         "other");
    }
    json_t *first = json_array_get(json_object_get(root, "nftables"), 0);
    ck_assert_ptr_nonnull(json_object_get(first, "metainfo"));
    json_decref(root);
    const char *text = printed_text(ruleset);
    ck_assert_int_eq(strncmp(text, "table inet other {", 18), 0);
    ck_assert_ptr_null(strstr(text, "inet polc"));
}
END_TEST

START_TEST(printing_twice_gives_the_same)
{
    const struct nft_ruleset *ruleset = lower_rules("egress", "{action: Log}, {action: Pass}", "");
    ck_assert_str_eq(printed_text(ruleset), printed_text(ruleset));
}
END_TEST

UNIT_TESTS("nft print", actions, matches, sets_as_text, maps_follow_chains, json_is_complete,
           printing_twice_gives_the_same)
