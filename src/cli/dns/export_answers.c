// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns export --answers: what was learned of names, as a file that --dns takes.
#include "dns_known.h"
#include "dns_paths.h"
#include "export.h"

// All that was learned, also of names that stand in no set any more: whoever takes the file may ask about other rules.
int export_answers(struct run *run)
{
    struct dns_book *book = dns_book_new(run->arena);
    dns_known_read(run, book);
    if (dns_book_all(book).count == 0) {
        complain("nothing was learned of any name: there are no answers below %s",
                 dns_directory(run));
        hint("polc apply and polc dns watch learn");
        return POLC_EXIT_NO;
    }
    struct strbuf text = {.arena = run->arena};
    dns_answers_write(&text, book);
    fputs(strbuf_text(&text), stdout);
    return POLC_EXIT_OK;
}
