// SPDX-License-Identifier: GPL-2.0-or-later
// Names of domains in rules and sets (semantics.md 8.2): what is none, and what the author may have meant.
#include "internal.h"

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
    const char *name = with_one_wildcard(arena, without_frills(arena, text));
    return strcmp(name, text) != 0 && dns_pattern_problem(name) == NULL
               ? dns_name_canonical(arena, name)
               : NULL;
}

static void label_meant(const struct check *check, struct diag *diag, const char *text)
{
    const char *name = meant(check->arena, text);
    struct ip_addr addr;
    char buffer[IP_TEXT_MAX];
    if (name != NULL) {
        diag_label(diag, "did you mean \"%s\"?", name);
        if (strchr(text, ':') != NULL) {
            diag_hint(
                diag,
                "a port stands in \"ports\" of the rule, a path nowhere: polc sees addresses");
        }
    } else if (ip_addr_parse(text, strlen(text), &addr) == ADDR_OK) {
        diag_label(diag, "write \"nets: ['%s']\" in place of it",
                   cidr_text(cidr_of_addr(addr), false, buffer));
    } else if (strcmp(text, "*") == 0) {
        diag_label(diag, "to allow every address leave the names out");
    } else if (strchr(text, '*') != NULL) {
        diag_label(diag,
                   "one \"*\" may stand for whole components before the last: \"*.example.com\"");
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
        label_meant(check, diag, name->text);
        diag_related(diag, meta->loc, "in %s", object_text(check, meta));
    }
}
