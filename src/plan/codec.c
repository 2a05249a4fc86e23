// SPDX-License-Identifier: GPL-2.0-or-later
// Plan <-> bytes. A frame of fixed length, the records of the plan and of its origin, and a SHA-256 over all of that:
//
//   "polcplan"  version (1)  0 0 0  size of the records, 8 bytes, little endian    the records    SHA-256 as hex
//
// The version changes only when a decoder could misunderstand what it reads; new fields do not change it. Version 2 has
// rules with domains: to a polc that knows none they would allow every address. Plans without such rules are of version 1.
#include "codec.h"

#include <polc/base/sha256.h>

static const char magic[] = "polcplan";
enum {
    MAGIC_SIZE = sizeof magic - 1,
    VERSION = 1,
    VERSION_DOMAINS = 2,
    VERSION_AT = MAGIC_SIZE,
    SIZE_AT = VERSION_AT + 4,
    HEAD_SIZE = SIZE_AT + 8,
    HASH_SIZE = 64, // hex
};

struct content {
    struct plan plan;
    struct plan_origin origin;
};

static const struct field content_fields[] = {
    {.tag = 1,
     .kind = FIELD_RECORD,
     .offset = offsetof(struct content, plan),
     .record = &plan_record},
    {.tag = 2,
     .kind = FIELD_RECORD,
     .offset = offsetof(struct content, origin),
     .record = &plan_origin_record,
     .aside = true},
};
static const struct record content_record = RECORD("content", struct content, content_fields);

const char *plan_id(struct arena *arena, const struct plan *plan)
{
    char hash[HASH_SIZE + 1];
    struct arena_mark mark = arena_mark(arena);
    struct strbuf out = {.arena = arena};
    record_write(&plan_record, plan, true, &out);
    sha256_hex(strbuf_text(&out), out.length, hash);
    arena_rewind(arena, mark);
    return arena_strdup(arena, hash);
}

struct plan_origin plan_origin_of(struct arena *arena, const struct sources *sources,
                                  const char *const *roots, size_t root_count)
{
    struct plan_origin origin = {.roots = roots, .root_count = root_count};
    for (uint32_t i = 0; i < sources_count(sources); i++) {
        const struct source *source = sources_get(sources, i);
        char hash[HASH_SIZE + 1];
        sha256_hex(source->text, source->size, hash);
        vec_push(arena, &origin.sources,
                 (struct plan_source){.path = source->path,
                                      .size = source->size,
                                      .sha256 = arena_strdup(arena, hash)});
    }
    return origin;
}

struct sources *plan_origin_sources(struct arena *arena, const struct plan_origin *origin)
{
    struct sources *sources = sources_new(arena);
    for (size_t i = 0; i < origin->sources.count; i++) {
        sources_add(sources, origin->sources.items[i].path, "", 0);
    }
    return sources;
}

static void put_size(char *at, uint64_t size)
{
    for (size_t i = 0; i < sizeof size; i++) {
        at[i] = (char)(size >> 8 * i);
    }
}

static uint64_t get_size(const uint8_t *at)
{
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof size; i++) {
        size |= (uint64_t)at[i] << 8 * i;
    }
    return size;
}

struct plan_bytes plan_encode(struct arena *arena, const struct plan *plan,
                              const struct plan_origin *origin)
{
    struct strbuf out = {.arena = arena};
    struct content content = {*plan, *origin};
    char head[HEAD_SIZE] = {0};
    char hash[HASH_SIZE + 1];
    memcpy(head, magic, MAGIC_SIZE);
    head[VERSION_AT] = plan->domains.count > 0 ? VERSION_DOMAINS : VERSION;
    strbuf_add_n(&out, head, sizeof head);
    record_write(&content_record, &content, false, &out);
    put_size(out.text + SIZE_AT, out.length - HEAD_SIZE);
    sha256_hex(out.text, out.length, hash);
    strbuf_add(&out, hash);
    return (struct plan_bytes){(const uint8_t *)out.text, out.length};
}

static const char *check_frame(const uint8_t *data, size_t size)
{
    char hash[HASH_SIZE + 1];
    if (size < HEAD_SIZE + HASH_SIZE) {
        return "it ends too early";
    }
    if (memcmp(data, magic, MAGIC_SIZE) != 0) {
        return "it is no plan of polc";
    }
    if (data[VERSION_AT] != VERSION && data[VERSION_AT] != VERSION_DOMAINS) {
        return "a later polc wrote it";
    }
    if (get_size(data + SIZE_AT) != size - HEAD_SIZE - HASH_SIZE) {
        return "it ends too early, or too late";
    }
    sha256_hex(data, size - HASH_SIZE, hash);
    return memcmp(hash, data + size - HASH_SIZE, HASH_SIZE) != 0 ? "its checksum is wrong" : NULL;
}

const char *plan_decode_unframed(struct arena *arena, const uint8_t *data, size_t size,
                                 struct plan **ret_plan, struct plan_origin *ret_origin)
{
    struct content *content = arena_new_of(arena, struct content);
    if (!record_read(&content_record, arena, data, size, content)) {
        return "its records are damaged";
    }
    for (size_t i = 0; i < content->origin.sources.count; i++) {
        const struct plan_source *source = &content->origin.sources.items[i];
        if (source->path == NULL || source->sha256 == NULL) {
            return "it does not say what it was made from";
        }
    }
    const char *problem = plan_check(arena, &content->plan, content->origin.sources.count);
    if (problem == NULL) {
        *ret_plan = &content->plan;
        *ret_origin = content->origin;
    }
    return problem;
}

const char *plan_decode(struct arena *arena, const uint8_t *data, size_t size,
                        struct plan **ret_plan, struct plan_origin *ret_origin)
{
    const char *problem = check_frame(data, size);
    return problem != NULL
               ? problem
               : plan_decode_unframed(arena, data + HEAD_SIZE, size - HEAD_SIZE - HASH_SIZE,
                                      ret_plan, ret_origin);
}
