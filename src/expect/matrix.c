// SPDX-License-Identifier: GPL-2.0-or-later
// Connectivity matrices: Markdown tables with the columns source, destination and port, one row for each connection that
// is allowed. Other tables of the file, other columns and all other text are for people.
#include "internal.h"

#include <ctype.h>
#include <polc/load.h>
#include <strings.h>

enum { MAX_COLUMNS = 64 };

enum column { COLUMN_SOURCE, COLUMN_DESTINATION, COLUMN_PORT, COLUMN_COUNT };

struct cell {
    const char *text; // without the blanks and quotes around it
    struct loc loc;
};

struct row {
    struct cell cells[MAX_COLUMNS];
    size_t count;
};

struct reader {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    struct expect_suite *suite;
    uint32_t source;
    const char *path;
    int columns[COLUMN_COUNT]; // of the table at hand
    struct loc matrix;         // the headings of the first one
    bool any_table;
};

static const char *const column_names[] = {"source", "destination", "port"};

// ---- lines and cells ------------------------------------------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// In a table a bar inside a cell is written "\|".
static const char *unescape(struct arena *arena, const char *text, size_t length)
{
    struct strbuf buffer = {.arena = arena};
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\\' || i + 1 == length || text[i + 1] != '|') {
            strbuf_add_n(&buffer, text + i, 1);
        }
    }
    return strbuf_text(&buffer);
}

// `frontend`, **frontend** and _frontend_ are frontend.
static struct cell make_cell(const struct reader *reader, const char *line, size_t begin,
                             size_t end)
{
    while (begin < end && is_blank(line[begin])) {
        begin++;
    }
    while (end > begin && is_blank(line[end - 1])) {
        end--;
    }
    while (end > begin + 1 && line[begin] == line[end - 1] && strchr("`*_", line[begin]) != NULL) {
        begin++;
        end--;
    }
    size_t offset = (size_t)(line - sources_get(reader->sources, reader->source)->text) + begin;
    struct loc loc = sources_loc_at(reader->sources, reader->source, offset);
    loc.length = (uint16_t)(end > begin ? end - begin : 1);
    return (struct cell){unescape(reader->arena, line + begin, end - begin), loc};
}

// "| a | b |"; the outer bars may be left out. False for a line that is no row.
static bool split_row(const struct reader *reader, const char *line, size_t length, struct row *ret)
{
    size_t begin = 0;
    ret->count = 0;
    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        length--;
    }
    while (begin < length && (line[begin] == ' ' || line[begin] == '\t')) {
        begin++;
    }
    if (memchr(line, '|', length) == NULL) {
        return false;
    }
    begin += line[begin] == '|';
    for (size_t at = begin; at <= length && ret->count < MAX_COLUMNS; at++) {
        if (at == length || (line[at] == '|' && line[at - 1] != '\\')) {
            if (at < length || at > begin) {
                ret->cells[ret->count++] = make_cell(reader, line, begin, at);
            }
            begin = at + 1;
        }
    }
    return true;
}

// "|---|:--:|"
static bool is_delimiter(const struct row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const char *text = row->cells[i].text;
        if (text[0] == '\0' || text[strspn(text, ":-")] != '\0') {
            return false;
        }
    }
    return row->count > 0;
}

// Whether these are the headings of a matrix.
static bool take_headings(struct reader *reader, const struct row *row)
{
    int columns[COLUMN_COUNT] = {-1, -1, -1};
    for (size_t i = 0; i < row->count; i++) {
        for (int j = 0; j < COLUMN_COUNT; j++) {
            if (strcasecmp(row->cells[i].text, column_names[j]) == 0 && columns[j] < 0) {
                columns[j] = (int)i;
            }
        }
    }
    memcpy(reader->columns, columns, sizeof columns);
    return columns[COLUMN_SOURCE] >= 0 && columns[COLUMN_DESTINATION] >= 0 &&
           columns[COLUMN_PORT] >= 0;
}

