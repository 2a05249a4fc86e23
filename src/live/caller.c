// SPDX-License-Identifier: GPL-2.0-or-later
// By which connection the caller is here. SSH_CONNECTION says so, but sudo drops it and tmux keeps that of a session that
// is long over: the environment of the parents is read too, and whether the connection is there is looked up in the
// socket table. Without the variable, an ancestor that holds an incoming connection is taken for the server.
#include "internal.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ENVIRONMENT_MAX = 1024 * 1024, // bytes that are looked through
    ANCESTORS_MAX = 256,           // against a process table that is forged or changes
};

// ---- SSH_CONNECTION -----------------------------------------------------------------------------------------------

static const char *take_word(const char *text, char *word, size_t size)
{
    size_t length = strcspn(text, " ");
    if (length == 0 || length >= size) {
        return NULL;
    }
    memcpy(word, text, length);
    word[length] = '\0';
    return text + length + (text[length] == ' ');
}

static const char *take_address(const char *text, struct ip_addr *ret, char *ret_scope)
{
    char word[IP_TEXT_MAX + IF_NAMESIZE];
    const char *rest = take_word(text, word, sizeof word);
    if (rest == NULL) {
        return NULL;
    }
    size_t length = strcspn(word, "%");
    if (word[length] == '%') {
        snprintf(ret_scope, IF_NAMESIZE, "%s", word + length + 1);
    }
    word[length] = '\0';
    static const char mapped[] = "::ffff:";
    size_t skip = strncasecmp(word, mapped, sizeof mapped - 1) == 0 ? sizeof mapped - 1 : 0;
    return ip_addr_parse(word + skip, length - skip, ret) == ADDR_OK ? rest : NULL;
}

static const char *take_port(const char *text, uint16_t *ret)
{
    char word[sizeof "65535"];
    const char *rest = take_word(text, word, sizeof word);
    if (rest == NULL || word[strspn(word, "0123456789")] != '\0') {
        return NULL;
    }
    unsigned long port = strtoul(word, NULL, 10);
    *ret = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX ? rest : NULL;
}

bool live_ssh_parse(const char *text, struct live_tuple *ret, char *ret_scope)
{
    struct live_tuple tuple = {.protocol = PROTO_TCP, .icmp_type = -1, .icmp_code = -1};
    ret_scope[0] = '\0';
    const char *at = take_address(text, &tuple.source, ret_scope);
    at = at != NULL ? take_port(at, &tuple.source_port) : NULL;
    at = at != NULL ? take_address(at, &tuple.destination, ret_scope) : NULL;
    at = at != NULL ? take_port(at, &tuple.destination_port) : NULL;
    if (at == NULL || *at != '\0' || tuple.source.family != tuple.destination.family) {
        return false;
    }
    *ret = tuple;
    return true;
}

// ---- processes ----------------------------------------------------------------------------------------------------

struct search {
    struct arena *arena;
    const char *proc;
    const struct live_sockets *sockets;
    struct live_caller *caller;
};

