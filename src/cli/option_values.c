// SPDX-License-Identifier: GPL-2.0-or-later
// Values of options: text -> what it means, or what is wrong with it.
#include "option_values.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

enum { TIME_DIGITS = 7 };

bool set_fail_level(struct options *options, const char *value)
{
    for (int i = 0; i < DIAG_SEVERITY_COUNT; i++) {
        if (strcmp(value, diag_severity_name((enum diag_severity)i)) == 0) {
            options->fail_level = (uint8_t)i;
            return true;
        }
    }
    complain("--fail-level is error, warning or note, not \"%s\"", value);
    return false;
}

// "500ms", "30s", "2m", "1h", "7d", or a number of seconds.
bool set_time(const char *name, uint64_t *ret, const char *value)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = strspn(value, "0123456789");
    for (size_t i = 0; i < ARRAY_COUNT(units) && digits > 0 && digits <= TIME_DIGITS; i++) {
        if (strcmp(value + digits, units[i].text) == 0) {
            *ret = strtoull(value, NULL, 10) * units[i].ms;
            return true;
        }
    }
    complain("--%s is a time such as 500ms, 30s, 2m, 1h or 7d, not \"%s\"", name, value);
    return false;
}

bool is_window(const char *name, uint64_t ms)
{
    if (ms == 0) {
        complain("--%s needs some time", name);
    }
    return ms > 0;
}

// A word that names no refusal would force nothing, and look as if it did.
static bool is_refusal(const char *word)
{
    const char *names[DIAG_CODE_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        const char *name = diag_code_name((enum diag_code)i);
        if (name[0] == 'S') {
            names[count++] = name;
        }
        if (name[0] == 'S' && strcasecmp(name, word) == 0) {
            return true;
        }
    }
    const char *best = spell_best(word, names, count);
    complain("--force=%s: there is no such refusal", word);
    best != NULL ? hint("did you mean --force=%s?", best)
                 : hint("polc explain     (lists them, %s to %s)", names[0], names[count - 1]);
    return false;
}

bool set_bytes(const char *name, uint64_t *ret, const char *value)
{
    enum { SIZE_DIGITS = 9 };
    static const char units[] = "KMGT";
    size_t digits = strspn(value, "0123456789");
    const char *unit = value[digits] != '\0' ? strchr(units, toupper(value[digits])) : NULL;
    bool whole = value[digits] == '\0' || (unit != NULL && value[digits + 1] == '\0');
    if (!whole || digits == 0 || digits > SIZE_DIGITS || strtoull(value, NULL, 10) == 0) {
        complain("--%s is a size such as 512K, 64M or 2G, not \"%s\"", name, value);
        return false;
    }
    *ret = strtoull(value, NULL, 10) << (unit != NULL ? 10 * (unit - units + 1) : 0);
    return true;
}

bool set_number(const char *name, uint64_t max, uint64_t *ret, const char *value)
{
    char *end;
    errno = 0;
    *ret = strtoull(value, &end, 10);
    bool good = errno == 0 && value[0] >= '0' && value[0] <= '9' && *end == '\0' && *ret <= max;
    if (!good) {
        complain("--%s is a number of 0 to %" PRIu64 ", not \"%s\"", name, max, value);
    }
    return good;
}

static void split_commas(struct arena *arena, const char *value, struct words *ret)
{
    while (*value != '\0') {
        size_t length = strcspn(value, ",");
        if (length > 0) {
            vec_push(arena, ret, arena_strndup(arena, value, length));
        }
        value += length + (value[length] == ',');
    }
}

bool set_force(struct arena *arena, struct options *options, const char *value)
{
    options->force_all |= value == NULL;
    split_commas(arena, value != NULL ? value : "", &options->force);
    for (size_t i = 0; i < options->force.count; i++) {
        if (!is_refusal(options->force.items[i])) {
            return false;
        }
    }
    return true;
}

// nft names that may follow "table inet": letters first, and short enough for the kernel.
bool set_table(struct options *options, const char *value)
{
    enum { TABLE_NAME_MAX = 64 };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (strspn(value, letters) == 0 || strspn(value, rest) != strlen(value) ||
        strlen(value) > TABLE_NAME_MAX) {
        complain("--table is a letter, then letters, digits, \"_\", \".\" and \"-\"; not \"%s\"",
                 value);
        return false;
    }
    options->table = value;
    return true;
}

bool set_state_dir(struct options *options, const char *value)
{
    if (value[0] == '\0') {
        complain("--state-dir names no directory"); // a variable of a script that is not set
        return false;
    }
    options->state_dir = value;
    options->state_dir_option = options->state_dir_given = true;
    return true;
}
