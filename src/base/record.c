// SPDX-License-Identifier: GPL-2.0-or-later
// Structs <-> bytes: one writer and one reader for all tables of fields.
#include <polc/base/record.h>

#include <polc/base/exit.h>
#include <polc/base/vec.h>

enum form { FORM_VARINT, FORM_EIGHT, FORM_BYTES, FORM_COUNT };
enum { FORM_BITS = 2, VARINT_BITS = 7, VARINT_MORE = 0x80, VARINT_MAX = 10 };

// ---- numbers ------------------------------------------------------------------------------------------------------

static size_t varint_bytes(uint64_t value, char bytes[VARINT_MAX])
{
    size_t length = 0;
    for (; value >= VARINT_MORE; value >>= VARINT_BITS) {
        bytes[length++] = (char)(value | VARINT_MORE);
    }
    bytes[length++] = (char)value;
    return length;
}

void varint_write(struct strbuf *out, uint64_t value)
{
    char bytes[VARINT_MAX];
    strbuf_add_n(out, bytes, varint_bytes(value, bytes));
}

bool varint_read(const uint8_t **data, const uint8_t *end, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; *data < end && shift < 64; shift += VARINT_BITS) {
        uint8_t byte = *(*data)++;
        uint64_t part = (uint64_t)(byte & ~VARINT_MORE);
        if (part << shift >> shift != part) {
            return false;
        }
        value |= part << shift;
        if (byte < VARINT_MORE) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool is_signed(const struct field *field)
{
    return field->kind == FIELD_I16 || field->kind == FIELD_I32;
}

static int64_t number_get(const struct field *field, const void *member)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        return *(const bool *)member;
    case FIELD_U8:
        return *(const uint8_t *)member;
    case FIELD_U16:
        return *(const uint16_t *)member;
    case FIELD_U32:
        return *(const uint32_t *)member;
    case FIELD_U64:
        return (int64_t) * (const uint64_t *)member;
    case FIELD_I16:
        return *(const int16_t *)member;
    case FIELD_I32:
        return *(const int32_t *)member;
    case FIELD_DOUBLE:
    case FIELD_TEXT:
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_TEXTS:
    case FIELD_CUSTOM:
        break;
    }
    POLC_UNREACHABLE("a field that is no number");
}

// False when the member cannot hold it.
static bool number_set(const struct field *field, void *member, int64_t value)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        *(bool *)member = value != 0;
        return value == 0 || value == 1;
    case FIELD_U8:
        *(uint8_t *)member = (uint8_t)value;
        return value >= 0 && value <= UINT8_MAX;
    case FIELD_U16:
        *(uint16_t *)member = (uint16_t)value;
        return value >= 0 && value <= UINT16_MAX;
    case FIELD_U32:
        *(uint32_t *)member = (uint32_t)value;
        return value >= 0 && value <= UINT32_MAX;
    case FIELD_U64:
        *(uint64_t *)member = (uint64_t)value;
        return true;
    case FIELD_I16:
        *(int16_t *)member = (int16_t)value;
        return value >= INT16_MIN && value <= INT16_MAX;
    case FIELD_I32:
        *(int32_t *)member = (int32_t)value;
        return value >= INT32_MIN && value <= INT32_MAX;
    case FIELD_DOUBLE:
    case FIELD_TEXT:
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_TEXTS:
    case FIELD_CUSTOM:
        break;
    }
    POLC_UNREACHABLE("a field that is no number");
}

static enum form form_of(const struct field *field)
{
    return field->kind < FIELD_DOUBLE    ? FORM_VARINT
           : field->kind == FIELD_DOUBLE ? FORM_EIGHT
                                         : FORM_BYTES;
}

// ---- writing ------------------------------------------------------------------------------------------------------

// Puts the length of what was written since `start` in front of it.
static void insert_length(struct strbuf *out, size_t start)
{
    char bytes[VARINT_MAX];
    size_t body = out->length - start;
    size_t length = varint_bytes(body, bytes);
    strbuf_add_n(out, bytes, length); // for the room
    memmove(out->text + start + length, out->text + start, body);
    memcpy(out->text + start, bytes, length);
}

