// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns status: for each list of names what its sets hold, for how long, and who said so; and who feeds them.
#include "dns_lookup.h"
#include "dns_status.h"
#include "dns_verbs.h"
#include "live_policies.h"

#include <inttypes.h>

// ---- who uses a list ----------------------------------------------------------------------------------------------------

static void add_users(const struct dns_overview *status, const struct plan_policy *policy,
                      size_t list, struct words *ret)
{
    struct arena *arena = status->run->arena;
    const struct plan_rules *rules = &policy->rules[PLAN_OUT];
    for (size_t i = 0; i < rules->count; i++) {
        const struct plan_rule *rule = &rules->items[i];
        if (rule->match.destination.domains != (int32_t)list) {
            continue;
        }
        bool has_place = rule->loc.line > 0;
        vec_push(arena, ret,
                 arena_printf(arena, "%s out %" PRIu32 "%s%s", policy->id, rule->index,
                              has_place ? " " : "",
                              has_place ? loc_text(arena, status->run->sources, rule->loc) : ""));
    }
}

struct words dns_status_users(const struct dns_overview *status, size_t list)
{
    struct words users = {0};
    for (size_t i = 0; i < status->plan->policies.count; i++) {
        add_users(status, &status->plan->policies.items[i], list, &users);
    }
    for (size_t i = 0; i < status->plan->profiles.count; i++) {
        add_users(status, &status->plan->profiles.items[i], list, &users);
    }
    return users;
}

// ---- lists ------------------------------------------------------------------------------------------------------------

struct line {
    const char *pattern, *name, *address, *left, *source;
};

struct lines {
    VEC_FIELDS(struct line);
};

static const char *addr_text(struct arena *arena, struct ip_addr addr)
{
    char buffer[IP_TEXT_MAX];
    return arena_strdup(arena, ip_addr_text(addr, buffer));
}

// Without an address: which one it had, if it had one.
static const char *absence(const struct dns_overview *status, const struct domain_entry *entry)
{
    struct arena *arena = status->run->arena;
    const struct dns_fact *expired = entry->expired;
    if (expired == NULL) {
        return entry->wildcard ? "never seen" : "NO ADDRESS";
    }
    return arena_printf(arena, "NO ADDRESS  expired: %s%s%s, learned %s",
                        entry->wildcard ? expired->name : "", entry->wildcard ? " " : "",
                        addr_text(arena, expired->addr),
                        dns_ago_text(arena, &status->standing, expired->learned));
}

static void add_entry(const struct dns_overview *status, uint32_t list,
                      const struct domain_entry *entry, struct lines *ret)
{
    struct arena *arena = status->run->arena;
    const struct dns_standing *standing = &status->standing;
    const char *name = "";
    for (size_t i = 0; i < entry->addresses.count; i++) {
        const struct dns_fact *fact = entry->addresses.items[i].fact;
        const char *ago = dns_ago_text(arena, standing, fact->learned);
        bool same_name = strcmp(name, fact->name) == 0;
        name = fact->name;
        vec_push(arena, ret,
                 (struct line){
                     i == 0 ? entry->pattern : "",
                     entry->wildcard && !same_name ? name : "",
                     addr_text(arena, fact->addr),
                     dns_left_text(arena, dns_standing_element(standing, list, fact->addr)),
                     arena_printf(arena, "%s%s%s", dns_source_name(fact->source),
                                  ago != NULL ? ", " : "", ago != NULL ? ago : ""),
                 });
    }
    if (entry->addresses.count == 0) {
        vec_push(arena, ret, (struct line){entry->pattern, "", absence(status, entry), "", ""});
    }
}

static void add_foreign(const struct dns_overview *status, uint32_t list, struct lines *ret)
{
    struct arena *arena = status->run->arena;
    size_t count;
    bool first = true;
    const struct nft_domain_element *elements = dns_standing_list(&status->standing, list, &count);
    for (size_t i = 0; i < count; i++) {
        if (dns_standing_is_known(&status->standing, arena, &elements[i])) {
            continue;
        }
        vec_push(arena, ret,
                 (struct line){first ? "(put by others)" : "", "",
                               addr_text(arena, elements[i].addr),
                               dns_left_text(arena, &elements[i]), ""});
        first = false;
    }
}

static int width_of(int width, const char *text)
{
    int length = (int)strlen(text);
    return length > width ? length : width;
}

static void print_lines(const struct lines *lines)
{
    int pattern = 0, name = 0, address = 0, left = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const struct line *line = &lines->items[i];
        pattern = width_of(pattern, line->pattern);
        name = width_of(name, line->name);
        address = width_of(address, line->left[0] != '\0' ? line->address : "");
        left = width_of(left, line->left);
    }
    for (size_t i = 0; i < lines->count; i++) {
        const struct line *line = &lines->items[i];
        if (line->left[0] == '\0') {
            printf("  %-*s  %s\n", pattern, line->pattern, line->address);
            continue;
        }
        printf("  %-*s  %-*s%s%-*s  ", pattern, line->pattern, name, line->name,
               name > 0 ? "  " : "", address, line->address);
        if (line->source[0] != '\0') {
            printf("%-*s  %s\n", left, line->left, line->source);
        } else {
            puts(line->left);
        }
    }
}

