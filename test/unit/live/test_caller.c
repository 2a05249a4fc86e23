// SPDX-License-Identifier: GPL-2.0-or-later
// SSH_CONNECTION, and which connection is the caller's, in process tables made for the test.
#include "unit.h"

#include <net/if.h>
#include <polc/live.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;
static char proc[64];

static void enter(void)
{
    arena = arena_new((size_t)1 << 26);
    strcpy(proc, "/tmp/polc-proc-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(proc));
}

static void leave(void)
{
    ck_assert_int_eq(system(arena_printf(arena, "rm -r '%s'", proc)), 0);
    arena_free(arena);
}

static void write_file(unsigned pid, const char *name, const char *text, size_t size)
{
    FILE *file = fopen(arena_printf(arena, "%s/%u/%s", proc, pid, name), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

// A process with its environment (variables separated by '|') and one open file.
static void add_process(unsigned pid, unsigned parent, const char *environment, const char *file)
{
    ck_assert_int_eq(mkdir(arena_printf(arena, "%s/%u", proc, pid), 0700), 0);
    ck_assert_int_eq(mkdir(arena_printf(arena, "%s/%u/fd", proc, pid), 0700), 0);
    const char *stat = arena_printf(arena, "%u (a) b) c) S %u 1 1 0", pid, parent);
    write_file(pid, "stat", stat, strlen(stat));
    char *text = arena_strdup(arena, environment);
    size_t size = strlen(text) + 1;
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '|' ? '\0' : *at;
    }
    write_file(pid, "environ", text, size);
    if (file != NULL) {
        ck_assert_int_eq(symlink(file, arena_printf(arena, "%s/%u/fd/3", proc, pid)), 0);
    }
}

static struct ip_addr addr(const char *text)
{
    struct ip_addr ret = {0};
    ck_assert_int_eq(ip_addr_parse(text, strlen(text), &ret), ADDR_OK);
    return ret;
}

static const char *tuple_text(const struct live_tuple *tuple)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    return arena_printf(arena, "%s %u %s %u", ip_addr_text(tuple->source, source),
                        tuple->source_port, ip_addr_text(tuple->destination, destination),
                        tuple->destination_port);
}

START_TEST(ssh_connections)
{
    static const struct {
        const char *text, *wanted, *scope;
    } cases[] = {
        {"192.0.2.1 40000 198.51.100.2 22", "192.0.2.1 40000 198.51.100.2 22", ""},
        {"2001:db8::1 40000 2001:db8::2 2222", "2001:db8::1 40000 2001:db8::2 2222", ""},
        {"fe80::1%eth0 40000 fe80::2%eth0 22", "fe80::1 40000 fe80::2 22", "eth0"},
        {"::ffff:192.0.2.1 1 ::ffff:192.0.2.2 22", "192.0.2.1 1 192.0.2.2 22", ""},
        {"::FFFF:192.0.2.1 1 192.0.2.2 65535", "192.0.2.1 1 192.0.2.2 65535", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct live_tuple tuple;
        char scope[IF_NAMESIZE];
        ck_assert_msg(live_ssh_parse(cases[i].text, &tuple, scope), "%s", cases[i].text);
        ck_assert_str_eq(tuple_text(&tuple), cases[i].wanted);
        ck_assert_str_eq(scope, cases[i].scope);
        ck_assert_uint_eq(tuple.protocol, PROTO_TCP);
    }
}
END_TEST

START_TEST(what_is_no_ssh_connection)
{
    static const char *const texts[] = {
        "",
        " ",
        "UNKNOWN 65535 UNKNOWN 65535",
        "192.0.2.1 40000 198.51.100.2",
        "192.0.2.1 40000 198.51.100.2 22 23",
        "192.0.2.1 0 198.51.100.2 22",
        "192.0.2.1 65536 198.51.100.2 22",
        "192.0.2.1 -1 198.51.100.2 22",
        "192.0.2.1 40000 2001:db8::1 22",
        "192.0.2.1  40000 198.51.100.2 22",
        "192.0.2.1 999999 198.51.100.2 22",
        "host 40000 198.51.100.2 22",
        "::ffff:192.0.2.1.9 40000 198.51.100.2 22",
        "fe80::1%a-name-that-is-longer-than-any-interface-has-and-than-any-buffer-for-it 1 fe80::2 22",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct live_tuple tuple;
        char scope[IF_NAMESIZE];
        ck_assert_msg(!live_ssh_parse(texts[i], &tuple, scope), "\"%s\"", texts[i]);
    }
}
END_TEST

// ---- whose connection -----------------------------------------------------------------------------------------------

#define SSH "SSH_CONNECTION=192.0.2.1 40000 198.51.100.2 22"

static struct live_sockets sockets;

static void add_socket(uint8_t state, const char *remote, uint16_t remote_port, uint16_t local_port,
                       uint32_t inode)
{
    struct live_socket socket = {.protocol = PROTO_TCP,
                                 .state = state,
                                 .local = addr(state == LIVE_LISTENING ? "::" : "198.51.100.2"),
                                 .remote = addr(remote),
                                 .local_port = local_port,
                                 .remote_port = remote_port,
                                 .inode = inode};
    vec_push(arena, &sockets, socket);
}

static struct live_caller find(unsigned pid)
{
    struct live_caller caller;
    live_caller_find(arena, proc, pid, &sockets, &caller);
    return caller;
}

START_TEST(own_environment)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(10, 5, "HOME=/root|" SSH "|SHELL=/bin/sh", NULL);
    add_socket(LIVE_ESTABLISHED, "192.0.2.1", 40000, 22, 7);
    struct live_caller caller = find(10);
    ck_assert_uint_eq(caller.kind, LIVE_CALLER_ENVIRONMENT);
    ck_assert_uint_eq(caller.pid, 10);
    ck_assert_str_eq(tuple_text(&caller.tuple), "192.0.2.1 40000 198.51.100.2 22");
}
END_TEST

START_TEST(environment_of_a_parent)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(12, 11, "SUDO_USER=joe", NULL);
    add_process(11, 10, "XSSH_CONNECTION=1|SSH_CONNECTION=", NULL);
    add_process(10, 1, SSH, NULL);
    add_socket(LIVE_ESTABLISHED, "192.0.2.1", 40000, 22, 7);
    struct live_caller caller = find(12);
    ck_assert_uint_eq(caller.kind, LIVE_CALLER_ENVIRONMENT);
    ck_assert_uint_eq(caller.pid, 10);
}
END_TEST