static size_t list_count(const struct field *field, const void *value)
{
    return *(const size_t *)((const char *)value + field->count);
}

static void write_items(const struct field *field, const void *value, bool meaning_only,
                        struct strbuf *out)
{
    size_t count = list_count(field, value);
    const char *items = *(const char *const *)((const char *)value + field->offset);
    varint_write(out, count);
    for (size_t i = 0; i < count; i++) {
        if (field->kind == FIELD_TEXTS) {
            const char *text = ((const char *const *)(const void *)items)[i];
            varint_write(out, strlen(text));
            strbuf_add(out, text);
            continue;
        }
        size_t start = out->length;
        record_write(field->record, items + i * field->record->size, meaning_only, out);
        insert_length(out, start);
    }
}

static bool is_list(const struct field *field)
{
    return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS;
}

static void write_bytes(const struct field *field, const void *value, bool meaning_only,
                        struct strbuf *out)
{
    const void *member = (const char *)value + field->offset;
    if (is_list(field)) {
        if (list_count(field, value) > 0) {
            write_items(field, value, meaning_only, out);
        }
    } else if (field->kind == FIELD_TEXT) {
        strbuf_add(out, *(const char *const *)member);
    } else if (field->kind == FIELD_RECORD) {
        record_write(field->record, member, meaning_only, out);
    } else {
        field->write(out, member);
    }
}

static void write_key(const struct field *field, struct strbuf *out)
{
    varint_write(out, (uint64_t)field->tag << FORM_BITS | form_of(field));
}

static void write_double(const struct field *field, double value, struct strbuf *out)
{
    char bytes[sizeof(uint64_t)];
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(bits >> 8 * i);
    }
    write_key(field, out);
    strbuf_add_n(out, bytes, sizeof bytes);
}

static void write_field(const struct field *field, const void *value, bool meaning_only,
                        struct strbuf *out)
{
    const void *member = (const char *)value + field->offset;
    if (form_of(field) == FORM_EIGHT) {
        write_double(field, *(const double *)member, out);
        return;
    }
    if (form_of(field) == FORM_VARINT) {
        int64_t number = number_get(field, member);
        if (number != field->absent) {
            write_key(field, out);
            uint64_t zigzag = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
            varint_write(out, is_signed(field) ? zigzag : (uint64_t)number);
        }
        return;
    }
    bool null_text = field->kind == FIELD_TEXT && *(const char *const *)member == NULL;
    if (null_text) {
        return;
    }
    size_t before = out->length;
    write_key(field, out);
    size_t start = out->length;
    write_bytes(field, value, meaning_only, out);
    if (out->length == start && field->kind != FIELD_TEXT) {
        out->length = before; // the default
        return;
    }
    insert_length(out, start);
}

void record_write(const struct record *record, const void *value, bool meaning_only,
                  struct strbuf *out)
{
    for (size_t i = 0; i < record->count; i++) {
        if (!meaning_only || !record->fields[i].aside) {
            write_field(&record->fields[i], value, meaning_only, out);
        }
    }
}

// ---- reading ------------------------------------------------------------------------------------------------------

static bool read_text(struct arena *arena, const uint8_t *data, size_t size, const char **ret)
{
    if (memchr(data, '\0', size) != NULL) {
        return false;
    }
    *ret = arena_strndup(arena, (const char *)data, size);
    return true;
}

// Takes a length and what it spans.
static bool read_span(const uint8_t **data, const uint8_t *end, const uint8_t **ret,
                      size_t *ret_size)
{
    uint64_t size;
    if (!varint_read(data, end, &size) || size > (size_t)(end - *data)) {
        return false;
    }
    *ret = *data;
    *ret_size = (size_t)size;
    *data += size;
    return true;
}

