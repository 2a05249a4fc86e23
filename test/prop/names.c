// SPDX-License-Identifier: GPL-2.0-or-later
// Names of the scene: some share addresses, some have those of workloads, one has none of a family, one none at all.
#include "names.h"

#include <ctype.h>

enum { ADDRESSES_MAX = 4 };

static const struct {
    const char *name;
    const char *addresses[ADDRESSES_MAX];
} scene_names[] = {
    {"example.com", {"203.0.113.5", "2001:db8:3::77"}},
    {"www.example.com", {"203.0.113.5", "203.0.113.6"}},
    {"a.www.example.com", {"198.51.100.77"}},
    {"api.example.com", {"172.16.0.9", "192.0.2.77", "2001:db8:1::77"}},
    {"www.eu.example.com", {"10.66.0.200", "fd66::200"}},
    {"example.org", {"203.0.113.7", "2001:db8:2::77"}},
    {"www.example.org", {"192.0.2.77", "2001:db8:3::78"}},
    {"inside.example.org", {"10.65.0.81", "fd65::82", "10.65.0.90"}},
    {"_tls.example.net", {"203.0.113.8"}},
    {"nowhere.example.net", {NULL}},
};

static const char *const patterns[] = {
    "example.com",         "www.example.com",
    "api.example.com",     "*.example.com",
    "www.*.com",           "*.com",
    "www.*.example.com",   "a.*.example.com",
    "*.www.example.com",   "example.org",
    "*.example.org",       "inside.example.org",
    "*.eu.example.com",    "_tls.example.net",
    "nowhere.example.net", "*.test",
};

const char *names_pattern(struct arena *arena, struct rng *rng)
{
    const char *pattern = rng_pick(rng, patterns);
    char *text = arena_strndup(arena, pattern, strlen(pattern));
    for (char *at = text; rng_chance(rng, 15) && *at != '\0'; at++) {
        *at = (char)(rng_chance(rng, 50) ? toupper(*at) : *at);
    }
    return rng_chance(rng, 10) ? arena_printf(arena, "%s.", text) : text;
}

static size_t label_length(const char *text)
{
    return strcspn(text, ".");
}

// The labels of a pattern against those of a name, from the first on; "*" takes one label, and then more.
static bool labels_match(const char *pattern, const char *name)
{
    size_t length = label_length(pattern), other = label_length(name);
    bool star = length == 1 && pattern[0] == '*';
    if (other == 0 || length == 0) {
        return other == 0 && length == 0;
    }
    if (!star && (length != other || strncasecmp(pattern, name, length) != 0)) {
        return false;
    }
    const char *rest = name + other + (name[other] == '.');
    return labels_match(pattern + length + (pattern[length] == '.'), rest) ||
           (star && labels_match(pattern, rest));
}

static struct ip_addr parsed(const char *text)
{
    struct ip_addr addr = {0};
    ip_addr_parse(text, strlen(text), &addr);
    return addr;
}

bool names_have(const char *pattern, struct ip_addr addr)
{
    for (size_t i = 0; i < ARRAY_COUNT(scene_names); i++) {
        for (size_t j = 0; j < ADDRESSES_MAX && scene_names[i].addresses[j] != NULL; j++) {
            if (ip_addr_compare(parsed(scene_names[i].addresses[j]), addr) == 0 &&
                labels_match(pattern, scene_names[i].name)) {
                return true;
            }
        }
    }
    return false;
}

bool names_address(size_t index, struct ip_addr *ret)
{
    for (size_t i = 0; i < ARRAY_COUNT(scene_names); i++) {
        for (size_t j = 0; j < ADDRESSES_MAX && scene_names[i].addresses[j] != NULL; j++) {
            if (index-- == 0) {
                *ret = parsed(scene_names[i].addresses[j]);
                return true;
            }
        }
    }
    return false;
}

struct dns_book *names_book(struct arena *arena)
{
    struct dns_book *book = dns_book_new(arena);
    for (size_t i = 0; i < ARRAY_COUNT(scene_names); i++) {
        for (size_t j = 0; j < ADDRESSES_MAX && scene_names[i].addresses[j] != NULL; j++) {
            dns_book_add(book, &(struct dns_fact){.name = scene_names[i].name,
                                                  .addr = parsed(scene_names[i].addresses[j]),
                                                  .ttl = 300,
                                                  .source = DNS_FILE});
        }
    }
    return book;
}

void names_elements(struct arena *arena, const struct plan *plan, struct nft_domain_elements *ret)
{
    static const uint64_t left_ms = 3600 * 1000;
    struct ip_addr addr;
    for (uint32_t i = 0; i < plan->domains.count; i++) {
        const struct plan_domains *domains = &plan->domains.items[i];
        for (size_t j = 0; names_address(j, &addr); j++) {
            bool has = false;
            for (size_t k = 0; k < domains->count && !has; k++) {
                has = names_have(domains->patterns[k], addr);
            }
            if (has) {
                vec_push(arena, ret,
                         (struct nft_domain_element){.set = i, .addr = addr, .left_ms = left_ms});
            }
        }
    }
}
