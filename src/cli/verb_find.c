// SPDX-License-Identifier: GPL-2.0-or-later
// Which row of the table of verbs a command line means: "apply", or of a verb that has verbs of its own "dns export".
#include "cli.h"

#include <polc/base/spell.h>

enum { VERBS_MAX = 64 };

static const struct verb *find_in(const struct verb *rows, const char *name)
{
    for (; rows->name != NULL; rows++) {
        if (strcmp(rows->name, name) == 0) {
            return rows;
        }
    }
    return NULL;
}

const struct verb *verb_find(const char *name)
{
    return find_in(verbs, name);
}

const char *verb_last_word(const struct verb *verb)
{
    const char *blank = strrchr(verb->name, ' ');
    return blank != NULL ? blank + 1 : verb->name;
}

static const struct verb *find_part(const struct verb *group, const char *word)
{
    for (const struct verb *part = group->parts; part->name != NULL; part++) {
        if (strcmp(verb_last_word(part), word) == 0) {
            return part;
        }
    }
    return NULL;
}

// The last words of all rows.
static size_t list_words(const struct verb *rows, const char **ret)
{
    size_t count = 0;
    for (; rows[count].name != NULL && count < VERBS_MAX; count++) {
        ret[count] = verb_last_word(&rows[count]);
    }
    return count;
}

static void complain_verb(const char *name)
{
    const char *names[VERBS_MAX];
    const char *best = spell_best(name, names, list_words(verbs, names));
    complain("there is no verb \"%s\"", name);
    best != NULL ? hint("did you mean polc %s?", best) : hint("polc help");
}

// A word of NULL: none was given.
static void complain_part(const struct verb *group, const char *word)
{
    if (word == NULL || word[0] == '-') {
        complain("polc %s needs a verb of its own, before anything else", group->name);
        hint("polc help %s", group->name);
        return;
    }
    const char *names[VERBS_MAX];
    const char *best = spell_best(word, names, list_words(group->parts, names));
    complain("there is no verb \"%s %s\"", group->name, word);
    best != NULL ? hint("did you mean polc %s %s?", group->name, best)
                 : hint("polc help %s", group->name);
}

const struct verb *verb_of_words(const char *const *words, size_t count, size_t *ret_taken)
{
    const struct verb *verb = verb_find(words[0]);
    *ret_taken = 1;
    if (verb == NULL) {
        complain_verb(words[0]);
        return NULL;
    }
    bool asks_for_help =
        count > 1 && (strcmp(words[1], "-h") == 0 || strcmp(words[1], "--help") == 0);
    if (verb->parts == NULL || asks_for_help) {
        return verb;
    }
    const struct verb *part = count > 1 ? find_part(verb, words[1]) : NULL;
    *ret_taken = 2;
    if (part == NULL) {
        complain_part(verb, count > 1 ? words[1] : NULL);
    }
    return part;
}
