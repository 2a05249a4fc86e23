// SPDX-License-Identifier: GPL-2.0-or-later
// Ports, port ranges, port names and protocols as Calico writes them (semantics.md 4.2, 4.4).
#include "values.h"

#include <stdlib.h>

enum { MAX_PORT_NAME = 15, MAX_PORT = 65535 };

static bool is_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

// Decimal digits to a port; -1 when it is not in 1..65535.
static long port_number(const char *digits, size_t length)
{
    long value = 0;
    for (size_t i = 0; i < length; i++) {
        value = value * 10 + (digits[i] - '0');
        if (value > MAX_PORT) {
            return -1;
        }
    }
    return length == 0 || value == 0 ? -1 : value;
}

static bool report_port(struct res_decoder *decoder, const struct node *node, const char *why)
{
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P032, node->loc, "\"%s\" is no port", node->text);
    diag_label(diag, "%s", why);
    return false;
}

static bool set_range(struct res_port *ret, const struct node *node, long min, long max)
{
    *ret = (struct res_port){.min = (uint16_t)min, .max = (uint16_t)max, .loc = node->loc};
    return true;
}

// "MIN:MAX"
static bool parse_range(struct res_decoder *decoder, const struct node *node, size_t min_length,
                        struct res_port *ret)
{
    const char *second = node->text + min_length + 1;
    long min = port_number(node->text, min_length);
    long max = port_number(second, strlen(second));
    if (min < 0 || max < 0) {
        return report_port(decoder, node, "both ends of a range are 1 to 65535");
    }
    if (min > max) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P032, node->loc,
                                        "port range %s ends before it begins", node->text);
        diag_label(diag, "did you mean \"%ld:%ld\"?", max, min);
        return false;
    }
    return set_range(ret, node, min, max);
}

// 1-15 bytes of [a-z0-9-], one letter at least, no hyphen at an end or doubled.
static bool is_port_name(const char *text)
{
    size_t length = strlen(text), letters = 0;
    if (length == 0 || length > MAX_PORT_NAME || text[0] == '-' || text[length - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool letter = text[i] >= 'a' && text[i] <= 'z';
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!letter && !digit && (text[i] != '-' || text[i + 1] == '-')) {
            return false;
        }
        letters += letter;
    }
    return letters > 0;
}

static bool report_port_name(struct res_decoder *decoder, const struct node *node)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P033, node->loc,
                                    "\"%s\" is neither a port nor the name of one", node->text);
    const char *dash = strchr(node->text, '-');
    size_t first = strspn(node->text, "0123456789");
    if (dash != NULL && first == (size_t)(dash - node->text) && is_digits(dash + 1) && first > 0) {
        diag_label(diag, "did you mean \"%.*s:%s\"? ranges have a colon", (int)first, node->text,
                   dash + 1);
    } else {
        diag_label(diag, "a name has 1 to 15 of a-z, 0-9 and \"-\", and at least one letter");
    }
    return false;
}

// A plain scalar that YAML takes for a number, but is not written in plain decimal.
static bool is_odd_number(const struct node *node)
{
    const char *text = node->text;
    bool underscored = text[0] >= '0' && text[0] <= '9' && strchr(text, '_') != NULL;
    return node->style == NODE_PLAIN && !is_decimal(text) &&
           (plain_kind(text) == PLAIN_NUMBER || underscored);
}

static bool report_odd_number(struct res_decoder *decoder, const struct node *node)
{
    if (node->text[0] == '-' && is_decimal(node->text + 1)) {
        return report_port(decoder, node, "a port is 1 to 65535");
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P023, node->loc, "%s must be a decimal number, not %s",
                    field_name(decoder), node->text);
    diag_label(diag, "write it with decimal digits only, without a leading zero");
    return false;
}

bool parse_port(struct res_decoder *decoder, const struct node *node, struct res_port *ret)
{
    if (node->type != NODE_SCALAR ||
        (node->style == NODE_PLAIN && plain_kind(node->text) == PLAIN_NULL)) {
        return report_type(decoder, node, "a port");
    }
    if (is_odd_number(node)) {
        return report_odd_number(decoder, node);
    }
    size_t digits = strspn(node->text, "0123456789");
    const char *rest = node->text + digits;
    if (digits > 0 && *rest == '\0') {
        long port = port_number(node->text, digits);
        return port < 0 ? report_port(decoder, node, "a port is 1 to 65535")
                        : set_range(ret, node, port, port);
    }
    if (digits > 0 && *rest == ':' && is_digits(rest + 1)) {
        return parse_range(decoder, node, digits, ret);
    }
    if (!is_port_name(node->text)) {
        return report_port_name(decoder, node);
    }
    *ret = (struct res_port){.name = keep(decoder, node->text, node->size), .loc = node->loc};
    return true;
}

bool parse_single_port(struct res_decoder *decoder, const struct node *node, const char *label,
                       struct res_port *ret)
{
    if (!parse_port(decoder, node, ret)) {
        return false;
    }
    if (ret->min != ret->max) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P032, node->loc,
                                        "Kubernetes has no range \"%s\"", node->text);
        if (label != NULL) {
            diag_label(diag, "%s", label);
        }
        return false;
    }
    return true;
}

static void port_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct res_ports *ports = target;
    struct res_port port;
    if (parse_port(decoder, node, &port)) {
        vec_push(decoder->arena, ports, port);
    }
}

void field_ports(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg)
{
    struct res_ports *ports = target;
    ports->loc = node->loc;
    vec_expect(decoder, ports, node);
    decode_list(decoder, node, MAX_PORTS, port_item, target, arg);
}

static void report_protocol(struct res_decoder *decoder, const struct node *node)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P031, node->loc,
                                    "\"%s\" is no protocol that polc knows", node->text);
    const char *best = spell_best(node->text, proto_names, proto_names_count);
    if (best != NULL) {
        diag_label(diag, "did you mean %s?", best);
    } else {
        diag_label(diag, "TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite or a number from 1 to 255");
    }
}

void field_protocol(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg)
{
    (void)arg;
    struct res_protocol *protocol = target;
    protocol->loc = node->loc; // even of a wrong one, so that nobody misses it
    if (node->type != NODE_SCALAR) {
        report_type(decoder, node, "a protocol");
        return;
    }
    unsigned number = proto_parse(node->text, node->size);
    bool digits = is_digits(node->text);
    if (number == 0 || number > 255 || (digits && !is_decimal(node->text))) {
        report_protocol(decoder, node);
        return;
    }
    protocol->number = (uint8_t)number;
    protocol->named = !digits;
}