static void print_list(const struct dns_overview *status, uint32_t list)
{
    enum { USERS_SHOWN = 4 };
    struct arena *arena = status->run->arena;
    const struct plan_domains *domains = &status->standing.rules.lists[list];
    struct words users = dns_status_users(status, list);
    struct lines lines = {0};
    size_t shown =
        users.count > USERS_SHOWN && !status->run->options.verbose ? USERS_SHOWN : users.count;
    printf("\nused by     %s", words_join(arena, users.items, shown, ", "));
    if (shown < users.count) {
        printf(" and %zu more     (-v)", users.count - shown);
    }
    putchar('\n');
    for (size_t i = 0; i < domains->count; i++) {
        add_entry(status, list, dns_standing_entry(&status->standing, domains->patterns[i]),
                  &lines);
    }
    add_foreign(status, list, &lines);
    print_lines(&lines);
    if (status->run->options.verbose) {
        printf("  sets  %s, %s\n", nft_domain_set_name(arena, domains->name, IP_V4),
               nft_domain_set_name(arena, domains->name, IP_V6));
    }
}

// ---- who feeds them -------------------------------------------------------------------------------------------------------

static bool has_wildcard(const struct dns_standing *standing)
{
    for (size_t i = 0; i < standing->entries.count; i++) {
        if (standing->entries.items[i].wildcard) {
            return true;
        }
    }
    return false;
}

static void print_watch(const struct dns_overview *status)
{
    const struct dns_standing *standing = &status->standing;
    const char *ago = dns_ago_text(status->run->arena, standing, standing->last[DNS_WATCH]);
    if (standing->watch != NULL) {
        printf("watch       %s hears group %u; learned %s%s\n", standing->watch,
               standing->rules.log_group, ago != NULL ? "last " : "nothing yet",
               ago != NULL ? ago : ": answers of the trusted servers count alone");
    } else {
        printf("watch       nobody hears group %u%s%s%s\n", standing->rules.log_group,
               ago != NULL ? "; learned last " : "", ago != NULL ? ago : "",
               has_wildcard(standing)
                   ? ": names of patterns with \"*\" are not learned     (polc dns watch)"
                   : "");
    }
}

static void print_sources(const struct dns_overview *status)
{
    struct arena *arena = status->run->arena;
    const struct dns_standing *standing = &status->standing;
    const char *apply = dns_ago_text(arena, standing, standing->last[DNS_APPLY]);
    const char *refresh = dns_ago_text(arena, standing, standing->last[DNS_REFRESH]);
    printf("look-ups    answered last for apply %s, for dns refresh %s\n",
           apply != NULL ? apply : "never",
           refresh != NULL ? refresh : "never     (polc-dns.timer; or polc dns refresh)");
    print_watch(status);
    if (standing->foreign > 0) {
        printf(
            "others      %zu address%s that polc knows nothing of: a resolver's (polc dns export), or put there by hand\n",
            standing->foreign, standing->foreign == 1 ? "" : "es");
    }
    if (standing->gone > 0) {
        printf(
            "gone        %zu known address%s not in the kernel     (put back by: polc dns refresh%s)\n",
            standing->gone, standing->gone == 1 ? " is" : "es are",
            same_options(status->run, false));
    }
    printf("trusted     %s\n",
           standing->rules.servers.count > 0
               ? dns_servers_text(arena, &standing->rules)
               : "no server: nothing is looked up, and no answer believed     (dnsTrustedServers)");
}

static void print_text(const struct dns_overview *status)
{
    const struct dns_standing *standing = &status->standing;
    if (standing->rules.list_count == 0) {
        puts("no rule that is loaded names a domain");
        return;
    }
    printf("names       %s\n", dns_standing_summary(status->run->arena, standing));
    print_sources(status);
    for (size_t i = 0; i < standing->rules.list_count; i++) {
        print_list(status, (uint32_t)i);
    }
}

int cmd_dns_status(struct run *run)
{
    struct nft_failure failure = {0};
    int code = live_policies(run, true);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    struct dns_overview status = {
        .run = run, .plan = run->plan, .generation = live_generation(run, run->arena)};
    enum nft_status result = dns_standing_read(run, run->plan, &status.standing, &failure);
    if (result != NFT_DONE) {
        return report_failure(run, result, &failure);
    }
    run->options.output == OUTPUT_JSON ? dns_status_print_json(&status) : print_text(&status);
    return POLC_EXIT_OK;
}
