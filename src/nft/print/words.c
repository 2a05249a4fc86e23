// SPDX-License-Identifier: GPL-2.0-or-later
// Words of both printers.
#include "words.h"

const char *hook_text(enum chain_hook hook)
{
    static const char *const texts[] = {
        [HOOK_NONE] = "",         [HOOK_PREROUTING] = "prerouting",
        [HOOK_INPUT] = "input",   [HOOK_FORWARD] = "forward",
        [HOOK_OUTPUT] = "output", [HOOK_POSTROUTING] = "postrouting"};
    return texts[hook];
}

const char *verdict_text(enum verdict_kind verdict)
{
    static const char *const texts[] = {
        [VERDICT_ACCEPT] = "accept", [VERDICT_DROP] = "drop", [VERDICT_RETURN] = "return",
        [VERDICT_JUMP] = "jump",     [VERDICT_GOTO] = "goto", [VERDICT_CONTINUE] = "continue"};
    return texts[verdict];
}

const char *unit_text(uint64_t seconds)
{
    return seconds == 1 ? "second" : seconds == 60 ? "minute" : seconds == 3600 ? "hour" : "day";
}
