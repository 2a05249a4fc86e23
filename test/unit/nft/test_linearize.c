// SPDX-License-Identifier: GPL-2.0-or-later
// A rule's kernel expressions are those that nft makes of the same rule as text: a table of what
// nft 1.0.6 showed, and nft itself on a larger ruleset, in a namespace of its own.
#include "debug_text.h"
#include "lower_helper.h"
#include "netns.h"

#define V4         "[ meta load nfproto => reg 1 ]\n[ cmp eq reg 1 0x00000002 ]\n"
#define V6         "[ meta load nfproto => reg 1 ]\n[ cmp eq reg 1 0x0000000a ]\n"
#define L4(number) "[ meta load l4proto => reg 1 ]\n[ cmp eq reg 1 0x000000" number " ]\n"
#define COUNTER    "[ counter pkts 0 bytes 0 ]\n"
#define ACCEPT     COUNTER "[ immediate reg 0 accept ]\n"

struct sample {
    const char *fields; // of an Allow rule
    const char *expected;
};

static const struct sample samples[] = {
    {"", ACCEPT},
    {"protocol: TCP", L4("06") ACCEPT},
    {"notProtocol: UDP", "[ meta load l4proto => reg 1 ]\n[ cmp neq reg 1 0x00000011 ]\n" ACCEPT},
    {"ipVersion: 6", V6 ACCEPT},
    {"protocol: ICMP", V4 L4("01") ACCEPT},
    {"protocol: ICMP, icmp: {type: 8}",
     V4 L4("01") "[ payload load 1b @ transport header + 0 => reg 1 ]\n"
                 "[ cmp eq reg 1 0x00000008 ]\n" ACCEPT},
    // Type and code stand side by side in the header: one load, one comparison.
    {"protocol: ICMPv6, icmp: {type: 1, code: 4}",
     V6 L4("3a") "[ payload load 2b @ transport header + 0 => reg 1 ]\n"
                 "[ cmp eq reg 1 0x00000401 ]\n" ACCEPT},
    {"protocol: TCP, destination: {ports: [80]}",
     L4("06") "[ payload load 2b @ transport header + 2 => reg 1 ]\n"
              "[ cmp eq reg 1 0x00005000 ]\n" ACCEPT},
    {"protocol: UDP, source: {ports: [68]}, destination: {ports: [67]}",
     L4("11") "[ payload load 4b @ transport header + 0 => reg 1 ]\n[ cmp eq reg 1 0x43004400 "
              "]\n" ACCEPT},
    {"protocol: TCP, destination: {ports: [\"80:90\"]}",
     L4("06") "[ payload load 2b @ transport header + 2 => reg 1 ]\n"
              "[ cmp gte reg 1 0x00005000 ]\n[ cmp lte reg 1 0x00005a00 ]\n" ACCEPT},
    {"protocol: TCP, destination: {notPorts: [\"80:90\"]}",
     L4("06") "[ payload load 2b @ transport header + 2 => reg 1 ]\n[ range neq reg 1 0x00005000 "
              "0x00005a00 ]\n" ACCEPT},
    {"protocol: SCTP, destination: {ports: [80, 443]}",
     L4("84") "[ payload load 2b @ transport header + 2 => reg 1 ]\n"
              "[ lookup reg 1 set ports.80_443 ]\n" ACCEPT},
    {"protocol: TCP, source: {notPorts: [80, 443]}",
     L4("06") "[ payload load 2b @ transport header + 0 => reg 1 ]\n"
              "[ lookup reg 1 set ports.80_443 0x1 ]\n" ACCEPT},
    {"source: {nets: [10.0.0.1/32]}", V4 "[ payload load 4b @ network header + 12 => reg 1 ]\n"
                                         "[ cmp eq reg 1 0x0100000a ]\n" ACCEPT},
    // A prefix on a byte boundary loads only its bytes.
    {"source: {nets: [10.0.0.0/8]}", V4 "[ payload load 1b @ network header + 12 => reg 1 ]\n"
                                        "[ cmp eq reg 1 0x0000000a ]\n" ACCEPT},
    {"destination: {notNets: [10.0.0.0/9]}",
     V4 "[ payload load 4b @ network header + 16 => reg 1 ]\n"
        "[ bitwise reg 1 = ( reg 1 & 0x000080ff ) ^ 0x00000000 ]\n[ cmp neq reg 1 0x0000000a "
        "]\n" ACCEPT},
    {"source: {nets: [\"fd00::/16\"]}", V6 "[ payload load 2b @ network header + 8 => reg 1 ]\n"
                                           "[ cmp eq reg 1 0x000000fd ]\n" ACCEPT},
    {"source: {nets: [\"fe80::/10\"]}",
     V6 "[ payload load 16b @ network header + 8 => reg 1 ]\n"
        "[ bitwise reg 1 = ( reg 1 & 0x0000c0ff 0x00000000 0x00000000 0x00000000 ) ^ 0x00000000 "
        "0x00000000 0x00000000 "
        "0x00000000 ]\n[ cmp eq reg 1 0x000080fe 0x00000000 0x00000000 0x00000000 ]\n" ACCEPT},
    {"ipVersion: 4, source: {selector: has(w)}",
     V4 "[ payload load 4b @ network header + 12 => reg 1 ]\n"
        "[ lookup reg 1 set sel4.671d2ee83a5a ]\n" ACCEPT},
    {"ipVersion: 6, destination: {notSelector: has(w)}",
     V6 "[ payload load 16b @ network header + 24 => reg 1 ]\n"
        "[ lookup reg 1 set sel6.671d2ee83a5a 0x1 ]\n" ACCEPT},
    // Fields of a concatenation stand in registers of four bytes: 16 bytes in reg 1, then reg 2,
    // then reg 13.
    {"ipVersion: 6, protocol: TCP, destination: {ports: [http]}", L4("06") V6
     "[ payload load 16b @ network header + 24 => reg 1 ]\n[ meta load l4proto => reg 2 ]\n"
     "[ payload load 2b @ transport header + 2 => reg 13 ]\n[ lookup reg 1 set "
     "port6.3c666beb1bd0 ]\n" ACCEPT},
    {
        "ipVersion: 4, source: {nets: [10.0.0.0/8, 12.0.0.0/8, 14.0.0.0/8, 16.0.0.0/8, 18.0.0.0/8, "
        "20.0.0.0/8, 22.0.0.0/8]}",
        V4 "[ payload load 4b @ network header + 12 => reg 1 ]\n"
           "[ meta load l4proto => reg 9 ]\n[ lookup reg 1 set net4p.",
    },
    // A check that stands there already is not made again.
    {"protocol: TCP, source: {nets: [10.0.0.0/8]}, destination: {ports: [80], nets: [11.0.0.0/8]}",
     L4("06") "[ payload load 2b @ transport header + 2 => reg 1 ]\n[ cmp eq reg 1 0x00005000 ]\n" V4
              "[ payload load 1b @ network header + 12 => reg 1 ]\n[ cmp eq reg 1 0x0000000a ]\n"
              "[ payload load 1b @ network header + 16 => reg 1 ]\n[ cmp eq reg 1 0x0000000b "
              "]\n" ACCEPT},
};

