// SPDX-License-Identifier: GPL-2.0-or-later
// Names of domains in rules and sets (semantics.md 8.2): what is none, and what the author may have meant.
#include "internal.h"
#include "punycode.h"

#include <polc/dns.h>

// Without what makes a URL of a name, or a server: "https://user@api.example.com:443/v1" -> "api.example.com".
static const char *without_frills(struct arena *arena, const char *text)
{
    const char *scheme = strstr(text, "://");
    const char *start = scheme != NULL ? scheme + strlen("://") : text;
    size_t length = strcspn(start, "/?#");
    const char *user = memchr(start, '@', length);
    if (user != NULL) {
        length -= (size_t)(user + 1 - start);
        start = user + 1;
    }
    const char *colon = memchr(start, ':', length);
    return arena_strndup(arena, start, colon != NULL ? (size_t)(colon - start) : length);
}

// One "*" stands for several components: "*.*.x.com" -> "*.x.com"; ".x.com", as proxies write it, -> "*.x.com".
static const char *with_one_wildcard(struct arena *arena, const char *text)
{
    while (text_begins(text, "*.*.")) {
        text += strlen("*.");
    }
    return text[0] == '.' ? arena_printf(arena, "*%s", text) : text;
}

// The name that is most likely meant; NULL when none is plain.
static const char *meant(struct arena *arena, const char *text)
{
    const char *name = name_in_ascii(arena, with_one_wildcard(arena, without_frills(arena, text)));
    return name != NULL && strcmp(name, text) != 0 && dns_pattern_problem(name) == NULL
               ? dns_name_canonical(arena, name)
               : NULL;
}

// An address, with a prefix length or a port or alone, as a prefix for "nets".
static bool is_address(const char *text, struct cidr *ret)
{
    struct ip_port server;
    enum addr_problem problem = cidr_parse(text, strlen(text), ret);
    if (problem == ADDR_OK || problem == ADDR_NO_MASK || problem == ADDR_HOST_BITS) {
        return true;
    }
    if (!ip_port_parse(text, strlen(text), &server)) {
        return false;
    }
    *ret = cidr_of_addr(server.addr);
    return true;
}

static void say_what_is_meant(const struct check *check, struct diag *diag, const char *text)
{
    struct cidr net;
    char buffer[IP_TEXT_MAX];
    if (is_address(text, &net)) {
        diag_label(diag, "write \"nets: ['%s']\" in place of it", cidr_text(net, false, buffer));
        return;
    }
    const char *name = meant(check->arena, text);
    if (name != NULL) {
        diag_label(diag, "did you mean \"%s\"?", name);
    } else if (strcmp(text, "*") == 0) {
        diag_label(diag, "to allow every address, leave the names out");
    } else if (strchr(text, '*') != NULL) {
        diag_label(diag, "one \"*\" for whole components before the last: \"*.example.com\"");
    }
    if (name != NULL && strpbrk(text, ":/") != NULL) {
        diag_hint(diag,
                  "ports stand in \"ports\" of the rule; what follows a \"/\" polc cannot see");
    }
}

void check_domain_names(const struct check *check, const struct res_names *names,
                        const struct res_meta *meta)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct res_text *name = &names->items[i];
        const char *problem = dns_pattern_problem(name->text);
        if (problem == NULL) {
            continue;
        }
        struct diag *diag =
            diag_report(check->diags, DIAG_P063, name->loc, "\"%s\" %s", name->text, problem);
        say_what_is_meant(check, diag, name->text);
        diag_related(diag, meta->loc, "in %s", object_text(check, meta));
    }
}