static bool read_items(const struct field *field, struct arena *arena, const uint8_t *data,
                       size_t size, void *value)
{
    const uint8_t *end = data + size;
    size_t item_size = field->kind == FIELD_TEXTS ? sizeof(char *) : field->record->size;
    uint64_t count;
    // Each item has at least the byte of its length.
    if (!varint_read(&data, end, &count) || count > (size_t)(end - data)) {
        return false;
    }
    char *items = arena_array(arena, (size_t)count, item_size);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *item;
        size_t length;
        void *at = items + i * item_size;
        if (!read_span(&data, end, &item, &length) ||
            !(field->kind == FIELD_TEXTS ? read_text(arena, item, length, at)
                                         : record_read(field->record, arena, item, length, at))) {
            return false;
        }
    }
    *(void **)(void *)((char *)value + field->offset) = items;
    *(size_t *)(void *)((char *)value + field->count) = (size_t)count;
    if (field->capacity != 0) {
        *(size_t *)(void *)((char *)value + field->capacity) = (size_t)count;
    }
    return data == end;
}

static bool read_bytes(const struct field *field, struct arena *arena, const uint8_t *data,
                       size_t size, void *value)
{
    void *member = (char *)value + field->offset;
    if (is_list(field)) {
        return read_items(field, arena, data, size, value);
    }
    if (field->kind == FIELD_TEXT) {
        return read_text(arena, data, size, member);
    }
    if (field->kind == FIELD_RECORD) {
        return record_read(field->record, arena, data, size, member);
    }
    return field->read(arena, data, size, member);
}

static const struct field *find_field(const struct record *record, uint64_t tag)
{
    for (size_t i = 0; i < record->count; i++) {
        if (record->fields[i].tag == tag) {
            return &record->fields[i];
        }
    }
    return NULL;
}

static bool read_number(const struct field *field, uint64_t raw, void *value)
{
    int64_t number = (int64_t)raw;
    if (is_signed(field)) {
        number = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
    }
    return number_set(field, (char *)value + field->offset, number);
}

static void read_eight(const struct field *field, const uint8_t *data, void *value)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof bits; i++) {
        bits |= (uint64_t)data[i] << 8 * i;
    }
    memcpy((char *)value + field->offset, &bits, sizeof bits);
}

// One field, or the skipping of an unknown one.
static bool read_field(const struct record *record, struct arena *arena, const uint8_t **data,
                       const uint8_t *end, void *value)
{
    uint64_t key, number;
    const uint8_t *bytes;
    size_t size;
    if (!varint_read(data, end, &key)) {
        return false;
    }
    enum form form = (enum form)(key & ((1U << FORM_BITS) - 1));
    const struct field *field = find_field(record, key >> FORM_BITS);
    if (form >= FORM_COUNT || (field != NULL && form_of(field) != form)) {
        return false;
    }
    if (form == FORM_VARINT) {
        return varint_read(data, end, &number) &&
               (field == NULL || read_number(field, number, value));
    }
    if (form == FORM_EIGHT) {
        if (end - *data < (ptrdiff_t)sizeof(uint64_t)) {
            return false;
        }
        if (field != NULL) {
            read_eight(field, *data, value);
        }
        *data += sizeof(uint64_t);
        return true;
    }
    return read_span(data, end, &bytes, &size) &&
           (field == NULL || read_bytes(field, arena, bytes, size, value));
}

bool record_read(const struct record *record, struct arena *arena, const uint8_t *data, size_t size,
                 void *value)
{
    const uint8_t *end = data + size;
    memset(value, 0, record->size);
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (form_of(field) == FORM_VARINT) {
            number_set(field, (char *)value + field->offset, field->absent);
        } else if (field->kind == FIELD_RECORD &&
                   !record_read(field->record, arena, data, 0, (char *)value + field->offset)) {
            return false;
        }
    }
    while (data < end) {
        if (!read_field(record, arena, &data, end, value)) {
            return false;
        }
    }
    return true;
}
