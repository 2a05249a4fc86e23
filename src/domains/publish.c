// SPDX-License-Identifier: GPL-2.0-or-later
// The domain rules of a plan as a file beside its table: what `dns watch` knows of them.
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <polc/base/file.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORM = 1, FILE_MAX = 256 << 20 };

static const char prefix[] = "sets-";
static const char suffix[] = ".json";

static const char *short_name(struct arena *arena, const char *id)
{
    return arena_printf(arena, "%s%.*s%s", prefix, ID_DIGITS, id, suffix);
}

const char *domains_file_name(struct arena *arena, const char *id)
{
    return arena_printf(arena, DOMAINS_FOLDER "/%s", short_name(arena, id));
}

// ---- writing ------------------------------------------------------------------------------------------------------------

static json_t *servers_json(const struct ip_ports *servers)
{
    json_t *list = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < servers->count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:i}", "address",
                                              ip_addr_text(servers->items[i].addr, buffer), "port",
                                              servers->items[i].port));
    }
    return list;
}

static json_t *lists_json(const struct domain_rules *rules)
{
    json_t *lists = json_array();
    for (size_t i = 0; i < rules->list_count; i++) {
        json_t *patterns = json_array();
        for (size_t j = 0; j < rules->lists[i].count; j++) {
            json_array_append_new(patterns, json_string(rules->lists[i].patterns[j]));
        }
        json_array_append_new(lists, patterns);
    }
    return lists;
}

static json_t *rules_json(const struct domain_rules *rules)
{
    return json_pack("{s:i, s:s, s:I, s:I, s:I, s:i, s:b, s:o, s:o}", "form", FORM, "id", rules->id,
                     "min_ttl", (json_int_t)rules->min_ttl, "extra_ttl",
                     (json_int_t)rules->extra_ttl, "set_timeout", (json_int_t)rules->set_timeout,
                     "log_group", rules->log_group, "watch", rules->watch, "servers",
                     servers_json(&rules->servers), "lists", lists_json(rules));
}

// Whatever the umask says: readers are other users. One that is there keeps its mode.
static bool make_directory(const char *path)
{
    return mkdir(path, 0755) == 0 ? chmod(path, 0755) == 0 : errno == EEXIST;
}

// The folder for a file, made with its parent when it is not there; -1 with errno.
static int open_folder(struct arena *arena, const char *directory, bool create)
{
    const char *folder = arena_printf(arena, "%s/" DOMAINS_FOLDER, directory);
    if (create && (!make_directory(directory) || !make_directory(folder))) {
        return -1;
    }
    return open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int write_file(int folder, const char *name, const json_t *root)
{
    CLOSING int fd =
        openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return errno;
    }
    bool written = fchmod(fd, 0644) == 0 && json_dumpfd(root, fd, JSON_INDENT(1)) == 0 &&
                   write_all(fd, "\n", 1) == 0;
    return written ? 0 : errno != 0 ? errno : EIO;
}

int domains_publish(struct arena *arena, const char *directory, const struct domain_rules *rules)
{
    bool exist = domain_rules_exist(rules);
    CLOSING int folder = open_folder(arena, directory, exist);
    const char *name = short_name(arena, rules->id);
    const char *next = arena_printf(arena, ".%s", name);
    if (folder < 0) {
        return exist || errno != ENOENT ? errno : 0;
    }
    if (!exist) {
        return unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : errno;
    }
    json_t *root = rules_json(rules);
    errno = 0;
    int error = root == NULL ? ENOMEM : write_file(folder, next, root);
    json_decref(root);
    if (error == 0 && renameat(folder, next, folder, name) != 0) {
        error = errno;
    }
    return error;
}

// "sets-ID.json" -> whether the id is one of those that stay.
static bool is_kept(const char *file, const char *const *keep, size_t count)
{
    const char *id = file + strlen(prefix);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(id, keep[i], ID_DIGITS) == 0) {
            return true;
        }
    }
    return false;
}

