// SPDX-License-Identifier: GPL-2.0-or-later
// Structs <-> bytes, by tables of fields. What a later version added is skipped, what an earlier one did not write has
// its default: fields may be added under new tags, and never change their tag or kind.
//
// Bytes of a record, in order of its table: for each field that is not its default a key (tag * 4 + form, as a varint),
// then by form: a varint; 8 bytes, little endian; or a length (varint) and as many bytes. Varints are LEB128, signed
// numbers zigzag. A list is a count (varint), then for each item its length and its bytes.
#pragma once

#include <polc/base/strbuf.h>
#include <stdint.h>

struct record;

enum field_kind {
    FIELD_BOOL,
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64, // and size_t
    FIELD_I16,
    FIELD_I32,
    FIELD_DOUBLE,
    FIELD_TEXT,   // const char *; NULL is the default. No NUL inside
    FIELD_RECORD, // a struct inside
    FIELD_LIST,   // an array of structs: pointer and size_t count
    FIELD_TEXTS,  // an array of const char *, none NULL
    FIELD_CUSTOM, // whatever `write` and `read` make of it
};

// Reads `size` bytes into the field; false when they make no sense.
typedef bool (*field_read_fn)(struct arena *arena, const uint8_t *data, size_t size, void *field);
// Appends the bytes of the field; nothing for the default.
typedef void (*field_write_fn)(struct strbuf *out, const void *field);

struct field {
    uint8_t kind; // enum field_kind
    uint8_t tag;  // 1..255, unique in its record
    bool
        aside; // left out by record_write with `meaning_only`: where something stood, not what it says
    uint32_t offset;             // of the member; of lists, the pointer
    uint32_t count;              // of lists: where the count stands
    uint32_t capacity;           // of lists that are vectors: where the capacity stands; else 0
    int64_t absent;              // of whole numbers: the default
    const struct record *record; // of FIELD_RECORD and FIELD_LIST
    field_write_fn write;
    field_read_fn read;
};

struct record {
    const char *name;           // for messages
    size_t size;                // of the struct
    const struct field *fields; // by ascending tag
    size_t count;
};

#define RECORD(record_name, type, table)                                                           \
    {                                                                                              \
        .name = (record_name), .size = sizeof(type), .fields = (table),                            \
        .count = ARRAY_COUNT(table)                                                                \
    }

// Appends the bytes of a struct.
void record_write(const struct record *record, const void *value, bool meaning_only,
                  struct strbuf *out);

// Fills in a struct; its lists and texts come from the arena. False when the bytes are not those of such a record;
// memory grows with `size`, by no more than the largest struct for each byte.
bool record_read(const struct record *record, struct arena *arena, const uint8_t *data, size_t size,
                 void *value);

// For custom fields.
void varint_write(struct strbuf *out, uint64_t value);
// Advances *data; false at the end or when it does not fit.
bool varint_read(const uint8_t **data, const uint8_t *end, uint64_t *ret);
