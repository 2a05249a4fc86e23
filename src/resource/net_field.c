// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and prefixes. Rules are strict about masks as Calico is; network sets are not.
#include "values.h"

const enum net_form net_strict = NET_STRICT, net_relaxed = NET_RELAXED, net_masked = NET_MASKED,
                    net_host = NET_HOST, net_bare = NET_BARE;

static void report_address(struct res_decoder *decoder, const char *text, struct loc loc,
                           enum addr_problem problem)
{
    struct diag *diag;
    if (problem == ADDR_MAPPED) {
        diag = diag_report(decoder->diags, DIAG_P046, loc,
                           "\"%s\" is an IPv4 address written as an IPv6 one", text);
        diag_label(diag, "write the IPv4 address");
        return;
    }
    diag =
        diag_report(decoder->diags, DIAG_P040, loc, "\"%s\" is not an IP %s", text,
                    problem == ADDR_BAD_MASK || strchr(text, '/') != NULL ? "prefix" : "address");
    if (problem == ADDR_BAD_MASK) {
        diag_label(diag, "after \"/\" stands 0 to 32 for IPv4, 0 to 128 for IPv6");
    } else {
        diag_label(diag, "write it like 10.1.0.0/16 or 2001:db8::/32, without leading zeros");
    }
}

static bool report_mask_missing(struct res_decoder *decoder, const char *text, struct loc loc,
                                const struct cidr *cidr)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P041, loc,
                                    "%s needs a prefix length in a rule", field_name(decoder));
    diag_label(diag, "did you mean %s/%u?", text, cidr->bits);
    return false;
}

static bool report_host_bits(struct res_decoder *decoder, const char *text, struct loc loc,
                             const struct cidr *cidr)
{
    char buffer[IP_TEXT_MAX];
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P042, loc, "\"%s\" has bits set below its mask", text);
    diag_label(diag, "did you mean %s?", cidr_text(*cidr, false, buffer));
    return false;
}

static bool report_not_single(struct res_decoder *decoder, const char *text, struct loc loc)
{
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P047, loc, "\"%s\" is not a single address", text);
    diag_label(diag, "an endpoint has addresses: /32 for IPv4, /128 for IPv6");
    return false;
}

static bool report_not_bare(struct res_decoder *decoder, const char *text, struct loc loc)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P047, loc,
                                    "%s takes addresses without a prefix length, not \"%s\"",
                                    field_name(decoder), text);
    diag_label(diag, "did you mean %.*s?", (int)strcspn(text, "/"), text);
    return false;
}

bool parse_net(struct res_decoder *decoder, const char *text, struct loc loc, enum net_form form,
               struct res_net *ret)
{
    struct cidr cidr;
    enum addr_problem problem = cidr_parse(text, strlen(text), &cidr);
    bool usable = problem == ADDR_OK || problem == ADDR_NO_MASK || problem == ADDR_HOST_BITS;
    if (!usable) {
        report_address(decoder, text, loc, problem);
        return false;
    }
    if ((form == NET_STRICT || form == NET_MASKED) && problem == ADDR_NO_MASK) {
        return report_mask_missing(decoder, text, loc, &cidr);
    }
    if (form == NET_STRICT && problem == ADDR_HOST_BITS) {
        return report_host_bits(decoder, text, loc, &cidr);
    }
    if (form == NET_BARE && problem != ADDR_NO_MASK) {
        return report_not_bare(decoder, text, loc);
    }
    if (form == NET_HOST && !cidr_is_host(cidr)) {
        return report_not_single(decoder, text, loc);
    }
    *ret = (struct res_net){cidr, loc};
    return true;
}

static void net_item(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    struct res_nets *nets = target;
    struct res_net net;
    if (scalar_string(decoder, node) &&
        parse_net(decoder, node->text, node->loc, *(const enum net_form *)arg, &net)) {
        vec_push(decoder->arena, nets, net);
    }
}

void field_nets(struct res_decoder *decoder, const struct node *node, void *target, const void *arg)
{
    size_t max = *(const enum net_form *)arg == NET_STRICT ? MAX_NETS : 0;
    vec_expect(decoder, (struct res_nets *)target, node);
    decode_list(decoder, node, max, net_item, target, arg);
}
