// SPDX-License-Identifier: GPL-2.0-or-later
// A JSON document -> its objects, each one handed on before the next one is read. The text is in memory, so what decides
// about an object (its kind, that of its list, which kubectl prints behind the items) is looked up before it is read.
#include "json_value.h"

enum key { KEY_API_VERSION, KEY_KIND, KEY_ITEMS, KEY_COUNT };

// What tells how an object is to be read.
struct head {
    const char *api_version, *kind; // NULL when absent, null, a list or a map
    const char *items;              // the value; NULL when absent
};

static enum key key_of(struct json_string key)
{
    static const char *const names[] = {"apiVersion", "kind", "items"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (key.length == strlen(names[i]) && memcmp(key.text, names[i], key.length) == 0) {
            return (enum key)i;
        }
    }
    return KEY_COUNT;
}

// Looks no further than it must: "items" matter only to a list.
static struct head read_head(struct json *json, const char *at)
{
    struct head head = {0};
    bool has_version = false, has_kind = false;
    at++;
    while ((!has_version || !has_kind || (is_list_kind(head.kind) && head.items == NULL)) &&
           json_next(json, &at)) {
        enum key key = key_of(json_read_string(json, &at));
        at = json_colon(json, at);
        if (key == KEY_API_VERSION && !has_version) {
            head.api_version = json_scalar_text(json, at);
            has_version = true;
        } else if (key == KEY_KIND && !has_kind) {
            head.kind = json_scalar_text(json, at);
            has_kind = true;
        } else if (key == KEY_ITEMS && head.items == NULL) {
            head.items = at;
        }
        at = at == json->facts.longest ? json->facts.longest_end : json_value_end(at, json->end);
    }
    return head;
}

static const char *split_value(struct json *json, const char *at, struct inherited inherited,
                               int depth);

static const char *split_elements(struct json *json, const char *at, struct inherited inherited,
                                  int depth)
{
    at++;
    while (at != NULL && json_next(json, &at)) {
        at = split_value(json, at, inherited, depth);
    }
    return at;
}

static const char *split_items(struct json *json, const char *at, const struct head *head,
                               int depth)
{
    static const struct load_fields nothing = {0};
    if (*at == '[') {
        struct inherited inherited = inherit(json->loader, head->api_version, head->kind);
        return split_elements(json, at, inherited, depth + 1);
    }
    struct node *items;
    at = json_read_value(json, at, &nothing, &items);
    report_items(json->loader, head->kind, items);
    return at;
}

static const char *split_list(struct json *json, const char *at, const struct head *head, int depth)
{
    struct loc seen[KEY_COUNT] = {0};
    at++;
    while (at != NULL && json_next(json, &at)) {
        const char *start = at;
        struct json_string name = json_read_string(json, &at);
        enum key key = key_of(name);
        const char *value = json_colon(json, at);
        if (key == KEY_COUNT) {
            at = json_value_end(value, json->end);
            continue;
        }
        struct loc loc = json_string_loc(json, start, at);
        if (seen[key].line > 0) {
            report_twice(json->loader, arena_strndup(json->scratch, name.text, name.length), loc,
                         seen[key]);
            return NULL;
        }
        seen[key] = loc;
        at = key == KEY_ITEMS ? split_items(json, value, head, depth)
                              : json_value_end(value, json->end);
    }
    return at;
}

static const char *read_object(struct json *json, const char *at, const char *api_version,
                               const char *kind, struct node **ret)
{
    json->nodes = 0;
    return json_read_value(json, at, fields_of(json->loader, api_version, kind), ret);
}

static const char *split_object(struct json *json, const char *at, const struct head *head,
                                struct inherited inherited, int depth)
{
    struct node *object;
    const char *api_version = head->api_version != NULL ? head->api_version : inherited.api_version;
    at = read_object(json, at, api_version, head->kind != NULL ? head->kind : inherited.kind,
                     &object);
    if (at != NULL) {
        split_node(json->loader, object, inherited, depth);
    }
    return at;
}

// An item of a typed list, as the API server sends them: without a kind of its own. That it has none is only seen when it
// has been read; false when it has one, and must be read again in the light of it.
static bool split_typed_item(struct json *json, const char **at, struct inherited inherited,
                             int depth)
{
    struct arena_mark start = arena_mark(json->scratch);
    struct json_place place = json->place;
    struct node *object;
    const char *behind = read_object(json, *at, inherited.api_version, inherited.kind, &object);
    if (behind != NULL &&
        (node_get(object, "kind") != NULL || node_get(object, "apiVersion") != NULL)) {
        arena_rewind(json->scratch, start);
        json->place = place;
        return false;
    }
    if (behind != NULL) {
        split_node(json->loader, object, inherited, depth);
    }
    *at = behind;
    return true;
}

// Returns the place behind the value; NULL when a problem ends the reading.
static const char *split_value(struct json *json, const char *at, struct inherited inherited,
                               int depth)
{
    struct arena_mark start = arena_mark(json->scratch);
    if (*at == '{' && inherited.kind != NULL && split_typed_item(json, &at, inherited, depth)) {
        arena_rewind(json->scratch, start);
        return at;
    }
    struct head head = *at == '{' ? read_head(json, at) : (struct head){0};
    bool is_list_object = is_list_kind(head.kind) && head.items != NULL;
    if (*at != '[' && !is_list_object) {
        at = split_object(json, at, &head, inherited, depth);
    } else if (!check_list_depth(json->loader, json_loc(json, at, 1), depth)) {
        at = json_value_end(at, json->end);
    } else if (*at == '[') {
        at = split_elements(json, at, inherited, depth + 1);
    } else {
        at = split_list(json, at, &head, depth);
    }
    arena_rewind(json->scratch, start);
    return at;
}

bool read_json(const struct loader *loader, uint32_t source)
{
    const struct source *text = sources_get(loader->sources, source);
    const char *end = text->text + text->size;
    const char *at = json_blanks(text->text, end);
    struct json json = {
        .loader = loader,
        .source = source,
        .end = end,
        .place = {.at = text->text, .line = 1, .column = 1},
    };
    if (at == end || (*at != '{' && *at != '[') || !json_prove(at, end, &json.facts)) {
        return false;
    }
    // What stands before the first bracket may hold any line break.
    if (memchr(text->text, '\r', (size_t)(at - text->text)) != NULL) {
        json.facts.odd_lines = true;
    }
    json.scratch = arena_new(SCRATCH_MAX);
    arena_alloc(json.scratch, 1); // so that the first chunk stays when an object is dropped
    split_value(&json, at, (struct inherited){0}, 0);
    arena_free(json.scratch);
    return true;
}
