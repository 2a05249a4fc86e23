// SPDX-License-Identifier: GPL-2.0-or-later
// Names of domain rules while `apply` runs: those without an address are looked up, within one time-out, before anything is
// sent; what is known goes into new sets with the transaction that makes them, and into the others behind it. Nothing of
// this ends `apply`.
#include "apply.h"

#include "dns_lookup.h"

#include <polc/watch.h>

// ---- what to say ------------------------------------------------------------------------------------------------------

static bool list_has(const struct plan_domains *list, const char *pattern)
{
    return bsearch(&pattern, list->patterns, list->count, sizeof *list->patterns, compare_texts) !=
           NULL;
}

// The first rule that names the pattern, itself or by a network set.
static struct loc place_of(const struct plan *plan, const char *pattern)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        const struct plan_rules *rules = &plan->policies.items[i].rules[PLAN_OUT];
        for (size_t j = 0; j < rules->count; j++) {
            int32_t list = rules->items[j].match.destination.domains;
            if (list >= 0 && list_has(&plan->domains.items[list], pattern)) {
                return rules->items[j].loc;
            }
        }
    }
    return LOC_NONE;
}

// Names that were asked for, or would have been, and have no address.
static void warn_missing(struct run *run, const struct domain_rules *rules,
                         const struct words *names, const struct dns_lookup *lookup)
{
    struct arena *arena = run->arena;
    struct loc loc =
        place_of(run->plan, lookup != NULL ? lookup->missing.items[0].name : names->items[0]);
    size_t count = lookup != NULL ? lookup->missing.count : names->count;
    const char *what = arena_printf(arena, "%zu name%s", count, plural(count));
    const char *so = count == 1 ? "so no rule allows it yet" : "so no rule allows them yet";
    struct diag *diag;
    if (rules->servers.count == 0) {
        diag = diag_report(run->diags, DIAG_W102, loc,
                           "%s cannot be looked up, %s: no DNS server is trusted", what, so);
        diag_hint(diag, "dnsTrustedServers: [192.0.2.53]     (in FelixConfiguration \"default\")");
    } else if (lookup == NULL) {
        diag = diag_report(run->diags, DIAG_W102, loc, "no address is known of %s, %s", what, so);
        diag_hint(diag, "polc dns refresh%s     (looks %s up)", same_options(run, false),
                  count == 1 ? "it" : "them");
    } else if (lookup->problem != NULL || lookup->silent) {
        diag =
            diag_report(run->diags, DIAG_W102, loc, "%s could not be looked up, %s: %s", what, so,
                        lookup->problem != NULL ? lookup->problem
                                                : arena_printf(arena, "no answer from %s",
                                                               dns_servers_text(arena, rules)));
        diag_hint(diag, "polc dns refresh%s     (tries again, with more time)",
                  same_options(run, false));
    } else {
        diag = diag_report(run->diags, DIAG_W102, loc, "no address came for %s, %s: %s", what, so,
                           dns_missing_text(arena, lookup));
        diag_hint(diag, "polc dns refresh -v%s     (asks again)", same_options(run, false));
    }
}

// Whether somebody has filled a set of a list with wildcards.
static bool others_fill(struct run *run, const struct domain_rules *rules)
{
    struct plan_domains *lists = arena_array_of(run->arena, struct plan_domains, rules->list_count);
    struct nft_domain_elements live = {0};
    struct nft_failure failure = {0};
    size_t count = 0;
    for (size_t i = 0; i < rules->list_count; i++) {
        bool wildcard = false;
        for (size_t j = 0; j < rules->lists[i].count && !wildcard; j++) {
            wildcard = dns_pattern_is_wildcard(rules->lists[i].patterns[j]);
        }
        if (wildcard) {
            lists[count++] = rules->lists[i];
        }
    }
    return nft_read_domains(run->arena, run->options.table, lists, count, &live, &failure) !=
               NFT_DONE ||
           live.count > 0;
}