// A file of /proc, which has no size; terminated. *ret_size without the terminator. NULL when it cannot be read.
static char *read_file(const struct search *search, uint32_t pid, const char *name,
                       size_t *ret_size)
{
    const char *path = arena_printf(search->arena, "%s/%u/%s", search->proc, pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;
    size_t size = 0, room = 0;
    ssize_t got = 1;
    while (fd >= 0 && got > 0 && size < ENVIRONMENT_MAX) {
        if (size + 1 >= room) {
            text = arena_grow(search->arena, text, room, room * 2 + 4096);
            room = room * 2 + 4096;
        }
        got = read(fd, text + size, room - size - 1);
        size += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    *ret_size = size;
    return text;
}

// 0: none, or not known. "PID (NAME) STATE PPID ...", where NAME may hold anything.
static uint32_t parent_of(const struct search *search, uint32_t pid)
{
    size_t size;
    const char *text = read_file(search, pid, "stat", &size);
    const char *end = text != NULL ? strrchr(text, ')') : NULL;
    unsigned parent = 0;
    return end != NULL && sscanf(end + 1, " %*c %u", &parent) == 1 ? parent : 0;
}

static bool from_environment(const struct search *search, uint32_t pid)
{
    static const char name[] = "SSH_CONNECTION=";
    size_t size;
    const char *text = read_file(search, pid, "environ", &size);
    struct live_caller *caller = search->caller;
    char scope[IF_NAMESIZE];
    for (size_t at = 0; at < size; at += strlen(text + at) + 1) {
        if (strncmp(text + at, name, sizeof name - 1) == 0 &&
            live_ssh_parse(text + at + sizeof name - 1, &caller->tuple, scope)) {
            caller->pid = pid;
            caller->interface = scope[0] != '\0' ? if_nametoindex(scope) : 0;
            return true;
        }
    }
    return false;
}

static void take_socket(struct live_caller *caller, const struct live_socket *socket)
{
    caller->tuple = (struct live_tuple){.source = socket->remote,
                                        .destination = socket->local,
                                        .protocol = PROTO_TCP,
                                        .source_port = socket->remote_port,
                                        .destination_port = socket->local_port,
                                        .icmp_type = -1,
                                        .icmp_code = -1};
    caller->interface = socket->interface != 0 ? socket->interface : caller->interface;
}

static const struct live_socket *incoming_with_inode(const struct live_sockets *sockets,
                                                     uint32_t inode)
{
    for (size_t i = 0; i < sockets->count; i++) {
        const struct live_socket *socket = &sockets->items[i];
        if (socket->inode == inode && socket->protocol == PROTO_TCP &&
            socket->state == LIVE_ESTABLISHED &&
            live_is_listening(sockets, PROTO_TCP, socket->local, socket->local_port)) {
            return socket;
        }
    }
    return NULL;
}

static bool from_sockets(const struct search *search, uint32_t pid)
{
    const char *path = arena_printf(search->arena, "%s/%u/fd", search->proc, pid);
    DIR *directory = opendir(path);
    const struct live_socket *found = NULL;
    const struct dirent *entry;
    while (directory != NULL && found == NULL && (entry = readdir(directory)) != NULL) {
        char target[64];
        unsigned inode;
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (sscanf(target, "socket:[%u]", &inode) == 1 && inode != 0) {
            found = incoming_with_inode(search->sockets, inode);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    if (found != NULL) {
        search->caller->pid = pid;
        take_socket(search->caller, found);
    }
    return found != NULL;
}

static bool any_ancestor(const struct search *search, uint32_t pid,
                         bool (*look)(const struct search *search, uint32_t pid))
{
    for (int i = 0; pid > 1 && i < ANCESTORS_MAX; i++) {
        if (look(search, pid)) {
            return true;
        }
        pid = parent_of(search, pid);
    }
    return false;
}

// ---- what became of it ---------------------------------------------------------------------------------------------

static bool is_end(const struct live_socket *socket, const struct live_tuple *tuple)
{
    return socket->protocol == PROTO_TCP && socket->state == LIVE_ESTABLISHED &&
           socket->local_port == tuple->destination_port &&
           ip_addr_compare(socket->remote, tuple->source) == 0;
}

static uint8_t kind_of(const struct search *search)
{
    const struct live_tuple *tuple = &search->caller->tuple;
    const struct live_socket *again = NULL;
    for (size_t i = 0; i < search->sockets->count; i++) {
        const struct live_socket *socket = &search->sockets->items[i];
        if (!is_end(socket, tuple)) {
            continue;
        }
        again = socket;
        if (socket->remote_port == tuple->source_port &&
            ip_addr_compare(socket->local, tuple->destination) == 0) {
            take_socket(search->caller, socket);
            return LIVE_CALLER_ENVIRONMENT;
        }
    }
    if (!live_is_local(tuple->destination)) {
        return LIVE_CALLER_ELSEWHERE;
    }
    if (again == NULL) {
        return LIVE_CALLER_OVER;
    }
    take_socket(search->caller, again);
    return LIVE_CALLER_AGAIN;
}

void live_caller_find(struct arena *arena, const char *proc, uint32_t pid,
                      const struct live_sockets *sockets, struct live_caller *ret)
{
    struct search search = {arena, proc, sockets, ret};
    *ret = (struct live_caller){.kind = LIVE_CALLER_NONE};
    if (any_ancestor(&search, pid, from_environment)) {
        ret->kind = kind_of(&search);
    } else if (any_ancestor(&search, pid, from_sockets)) {
        ret->kind = LIVE_CALLER_SOCKET;
    }
}
