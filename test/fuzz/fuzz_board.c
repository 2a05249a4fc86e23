// SPDX-License-Identifier: GPL-2.0-or-later
// The ledger of the board: what can be read is written as it was read.
#include <polc/board.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct board_ledger ledger, again;
    if (board_ledger_parse(arena, (const char *)data, size, &ledger) == NULL) {
        struct strbuf text = {.arena = arena}, second = {.arena = arena};
        board_ledger_print(&ledger, &text);
        require(board_ledger_parse(arena, strbuf_text(&text), text.length, &again) == NULL);
        require(again.lines.count == ledger.lines.count);
        board_ledger_print(&again, &second);
        require(strcmp(strbuf_text(&text), strbuf_text(&second)) == 0);
    }
    arena_free(arena);
    return 0;
}