// A pattern that nothing on this host can have an address for: it cannot be looked up, nobody listens, and nobody filled
// its sets.
static void warn_wildcards(struct run *run, const struct dns_fill *names)
{
    const struct domain_rules *rules = &names->rules;
    struct domain_entries entries = domains_entries(run->arena, rules, names->book, dns_now_ms());
    size_t count = 0;
    const char *first = NULL;
    for (size_t i = 0; i < entries.count; i++) {
        if (entries.items[i].wildcard && entries.items[i].addresses.count == 0) {
            first = first != NULL ? first : entries.items[i].pattern;
            count++;
        }
    }
    if (count == 0 || watch_capture_holder(run->arena, rules->log_group) != NULL ||
        others_fill(run, rules)) {
        return;
    }
    const char *more =
        count == 1 ? " allows" : arena_printf(run->arena, " and %zu more allow", count - 1);
    struct diag *diag =
        diag_report(run->diags, DIAG_W103, place_of(run->plan, first),
                    "\"%s\"%s nothing yet: names with a \"*\" cannot be looked up, and nobody "
                    "on this host learns them",
                    first, more);
    diag_hint(diag,
              "polc dns watch%s     (learns from the answers that workloads get; as a service: "
              "systemctl enable --now polc-dns-watch)",
              same_options(run, false));
}

// ---- before the transaction ---------------------------------------------------------------------------------------------

void apply_names(struct apply *apply)
{
    struct run *run = apply->run;
    struct dns_fill *fill = &apply->names;
    struct dns_lookup lookup;
    dns_fill_read(run, run->plan, fill);
    if (fill->book == NULL || run->options.dry_run) {
        return;
    }
    struct words names = dns_names_to_ask(run, &fill->rules, fill->book, dns_now_ms());
    bool ask = names.count > 0 && run->options.resolve_timeout > 0 && fill->rules.servers.count > 0;
    if (ask) {
        dns_lookup(run, &fill->rules, &names, run->options.resolve_timeout, DNS_APPLY, &lookup);
        dns_fill_learn(run, fill, &lookup.facts);
        dns_fill_renew(run, fill);
    }
    if (ask ? lookup.missing.count > 0 : names.count > 0) {
        warn_missing(run, &fill->rules, &names, ask ? &lookup : NULL);
    }
    warn_wildcards(run, fill);
    timings_end(run, "names");
}

// What others put into the sets that are there is known to the kernel alone: it goes over to new lists with the same names.
static void carry_over(struct apply *apply)
{
    struct run *run = apply->run;
    const struct domain_rules *rules = &apply->names.rules;
    const struct plan *before = apply_loaded(apply)->plan;
    struct nft_domain_elements live = {0};
    struct nft_failure failure = {0};
    if (before == NULL) {
        return;
    }
    struct domain_rules from =
        domains_to_carry(run->arena, rules, before->domains.items, before->domains.count);
    if (from.list_count > 0 && nft_read_domains(run->arena, run->options.table, from.lists,
                                                from.list_count, &live, &failure) == NFT_DONE) {
        domains_carry(run->arena, rules, &from, &live, &apply->names.elements);
    }
}

int apply_fill(struct apply *apply)
{
    if (apply->names.book != NULL && apply->changed) {
        dns_fill_renew(apply->run, &apply->names);
        carry_over(apply);
    }
    if (!apply->run->options.dry_run) {
        dns_fill_publish(apply->run, &apply->names);
    }
    return POLC_EXIT_OK;
}

// ---- behind it ------------------------------------------------------------------------------------------------------------

int apply_put(struct apply *apply)
{
    struct run *run = apply->run;
    if (!run->options.dry_run) {
        dns_fill_put(run, &apply->names);
        dns_fill_clean(run, &apply->names, &apply->state);
    }
    return POLC_EXIT_OK;
}
