// SPDX-License-Identifier: GPL-2.0-or-later
// A run of recommending on a text and a few flows, and its rules in short.
#pragma once

#include <polc/recommend.h>

#include "unit.h"

static struct arena *arena, *scratch;
static struct recommend *run;

static void recommend_setup(const char *yaml, bool include_denied)
{
    static const struct host_inventory nothing;
    const struct recommend_options options = {include_denied, 150, 600};
    arena = arena != NULL ? arena : arena_new((size_t)1 << 28);
    scratch = scratch != NULL ? scratch : arena_new((size_t)1 << 28);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources *resources = arena_new_of(arena, struct resources);
    struct res_decoder *decoder = res_decoder_new(arena, diags, resources);
    const struct loader loader = {arena, sources, diags, NULL, res_decode_object, decoder};
    load_text(&loader, "test", yaml, strlen(yaml));
    diags_print(diags, stderr, &(struct diag_print_options){0});
    ck_assert_uint_eq(diags_count(diags, DIAG_ERROR), 0);
    const struct model *model = resolve(arena, diags, resources, NULL, &nothing);
    run = recommend_new(arena, scratch, model, plan_build(arena, model), &options);
}

// "a.example,b.example" -> a list.
static void recommend_name(struct flowlog_record *record, char *names)
{
    for (const char *name; (name = strsep(&names, ",")) != NULL;) {
        vec_push(arena, &record->domains, name);
    }
}

// "SOURCE DESTINATION[@NAME,NAME] PROTO PORT[ FIRST LAST]", separated by "; ".
static void recommend_see(const char *flows)
{
    struct flowlog_records records = {0};
    char *next = arena_strdup(arena, flows), *flow;
    while ((flow = strsep(&next, ";")) != NULL) {
        char *source = arena_alloc(arena, 64), *dest = arena_alloc(arena, 128);
        char *proto = arena_alloc(arena, 16);
        long port = 0, first = FLOWLOG_UNKNOWN, last = FLOWLOG_UNKNOWN;
        ck_assert_int_ge(
            sscanf(flow, " %63s %127s %15s %ld %ld %ld", source, dest, proto, &port, &first, &last),
            4);
        struct flowlog_record *record = vec_add(arena, &records);
        *record = (struct flowlog_record){.start_time = first,
                                          .end_time = last,
                                          .source = {.ip = source, .port = FLOWLOG_UNKNOWN},
                                          .dest = {.ip = dest, .port = port},
                                          .proto = proto,
                                          .icmp_type = FLOWLOG_UNKNOWN,
                                          .icmp_code = FLOWLOG_UNKNOWN};
        char *names = strchr(dest, '@');
        if (names != NULL) {
            *names = '\0';
            recommend_name(record, names + 1);
        }
    }
    recommend_learn(run, &records);
    recommend_decide(run);
}

static void recommend_add_ports(struct strbuf *out, const struct portset *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        strbuf_addf(out, "%s%u", i > 0 ? "," : "", ports->items[i].min);
        if (ports->items[i].max > ports->items[i].min) {
            strbuf_addf(out, ":%u", ports->items[i].max);
        }
    }
}

// "in tcp/80 a == \"b\" of NAMESPACES nets A,B not C names D svc NS/NAME"
static void recommend_add_rule(struct strbuf *out, int direction, const struct recommend_rule *rule)
{
    const struct recommend_entity *peer = &rule->peer;
    strbuf_addf(out, "%s%s %s/", out->length > 0 ? "; " : "", direction == PLAN_IN ? "in" : "out",
                flow_protocol_text(arena, rule->protocol));
    recommend_add_ports(out, &rule->ports);
    if (rule->icmp_type >= 0) {
        strbuf_addf(out, "%d.%d", rule->icmp_type, rule->icmp_code);
    }
    if (peer->selector != NULL) {
        strbuf_addf(out, " %s", peer->selector);
    }
    if (peer->namespace_selector != NULL) {
        strbuf_addf(out, " of %s", peer->namespace_selector);
    }
    for (size_t i = 0; i < peer->nets.count; i++) {
        strbuf_addf(out, "%s%s", i > 0 ? "," : " nets ", peer->nets.items[i]);
    }
    for (size_t i = 0; i < peer->not_nets.count; i++) {
        strbuf_addf(out, "%s%s", i > 0 ? "," : " not ", peer->not_nets.items[i]);
    }
    for (size_t i = 0; i < peer->domains.count; i++) {
        strbuf_addf(out, "%s%s", i > 0 ? "," : " names ", peer->domains.items[i]);
    }
    if (peer->service != NULL) {
        strbuf_addf(out, " svc %s/%s", peer->service_ns, peer->service);
    }
}

// The rules of the policy of this name; "-" when there is no such policy.
__attribute__((unused)) static const char *recommend_rules(const char *name)
{
    struct recommend_policies policies = recommend_build(run);
    struct strbuf out = {.arena = arena};
    for (size_t i = 0; i < policies.count; i++) {
        const struct recommend_policy *policy = &policies.items[i];
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            for (size_t j = 0;
                 strcmp(policy->name, name) == 0 && j < policy->rules[direction].count; j++) {
                recommend_add_rule(&out, direction, &policy->rules[direction].items[j]);
            }
        }
    }
    return out.length > 0 ? strbuf_text(&out) : "-";
}
