// SPDX-License-Identifier: GPL-2.0-or-later
// Cases: what holds, what does not, and what cannot.
#include "expect_helper.h"

static const char *base(void)
{
    return join(
        workload("a", "web", "app: web", "10.0.0.1/32", ""),
        workload("a", "db", "app: db", "10.0.0.2/32",
                 "ports: [{name: sql, protocol: TCP, port: 5432}]"),
        workload("a", "six", "app: six", "fd00::6/128", ""),
        thing("NetworkPolicy", "a", "db", "",
              "selector: app == \"db\", ingress: [{action: Allow, protocol: TCP,"
              "source: {selector: app == \"web\"}, destination: {ports: [\"5432:5440\"]}},"
              "{action: Allow, protocol: UDP, source: {ports: [53]}}]"),
        thing("NetworkPolicy", "a", "web", "",
              "selector: app == \"web\", types: [Egress], egress: [{action: Allow, destination: "
              "{selector: app == \"db\"}}]"),
        NULL);
}

struct run_case {
    const char *fields;
    bool holds;
    const char *problem; // NULL: none
};

START_TEST(verdicts)
{
    static const struct run_case list[] = {
        {"from: web, to: db, protocol: TCP, port: 5432, expect: allow", true, NULL},
        {"from: web, to: db, protocol: TCP, port: 5432, expect: deny", false, NULL},
        {"from: web, to: db, protocol: TCP, port: sql, expect: allow", true, NULL},
        {"from: web, to: db, port: sql, expect: allow", true, NULL},
        {"from: web, to: db, protocol: TCP, ports: [\"5432:5440\"], expect: allow", true, NULL},
        {"from: web, to: db, protocol: TCP, ports: [\"5432:5441\"], expect: allow", false, NULL},
        {"from: web, to: db, protocol: TCP, ports: [\"5441:6000\"], expect: deny", true, NULL},
        {"from: web, to: db, protocol: TCP, expect: deny", false, NULL},
        {"from: out, to: db, protocol: TCP, expect: deny", true, NULL},
        {"from: out, to: db, expect: deny", false, NULL},                // from udp/53
        {"from: out, to: db, protocol: UDP, expect: deny", false, NULL}, // the same
        {"from: out, to: db, protocol: UDP, expect: allow", false, NULL},
        {"from: out, to: db, protocol: SCTP, expect: deny", true, NULL},
        {"from: web, to: out, expect: deny", true, NULL},
        {"from: [web, db], to: db, protocol: TCP, port: 5432, expect: allow", true, NULL},
        {"from: web, to: db, port: http, expect: deny", false, "db has no port named \"http\""},
        {"from: web, to: db, protocol: UDP, port: sql, expect: deny", false,
         "db has no UDP port named \"sql\""},
        {"from: web, to: web, expect: deny", false,
         "no packet could be meant: the two ends are the same, or have no address of one IP version"},
        {"from: web, to: six, expect: deny", false,
         "no packet could be meant: the two ends are the same, or have no address of one IP version"},
        {"from: web, to: db, protocol: ICMPv6, expect: deny", false,
         "no packet could be meant: the two ends are the same, or have no address of one IP version"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(list); i++) {
        size_t failed = run(join(base(), cases(arena_printf(arena, "{%s}", list[i].fields)), NULL));
        const struct expect_case *item = &tested.cases.items[0];
        ck_assert_msg(expect_holds(item) == list[i].holds && failed == !list[i].holds, "%s: %s",
                      list[i].fields, item->problem != NULL ? item->problem : "");
        ck_assert_msg((item->problem == NULL) == (list[i].problem == NULL) &&
                          (item->problem == NULL || strcmp(item->problem, list[i].problem) == 0),
                      "%s: %s", list[i].fields,
                      item->problem != NULL ? item->problem : "no problem");
    }
}
END_TEST

START_TEST(nearest_port)
{
    run(join(base(), cases("{from: web, to: db, port: sq, expect: allow}"), NULL));
    ck_assert_str_eq(tested.cases.items[0].hint, "did you mean \"sql\"?");
}
END_TEST

static const char *closed(const char *content)
{
    return arena_printf(arena,
                        "{apiVersion: polc.io/v1, kind: ConnectivityTest, metadata: {name: c},"
                        " spec: {closed: true, cases: [%s]}}\n---\n",
                        content);
}

START_TEST(closed_world)
{
    static const char rest[] = "{from: [web, db, six, out], to: [web, six, out], expect: allow},"
                               "{from: [web, db, out], to: db, protocol: UDP, expect: allow}";
    // What no policy governs is open; listing that leaves what the policies of db allow.
    run(join(
        base(),
        closed(arena_printf(
            arena, "{from: web, to: db, protocol: TCP, ports: [\"5432:5440\"], expect: allow}, %s",
            rest)),
        NULL));
    const struct expect_case *item = &tested.cases.items[tested.cases.count - 1];
    ck_assert(item->closed);
    ck_assert_uint_eq(item->failed, 0);
    run(join(
        base(),
        closed(arena_printf(
            arena, "{from: web, to: db, protocol: TCP, ports: [\"5432:5439\"], expect: allow}, %s",
            rest)),
        NULL));
    item = &tested.cases.items[tested.cases.count - 1];
    ck_assert_uint_eq(item->failed, 1);
    ck_assert_uint_eq(item->flows.items[0].flow.destination_port, 5440);
    // A case of another object lists for all.
    run(join(base(), closed(rest),
             cases("{from: web, to: db, protocol: TCP, ports: [\"5432:5440\"], expect: allow}"),
             NULL));
    ck_assert_uint_eq(tested.cases.items[2].failed, 0);
}
END_TEST

START_TEST(the_kernel_decides_too)
{
    prepare(join(base(),
                 cases("{from: web, to: db, protocol: TCP, port: 5432, expect: allow},"
                       "{from: out, to: db, protocol: TCP, port: 5432, expect: deny}"),
                 NULL),
            NULL);
    tested.keep_flows = true;
    ck_assert_uint_eq(expect_run(arena, plan, &tested), 0);
    for (size_t i = 0; i < tested.cases.count; i++) {
        for (size_t j = 0; j < tested.cases.items[i].flows.count; j++) {
            tested.cases.items[i].flows.items[j].arrived = true;
        }
    }
    ck_assert_uint_eq(expect_judge_kernel(&tested), 1);
    ck_assert(expect_holds(&tested.cases.items[0]));
    ck_assert(!expect_holds(&tested.cases.items[1]));
}
END_TEST

UNIT_TESTS("expect/run", verdicts, nearest_port, closed_world, the_kernel_decides_too)