// ---- what a cell means ------------------------------------------------------------------------------------------------

static bool is_any(const char *text)
{
    return strcmp(text, "*") == 0 || strcasecmp(text, "any") == 0 || strcasecmp(text, "all") == 0;
}

static void add_reference(const struct reader *reader, struct expect_side *side, const char *text,
                          struct loc loc)
{
    vec_push(reader->arena, &side->references, (struct res_text){text, loc});
}

// "*" is everybody: every endpoint, and the rest of the world.
static void read_side(const struct reader *reader, const struct cell *cell,
                      struct expect_side *side)
{
    if (is_any(cell->text)) {
        add_reference(reader, side, "all()", cell->loc);
        add_reference(reader, side, "pub", cell->loc);
    } else {
        add_reference(reader, side, cell->text, cell->loc);
    }
}

static uint8_t protocol_of(const char *text, size_t length)
{
    for (size_t i = 0; i < proto_names_count; i++) {
        if (strlen(proto_names[i]) == length && strncasecmp(proto_names[i], text, length) == 0) {
            return (uint8_t)proto_parse(proto_names[i], length);
        }
    }
    return 0;
}

static bool read_number(const char *text, size_t length, uint16_t *ret)
{
    unsigned value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > UINT16_MAX) {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *ret = (uint16_t)value;
    return length > 0 && value > 0 && value <= UINT16_MAX;
}

// "80", "8000:8100", "8000-8100", or the name of a port.
static bool read_port(const struct reader *reader, const char *text, size_t length, struct loc loc,
                      struct res_port *ret)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t first = strspn(text, "0123456789");
    *ret = (struct res_port){.loc = loc};
    if (first >= length) {
        ret->max = 0;
        bool good = read_number(text, length, &ret->min);
        ret->max = ret->min;
        return good;
    }
    if (first > 0 && (text[first] == ':' || text[first] == '-') &&
        strspn(text + first + 1, "0123456789") >= length - first - 1) {
        return read_number(text, first, &ret->min) &&
               read_number(text + first + 1, length - first - 1, &ret->max) && ret->min <= ret->max;
    }
    ret->name = arena_strndup(reader->arena, text, length);
    return strspn(ret->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           strpbrk(ret->name, letters) != NULL;
}

// One entry of a port cell: "9555", "tcp/9555", "514/udp", "icmp", "http", "*". A bare number is of TCP.
static bool read_service(const struct reader *reader, const char *text, size_t length,
                         struct loc loc, struct expect_case *item)
{
    const char *slash = memchr(text, '/', length);
    size_t head = slash != NULL ? (size_t)(slash - text) : length;
    uint8_t protocol = protocol_of(text, head);
    const char *port = text;
    size_t port_length = head;
    if (protocol != 0) {
        port = slash != NULL ? slash + 1 : text + length;
        port_length = slash != NULL ? length - head - 1 : 0;
    } else if (slash != NULL) {
        protocol = protocol_of(slash + 1, length - head - 1);
        if (protocol == 0) {
            return false;
        }
    }
    bool any = (port_length == 1 && port[0] == '*') || (port_length == 0 && slash == NULL);
    item->protocol = protocol;
    if (any) {
        return true;
    }
    struct res_port entry;
    if (!read_port(reader, port, port_length, loc, &entry) ||
        (protocol != 0 && !proto_has_ports(protocol))) {
        return false;
    }
    if (protocol == 0 && entry.name == NULL) {
        item->protocol = PROTO_TCP;
    }
    vec_push(reader->arena, &item->ports, entry);
    return true;
}