void domains_unpublish(struct arena *arena, const char *directory, const char *const *keep,
                       size_t count)
{
    int fd = open_folder(arena, directory, false);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    if (folder == NULL) {
        close_fd(&fd);
        return;
    }
    while ((entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);
        bool ours = text_begins(entry->d_name, prefix) &&
                    length == strlen(prefix) + ID_DIGITS + strlen(suffix);
        if (ours && !is_kept(entry->d_name, keep, count)) {
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    closedir(folder);
}

// ---- reading ------------------------------------------------------------------------------------------------------------

static bool read_servers(struct arena *arena, const json_t *list, struct ip_ports *ret)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *address = json_string_value(json_object_get(item, "address"));
        json_int_t port = json_integer_value(json_object_get(item, "port"));
        struct ip_addr addr;
        if (address == NULL || port < 1 || port > UINT16_MAX ||
            ip_addr_parse(address, strlen(address), &addr) != ADDR_OK) {
            return false;
        }
        vec_push(arena, ret, (struct ip_port){addr, (uint16_t)port});
    }
    return json_is_array(list);
}

static bool read_list(struct arena *arena, const json_t *patterns, struct plan_domains *ret)
{
    size_t i;
    const json_t *item;
    struct strbuf name = {.arena = arena};
    ret->patterns = arena_array_of(arena, const char *, json_array_size(patterns));
    json_array_foreach(patterns, i, item)
    {
        const char *pattern = json_string_value(item);
        if (pattern == NULL || dns_pattern_problem(pattern) != NULL) {
            return false;
        }
        ret->patterns[ret->count++] = arena_strdup(arena, pattern);
        strbuf_addf(&name, "%s%s", i > 0 ? " " : "", pattern);
    }
    ret->name = strbuf_text(&name);
    return ret->count > 0;
}

static bool read_lists(struct arena *arena, const json_t *lists, struct domain_rules *ret)
{
    size_t i;
    const json_t *patterns;
    struct plan_domains *items = arena_array_of(arena, struct plan_domains, json_array_size(lists));
    json_array_foreach(lists, i, patterns)
    {
        if (!read_list(arena, patterns, &items[i])) {
            return false;
        }
    }
    ret->lists = items;
    ret->list_count = json_array_size(lists);
    rules_index(arena, ret);
    return json_is_array(lists);
}

// False when the number is not there, or larger than `max`.
static bool read_number(const json_t *root, const char *key, json_int_t max, json_int_t *ret)
{
    const json_t *value = json_object_get(root, key);
    *ret = json_integer_value(value);
    return json_is_integer(value) && *ret >= 0 && *ret <= max;
}

static bool read_rules(struct arena *arena, const json_t *root, struct domain_rules *ret)
{
    json_int_t form, min_ttl, extra_ttl, set_timeout, log_group;
    const char *id = json_string_value(json_object_get(root, "id"));
    if (id == NULL || !read_number(root, "form", FORM, &form) || form != FORM ||
        !read_number(root, "min_ttl", INT32_MAX, &min_ttl) ||
        !read_number(root, "extra_ttl", INT32_MAX, &extra_ttl) ||
        !read_number(root, "set_timeout", INT32_MAX, &set_timeout) ||
        !read_number(root, "log_group", UINT16_MAX, &log_group)) {
        return false;
    }
    *ret = (struct domain_rules){
        .id = arena_strdup(arena, id),
        .min_ttl = (uint32_t)min_ttl,
        .extra_ttl = (uint32_t)extra_ttl,
        .set_timeout = (uint32_t)set_timeout,
        .log_group = (uint16_t)log_group,
        .watch = json_is_true(json_object_get(root, "watch")),
    };
    return read_servers(arena, json_object_get(root, "servers"), &ret->servers) &&
           read_lists(arena, json_object_get(root, "lists"), ret);
}

const char *domains_load(struct arena *arena, const char *directory, const char *id,
                         struct domain_rules *ret, bool *ret_exists)
{
    json_error_t error;
    *ret_exists = false;
    CLOSING int folder = open_folder(arena, directory, false);
    CLOSING int fd = folder < 0 ? -1
                                : openat(folder, short_name(arena, id),
                                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat stat;
    if (fd < 0) {
        return errno == ENOENT ? NULL : strerror(errno);
    }
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size > FILE_MAX) {
        return "it is no file of polc";
    }
    json_t *root = json_loadfd(fd, 0, &error);
    bool good = root != NULL && read_rules(arena, root, ret) && text_begins(ret->id, id);
    json_decref(root);
    *ret_exists = good;
    return good ? NULL : "it is damaged, or another version of polc wrote it";
}
