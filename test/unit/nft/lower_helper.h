// SPDX-License-Identifier: GPL-2.0-or-later
// Rulesets from YAML text, and their parts as the text that nft reads.
#pragma once

#include "plan/plan_helper.h"
#include "ruleset.h"

// Most tests look at verdicts that the flow table would hide.
__attribute__((unused)) static bool with_flow_table;

__attribute__((unused)) static struct nft_ruleset *lower_text(const char *text)
{
    static const char *const roots[] = {"/etc/polc"};
    struct nft_lower_options options = {
        .table = "polc", .version = "0", .roots = roots, .root_count = 1};
    struct plan *plan = plan_of(text, "n1");
    plan->settings.flow_size = with_flow_table ? plan->settings.flow_size : 0;
    return nft_lower(arena, plan, plan_sources, &options);
}

// One workload, a global policy of it with these rules, and more objects.
__attribute__((unused)) static struct nft_ruleset *lower_rules(const char *direction,
                                                               const char *rules, const char *more)
{
    return lower_text(
        join(thing("WorkloadEndpoint", "a", "w", "w: \"1\"",
                   "node: n1, interfaceName: cali1, ipNetworks: [10.0.0.1/32, "
                   "\"fd00::1/128\"], ports: [{name: http, protocol: TCP, port: 8080}]"),
             thing("GlobalNetworkPolicy", "", "p", "",
                   arena_printf(arena, "%s: [%s]", direction, rules)),
             more, NULL));
}

__attribute__((unused)) static const char *printed_text(const struct nft_ruleset *ruleset)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    nft_print_text(ruleset, out);
    fclose(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

__attribute__((unused)) static const struct chain *find_chain(const struct nft_ruleset *ruleset,
                                                              const char *name)
{
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        if (strcmp(ruleset->chains.items[i]->name, name) == 0) {
            return ruleset->chains.items[i];
        }
    }
    return NULL;
}

// The first chain whose name begins so.
__attribute__((unused)) static const struct chain *chain_like(const struct nft_ruleset *ruleset,
                                                              const char *start)
{
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        if (strncmp(ruleset->chains.items[i]->name, start, strlen(start)) == 0) {
            return ruleset->chains.items[i];
        }
    }
    ck_abort_msg("no chain %s", start);
}

// The first set whose name begins so, or NULL.
__attribute__((unused)) static const struct set *set_like(const struct nft_ruleset *ruleset,
                                                          const char *start)
{
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        if (strncmp(ruleset->sets.items[i]->name, start, strlen(start)) == 0) {
            return ruleset->sets.items[i];
        }
    }
    return NULL;
}

// A rule as printed, without its comment and its counter.
__attribute__((unused)) static void add_rule_text(struct strbuf *ret, const char *line,
                                                  size_t length)
{
    char *text = arena_strndup(arena, line, length);
    char *comment = strstr(text, " comment \"");
    if (comment != NULL) {
        *comment = '\0';
    }
    char *counter = strstr(text, "counter ");
    if (counter != NULL) {
        memmove(counter, counter + strlen("counter "), strlen(counter + strlen("counter ")) + 1);
    }
    strbuf_addf(ret, "%s%s", ret->length > 0 ? "\n" : "", text);
}

// The rules of a chain, one a line; "" when there is no such chain.
__attribute__((unused)) static const char *rules_text(const struct nft_ruleset *ruleset,
                                                      const char *chain)
{
    struct strbuf ret = {.arena = arena};
    const char *head = arena_printf(arena, "\tchain %s {\n", chain);
    const char *line = strstr(printed_text(ruleset), head);
    if (line == NULL) {
        return "";
    }
    for (line += strlen(head); strncmp(line, "\t}", 2) != 0; line += strcspn(line, "\n") + 1) {
        add_rule_text(&ret, line + 2, strcspn(line, "\n") - 2);
    }
    return strbuf_text(&ret);
}
