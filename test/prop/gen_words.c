// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: labels, selectors, prefixes, ports. Few values, so that they meet.
#include "gen.h"

#include "names.h"

static const char *const namespaces[] = {"alpha", "beta", "gamma"};
static const char *const keys[] = {"role", "env", "app.kubernetes.io/name", "has", "pcns.env"};
static const char *const values[] = {"web", "db", "web-db", "prod", "x"};
static const char *const parts[] = {"we", "b", "db", "-", "x", ""};
static const char *const port_names[] = {"http", "dns", "metrics-1"};

const char *gen_namespace(struct gen *gen)
{
    return namespaces[rng_below(&gen->rng, (uint32_t)gen->namespace_count)];
}

const char *gen_port_name(struct gen *gen)
{
    return rng_pick(&gen->rng, port_names);
}

uint16_t gen_port(struct gen *gen)
{
    static const uint16_t ports[] = {22, 53, 80, 443, 5432, 8080, 8081, 1, 65535};
    return rng_pick(&gen->rng, ports);
}

void gen_domains(struct gen *gen, int depth, const char *key)
{
    uint32_t count = rng_chance(&gen->rng, 3) ? 0 : rng_between(&gen->rng, 1, 4);
    gen_line(gen, depth, "%s:%s", key, count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        gen_line(gen, depth + 1, "- \"%s\"", names_pattern(gen->arena, &gen->rng));
    }
}

void gen_labels(struct gen *gen, int depth, const char *key)
{
    bool any = false;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        if (!rng_chance(&gen->rng, i < 2 ? 75 : i < 4 ? 15 : 5)) {
            continue;
        }
        if (!any) {
            gen_line(gen, depth, "%s:", key);
            any = true;
        }
        const char *value = rng_chance(&gen->rng, 4) ? "" : rng_pick(&gen->rng, values);
        gen_line(gen, depth + 1, "%s: \"%s\"", keys[i], value);
    }
}

// ---- selectors ------------------------------------------------------------------------------------------------

static void add_literal(struct gen *gen, struct strbuf *out)
{
    strbuf_addf(out, "'%s'", rng_pick(&gen->rng, values));
}

static void add_set(struct gen *gen, struct strbuf *out, const char *word)
{
    uint32_t count = rng_below(&gen->rng, 4);
    strbuf_addf(out, " %s {", word);
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add(out, i > 0 ? ", " : "");
        add_literal(gen, out);
    }
    strbuf_add(out, count > 0 && rng_chance(&gen->rng, 20) ? ",}" : "}");
}

static void add_match(struct gen *gen, struct strbuf *out, const char *key)
{
    static const uint8_t weights[] = {40, 8, 14, 14, 8, 6, 6, 4};
    static const char *const words[] = {"==",       "!=",          "",         "", "",
                                        "contains", "starts with", "ends with"};
    size_t op = rng_weighted(&gen->rng, weights, ARRAY_COUNT(weights));
    if (op == 2) {
        strbuf_addf(out, "has(%s)", key);
        return;
    }
    strbuf_add(out, key);
    if (op == 3) {
        add_set(gen, out, "in");
    } else if (op == 4) {
        add_set(gen, out, rng_chance(&gen->rng, 50) ? "not in" : "notin");
    } else if (op >= 5) {
        strbuf_addf(out, " %s '%s'", words[op], rng_pick(&gen->rng, parts));
    } else {
        strbuf_addf(out, " %s ", words[op]);
        add_literal(gen, out);
    }
}

// What a selector may look at: own labels, and those inherited from namespaces and service accounts.
static const char *selector_key(struct gen *gen)
{
    static const uint8_t weights[] = {88, 4, 4, 4};
    switch (rng_weighted(&gen->rng, weights, ARRAY_COUNT(weights))) {
    case 1:
        return "projectcalico.org/namespace";
    case 2:
        return "pcns.env";
    case 3:
        return "projectcalico.org/serviceaccount";
    default:
        return rng_chance(&gen->rng, 80) ? keys[rng_below(&gen->rng, 2)]
                                         : rng_pick(&gen->rng, keys);
    }
}

