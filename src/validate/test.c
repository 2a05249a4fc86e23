// SPDX-License-Identifier: GPL-2.0-or-later
// Connectivity tests: what the fields of a case mean together.
#include "internal.h"

static bool has_numbers(const struct res_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->items[i].name == NULL) {
            return true;
        }
    }
    return false;
}

static void check_case_ports(const struct check *check, const struct res_test *test,
                             const struct res_test_case *item)
{
    const struct res_protocol *protocol = &item->protocol;
    bool unread = protocol->number == 0 && protocol->loc.line != 0;
    if (item->ports.count == 0 || unread) {
        return;
    }
    if (protocol->number == 0 && has_numbers(&item->ports)) {
        struct diag *diag = diag_report(check->diags, DIAG_P034, item->ports.loc,
                                        "a case needs a protocol before it can name ports");
        diag_related(diag, item->loc, "the case of %s starts here and has no \"protocol\"",
                     object_text(check, &test->meta));
        diag_hint(diag, "add \"protocol: TCP\" to the case; ports exist only in TCP, UDP and SCTP");
    } else if (protocol->number != 0 && !proto_has_ports(protocol->number)) {
        struct diag *diag = diag_report(check->diags, DIAG_P035, item->ports.loc,
                                        "a case names ports, but its protocol has none");
        diag_related(diag, protocol->loc, "the protocol of the case, in %s",
                     object_text(check, &test->meta));
        diag_hint(diag, "ports exist only in TCP, UDP and SCTP");
    }
}

static void check_case_icmp(const struct check *check, const struct res_test *test,
                            const struct res_test_case *item)
{
    const struct res_protocol *protocol = &item->protocol;
    bool unread = protocol->number == 0 && protocol->loc.line != 0;
    if (!item->icmp.present) {
        return;
    }
    if (protocol->number != PROTO_ICMP && protocol->number != PROTO_ICMPV6 && !unread) {
        struct diag *diag = diag_report(check->diags, DIAG_P036, item->icmp.loc,
                                        "\"icmp\" needs protocol ICMP or ICMPv6");
        diag_related(diag, item->loc, "the case of %s starts here",
                     object_text(check, &test->meta));
        diag_hint(diag, "add \"protocol: ICMP\" to the case, or \"protocol: ICMPv6\"");
    }
    if (item->icmp.code >= 0 && item->icmp.type < 0) {
        struct diag *diag = diag_report(check->diags, DIAG_P037, item->icmp.loc,
                                        "\"icmp\" has a code without a type");
        diag_related(diag, item->loc, "the case of %s starts here",
                     object_text(check, &test->meta));
    }
}

void check_test(const struct check *check, const struct res_test *test)
{
    if (test->cases_loc.line != 0 && test->single.line != 0) {
        struct diag *diag =
            diag_report(check->diags, DIAG_P070, test->single, "a case beside \"cases\" in %s",
                        object_text(check, &test->meta));
        diag_related(diag, test->cases_loc, "the list of cases");
        diag_hint(diag, "make it an entry of the list");
    }
    if (test->cases.count == 0 && !test->closed.value) {
        struct diag *diag = diag_report(check->diags, DIAG_P071, test->meta.loc, "%s has no case",
                                        object_text(check, &test->meta));
        diag_hint(
            diag,
            "spec:\n- {from: NAMESPACE/NAME, to: NAMESPACE/NAME, protocol: TCP, ports: [443], expect: allow}");
    }
    for (size_t i = 0; i < test->cases.count; i++) {
        check_case_ports(check, test, &test->cases.items[i]);
        check_case_icmp(check, test, &test->cases.items[i]);
    }
}
