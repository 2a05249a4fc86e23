// SPDX-License-Identifier: GPL-2.0-or-later
// The interfaces of another machine, from what `ip -j addr` prints there: one file for the node of the run, or a
// directory of files NODE.json. Whatever is no list of interfaces is an error with its place.
#include "internal.h"

#include <polc/load.h>
#include <stdlib.h>
#include <sys/stat.h>

// An interface before all of them are known.
struct seen {
    const char *kind; // linkinfo.info_kind, which only `ip -d` prints; NULL when absent
    bool is_master;   // flag MASTER: a bond, a team or a VRF
    bool has_ports;   // is named as the master of another one
};

struct node_reader {
    struct host_node node;
    struct {
        VEC_FIELDS(struct seen);
    } seen;
    struct strmap *names; // interface -> its number, plus 1
};

struct file_reader {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    const char *node;     // of a single file; NULL: by the name of the file
    uint32_t rubbish;     // the source that was reported, plus 1: one report a file
    struct strmap *nodes; // name -> struct node_reader
    struct {
        VEC_FIELDS(struct node_reader *);
    } order;
};

static void report(struct file_reader *reader, struct loc loc, const char *what)
{
    if (reader->rubbish == loc.source + 1) {
        return;
    }
    reader->rubbish = loc.source + 1;
    struct diag *diag = diag_report(reader->diags, DIAG_F017, loc, "%s", what);
    diag_hint(diag, "on the host: ip -j addr > NODE.json");
}

// The text of a scalar child; NULL with a report when it is missing or something else.
static const char *need_text(struct file_reader *reader, const struct node *map, const char *key)
{
    const struct node *child = node_get(map, key);
    if (child == NULL || child->type != NODE_SCALAR || child->size == 0) {
        report(reader, child != NULL ? child->loc : map->loc,
               arena_printf(reader->arena,
                            "an interface of `ip -j addr` has %s \"%s\", but not this one",
                            strchr("aeiou", key[0]) != NULL ? "an" : "a", key));
        return NULL;
    }
    return child->text;
}

static const char *keep_text(const struct file_reader *reader, const struct node *map,
                             const char *key)
{
    const struct node *child = node_get(map, key);
    return child != NULL && child->type == NODE_SCALAR && child->size > 0
               ? arena_strndup(reader->arena, child->text, child->size)
               : NULL;
}

static bool has_flag(const struct node *interface, const char *flag)
{
    const struct node *flags = node_get(interface, "flags");
    for (const struct node *at = flags != NULL && flags->type == NODE_LIST ? flags->first : NULL;
         at != NULL; at = at->next) {
        if (at->type == NODE_SCALAR && strcmp(at->text, flag) == 0) {
            return true;
        }
    }
    return false;
}

// {"family": "inet", "local": "10.0.0.1", "prefixlen": 24}; other families are of no interest.
static bool read_address(struct file_reader *reader, const struct node *map, struct cidr *ret)
{
    if (map->type != NODE_MAP) {
        report(reader, map->loc, "an entry of \"addr_info\" is an object");
        return false;
    }
    const char *family = need_text(reader, map, "family");
    if (family == NULL || (strcmp(family, "inet") != 0 && strcmp(family, "inet6") != 0)) {
        return false;
    }
    const char *local = need_text(reader, map, "local");
    const char *bits = local != NULL ? need_text(reader, map, "prefixlen") : NULL;
    if (bits == NULL) {
        return false;
    }
    struct ip_addr addr;
    char *end;
    unsigned long length = strtoul(bits, &end, 10);
    if (ip_addr_parse(local, strlen(local), &addr) != ADDR_OK || *end != '\0' ||
        length > ip_family_bits(addr.family)) {
        report(reader, node_get(map, "local")->loc,
               arena_printf(reader->arena, "\"%s/%s\" is no address of an interface", local, bits));
        return false;
    }
    *ret = (struct cidr){addr, (uint8_t)length};
    return true;
}

