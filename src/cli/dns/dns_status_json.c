// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns status -o json.
#include "dns_status.h"

static json_t *words_json(const struct words *words)
{
    json_t *array = json_array();
    for (size_t i = 0; i < words->count; i++) {
        json_array_append_new(array, json_string(words->items[i]));
    }
    return array;
}

// null: not in the kernel; -1: for good.
static json_t *left_json(const struct nft_domain_element *element)
{
    if (element == NULL) {
        return json_null();
    }
    return json_integer(element->left_ms == NFT_DOMAIN_FOREVER ? -1 : (json_int_t)element->left_ms);
}

static json_t *addresses_json(const struct dns_overview *status, uint32_t list,
                              const struct domain_entry *entry)
{
    json_t *array = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < entry->addresses.count; i++) {
        const struct domain_address *address = &entry->addresses.items[i];
        const struct dns_fact *fact = address->fact;
        const struct nft_domain_element *element =
            dns_standing_element(&status->standing, list, fact->addr);
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "name", fact->name, "address",
                      ip_addr_text(fact->addr, buffer), "source", dns_source_name(fact->source),
                      "age_seconds", (json_int_t)(status->standing.now / 1000 - fact->learned),
                      "known_for_ms", (json_int_t)address->left, "left_ms", left_json(element)));
    }
    return array;
}

static json_t *foreign_json(const struct dns_overview *status, uint32_t list)
{
    json_t *array = json_array();
    char buffer[IP_TEXT_MAX];
    size_t count;
    const struct nft_domain_element *elements = dns_standing_list(&status->standing, list, &count);
    for (size_t i = 0; i < count; i++) {
        if (!dns_standing_is_known(&status->standing, status->run->arena, &elements[i])) {
            json_array_append_new(array, json_pack("{s:s, s:o}", "address",
                                                   ip_addr_text(elements[i].addr, buffer),
                                                   "left_ms", left_json(&elements[i])));
        }
    }
    return array;
}

static json_t *list_json(const struct dns_overview *status, uint32_t list)
{
    struct arena *arena = status->run->arena;
    const struct plan_domains *domains = &status->standing.rules.lists[list];
    struct words users = dns_status_users(status, list);
    json_t *names = json_array();
    for (size_t i = 0; i < domains->count; i++) {
        const struct domain_entry *entry =
            dns_standing_entry(&status->standing, domains->patterns[i]);
        json_array_append_new(names, json_pack("{s:s, s:b, s:o}", "pattern", entry->pattern,
                                               "wildcard", (int)entry->wildcard, "addresses",
                                               addresses_json(status, list, entry)));
    }
    return json_pack("{s:[s, s], s:o, s:o, s:o}", "sets",
                     nft_domain_set_name(arena, domains->name, IP_V4),
                     nft_domain_set_name(arena, domains->name, IP_V6), "rules", words_json(&users),
                     "names", names, "others", foreign_json(status, list));
}

// Seconds since it learned something; null: never.
static json_t *ago_json(const struct dns_standing *standing, enum dns_source source)
{
    return standing->last[source] == 0
               ? json_null()
               : json_integer(standing->now / 1000 - standing->last[source]);
}

void dns_status_print_json(const struct dns_overview *status)
{
    const struct dns_standing *standing = &status->standing;
    char buffer[IP_TEXT_MAX];
    json_t *servers = json_array(), *lists = json_array();
    for (size_t i = 0; i < standing->rules.servers.count; i++) {
        const struct ip_port *server = &standing->rules.servers.items[i];
        json_array_append_new(servers,
                              json_string(ip_port_text(server->addr, server->port, buffer)));
    }
    for (size_t i = 0; i < standing->rules.list_count; i++) {
        json_array_append_new(lists, list_json(status, (uint32_t)i));
    }
    json_t *root = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:{s:s?, s:I, s:o}, s:o, s:o, s:o}", "generation",
        (json_int_t)status->generation, "addresses", (json_int_t)standing->elements.count,
        "names_without_address", (json_int_t)standing->nameless, "patterns_never_seen",
        (json_int_t)standing->unseen, "addresses_of_others", (json_int_t)standing->foreign,
        "known_addresses_gone", (json_int_t)standing->gone,

        "trusted_servers", servers, "watch", "process", standing->watch, "log_group",
        (json_int_t)standing->rules.log_group, "learned_seconds_ago", ago_json(standing, DNS_WATCH),
        "apply_seconds_ago", ago_json(standing, DNS_APPLY), "refresh_seconds_ago",
        ago_json(standing, DNS_REFRESH), "lists", lists);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}
