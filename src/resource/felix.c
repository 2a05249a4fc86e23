// SPDX-License-Identifier: GPL-2.0-or-later
// FelixConfiguration: the settings that polc uses. Most of the others are about things that polc
// does not do, so they are named in one note and skipped.
#include "duration.h"
#include "failsafe.h"
#include "felix_annotations.h"
#include "felix_dns.h"
#include "objects.h"
#include "values.h"

#include <stdlib.h>
#include <strings.h>

#define IN_FELIX(member) offsetof(struct res_felix, member)

#define BAD_IN_INTERFACE " \t/:\"*" // the kernel refuses these, but for the two of nft's own syntax

enum {
    MAX_PREFIX = 14,
    /* with the star fewer than IFNAMSIZ */ MAX_PORT = 65535,
    MAX_LOG_RATE = 9999,
    MAX_NOTED = 8,
    MAX_SLIPS = 2
};

// What would take the host's own packets for those of workloads.
static bool begins_loopback(const char *prefix, size_t length)
{
    return strncmp(prefix, "lo", length) == 0;
}

// "cali,tap": an empty entry is a slip, since it would claim every interface.
static void felix_prefixes(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    (void)arg;
    struct res_names *prefixes = target;
    if (!scalar_string(decoder, node)) {
        return;
    }
    const char *start = node->text;
    while (start != NULL) {
        const char *comma = strchr(start, ',');
        size_t length = comma != NULL ? (size_t)(comma - start) : strlen(start);
        if (length == 0 || length > MAX_PREFIX || strcspn(start, BAD_IN_INTERFACE) < length) {
            diag_report(decoder->diags, DIAG_P025, node->loc,
                        "%s has an entry that no interface name can begin with: \"%.*s\"",
                        field_name(decoder), (int)length, start);
            return;
        }
        if (begins_loopback(start, length)) {
            diag_report(decoder->diags, DIAG_P025, node->loc,
                        "%s has an entry that claims the loopback interface: \"%.*s\"",
                        field_name(decoder), (int)length, start);
            return;
        }
        struct res_text prefix = {keep(decoder, start, length), node->loc};
        vec_push(decoder->arena, prefixes, prefix);
        start = comma != NULL ? comma + 1 : NULL;
    }
}

// A word in either letter case, as Felix reads it; stored as in `arg`.
static void felix_word(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    const struct words *words = arg;
    if (node->type == NODE_SCALAR) {
        for (size_t i = 0; i < words->count; i++) {
            if (strcasecmp(words->items[i], node->text) == 0) {
                *(struct res_text *)target = (struct res_text){words->items[i], node->loc};
                return;
            }
        }
    }
    scalar_word(decoder, node, words);
}

// The nftables setting wins over the one of iptables.
static void felix_iptables_deny(struct res_decoder *decoder, const struct node *node, void *target,
                                const void *arg)
{
    struct res_text action = {0};
    felix_word(decoder, node, &action, arg);
    if (((struct res_text *)target)->text == NULL) {
        *(struct res_text *)target = action;
    }
}

static void felix_rate(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    static const char *const units[] = {"/second", "/minute", "/hour", "/day"};
    (void)arg;
    if (!scalar_string(decoder, node) || node->size == 0) {
        return;
    }
    size_t digits = strspn(node->text, "0123456789");
    long rate = strtol(node->text, NULL, 10);
    bool known = digits > 0 && digits <= 4 && rate >= 1 && rate <= MAX_LOG_RATE;
    for (size_t i = 0; known && i < ARRAY_COUNT(units); i++) {
        if (strcmp(node->text + digits, units[i]) == 0) {
            *(struct res_text *)target = keep_text(decoder, node);
            return;
        }
    }
    struct diag *diag = diag_report(decoder->diags, DIAG_P022, node->loc, "%s cannot be \"%s\"",
                                    field_name(decoder), node->text);
    diag_label(diag, "write it like 10/second, 10/minute, 10/hour or 10/day, with 1 to 9999");
}

static void felix_burst(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    long burst;
    if (scalar_integer(decoder, node, 1, MAX_LOG_RATE, &burst)) {
        *(struct res_order *)target = (struct res_order){(double)burst, true, node->loc};
    }
}

// What nft's quoted strings cannot hold: they know no escapes, and "$" begins a variable.
static void felix_log_prefix(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    (void)arg;
    if (!scalar_string(decoder, node)) {
        return;
    }
    for (const unsigned char *at = (const unsigned char *)node->text; *at != '\0'; at++) {
        if (*at < 0x20 || *at > 0x7e || strchr("\"$\\", *at) != NULL) {
            struct diag *diag = diag_report(decoder->diags, DIAG_P022, node->loc,
                                            "%s cannot hold this character", field_name(decoder));
            diag_label(diag, "printable ASCII without \", $ and \\");
            return;
        }
    }
    *(struct res_text *)target = keep_text(decoder, node);
}

static void felix_port(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    (void)arg;
    long port;
    if (scalar_integer(decoder, node, 1, MAX_PORT, &port)) {
        *(struct res_order *)target = (struct res_order){(double)port, true, node->loc};
    }
}

