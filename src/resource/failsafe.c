// SPDX-License-Identifier: GPL-2.0-or-later
// Failsafe ports of a FelixConfiguration (semantics.md 6.5): a list of {protocol, port, net}, or Calico's string of
// "port", "protocol:port" and "protocol:net:port".
#include "failsafe.h"
#include "values.h"

#include <stdlib.h>
#include <strings.h>

enum { MAX_PORT = 65535 };

static const struct {
    const char *name;
    uint8_t number;
} protocols[] = {{"tcp", PROTO_TCP}, {"udp", PROTO_UDP}, {"sctp", PROTO_SCTP}};

// 0 when it is none of those that have ports; letter case does not matter, as in Felix.
static uint8_t protocol_number(const char *text, size_t length)
{
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        if (strlen(protocols[i].name) == length &&
            strncasecmp(protocols[i].name, text, length) == 0) {
            return protocols[i].number;
        }
    }
    return 0;
}

// ---- the list -------------------------------------------------------------------------------------------------------

struct failsafe_row {
    struct res_failsafe failsafe;
    bool has_port;
};

static void row_protocol(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct failsafe_row *row = target;
    if (!scalar_string(decoder, node)) {
        return;
    }
    row->failsafe.protocol = protocol_number(node->text, node->size);
    if (row->failsafe.protocol == 0) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P035, node->loc,
                        "%s of a failsafe port cannot be \"%s\"", field_name(decoder), node->text);
        diag_label(diag, "TCP, UDP or SCTP");
    }
}

static void row_port(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    (void)arg;
    struct failsafe_row *row = target;
    long port;
    if (scalar_integer(decoder, node, 0, MAX_PORT, &port)) {
        row->failsafe.port = (uint16_t)port;
        row->has_port = true;
    }
}

static void row_net(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg)
{
    (void)arg;
    struct failsafe_row *row = target;
    struct res_net net;
    if (scalar_string(decoder, node) && node->size > 0 &&
        parse_net(decoder, node->text, node->loc, NET_RELAXED, &net)) {
        row->failsafe.has_net = true;
        row->failsafe.net = net.cidr;
    }
}

static void list_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const struct field rows[] = {
        {"protocol", row_protocol, 0, NULL},
        {"port", row_port, 0, NULL},
        {"net", row_net, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_failsafes *failsafes = target;
    struct failsafe_row row = {.failsafe.loc = node->loc};
    size_t errors = diags_count(decoder->diags, DIAG_ERROR);
    if (!decode_map(decoder, node, &fields, &row) ||
        diags_count(decoder->diags, DIAG_ERROR) != errors) {
        return;
    }
    if (!row.has_port || row.failsafe.protocol == 0) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P025, node->loc,
                                        "%s needs \"%s\" in %s", field_name(decoder),
                                        row.has_port ? "protocol" : "port", object_name(decoder));
        diag_label(diag, "{protocol: TCP, port: 22}");
        return;
    }
    vec_push(decoder->arena, failsafes, row.failsafe);
}

// ---- the string -----------------------------------------------------------------------------------------------------

// What stands before a colon; a net may have colons itself, and then stands in brackets.
struct part {
    const char *text;
    size_t length;
};

static size_t split_entry(const char *text, size_t length, struct part parts[3])
{
    size_t count = 0;
    const char *end = text + length;
    while (count < 3) {
        bool bracket = text < end && *text == '[';
        const char *close = bracket ? memchr(text, ']', (size_t)(end - text)) : NULL;
        if (bracket && close == NULL) {
            return 0;
        }
        const char *from = close != NULL ? close + 1 : text;
        const char *colon = memchr(from, ':', (size_t)(end - from));
        const char *stop = colon != NULL ? colon : end;
        if (close != NULL && stop != close + 1) {
            return 0;
        }
        parts[count++] = close != NULL ? (struct part){text + 1, (size_t)(close - text - 1)}
                                       : (struct part){text, (size_t)(stop - text)};
        if (colon == NULL) {
            return count;
        }
        text = colon + 1;
    }
    return 0;
}

static bool parse_number(const struct part *part, uint16_t *ret)
{
    long value = 0;
    for (size_t i = 0; i < part->length; i++) {
        if (part->text[i] < '0' || part->text[i] > '9' || value > MAX_PORT) {
            return false;
        }
        value = value * 10 + (part->text[i] - '0');
    }
    *ret = (uint16_t)value;
    return part->length > 0 && value <= MAX_PORT;
}

static bool parse_entry(const char *text, size_t length, struct res_failsafe *ret)
{
    struct part parts[3];
    size_t count = split_entry(text, length, parts);
    if (count == 0 || !parse_number(&parts[count - 1], &ret->port)) {
        return false;
    }
    ret->protocol = count == 1 ? PROTO_TCP : protocol_number(parts[0].text, parts[0].length);
    if (count == 3) {
        enum addr_problem problem = cidr_parse(parts[1].text, parts[1].length, &ret->net);
        ret->has_net = problem == ADDR_OK || problem == ADDR_NO_MASK || problem == ADDR_HOST_BITS;
        return ret->protocol != 0 && ret->has_net;
    }
    return ret->protocol != 0;
}

static void parse_string(struct res_decoder *decoder, const struct node *node,
                         struct res_failsafes *failsafes)
{
    if (strcasecmp(node->text, "none") == 0) {
        return;
    }
    for (const char *at = node->text; at != NULL;) {
        at += strspn(at, " ");
        size_t length = strcspn(at, ",");
        const char *next = at[length] == ',' ? at + length + 1 : NULL;
        while (length > 0 && at[length - 1] == ' ') {
            length--;
        }
        struct loc loc = loc_inside(node, (size_t)(at - node->text), length);
        struct res_failsafe failsafe = {.loc = loc};
        if (parse_entry(at, length, &failsafe)) {
            vec_push(decoder->arena, failsafes, failsafe);
        } else {
            struct diag *diag = diag_report(decoder->diags, DIAG_P032, loc,
                                            "\"%.*s\" is no failsafe port", (int)length, at);
            diag_label(diag, "write it like tcp:22, udp:10.0.0.0/8:68 or tcp:[fd00::/8]:22");
        }
        at = next;
    }
}

void field_failsafes(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    struct res_failsafes *failsafes = target;
    failsafes->present = true;
    if (node->type == NODE_LIST) {
        decode_list(decoder, node, 0, list_item, failsafes, arg);
    } else if (node->type == NODE_SCALAR && node->size > 0) {
        parse_string(decoder, node, failsafes); // "22" alone may stand without quotes
    } else {
        report_type(decoder, node, "a list of ports");
    }
}