static void report_port(const struct reader *reader, const struct cell *cell)
{
    struct diag *diag = diag_report(reader->diags, DIAG_P073, cell->loc,
                                    "\"%s\" is no port of a connectivity matrix", cell->text);
    diag_label(diag, "80, tcp/80, 53/udp, 8000:8100, http, icmp or *, several with commas");
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static const struct cell *cell_of(const struct reader *reader, const struct row *row,
                                  enum column column)
{
    int number = reader->columns[column];
    return number < (int)row->count ? &row->cells[number] : NULL;
}

static bool check_cells(const struct reader *reader, const struct row *row)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct cell *cell = cell_of(reader, row, (enum column)i);
        if (cell == NULL || cell->text[0] == '\0') {
            struct diag *diag =
                diag_report(reader->diags, DIAG_P073, cell != NULL ? cell->loc : row->cells[0].loc,
                            "a row of the connectivity matrix without a %s", column_names[i]);
            diag_label(diag, "\"*\" is any");
            return false;
        }
    }
    return true;
}

// A case for each entry of the port cell: they may differ in protocol.
static void read_row(struct reader *reader, const struct row *row)
{
    if (!check_cells(reader, row)) {
        return;
    }
    const struct cell *ports = cell_of(reader, row, COLUMN_PORT);
    struct expect_case base = {.group = reader->path,
                               .loc = row->cells[0].loc,
                               .allow = true,
                               .icmp = {.type = -1, .code = -1}};
    read_side(reader, cell_of(reader, row, COLUMN_SOURCE), &base.from);
    read_side(reader, cell_of(reader, row, COLUMN_DESTINATION), &base.to);
    for (const char *at = ports->text; at != NULL;) {
        at += strspn(at, " \t`");
        size_t length = strcspn(at, ", \t`");
        struct expect_case item = base;
        if (length == 0 || !read_service(reader, at, length, ports->loc, &item)) {
            report_port(reader, ports);
            return;
        }
        case_name(reader->arena, &item, cell_of(reader, row, COLUMN_SOURCE)->text,
                  cell_of(reader, row, COLUMN_DESTINATION)->text);
        vec_push(reader->arena, &reader->suite->cases, item);
        at += length + strspn(at + length, " \t`");
        at = *at == ',' ? at + 1 : *at == '\0' ? NULL : at;
    }
}

static void read_lines(struct reader *reader, const struct source *source)
{
    enum { OUTSIDE, HEADINGS, ROWS, OTHER } state = OUTSIDE;
    struct row *row = arena_new_of(reader->arena, struct row);
    struct row *headings = arena_new_of(reader->arena, struct row);
    for (size_t at = 0; at < source->size;) {
        const char *line = source->text + at;
        const char *end = memchr(line, '\n', source->size - at);
        size_t length = end != NULL ? (size_t)(end - line) : source->size - at;
        at += length + 1;
        if (!split_row(reader, line, length, row)) {
            state = OUTSIDE;
        } else if (state == OUTSIDE) {
            state = HEADINGS;
            *headings = *row;
        } else if (state == HEADINGS && is_delimiter(row)) {
            state = take_headings(reader, headings) ? ROWS : OTHER;
            reader->any_table = true;
            if (state == ROWS && reader->matrix.line == 0) {
                reader->matrix = headings->cells[0].loc;
            }
        } else if (state == ROWS) {
            read_row(reader, row);
        }
    }
}

void expect_add_matrix(struct arena *arena, struct sources *sources, struct diags *diags,
                       const char *path, struct expect_suite *suite)
{
    struct reader reader = {
        .arena = arena, .sources = sources, .diags = diags, .suite = suite, .path = path};
    if (!load_text_file(arena, sources, diags, path, &reader.source)) {
        return;
    }
    read_lines(&reader, sources_get(sources, reader.source));
    if (reader.matrix.line == 0) {
        struct diag *diag = diag_report(
            diags, DIAG_P072, LOC_NONE, "%s has no connectivity matrix%s", path,
            reader.any_table ? ": none of its tables has the columns source, destination and port"
                             : "");
        diag_hint(
            diag,
            "| source | destination | port |\n|---|---|---|\n| NS/NAME | NS/NAME | tcp/443 |");
        return;
    }
    expect_add_closed(arena, suite, path, reader.matrix);
}
