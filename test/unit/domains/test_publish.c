// SPDX-License-Identifier: GPL-2.0-or-later
// The file that tells dns watch the rules: written, read, damaged, taken away.
#include "domains_helper.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[32];

static void enter(void)
{
    arena = arena_new((size_t)1 << 28);
    strcpy(directory, "/tmp/polc-domains-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void leave(void)
{
    ck_assert_int_eq(system(arena_printf(arena, "rm -r '%s'", directory)), 0);
    arena_free(arena);
}

static const char *path_of(const char *id)
{
    return arena_printf(arena, "%s/%s", directory, domains_file_name(arena, id));
}

START_TEST(what_was_written_is_read)
{
    enter();
    mode_t mask = umask(077); // the reader is another user
    struct plan *plan = plan_of((const char *const[]){"*.a.com b.com", "c.com"}, 2);
    vec_push(arena, &plan->settings.dns_servers, (struct ip_port){address("192.0.2.53"), 53});
    vec_push(arena, &plan->settings.dns_servers, (struct ip_port){address("2001:db8::53"), 5353});
    plan->settings.dns_extra_ttl = 30;
    struct domain_rules rules = domain_rules_of_plan(arena, plan), read;
    const char *inner = arena_printf(arena, "%s/run", directory);
    bool exists;
    struct stat stat_of;
    ck_assert_int_eq(domains_publish(arena, inner, &rules), 0);
    umask(mask);
    ck_assert_int_eq(
        stat(arena_printf(arena, "%s/%s", inner, domains_file_name(arena, rules.id)), &stat_of), 0);
    ck_assert_uint_eq(stat_of.st_mode & 0777, 0644);
    ck_assert_int_eq(stat(arena_printf(arena, "%s/" DOMAINS_FOLDER, inner), &stat_of), 0);
    ck_assert_uint_eq(stat_of.st_mode & 0777, 0755);
    // By the whole id, and by what a table says of it.
    ck_assert_ptr_null(domains_load(arena, inner, rules.id, &read, &exists));
    ck_assert(exists);
    const char *beginning = arena_strndup(arena, rules.id, 16);
    ck_assert_ptr_null(domains_load(arena, inner, beginning, &read, &exists));
    ck_assert(exists);
    ck_assert_str_eq(read.id, rules.id);
    ck_assert(read.min_ttl == 120 && read.extra_ttl == 30 && read.set_timeout == 3600 &&
              read.log_group == 53 && !read.watch);
    ck_assert_uint_eq(read.servers.count, 2);
    ck_assert_uint_eq(read.servers.items[1].port, 5353);
    ck_assert_int_eq(ip_addr_compare(read.servers.items[1].addr, address("2001:db8::53")), 0);
    ck_assert_uint_eq(read.list_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(read.lists[i].name, rules.lists[i].name);
        ck_assert_uint_eq(read.lists[i].count, rules.lists[i].count);
    }
    struct dns_sets sets = {0};
    dns_index_find(read.index, arena, "x.a.com", &sets);
    ck_assert(sets.count == 1 && sets.items[0] == 0);
    leave();
}
END_TEST

START_TEST(rules_that_say_nothing_have_no_file)
{
    enter();
    struct domain_rules rules = RULES_OF("a.com"), read;
    bool exists = true;
    ck_assert_ptr_null(domains_load(arena, directory, rules.id, &read, &exists));
    ck_assert(!exists);
    ck_assert_int_eq(domains_publish(arena, directory, &rules), 0);
    ck_assert_int_eq(access(path_of(rules.id), R_OK), 0);
    rules.list_count = 0;
    ck_assert_int_eq(domains_publish(arena, directory, &rules), 0);
    ck_assert_int_eq(access(path_of(rules.id), F_OK), -1);
    ck_assert_int_eq(domains_publish(arena, directory, &rules), 0);
    ck_assert_int_eq(domains_publish(arena, "/nowhere/at/all", &rules), 0);
    rules.watch = true;
    ck_assert_int_eq(domains_publish(arena, directory, &rules), 0);
    ck_assert_ptr_null(domains_load(arena, directory, rules.id, &read, &exists));
    ck_assert(exists && read.watch && read.list_count == 0);
    ck_assert_int_ne(domains_publish(arena, "/proc/nowhere", &rules), 0);
    leave();
}
END_TEST

START_TEST(only_files_of_other_ids_are_taken_away)
{
    enter();
    struct domain_rules rules = RULES_OF("a.com");
    static const char *const ids[] = {"0123456789abcdef0000", "1123456789abcdef0000",
                                      "2123456789abcdef0000"};
    static const char *const keep[] = {"1123456789abcdef", "2123456789abcdef9999"};
    const char *other = arena_printf(arena, "%s/" DOMAINS_FOLDER "/resolved", directory);
    for (size_t i = 0; i < 3; i++) {
        rules.id = ids[i];
        ck_assert_int_eq(domains_publish(arena, directory, &rules), 0);
    }
    ck_assert_int_eq(system(arena_printf(arena, "touch '%s'", other)), 0);
    domains_unpublish(arena, directory, keep, 2);
    ck_assert_int_eq(access(path_of(ids[0]), F_OK), -1);
    ck_assert_int_eq(access(path_of(ids[1]), F_OK), 0);
    ck_assert_int_eq(access(path_of(ids[2]), F_OK), 0);
    ck_assert_int_eq(access(other, F_OK), 0);
    domains_unpublish(arena, "/nowhere", keep, 2);
    leave();
}
END_TEST

// What is cut, changed or somebody else's is not taken for rules.
START_TEST(damaged_files)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"\"form\": 1", "\"form\": 2"},
        {"\"id\": \"", "\"id\": \"x"},
        {"\"min_ttl\": 120", "\"min_ttl\": -1"},
        {"\"min_ttl\": 120", "\"min_ttl\": 99999999999"},
        {"\"log_group\": 53", "\"log_group\": 65536"},
        {"\"log_group\": 53", "\"log_group\": \"53\""},
        {"\"port\": 53", "\"port\": 0"},
        {"192.0.2.53", "192.0.2.530"},
        {"\"a.com\"", "\"a..com\""},
        {"\"a.com\"", "5"},
        {"\"a.com\"", ""},
        {"\"lists\"", "\"list\""},
        {"\"servers\"", "\"server\""},
        {"{", "["},
    };
    enter();
    struct plan *plan = plan_of((const char *const[]){"a.com"}, 1);
    vec_push(arena, &plan->settings.dns_servers, (struct ip_port){address("192.0.2.53"), 53});
    struct domain_rules rules = domain_rules_of_plan(arena, plan), read;
    bool exists;
    for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
        static char text[4096];
        ck_assert_int_eq(domains_publish(arena, directory, &rules), 0);
        FILE *file = fopen(path_of(rules.id), "r+");
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        const char *at = strstr(text, changes[i].from);
        ck_assert_msg(at != NULL, "%s", changes[i].from);
        const char *changed = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, changes[i].to,
                                           at + strlen(changes[i].from));
        rewind(file);
        ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
        fputs(changed, file);
        fclose(file);
        ck_assert_msg(domains_load(arena, directory, rules.id, &read, &exists) != NULL && !exists,
                      "%s", changes[i].to);
    }
    unlink(path_of(rules.id));
    ck_assert_int_eq(symlink("/etc/passwd", path_of(rules.id)), 0);
    ck_assert_ptr_nonnull(domains_load(arena, directory, rules.id, &read, &exists));
    ck_assert_int_eq(domains_publish(arena, directory, &rules), 0); // in place of the link
    ck_assert_ptr_null(domains_load(arena, directory, rules.id, &read, &exists));
    ck_assert(exists);
    leave();
}
END_TEST

UNIT_TESTS("publish", what_was_written_is_read, rules_that_say_nothing_have_no_file,
           only_files_of_other_ids_are_taken_away, damaged_files)
