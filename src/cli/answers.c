// SPDX-License-Identifier: GPL-2.0-or-later
// The files of --dns, all of them one book: a name may stand in several.
#include "answers.h"

#include <polc/dns.h>

bool answers_read(struct run *run, const struct dns_book **ret)
{
    const struct words *files = &run->options.dns;
    struct dns_book *book = dns_book_new(run->arena);
    struct diags *diags = diags_new(run->arena, run->sources); // others may be printed already
    bool good = true;
    *ret = run->answers;
    if (run->answers != NULL) {
        return true; // somebody asked before; standard input is read once
    }
    for (size_t i = 0; i < files->count; i++) {
        uint32_t source;
        good &= load_text_file(run->arena, run->sources, diags, files->items[i], &source) &&
                dns_file_read(run->arena, run->sources, diags, source, book);
    }
    if (!good) {
        diags_print(diags, stderr, &(struct diag_print_options){.color = run->options.color});
    } else if (files->count > 0) {
        *ret = run->answers = book;
    }
    return good;
}
