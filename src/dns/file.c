// SPDX-License-Identifier: GPL-2.0-or-later
// Files of answers: lines "NAME ADDRESS-or-NAME...", in which a name is an alias, and lines of /etc/hosts. What each name
// leads to is known when all lines are read: an alias may stand before what it leads to.
#include "internal.h"

#include <polc/base/utf8.h>

struct token {
    const char *text; // terminated
    struct loc loc;
};

struct entry;

struct alias {
    struct entry *entry;
    struct loc loc;
};

enum state { NEW, OPEN, DONE };

struct entry {
    const char *name;
    VEC(struct ip_addr) addresses; // its own; then, with those of its aliases, sorted and unique
    VEC(struct alias) aliases;
    enum state state;
    int links;     // of the longest chain of aliases from here
    bool followed; // another name leads to it
};

struct file_reader {
    struct arena *arena;
    const struct sources *sources;
    struct diags *diags;
    uint32_t source;
    struct strmap *entries; // name -> struct entry
};

// ---- tokens ----------------------------------------------------------------------------------------------------------

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

static size_t characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t at = 0, size; at<length; at += size> 0 ? size : 1, count++) {
        uint32_t character;
        size = utf8_read(text + at, length - at, &character);
    }
    return count;
}

struct cursor {
    size_t at, end; // in a line, in the source; up to a comment
    size_t counted; // up to here its characters are counted
    size_t column;
    uint32_t line;
};

// The column of a place that is behind the last one asked for.
static size_t column_of(const char *text, struct cursor *cursor, size_t at)
{
    cursor->column += characters(text + cursor->counted, at - cursor->counted);
    cursor->counted = at;
    return cursor->column;
}

static bool next_token(const struct file_reader *reader, struct cursor *cursor, struct token *ret)
{
    const char *text = sources_get(reader->sources, reader->source)->text;
    while (cursor->at < cursor->end && is_blank(text[cursor->at])) {
        cursor->at++;
    }
    size_t start = cursor->at;
    while (cursor->at < cursor->end && !is_blank(text[cursor->at])) {
        cursor->at++;
    }
    size_t length = cursor->at - start;
    size_t column = column_of(text, cursor, start);
    size_t shown = column_of(text, cursor, cursor->at) - column;
    ret->text = arena_strndup(reader->arena, text + start, length);
    ret->loc = (struct loc){reader->source, cursor->line,
                            column < UINT16_MAX ? (uint16_t)column : UINT16_MAX,
                            shown < UINT16_MAX ? (uint16_t)shown : UINT16_MAX};
    return length > 0;
}

// ---- lines -----------------------------------------------------------------------------------------------------------

static void report(const struct file_reader *reader, const struct token *token, const char *what)
{
    struct diag *diag =
        diag_report(reader->diags, DIAG_F019, token->loc, "\"%s\" %s", token->text, what);
    diag_hint(diag,
              "www.example.com 192.0.2.1 2001:db8::1     (a line is a name and its addresses, "
              "or an address and its names)");
}

enum word { WORD_NAME, WORD_ADDRESS, WORD_UNUSABLE };

// An address of a link has its zone behind it, as files of hosts have.
static enum word word_of(const char *text, struct ip_addr *ret)
{
    enum addr_problem problem = ip_addr_parse(text, strcspn(text, "%"), ret);
    if (problem == ADDR_MAPPED) {
        return WORD_UNUSABLE;
    }
    return problem != ADDR_OK ? WORD_NAME : dns_address_usable(*ret) ? WORD_ADDRESS : WORD_UNUSABLE;
}

// NULL when it is no name, which is reported.
static struct entry *need_entry(struct file_reader *reader, const struct token *token)
{
    const char *problem = dns_name_problem(token->text);
    if (problem != NULL) {
        report(reader, token, problem);
        return NULL;
    }
    const char *name = dns_name_canonical(reader->arena, token->text);
    struct entry *entry = strmap_get(reader->entries, name);
    if (entry == NULL) {
        entry = arena_new_of(reader->arena, struct entry);
        entry->name = name;
        strmap_put(reader->entries, name, entry);
    }
    return entry;
}

// "ADDRESS NAME..."
static void read_names(struct file_reader *reader, struct cursor *cursor, const struct token *first,
                       const struct ip_addr *usable)
{
    struct token token;
    size_t count = 0;
    for (; next_token(reader, cursor, &token); count++) {
        struct entry *entry = need_entry(reader, &token);
        if (entry != NULL && usable != NULL) {
            vec_push(reader->arena, &entry->addresses, *usable);
        }
    }
    if (count == 0) {
        report(reader, first, "is an address without a name");
    }
}

// "NAME ADDRESS-or-NAME..."
static void read_targets(struct file_reader *reader, struct cursor *cursor, struct entry *entry)
{
    struct token token;
    while (next_token(reader, cursor, &token)) {
        struct ip_addr addr;
        enum word word = word_of(token.text, &addr);
        struct entry *target = word == WORD_NAME ? need_entry(reader, &token) : NULL;
        if (word == WORD_ADDRESS) {
            vec_push(reader->arena, &entry->addresses, addr);
        } else if (target != NULL) {
            vec_push(reader->arena, &entry->aliases, (struct alias){target, token.loc});
            target->followed = true;
        }
    }
}

