// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns refresh: looks up the names of the loaded rules, and puts what comes into the kernel's sets. Changes no rule. The
// lock is taken only behind the questions: they may take longer than somebody who applies wants to wait.
#include "dns_fill.h"
#include "dns_gate.h"
#include "dns_known.h"
#include "dns_lookup.h"
#include "dns_verbs.h"
#include "loaded.h"
#include "reload.h"

#include <jansson.h>
#include <polc/base/file.h>
#include <polc/report.h>

enum { TRIES = 3, REFRESH_TIMEOUT = 30000 };

struct refresh {
    struct run *run;
    struct loaded loaded;
    struct dns_fill fill;
    struct words names;
    size_t wildcards;
    struct dns_lookup lookup;
    size_t added; // addresses that no set had
};

// ---- what is loaded -----------------------------------------------------------------------------------------------------

static int no_generation(struct run *run, const struct loaded *loaded)
{
    complain("there is nothing to refresh: %s", loaded->problem);
    hint("polc apply%s     (loads policies; then their names can be refreshed)",
         same_options(run, false));
    return POLC_EXIT_NO;
}

static int read_loaded(struct refresh *refresh)
{
    struct run *run = refresh->run;
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    enum nft_status status = nft_dump_info(run->arena, run->options.table, &kernel, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    loaded_read_plan(run, kernel, &refresh->loaded);
    if (!refresh->loaded.exists) {
        return no_generation(run, &refresh->loaded);
    }
    if (refresh->loaded.problem != NULL) {
        complain("the names of generation %u are not known: %s; nothing was changed",
                 refresh->loaded.number, refresh->loaded.problem);
        return POLC_EXIT_SYSTEM;
    }
    return POLC_EXIT_OK;
}

// Whether the table still is what it was before the questions.
static bool is_still_loaded(struct refresh *refresh)
{
    struct run *run = refresh->run;
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    if (nft_dump_info(run->arena, run->options.table, &kernel, &failure) != NFT_DONE) {
        return false;
    }
    struct nft_info info = nft_kernel_info(run->arena, kernel);
    return info.generation == refresh->loaded.number && texts_equal(info.id, refresh->loaded.id);
}

// ---- questions, and what they bring ---------------------------------------------------------------------------------------

static void collect_names(struct refresh *refresh)
{
    struct run *run = refresh->run;
    refresh->fill =
        (struct dns_fill){.rules = domain_rules_of_plan(run->arena, refresh->loaded.plan)};
    const struct domain_rules *rules = &refresh->fill.rules;
    struct strmap *known = strmap_new(run->arena);
    refresh->names = dns_names_to_ask(run, rules, NULL, 0);
    for (size_t i = 0; i < rules->list_count; i++) {
        for (size_t j = 0; j < rules->lists[i].count; j++) {
            if (dns_pattern_is_wildcard(rules->lists[i].patterns[j])) {
                strmap_put(known, rules->lists[i].patterns[j], known);
            }
        }
    }
    refresh->wildcards = strmap_count(known);
}

// Addresses that no set has yet. Both are sorted by list and address.
static size_t count_new(const struct nft_domain_elements *wanted,
                        const struct nft_domain_elements *live)
{
    size_t at = 0, count = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct nft_domain_element *element = &wanted->items[i];
        while (at < live->count && (live->items[at].set < element->set ||
                                    (live->items[at].set == element->set &&
                                     ip_addr_compare(live->items[at].addr, element->addr) < 0))) {
            at++;
        }
        count += at == live->count || live->items[at].set != element->set ||
                 ip_addr_compare(live->items[at].addr, element->addr) != 0;
    }
    return count;
}

// Under the lock, with what was looked up.
static int put(struct refresh *refresh)
{
    struct run *run = refresh->run;
    struct dns_fill *fill = &refresh->fill;
    struct nft_domain_elements live = {0};
    struct nft_failure failure = {0};
    fill->book = dns_book_new(run->arena);
    dns_known_read(run, fill->book);
    dns_fill_learn(run, fill, &refresh->lookup.facts);
    dns_fill_renew(run, fill);
    dns_fill_publish(run, fill);
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    if (nft_read_domains(run->arena, run->options.table, fill->rules.lists, fill->rules.list_count,
                         &live, &failure) == NFT_DONE) {
        refresh->added = count_new(&fill->elements, &live);
    }
    enum nft_status status = dns_fill_put(run, fill);
    if (status == NFT_STALE) {
        complain("the kernel's table is not what generation %u is: its sets of addresses are gone",
                 refresh->loaded.number);
        hint("polc restore%s     (makes it so again)", same_options(run, false));
    }
    return status == NFT_DONE ? POLC_EXIT_OK : POLC_EXIT_SYSTEM;
}

static int look_up(struct refresh *refresh)
{
    struct run *run = refresh->run;
    const struct domain_rules *rules = &refresh->fill.rules;
    if (rules->servers.count == 0) {
        complain("no DNS server is trusted, so no name can be looked up; nothing was changed");
        hint(
            "dnsTrustedServers: [192.0.2.53]     (in FelixConfiguration \"default\"; then polc apply)");
        return POLC_EXIT_SYSTEM;
    }
    dns_lookup(run, rules, &refresh->names,
               run->options.resolve_timeout_given ? run->options.resolve_timeout : REFRESH_TIMEOUT,
               DNS_REFRESH, &refresh->lookup);
    if (refresh->lookup.problem != NULL || refresh->lookup.silent) {
        complain("no name could be looked up: %s; nothing was changed",
                 refresh->lookup.problem != NULL
                     ? refresh->lookup.problem
                     : arena_printf(run->arena, "no answer from %s",
                                    dns_servers_text(run->arena, rules)));
        hint("polc dns status%s     (what is known stays until its time is over)",
             same_options(run, false));
        return POLC_EXIT_SYSTEM;
    }
    return POLC_EXIT_OK;
}

