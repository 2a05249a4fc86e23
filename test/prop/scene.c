// SPDX-License-Identifier: GPL-2.0-or-later
// The network of the cases as tables.
#include "scene.h"

const struct scene_slot scene_slots[SCENE_SLOTS] = {
    {"cali0", SCENE_WORKLOAD},
    {"cali1", SCENE_WORKLOAD},
    {"cali2", SCENE_WORKLOAD},
    {"tap3", SCENE_WORKLOAD},
    {"tap4-0123456789", SCENE_WORKLOAD},
    {"calia1eb9ba4ceb", SCENE_POD},
    {"net6", SCENE_PLAIN},
    {"cali7", SCENE_UNKNOWN},
};

const char *const scene_outside[SCENE_OUTSIDE] = {"eth0", "eth1"};

static const struct {
    const char *text, *interface;
} host_addresses[SCENE_HOST_ADDRESSES] = {
    {"192.0.2.1", "eth0"},     {"2001:db8:1::1", "eth0"}, {"198.51.100.1", "eth1"},
    {"2001:db8:2::1", "eth1"}, {"10.99.0.1", "lo"},       {"fd99:1::1", "lo"},
};

const char *const scene_behind_first[] = {"192.0.2.0/24",    "172.16.0.0/24", "203.0.113.0/24",
                                          "2001:db8:1::/64", "fd99::/64",     NULL};
const char *const scene_behind_second[] = {"198.51.100.0/24", "10.66.0.0/24", "2001:db8:2::/64",
                                           "fd66::/64", NULL};

struct ip_addr scene_slot_address(size_t slot, uint8_t family, uint8_t number)
{
    struct ip_addr addr = {.family = family};
    uint8_t last = (uint8_t)(slot * SCENE_SLOT_ADDRESSES + number);
    if (family == IP_V4) {
        memcpy(addr.bytes, (uint8_t[]){10, 65, 0, last}, 4);
    } else {
        addr.bytes[0] = 0xfd;
        addr.bytes[1] = 0x65;
        addr.bytes[15] = last;
    }
    return addr;
}

int scene_slot_of(struct ip_addr addr)
{
    uint8_t last = addr.bytes[addr.family == IP_V4 ? 3 : 15];
    struct ip_addr same =
        scene_slot_address(last / SCENE_SLOT_ADDRESSES, addr.family, last % SCENE_SLOT_ADDRESSES);
    bool inside = last < SCENE_SLOTS * SCENE_SLOT_ADDRESSES;
    return inside && ip_addr_compare(addr, same) == 0 ? last / SCENE_SLOT_ADDRESSES : -1;
}

static bool is_in(const char *text, struct ip_addr addr)
{
    struct cidr cidr = {0};
    if (cidr_parse(text, strlen(text), &cidr) != ADDR_OK) {
        POLC_UNREACHABLE("a prefix of the scene that is none");
    }
    return cidr_contains_addr(cidr, addr);
}

int scene_outside_of(struct ip_addr addr)
{
    for (const char *const *prefix = scene_behind_second; *prefix != NULL; prefix++) {
        if (is_in(*prefix, addr)) {
            return 1;
        }
    }
    return 0;
}

bool scene_host_address(size_t index, struct ip_addr *ret, const char **ret_interface)
{
    if (index >= ARRAY_COUNT(host_addresses)) {
        return false;
    }
    const char *text = host_addresses[index].text;
    if (ip_addr_parse(text, strlen(text), ret) != ADDR_OK) {
        POLC_UNREACHABLE("an address of the scene that is none");
    }
    *ret_interface = host_addresses[index].interface;
    return true;
}

bool scene_is_host(struct ip_addr addr)
{
    struct ip_addr own;
    const char *interface;
    for (size_t i = 0; scene_host_address(i, &own, &interface); i++) {
        if (ip_addr_compare(own, addr) == 0) {
            return true;
        }
    }
    return false;
}