START_TEST(not_that_of_process_one)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(1, 0, SSH, "socket:[7]");
    add_process(10, 1, "", NULL);
    add_socket(LIVE_LISTENING, "::", 0, 22, 6);
    add_socket(LIVE_ESTABLISHED, "192.0.2.1", 40000, 22, 7);
    ck_assert_uint_eq(find(10).kind, LIVE_CALLER_NONE);
}
END_TEST

START_TEST(socket_of_an_ancestor)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(12, 10, "", "/dev/null");
    add_process(10, 1, "", "socket:[7]");
    add_socket(LIVE_ESTABLISHED, "192.0.2.1", 40000, 22, 7);
    ck_assert_msg(find(12).kind == LIVE_CALLER_NONE, "nobody listens: it goes out");
    add_socket(LIVE_LISTENING, "::", 0, 22, 6);
    struct live_caller caller = find(12);
    ck_assert_uint_eq(caller.kind, LIVE_CALLER_SOCKET);
    ck_assert_uint_eq(caller.pid, 10);
    ck_assert_str_eq(tuple_text(&caller.tuple), "192.0.2.1 40000 198.51.100.2 22");
}
END_TEST

// tmux keeps the environment of the session that it was started in.
START_TEST(a_session_that_is_over)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(10, 1, "SSH_CONNECTION=192.0.2.1 39999 127.0.0.1 22", NULL);
    ck_assert_uint_eq(find(10).kind, LIVE_CALLER_OVER);
    add_socket(LIVE_ESTABLISHED, "192.0.2.9", 40000, 22, 7);
    ck_assert_uint_eq(find(10).kind, LIVE_CALLER_OVER);
    add_socket(LIVE_ESTABLISHED, "192.0.2.1", 40000, 22, 8);
    struct live_caller caller = find(10);
    ck_assert_uint_eq(caller.kind, LIVE_CALLER_AGAIN);
    ck_assert_uint_eq(caller.tuple.source_port, 40000);
}
END_TEST

START_TEST(a_session_of_another_namespace)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(10, 1, SSH, NULL);
    ck_assert_uint_eq(find(10).kind, LIVE_CALLER_ELSEWHERE);
    add_socket(LIVE_ESTABLISHED, "192.0.2.1", 40001, 22, 7);
    ck_assert_msg(find(10).kind == LIVE_CALLER_ELSEWHERE, "one from there that is not it");
}
END_TEST

START_TEST(process_tables_that_lie)
{
    sockets = (struct live_sockets){.count = 0};
    add_process(10, 11, "", NULL);
    add_process(11, 10, "", NULL);
    ck_assert_msg(find(10).kind == LIVE_CALLER_NONE, "a ring of parents");
    add_process(12, 10, "", NULL);
    write_file(12, "stat", "12 no parenthesis", 17);
    ck_assert_uint_eq(find(12).kind, LIVE_CALLER_NONE);
    ck_assert_msg(find(99).kind == LIVE_CALLER_NONE, "no such process");
    add_process(13, 1, "", NULL);
    write_file(13, "environ", SSH, sizeof SSH - 1); // without its end
    ck_assert_uint_eq(find(13).kind, LIVE_CALLER_ELSEWHERE);
    char *large = arena_alloc(arena, 3 << 20);
    memset(large, 'x', 3 << 20);
    write_file(13, "environ", large, 3 << 20);
    ck_assert_uint_eq(find(13).kind, LIVE_CALLER_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("caller");
    TCase *tcase = tcase_create("caller");
    tcase_add_checked_fixture(tcase, enter, leave);
    tcase_add_test(tcase, ssh_connections);
    tcase_add_test(tcase, what_is_no_ssh_connection);
    tcase_add_test(tcase, own_environment);
    tcase_add_test(tcase, environment_of_a_parent);
    tcase_add_test(tcase, not_that_of_process_one);
    tcase_add_test(tcase, socket_of_an_ancestor);
    tcase_add_test(tcase, a_session_that_is_over);
    tcase_add_test(tcase, a_session_of_another_namespace);
    tcase_add_test(tcase, process_tables_that_lie);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