// 32 bits, in hexadecimal or decimal, with quotes or without; the mask of nftables wins over that of iptables.
static void felix_mark_mask(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    (void)arg;
    uint32_t *mask = target;
    char *end = NULL;
    if (node->type != NODE_SCALAR) {
        report_type(decoder, node, "a number");
        return;
    }
    bool hex = strncasecmp(node->text, "0x", 2) == 0;
    unsigned long long value = strtoull(node->text, &end, hex ? 16 : 10);
    if ((!hex && !is_decimal(node->text)) || *end != '\0' || value == 0 || value > UINT32_MAX) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be %s",
                                        field_name(decoder), node->text);
        diag_label(diag, "32 bits of which at least one is set, like 0xffff0000");
        return;
    }
    *mask = *mask != 0 ? *mask : (uint32_t)value;
}

static const char *const host_words[] = {"Drop", "Return", "Accept"};
static const char *const deny_words[] = {"Drop", "Reject"};
static const struct words host_actions = WORDS(host_words), deny_actions = WORDS(deny_words);

static const struct duration_limits dns_extra_ttl = {0, DAY_SECONDS,
                                                     "a time like 30s or 1h, one day at most"};

static const struct field felix_rows[] = {
    {"interfacePrefix", felix_prefixes, IN_FELIX(interface_prefixes), NULL},
    {"defaultEndpointToHostAction", felix_word, IN_FELIX(endpoint_to_host_action), &host_actions},
    {"nftablesFilterDenyAction", felix_word, IN_FELIX(deny_action), &deny_actions},
    {"iptablesFilterDenyAction", felix_iptables_deny, IN_FELIX(deny_action), &deny_actions},
    {"logPrefix", felix_log_prefix, IN_FELIX(log_prefix), NULL},
    {"logActionRateLimit", felix_rate, IN_FELIX(log_rate), NULL},
    {"logActionRateLimitBurst", felix_burst, IN_FELIX(log_burst), NULL},
    {"disableConntrackInvalidCheck", field_bool, IN_FELIX(no_conntrack_invalid_check), NULL},
    {"allowVXLANPacketsFromWorkloads", field_bool, IN_FELIX(allow_vxlan), NULL},
    {"allowIPIPPacketsFromWorkloads", field_bool, IN_FELIX(allow_ipip), NULL},
    {"vxlanPort", felix_port, IN_FELIX(vxlan_port), NULL},
    {"nftablesMarkMask", felix_mark_mask, IN_FELIX(mark_mask), NULL},
    {"iptablesMarkMask", felix_mark_mask, IN_FELIX(mark_mask), NULL},
    {"failsafeInboundHostPorts", field_failsafes, IN_FELIX(failsafes_in), NULL},
    {"failsafeOutboundHostPorts", field_failsafes, IN_FELIX(failsafes_out), NULL},
    {"dnsTrustedServers", field_dns_servers, IN_FELIX(dns_servers), NULL},
    {"dnsExtraTTL", field_duration, IN_FELIX(dns_extra_ttl), &dns_extra_ttl},
};
static const struct fields felix_fields = FIELDS(felix_rows);

// The used setting of this name, or one that differs by a slip.
static const char *used_setting(const char *name, size_t slips)
{
    for (size_t i = 0; i < ARRAY_COUNT(felix_rows); i++) {
        bool found = slips == 0 ? strcmp(name, felix_rows[i].name) == 0
                                : spell_distance(name, felix_rows[i].name) <= slips;
        if (found) {
            return felix_rows[i].name;
        }
    }
    return NULL;
}

static void note_unused(struct res_decoder *decoder, const struct node *spec)
{
    struct strbuf names = {.arena = decoder->arena};
    const struct node *first = NULL;
    const char *slip = NULL;
    size_t count = 0;
    for (const struct node *child = spec->first; child != NULL; child = child->next) {
        if (used_setting(child->key, 0) != NULL) {
            continue;
        }
        const char *used = slip == NULL ? used_setting(child->key, MAX_SLIPS) : NULL;
        first = first == NULL || used != NULL ? child : first; // the caret stands below the slip
        slip = slip == NULL ? used : slip;
        if (++count <= MAX_NOTED) {
            strbuf_addf(&names, "%s%s", count == 1 ? "" : ", ", child->key);
        }
    }
    if (count == 0) {
        return;
    }
    if (count > MAX_NOTED) {
        strbuf_addf(&names, " and %zu more", count - MAX_NOTED);
    }
    struct diag *diag = diag_report(decoder->diags, DIAG_W005, first->key_loc,
                                    "%s has settings that polc does not use: %s",
                                    object_name(decoder), strbuf_text(&names));
    if (slip != NULL) {
        diag_label(diag, "did you mean \"%s\"?", slip);
    }
}

static void felix_spec(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    if (decode_map_in_part(decoder, node, arg, target)) {
        note_unused(decoder, node);
    }
}

void decode_felix(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    static const struct field rows[] = {{"metadata", field_map_in_part, 0, &felix_metadata},
                                        {"spec", felix_spec, 0, &felix_fields}};
    static const struct fields fields = FIELDS(rows);
    struct res_felix felix = {0};
    meta_decode(decoder, object, kind, NAME_FELIX, true, &felix.meta);
    decoder->depth = 0;
    decode_map_in_part(decoder, object->root, &fields, &felix);
    vec_push(decoder->arena, &decoder->resources->felix, felix);
}
