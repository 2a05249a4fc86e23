// SPDX-License-Identifier: GPL-2.0-or-later
// Connectivity matrices: which tables and cells are read, and as what.
#include "expect_helper.h"

#include <unistd.h>

static char path[] = "/tmp/polc-matrix.XXXXXX";

// "FROM > TO PROTOCOL PORTS; ..." of the rows of a file, "closed" at the end; or the codes of what is wrong.
static const char *read_matrix(const char *text)
{
    struct strbuf buffer = {.arena = arena};
    struct sources *sources = sources_new(arena);
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    tested = (struct expect_suite){0};
    diags = diags_new(arena, sources);
    expect_add_matrix(arena, sources, diags, path, &tested);
    unlink(path);
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    for (size_t i = 0; i < tested.cases.count; i++) {
        const struct expect_case *item = &tested.cases.items[i];
        strbuf_addf(&buffer, "%s%s", i > 0 ? "; " : "", item->closed ? "closed" : item->text);
        ck_assert(item->allow != item->closed);
    }
    return diags_count(diags, DIAG_ERROR) > 0 ? codes() : strbuf_text(&buffer);
}

struct matrix_case {
    const char *text, *expected;
};

static void check(const struct matrix_case *list, size_t count, const char *format)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = arena_printf(arena, "%s%s\n", format, list[i].text);
        const char *got = read_matrix(text);
        ck_assert_msg(strcmp(got, list[i].expected) == 0, "%s\nexpected <%s>, got <%s>\n%s", text,
                      list[i].expected, got, printed(false));
    }
}

START_TEST(cells)
{
    static const struct matrix_case list[] = {
        {"| a | b | 80 |", "a -> b tcp/80; closed"},
        {"a | b | 80", "a -> b tcp/80; closed"},
        {"| `a` | **b** | _80_ |\r", "a -> b tcp/80; closed"},
        {"| a-* | * | * |", "a-* -> *; closed"},
        {"| a | b | tcp/80, 53/UDP, icmp |", "a -> b tcp/80; a -> b udp/53; a -> b icmp; closed"},
        {"| a | b | `80`, `443` |", "a -> b tcp/80; a -> b tcp/443; closed"},
        {"| a | b | 1000-2000, udp/5:6 |", "a -> b tcp/1000:2000; a -> b udp/5:6; closed"},
        {"| a | b | http, tcp/https |", "a -> b http; a -> b tcp/https; closed"},
        {"| a | b | tcp/* |", "a -> b tcp; closed"},
        {"| app == \"x\" \\|\\| has(y) | b | 1 | more | cells |",
         "app == \"x\" || has(y) -> b tcp/1; closed"},
        {"", "closed"},
        {"| a | b | |", "P073"},
        {"| a | | 80 |", "P073"},
        {"| a |", "P073"},
        {"| a | b | 0 |", "P073"},
        {"| a | b | 65536 |", "P073"},
        {"| a | b | 9-8 |", "P073"},
        {"| a | b | icmp/80 |", "P073"},
        {"| a | b | 80/ttp |", "P073"},
        {"| a | b | tcp/ |", "P073"},
        {"| a | b | 80, |", "P073"},
        {"| a | b | HTTP |", "P073"},
        {"| a | b | 99999999999999999999 |", "P073"},
    };
    check(list, ARRAY_COUNT(list), "| source | destination | port |\n|---|---|---|\n");
}
END_TEST

START_TEST(tables)
{
    static const struct matrix_case list[] = {
        {"| Port | x | SOURCE | Destination |\n|:-|:-:|-:|---|\n| 80 | y | a | b |",
         "a -> b tcp/80; closed"},
        {"| source | destination | port |\n|---|---|---|\n| a | b | 1 |\n\ntext | with a bar\n\n"
         "| source | destination | port |\n|---|---|---|\n| c | d | 2 |",
         "a -> b tcp/1; c -> d tcp/2; closed"},
        {"| x | y |\n|---|---|\n| a | b |\n\n| source | destination | port |\n|---|---|---|",
         "closed"},
        {"| source | destination | port |\n| a | b | 1 |", "P072"},
        {"| source | target | port |\n|---|---|---|\n| a | b | 1 |", "P072"},
        {"nothing", "P072"},
        {"", "P072"},
    };
    check(list, ARRAY_COUNT(list), "");
}
END_TEST

START_TEST(no_file)
{
    diags = diags_new(arena, sources_new(arena));
    expect_add_matrix(arena, sources_new(arena), diags, "/nonexistent/matrix.md", &tested);
    EXPECT_CODES("F001");
    diags = diags_new(arena, sources_new(arena));
    expect_add_matrix(arena, sources_new(arena), diags, "/dev", &tested); // a directory
    EXPECT_CODES("F001");
    diags = diags_new(arena, sources_new(arena));
    expect_add_matrix(arena, sources_new(arena), diags, "/dev/full", &tested);
    EXPECT_CODES("F002");
}
END_TEST

UNIT_TESTS("expect/matrix", cells, tables, no_file)