START_TEST(expressions_of_samples)
{
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        const char *fields = samples[i].fields;
        const struct nft_ruleset *ruleset = lower_rules(
            "ingress",
            arena_printf(arena, "{action: Allow%s%s}", fields[0] != '\0' ? ", " : "", fields), "");
        const char *found = debug_rule(arena, &find_chain(ruleset, "gnp/p/in")->items[0]);
        ck_assert_msg(strncmp(found, samples[i].expected, strlen(samples[i].expected)) == 0,
                      "{%s}: expected\n%sgot\n%s", fields, samples[i].expected, found);
    }
}
END_TEST

START_TEST(expressions_of_actions)
{
    static const struct {
        const char *rule, *expected;
    } cases[] = {
        {"{action: Deny}", COUNTER "[ reject type 2 code 1 ]\n"},
        {"{action: Log}", COUNTER
         "[ limit rate 10/minute burst 20 type packets flags 0x0 ]\n[ log prefix x y:  level 6 "
         "]\n"},
        {"{action: Allow}", COUNTER "[ immediate reg 0 goto -> dispatch/to ]\n"},
    };
    const char *felix =
        thing("FelixConfiguration", "", "default", "",
              "nftablesFilterDenyAction: Reject, "
              "logPrefix: \"x y\", logActionRateLimit: 10/minute, logActionRateLimitBurst: 20");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct nft_ruleset *ruleset = lower_rules("egress", cases[i].rule, felix);
        ck_assert_str_eq(debug_rule(arena, &find_chain(ruleset, "gnp/p/out")->items[0]),
                         cases[i].expected);
    }
}
END_TEST

