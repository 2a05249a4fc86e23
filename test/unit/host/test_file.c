// SPDX-License-Identifier: GPL-2.0-or-later
// Inventories from files: what `ip -j addr` prints, with and without -d, of one node or of many.
#include "unit.h"

#include <fcntl.h>
#include <polc/host.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;
static struct diags *diags;
static struct host_inventory inventory;
static char directory[32];

static void enter(void)
{
    arena = arena_new((size_t)1 << 30);
    strcpy(directory, "/tmp/polc-host-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void leave(void)
{
    ck_assert_int_eq(system(arena_printf(arena, "rm -r '%s'", directory)), 0);
    arena_free(arena);
}

static const char *write_file(const char *name, const char *text)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static bool read_path(const char *path, const char *node)
{
    struct sources *sources = sources_new(arena);
    diags = diags_new(arena, sources);
    inventory = (struct host_inventory){0};
    return host_read_path(arena, sources, diags, path, node, &inventory);
}

// "NODE: lo(loopback) eth0(10.0.0.1/24) tap0<br0"
static const char *inventory_text(void)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < inventory.count; i++) {
        const struct host_node *node = &inventory.items[i];
        strbuf_addf(&text, "%s%s:", i > 0 ? "; " : "", node->name);
        for (size_t j = 0; j < node->count; j++) {
            const struct host_interface *interface = &node->items[j];
            strbuf_addf(&text, " %s%s%s%s%s", interface->name, interface->loopback ? "!" : "",
                        interface->bridge ? "=" : "", interface->master != NULL ? "<" : "",
                        interface->master != NULL ? interface->master : "");
            for (size_t k = 0; k < interface->address_count; k++) {
                strbuf_addf(&text, ",%s/%u", ip_addr_text(interface->addresses[k].addr, buffer),
                            interface->addresses[k].bits);
            }
        }
    }
    return strbuf_text(&text);
}

#define PLAIN                                                                                      \
    "[{\"ifindex\":1,\"ifname\":\"lo\",\"flags\":[\"LOOPBACK\",\"UP\"],\"addr_info\":["            \
    "{\"family\":\"inet\",\"local\":\"127.0.0.1\",\"prefixlen\":8}]},{},"                          \
    "{\"ifindex\":2,\"ifname\":\"eth0\",\"flags\":[\"UP\"],\"addr_info\":["                        \
    "{\"family\":\"inet6\",\"local\":\"fe80::1\",\"prefixlen\":64},"                               \
    "{\"family\":\"inet\",\"local\":\"10.0.0.7\",\"prefixlen\":24,\"label\":\"eth0\"},"            \
    "{\"family\":\"mctp\",\"local\":\"8\"}]},"                                                     \
    "{\"ifindex\":3,\"ifname\":\"br0\",\"flags\":[\"UP\"],\"addr_info\":[]},"                      \
    "{\"ifindex\":4,\"ifname\":\"tap0\",\"flags\":[\"UP\"],\"master\":\"br0\",\"addr_info\":[]},"  \
    "{\"ifindex\":5,\"ifname\":\"bond0\",\"flags\":[\"MASTER\"],\"addr_info\":[]},"                \
    "{\"ifindex\":6,\"ifname\":\"eth1\",\"flags\":[\"SLAVE\"],\"master\":\"bond0\",\"addr_info\":[]}]"

START_TEST(plain_output)
{
    enter();
    ck_assert(read_path(write_file("any.json", PLAIN), "n1"));
    ck_assert_str_eq(inventory_text(), "n1: bond0 br0= eth0,10.0.0.7/24,fe80::1/64 eth1<bond0 "
                                       "lo!,127.0.0.1/8 tap0<br0");
    ck_assert_uint_eq(host_find(&inventory, "n1")->items[0].index, 5);
    ck_assert_ptr_null(host_find(&inventory, "n2"));
    leave();
}
END_TEST

// With -d it says what is a bridge, also one without ports; a VRF does not hide its ports.
START_TEST(detailed_output)
{
    enter();
    ck_assert(read_path(
        write_file(
            "any.json",
            "[{\"ifname\":\"br0\",\"linkinfo\":{\"info_kind\":\"bridge\"},\"addr_info\":[]},"
            "{\"ifname\":\"ovs\",\"linkinfo\":{\"info_kind\":\"openvswitch\"},\"addr_info\":[]},"
            "{\"ifname\":\"red\",\"linkinfo\":{\"info_kind\":\"vrf\"},\"addr_info\":[]},"
            "{\"ifname\":\"eth0\",\"master\":\"red\",\"addr_info\":[]},"
            "{\"ifname\":\"eth1\",\"master\":\"ovs\",\"addr_info\":[]}]"),
        "n1"));
    ck_assert_str_eq(inventory_text(), "n1: br0= eth0 eth1<ovs ovs red");
    leave();
}
END_TEST

START_TEST(nodes_by_file_name)
{
    enter();
    const char *path = write_file("web-01.example.com.json", PLAIN);
    ck_assert(read_path(path, NULL));
    ck_assert_ptr_nonnull(host_find(&inventory, "web-01.example.com"));
    write_file("web-02.json", "[{\"ifname\":\"eth9\",\"addr_info\":[]}]");
    ck_assert(read_path(directory, "web-02"));
    ck_assert_uint_eq(inventory.count, 2);
    ck_assert_str_eq(host_find(&inventory, "web-02")->items[0].name, "eth9");
    ck_assert_uint_eq(host_find(&inventory, "web-01.example.com")->count, 6);
    leave();
}
END_TEST

START_TEST(rubbish_is_reported_once_a_file)
{
    enter();
    static const char *const texts[] = {
        "[{\"dst\":\"default\"},{\"dst\":\"10.0.0.0/8\"}]",
        "[{\"ifname\":\"eth0\"}]",
        "[{\"ifname\":[],\"addr_info\":[]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":{}}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[1]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[{\"family\":\"inet\",\"prefixlen\":8}]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.0.0.1\"}]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.0.0.1\","
        "\"prefixlen\":33}]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.0.0.1\","
        "\"prefixlen\":\"x\"}]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"x\",\"prefixlen\":8}]}]",
        "[{\"ifname\":\"eth0\",\"addr_info\":[]},{\"ifname\":\"eth0\",\"addr_info\":[]}]",
        "[1, 2]",
        "2: eth0: <UP>\n    inet 10.0.0.1/8\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        ck_assert_msg(!read_path(write_file("n1.json", texts[i]), "n1"), "%s", texts[i]);
        size_t expected = i == 11 ? 2 : 1; // the reader of documents speaks for each
        ck_assert_msg(diags_count(diags, DIAG_ERROR) == expected, "%s: %zu errors", texts[i],
                      diags_count(diags, DIAG_ERROR));
    }
    ck_assert(!read_path(arena_printf(arena, "%s/none.json", directory), "n1"));
    ck_assert(read_path(write_file("n1.json", "[]"), "n1"));
    ck_assert_uint_eq(inventory.count, 0);
    leave();
}
END_TEST

UNIT_TESTS("host file", plain_output, detailed_output, nodes_by_file_name,
           rubbish_is_reported_once_a_file)