static void read_line(struct file_reader *reader, struct cursor *cursor)
{
    struct token first;
    struct ip_addr addr;
    if (!next_token(reader, cursor, &first)) {
        return;
    }
    enum word word = word_of(first.text, &addr);
    if (word != WORD_NAME) {
        read_names(reader, cursor, &first, word == WORD_ADDRESS ? &addr : NULL);
        return;
    }
    struct entry *entry = need_entry(reader, &first);
    if (entry != NULL) {
        read_targets(reader, cursor, entry);
    }
}

static void read_lines(struct file_reader *reader)
{
    const struct source *source = sources_get(reader->sources, reader->source);
    size_t start = 0;
    for (uint32_t line = 1; start < source->size; line++) {
        const char *text = source->text + start;
        size_t left = source->size - start;
        const char *end = memchr(text, '\n', left);
        size_t length = end != NULL ? (size_t)(end - text) : left;
        const char *comment = memchr(text, '#', length);
        size_t used = comment != NULL ? (size_t)(comment - text) : length;
        struct cursor cursor = {start, start + used, start, 1, line};
        read_line(reader, &cursor);
        start += length + 1;
    }
}

// ---- aliases ---------------------------------------------------------------------------------------------------------

static int compare_addrs(const void *a, const void *b)
{
    return ip_addr_compare(*(const struct ip_addr *)a, *(const struct ip_addr *)b);
}

static void sort_addresses(struct entry *entry)
{
    size_t kept = 0;
    vec_sort(&entry->addresses, compare_addrs);
    for (size_t i = 0; i < entry->addresses.count; i++) {
        struct ip_addr *items = entry->addresses.items;
        if (i == 0 || compare_addrs(&items[kept - 1], &items[i]) != 0) {
            items[kept++] = items[i];
        }
    }
    entry->addresses.count = kept;
}

static void report_alias(const struct file_reader *reader, const struct entry *entry,
                         const struct alias *alias)
{
    if (alias->entry->state == OPEN) {
        diag_report(reader->diags, DIAG_F019, alias->loc,
                    "\"%s\" is an alias that leads back to itself", alias->entry->name);
    } else {
        diag_report(
            reader->diags, DIAG_F019, alias->loc,
            "\"%s\" has more than %d aliases in a row behind it, and nobody follows so many",
            entry->name, DNS_CHAIN_MAX);
    }
}

// Adds the addresses of its aliases. `links` led here.
static void follow(struct file_reader *reader, struct entry *entry, int links)
{
    entry->state = OPEN;
    for (size_t i = 0; i < entry->aliases.count; i++) {
        const struct alias *alias = &entry->aliases.items[i];
        struct entry *target = alias->entry;
        if (target->state == NEW && links < DNS_CHAIN_MAX) {
            follow(reader, target, links + 1);
        }
        entry->links = target->links >= entry->links ? target->links + 1 : entry->links;
        if (target->state != DONE || entry->links > DNS_CHAIN_MAX) {
            report_alias(reader, entry, alias);
            entry->links = 0; // those that lead here need not be told as well
            break;
        }
        for (size_t j = 0; j < target->addresses.count; j++) {
            vec_push(reader->arena, &entry->addresses, target->addresses.items[j]);
        }
    }
    sort_addresses(entry);
    entry->state = DONE;
}

static void add_to_book(struct dns_book *book, const struct entry *entry)
{
    dns_book_add_name(book, entry->name);
    for (size_t i = 0; i < entry->addresses.count; i++) {
        dns_book_add(book, &(struct dns_fact){.name = entry->name,
                                              .addr = entry->addresses.items[i],
                                              .source = DNS_FILE,
                                              .followed = entry->followed});
    }
}

bool dns_file_read(struct arena *arena, const struct sources *sources, struct diags *diags,
                   uint32_t source, struct dns_book *book)
{
    struct file_reader reader = {arena, sources, diags, source, strmap_new(arena)};
    size_t errors = diags_count(diags, DIAG_ERROR);
    void *cursor = NULL, *value;
    read_lines(&reader);
    while (strmap_next(reader.entries, &cursor, NULL, &value)) {
        struct entry *entry = value;
        if (entry->state == NEW) {
            follow(&reader, entry, 0);
        }
        add_to_book(book, entry);
    }
    return diags_count(diags, DIAG_ERROR) == errors;
}

// ---- writing ---------------------------------------------------------------------------------------------------------

static int compare_facts(const void *a, const void *b)
{
    return ip_addr_compare((*(const struct dns_fact *const *)a)->addr,
                           (*(const struct dns_fact *const *)b)->addr);
}

static void write_name(struct strbuf *out, const struct dns_book *book, const char *name)
{
    struct {
        VEC_FIELDS(const struct dns_fact *);
    } facts = {0};
    struct dns_view view;
    char text[IP_TEXT_MAX];
    dns_book_name(book, name, &view);
    for (size_t i = 0; i < view.count; i++) {
        vec_push(out->arena, &facts, view.items[i]);
    }
    vec_sort(&facts, compare_facts);
    strbuf_add(out, name);
    for (size_t i = 0; i < facts.count; i++) {
        strbuf_addf(out, " %s", ip_addr_text(facts.items[i]->addr, text));
    }
    strbuf_add(out, "\n");
}

void dns_answers_write(struct strbuf *out, const struct dns_book *book)
{
    VEC(const char *) names = {0};
    void *cursor = NULL;
    const char *name;
    while (dns_book_next_name(book, &cursor, &name)) {
        vec_push(out->arena, &names, name);
    }
    vec_sort(&names, compare_texts);
    for (size_t i = 0; i < names.count; i++) {
        write_name(out, book, names.items[i]);
    }
}