// ---- nft itself
// -----------------------------------------------------------------------------------------------

static const char *all_rules(void)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        strbuf_addf(&text, "{action: %s%s%s}, ", i % 2 ? "Allow" : "Log",
                    samples[i].fields[0] != '\0' ? ", " : "", samples[i].fields);
    }
    strbuf_add(&text, "{action: Pass}");
    return strbuf_text(&text);
}

static struct nft_ruleset *large_ruleset(void)
{
    const char *more = join(thing("FelixConfiguration", "", "default", "",
                                  "nftablesFilterDenyAction: Reject, logActionRateLimit: 9/hour"),
                            thing("GlobalNetworkPolicy", "", "out", "",
                                  join("egress: [", all_rules(), ", {action: Deny}]", NULL)),
                            workload("a", "bare", "w: \"2\"", "10.0.0.9/32", ""),
                            workload("a", "twin", "", "10.0.0.8/32", "interfaceName: tap1"),
                            workload("a", "twin2", "", "10.0.0.8/32", "interfaceName: tap2"), NULL);
    with_flow_table = true;
    return lower_rules("ingress", all_rules(), more);
}

// What nft shows for one chain: its expressions, rule by rule. byteorder is left out: nft 1.0.6
// makes one of length 1 in front of look-ups in padded sets, which does nothing.
static const char *shown_by_nft(const char *output, const char *chain)
{
    struct strbuf ret = {.arena = arena};
    const char *head = arena_printf(arena, "inet polc %s", chain);
    bool inside = false;
    for (const char *line = output; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, "inet ", 5) == 0) {
            inside = length == strlen(head) && memcmp(line, head, length) == 0;
        } else if (inside && strncmp(line, "  [ ", 4) == 0 &&
                   strncmp(line, "  [ byteorder", 13) != 0) {
            strbuf_add_n(&ret, line + 2, length + 1 - 2);
        }
    }
    return strbuf_text(&ret);
}

static const char *read_all_of(FILE *in)
{
    struct strbuf text = {.arena = arena};
    char buffer[4096];
    size_t size;
    while ((size = fread(buffer, 1, sizeof buffer, in)) > 0) {
        strbuf_add_n(&text, buffer, size);
    }
    return strbuf_text(&text);
}

static const char *output_of_nft(const char *text)
{
    char path[] = "/tmp/polc-linearize.XXXXXX";
    int fd = mkstemp(path);
    require(fd >= 0);
    require(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    FILE *nft = popen(arena_printf(arena, "nft --debug=netlink -f %s", path), "r");
    require(nft != NULL);
    const char *output = read_all_of(nft);
    require(pclose(nft) == 0);
    unlink(path);
    return output;
}

NETNS_TEST(nft_makes_the_same_expressions)
{
    if (system("command -v nft >/dev/null 2>&1") != 0) {
        fprintf(stderr, "nft_makes_the_same_expressions: skipped: no nft here\n");
        _exit(NETNS_SKIP);
    }
    const struct nft_ruleset *ruleset = large_ruleset();
    const char *output = output_of_nft(printed_text(ruleset));
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        const struct chain *chain = ruleset->chains.items[i];
        struct strbuf ours = {.arena = arena};
        for (size_t j = 0; j < chain->count; j++) {
            strbuf_add(&ours, debug_rule(arena, &chain->items[j]));
        }
        const char *theirs = shown_by_nft(output, chain->name);
        if (strcmp(strbuf_text(&ours), theirs) != 0) {
            fprintf(stderr, "chain %s: ours\n%snft's\n%s", chain->name, strbuf_text(&ours), theirs);
            _exit(EXIT_FAILURE);
        }
    }
}

UNIT_TESTS("nft linearize", expressions_of_samples, expressions_of_actions,
           nft_makes_the_same_expressions)