// POLC_EXIT_BUSY without a word: another generation was loaded meanwhile.
static int try_refresh(struct refresh *refresh, bool *ret_again)
{
    struct state state;
    *ret_again = false;
    int code = read_loaded(refresh);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    collect_names(refresh);
    code = refresh->names.count > 0 ? look_up(refresh) : POLC_EXIT_OK;
    if (code != POLC_EXIT_OK || refresh->names.count == 0) {
        return code;
    }
    code = state_begin(refresh->run, &state);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    *ret_again = !is_still_loaded(refresh);
    code = *ret_again ? POLC_EXIT_BUSY : put(refresh);
    state_end(&state);
    return code;
}

// ---- what came of it --------------------------------------------------------------------------------------------------------

static const char *why_of(const struct refresh *refresh, const char *name)
{
    for (size_t i = 0; i < refresh->lookup.missing.count; i++) {
        if (strcmp(refresh->lookup.missing.items[i].name, name) == 0) {
            return refresh->lookup.missing.items[i].why;
        }
    }
    return NULL;
}

static json_t *addresses_json(const struct domain_entry *entry)
{
    json_t *list = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < entry->addresses.count; i++) {
        const struct domain_address *address = &entry->addresses.items[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "address",
                                              ip_addr_text(address->fact->addr, buffer), "left_ms",
                                              (json_int_t)address->left, "source",
                                              dns_source_name(address->fact->source)));
    }
    return list;
}

static void print_json(const struct refresh *refresh, const struct domain_entries *entries)
{
    json_t *names = json_array();
    for (size_t i = 0; i < entries->count; i++) {
        const struct domain_entry *entry = &entries->items[i];
        const char *why = why_of(refresh, entry->pattern);
        if (!entry->wildcard) {
            json_t *name =
                json_pack("{s:s, s:o}", "name", entry->pattern, "addresses", addresses_json(entry));
            json_object_set_new(name, "problem", why != NULL ? json_string(why) : json_null());
            json_array_append_new(names, name);
        }
    }
    json_t *root =
        json_pack("{s:s, s:I, s:I, s:I, s:o}", "result",
                  refresh->names.count > 0 ? "refreshed" : "nothing to refresh", "generation",
                  (json_int_t)refresh->loaded.number, "added", (json_int_t)refresh->added,
                  "patterns", (json_int_t)refresh->wildcards, "names", names);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

// One row for each name that was asked for.
static void print_names(const struct refresh *refresh, const struct domain_entries *entries)
{
    static const char *const columns[] = {"NAME", "ADDRESSES", "FOR", "PROBLEM"};
    struct arena *arena = refresh->run->arena;
    struct report *report = report_new(arena, columns, ARRAY_COUNT(columns));
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < entries->count; i++) {
        const struct domain_entry *entry = &entries->items[i];
        struct words addresses = {0};
        uint64_t left = 0;
        for (size_t j = 0; j < entry->addresses.count; j++) {
            const struct domain_address *address = &entry->addresses.items[j];
            left = address->left > left ? address->left : left;
            vec_push(arena, &addresses,
                     arena_strdup(arena, ip_addr_text(address->fact->addr, buffer)));
        }
        if (!entry->wildcard) {
            report_row(report, entry->pattern);
            report_cell(report, entry->pattern);
            report_cell_list(report, addresses.items, addresses.count);
            report_cell(report, left > 0 ? left_text(arena, left) : NULL);
            report_cell(report, why_of(refresh, entry->pattern));
        }
    }
    report_print(report, REPORT_TABLE, stdout);
}

static void print_summary(const struct refresh *refresh)
{
    uint32_t number = refresh->loaded.number;
    if (refresh->names.count > 0) {
        printf("refreshed: generation %u, %zu name%s looked up, %zu address%s added\n", number,
               refresh->names.count, plural(refresh->names.count), refresh->added,
               refresh->added == 1 ? "" : "es");
    } else if (refresh->wildcards > 0) {
        printf("nothing to refresh: %zu pattern%s of generation %u, which cannot be looked up\n",
               refresh->wildcards, plural(refresh->wildcards), number);
    } else {
        printf("nothing to refresh: generation %u has no domain rules\n", number);
    }
}

static void print_refreshed(const struct refresh *refresh)
{
    struct run *run = refresh->run;
    struct domain_entries entries = {0};
    if (refresh->fill.book != NULL) {
        entries =
            domains_entries(run->arena, &refresh->fill.rules, refresh->fill.book, dns_now_ms());
    }
    if (run->options.output == OUTPUT_JSON) {
        print_json(refresh, &entries);
    } else {
        if (run->options.verbose && entries.count > 0) {
            print_names(refresh, &entries);
        }
        if (!run->options.quiet) {
            print_summary(refresh);
        }
    }
    if (refresh->lookup.missing.count > 0 && !run->options.quiet) {
        fflush(stdout);
        complain(
            "no address came for %zu of %zu name%s: %s; what was known of %s stays until its time is over",
            refresh->lookup.missing.count, refresh->names.count, plural(refresh->names.count),
            dns_missing_text(run->arena, &refresh->lookup),
            refresh->lookup.missing.count == 1 ? "it" : "them");
    }
}

int cmd_dns_refresh(struct run *run)
{
    int code = POLC_EXIT_OK;
    bool again = true;
    for (int i = 0; i < TRIES && again; i++) {
        struct refresh refresh = {.run = run};
        code = try_refresh(&refresh, &again);
        if (code == POLC_EXIT_OK) {
            print_refreshed(&refresh);
        }
    }
    if (again) {
        complain("busy: other generations are loaded all the time; no address was added");
    }
    return code;
}