static void read_addresses(struct file_reader *reader, const struct node *map,
                           struct host_interface *interface)
{
    const struct node *list = node_get(map, "addr_info");
    if (list == NULL || list->type != NODE_LIST) {
        report(reader, list != NULL ? list->loc : map->loc,
               "an interface of `ip -j addr` has a list \"addr_info\", but not this one");
        return;
    }
    interface->addresses = arena_array_of(reader->arena, struct cidr, list->size);
    for (const struct node *at = list->first; at != NULL; at = at->next) {
        struct cidr cidr;
        if (read_address(reader, at, &cidr)) {
            interface->addresses[interface->address_count++] = cidr;
        }
    }
}

// "some/where/web-01.json" -> "web-01"
static const char *file_stem(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return arena_strndup(arena, name, dot != NULL ? (size_t)(dot - name) : strlen(name));
}

static struct node_reader *node_of(struct file_reader *reader, struct loc loc)
{
    const struct source *source = sources_get(reader->sources, loc.source);
    const char *name = reader->node != NULL ? reader->node : file_stem(reader->arena, source->path);
    struct node_reader *node = strmap_get(reader->nodes, name);
    if (node == NULL) {
        node = arena_new_of(reader->arena, struct node_reader);
        node->node.name = name;
        node->names = strmap_new(reader->arena);
        strmap_put(reader->nodes, name, node);
        vec_push(reader->arena, &reader->order, node);
    }
    return node;
}

static void on_interface(void *context, const struct load_object *object)
{
    struct file_reader *reader = context;
    const struct node *map = object->root;
    if (map->size == 0) {
        return; // some versions of ip print {} for what they filter out
    }
    const char *name = need_text(reader, map, "ifname");
    if (name == NULL) {
        return;
    }
    struct node_reader *node = node_of(reader, map->loc);
    if (strmap_get(node->names, name) != NULL) {
        report(reader, node_get(map, "ifname")->loc,
               arena_printf(reader->arena, "interface \"%s\" of %s is listed twice", name,
                            node->node.name));
        return;
    }
    strmap_put(node->names, name, (void *)(uintptr_t)(node->node.count + 1));
    const struct node *index = node_get(map, "ifindex");
    const char *kind = keep_text(reader, node_get(map, "linkinfo"), "info_kind");
    struct host_interface interface = {
        .name = arena_strdup(reader->arena, name),
        .index = index != NULL && index->type == NODE_SCALAR
                     ? (uint32_t)strtoul(index->text, NULL, 10)
                     : 0,
        .loopback = has_flag(map, "LOOPBACK"),
        .master = keep_text(reader, map, "master"),
    };
    read_addresses(reader, map, &interface);
    vec_push(reader->arena, &node->node, interface);
    vec_push(reader->arena, &node->seen, (struct seen){kind, has_flag(map, "MASTER"), false});
}

// Without -d, ip does not print what is a bridge: it is what has ports and is no bond, team or VRF.
static void finish_node(struct node_reader *reader)
{
    struct host_node *node = &reader->node;
    for (size_t i = 0; i < node->count; i++) {
        const char *master = node->items[i].master;
        uintptr_t number = master != NULL ? (uintptr_t)strmap_get(reader->names, master) : 0;
        if (number == 0) {
            continue;
        }
        struct seen *seen = &reader->seen.items[number - 1];
        seen->has_ports = true;
        if (seen->kind != NULL && strcmp(seen->kind, "vrf") == 0) {
            node->items[i].master = NULL;
        }
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct seen *seen = &reader->seen.items[i];
        node->items[i].bridge = seen->kind != NULL ? strcmp(seen->kind, "bridge") == 0
                                                   : seen->has_ports && !seen->is_master;
    }
    inventory_sort(node);
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool host_read_path(struct arena *arena, struct sources *sources, struct diags *diags,
                    const char *path, const char *node, struct host_inventory *ret)
{
    struct file_reader reader = {
        .arena = arena,
        .sources = sources,
        .diags = diags,
        .node = is_directory(path) ? NULL : node,
        .nodes = strmap_new(arena),
    };
    size_t errors = diags_count(diags, DIAG_ERROR);
    const struct loader loader = {arena, sources, diags, NULL, on_interface, &reader};
    load_paths(&loader, &path, 1);
    for (size_t i = 0; i < reader.order.count; i++) {
        finish_node(reader.order.items[i]);
        vec_push(arena, ret, reader.order.items[i]->node);
    }
    return diags_count(diags, DIAG_ERROR) == errors;
}
