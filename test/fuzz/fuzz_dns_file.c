// SPDX-License-Identifier: GPL-2.0-or-later
// Files of answers: what can be read has only names and addresses that may be; written and read again it is the same.
#include <polc/dns.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static struct strbuf read_and_write(struct arena *arena, const char *text, size_t size, bool fine)
{
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct dns_book *book = dns_book_new(arena);
    struct strbuf out = {.arena = arena};
    uint32_t source = sources_add(sources, "answers", text, size);
    require(dns_file_read(arena, sources, diags, source, book) || !fine);
    struct dns_view all = dns_book_all(book);
    for (size_t i = 0; i < all.count; i++) {
        require(dns_name_problem(all.items[i]->name) == NULL);
        require(dns_address_usable(all.items[i]->addr));
    }
    dns_answers_write(&out, book);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct strbuf once = read_and_write(arena, (const char *)data, size, false);
    struct strbuf twice = read_and_write(arena, strbuf_text(&once), once.length, true);
    require(strcmp(strbuf_text(&once), strbuf_text(&twice)) == 0);
    arena_free(arena);
    return 0;
}