static void add_selector(struct gen *gen, struct strbuf *out, int depth, bool plain)
{
    uint32_t choice = rng_below(&gen->rng, depth == 0 ? 72 : 100);
    if (choice < 10) {
        strbuf_add(out, "all()");
    } else if (choice < 72) {
        add_match(gen, out, plain ? keys[rng_below(&gen->rng, 2)] : selector_key(gen));
    } else if (choice < 80) {
        strbuf_add(out, rng_chance(&gen->rng, 50) ? "! " : "!");
        strbuf_add(out, "(");
        add_selector(gen, out, depth - 1, plain);
        strbuf_add(out, ")");
    } else {
        bool grouped = rng_chance(&gen->rng, 50);
        strbuf_add(out, grouped ? "(" : "");
        add_selector(gen, out, depth - 1, plain);
        strbuf_add(out, choice < 90 ? " && " : " || ");
        add_selector(gen, out, depth - 1, plain);
        strbuf_add(out, grouped ? ")" : "");
    }
}

static void put_selector(struct gen *gen, int depth, const char *key, bool plain)
{
    struct strbuf text = {.arena = gen->arena};
    add_selector(gen, &text, (int)rng_below(&gen->rng, 3), plain);
    gen_line(gen, depth, "%s: \"%s\"", key, strbuf_text(&text));
}

void gen_selector(struct gen *gen, int depth, const char *key)
{
    put_selector(gen, depth, key, false);
}

void gen_namespace_selector(struct gen *gen, int depth, const char *key)
{
    if (rng_chance(&gen->rng, 25)) {
        gen_line(gen, depth, "%s: projectcalico.org/name == '%s'", key, gen_namespace(gen));
        return;
    }
    put_selector(gen, depth, key, true);
}

void gen_service_account_selector(struct gen *gen, int depth, const char *key)
{
    put_selector(gen, depth, key, true);
}

// ---- prefixes -------------------------------------------------------------------------------------------------

static const char *cidr_v4(struct gen *gen, bool masked)
{
    static const uint32_t bases[] = {0x0a410000, 0x0a410000, 0x0a410000, 0xc0000200,
                                     0xc6336400, 0xac100000, 0x0a420000};
    static const uint8_t bits_choices[] = {32, 32, 31, 30, 29, 29, 28, 27, 26, 25, 24, 23, 16, 8};
    uint8_t bits = rng_pick(&gen->rng, bits_choices);
    uint32_t addr = rng_pick(&gen->rng, bases) | rng_below(&gen->rng, 64);
    if (masked) {
        addr &= ~(uint32_t)(((uint64_t)1 << (32 - bits)) - 1);
    }
    return arena_printf(gen->arena, "%u.%u.%u.%u/%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
                        addr & 255, bits);
}

static const char *cidr_v6(struct gen *gen, bool masked)
{
    static const char *const bases[] = {
        "fd65::", "fd65::", "fd65::", "2001:db8:1::", "2001:db8:2::", "fd66::", "fd99::"};
    static const uint8_t bits_choices[] = {128, 128, 127, 126, 125, 124, 123, 121, 120, 64, 57, 48};
    uint8_t bits = rng_pick(&gen->rng, bits_choices);
    uint32_t last = rng_below(&gen->rng, 64);
    if (masked) {
        last &= bits >= 120 ? ~((1u << (128 - bits)) - 1) : 0;
    }
    return arena_printf(gen->arena, "%s%x/%u", rng_pick(&gen->rng, bases), last, bits);
}

const char *gen_cidr(struct gen *gen, uint8_t family, bool masked, bool any)
{
    if (any && rng_chance(&gen->rng, 5)) {
        return family == IP_V4 ? "0.0.0.0/0" : "::/0";
    }
    return family == IP_V4 ? cidr_v4(gen, masked) : cidr_v6(gen, masked);
}
