// SPDX-License-Identifier: GPL-2.0-or-later
// What changes, as a comment on a pull request: Markdown of bounded size, opened traffic first, long tables folded.
#include "diff.h"

enum { LIMIT = 58000, UNFOLDED = 20, POLICIES_LIMIT = 50000 }; // forges refuse comments over 65,536

void diff_md_cell(struct strbuf *text, const char *cell)
{
    cell = safe_text(text->arena, cell);
    strbuf_add(text, " ");
    for (const char *at = cell; *at != '\0'; at++) {
        if (*at == '<') {
            strbuf_add(text, "&lt;");
        } else if (*at == '>') {
            strbuf_add(text, "&gt;");
        } else if (*at == '\n') {
            strbuf_add(text, " ");
        } else {
            strbuf_add(text, strchr("|`*_\\[]~#@", *at) != NULL ? "\\" : "");
            strbuf_add_n(text, at, 1);
        }
    }
    strbuf_add(text, " |");
}

const char *diff_md_decision(struct arena *arena, const struct diff_decision *decision)
{
    return decision->place[0] != '\0'
               ? arena_printf(arena, "%s (%s)", decision->text, decision->place)
               : decision->text;
}

static void add_row(struct strbuf *text, const struct diff *diff, const struct traffic_row *row)
{
    struct arena *arena = diff->run->arena;
    struct diff_decision decisions[2];
    diff_decide(diff, &row->witness, decisions);
    strbuf_add(text, "|");
    diff_md_cell(text, diff_end_text(arena, &row->source, row->families));
    diff_md_cell(text, diff_end_text(arena, &row->destination, row->families));
    diff_md_cell(text, diff_service_text(arena, row));
    diff_md_cell(text, diff_md_decision(arena, &decisions[0]));
    diff_md_cell(text, diff_md_decision(arena, &decisions[1]));
    diff_md_cell(text, diff_witness_text(arena, &row->witness));
    strbuf_add(text, "\n");
}

// The rows of one direction. Returns how many found no room.
static size_t add_table(struct strbuf *text, const struct diff *diff, enum traffic_change change,
                        const char *title)
{
    size_t count = diff->traffic->counts[change], added = 0;
    bool folded = count > UNFOLDED;
    if (count == 0) {
        return 0;
    }
    if (folded) {
        strbuf_addf(text, "<details><summary>%s: %zu rows</summary>\n\n", title, count);
    } else {
        strbuf_addf(text, "**%s**\n\n", title);
    }
    strbuf_add(text, "| from | to | service | was | now | e.g. |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < diff->traffic->rows.count; i++) {
        const struct traffic_row *row = &diff->traffic->rows.items[i];
        struct strbuf line = {.arena = text->arena};
        if (row->change == change) {
            add_row(&line, diff, row);
        }
        if (line.length > 0 && text->length + line.length < POLICIES_LIMIT) {
            strbuf_add(text, strbuf_text(&line));
            added++;
        }
    }
    strbuf_add(text, folded ? "\n</details>\n\n" : "\n");
    return count - added;
}

// Returns how many found no room.
static size_t add_names(struct strbuf *text, const struct diff *diff)
{
    const struct diff_names *names = &diff->names;
    size_t rows = 0, added = 0;
    for (size_t i = 0; i < names->count; i += diff_names_like(names, i)) {
        rows++;
    }
    bool folded = rows > UNFOLDED;
    if (rows == 0) {
        return 0;
    }
    strbuf_addf(text,
                folded ? "<details><summary>By name: %zu rows</summary>\n\n" : "**By name**\n\n",
                rows);
    strbuf_add(text, "| name | | service | by |\n|---|---|---|---|\n");
    for (size_t i = 0; i < names->count; i += diff_names_like(names, i)) {
        const struct diff_name *name = &names->items[i];
        const char *rule = diff_name_rule(text->arena, name, diff_names_like(names, i));
        struct strbuf line = {.arena = text->arena};
        strbuf_add(&line, "|");
        diff_md_cell(&line, name->pattern);
        diff_md_cell(&line, name->change == TRAFFIC_OPENED ? "opened" : "closed");
        diff_md_cell(&line, name->service);
        diff_md_cell(&line, arena_printf(text->arena, "%s (%s)", rule, name->place));
        strbuf_add(&line, "\n");
        if (text->length + line.length < POLICIES_LIMIT) {
            strbuf_add(text, strbuf_text(&line));
            added++;
        }
    }
    strbuf_add(text, folded ? "\n</details>\n\n" : "\n");
    return rows - added;
}

static size_t add_policies(struct strbuf *text, const struct diff *diff)
{
    static const char *const kinds[] = {
        [NFT_ADDED] = "added", [NFT_REMOVED] = "removed", [NFT_CHANGED] = "changed"};
    size_t count = diff->texts.policies.count, added = 0;
    if (count == 0) {
        return 0;
    }
    strbuf_addf(
        text,
        "<details><summary>%zu polic%s</summary>\n\n| policy | | what | where |\n|---|---|---|---|\n",
        count, count == 1 ? "y" : "ies");
    for (size_t i = 0; i < count; i++) {
        const struct diff_policy *policy = &diff->texts.policies.items[i];
        struct strbuf line = {.arena = text->arena};
        strbuf_add(&line, "|");
        diff_md_cell(&line, policy->name);
        diff_md_cell(&line, kinds[policy->kind]);
        diff_md_cell(&line, policy->what);
        diff_md_cell(&line, policy->place);
        strbuf_add(&line, "\n");
        if (text->length + line.length < LIMIT) {
            strbuf_add(text, strbuf_text(&line));
            added++;
        }
    }
    strbuf_add(text, "\n</details>\n\n");
    return count - added;
}

static void add_undecided(struct strbuf *text, const struct diff *diff)
{
    const struct traffic_names *nodes = &diff->traffic->undecided;
    enum { SHOWN = 20 };
    for (size_t i = 0; i < nodes->count && i < SHOWN; i++) {
        strbuf_add(text,
                   i == 0 ? "Not decided, because their interfaces are not known here: " : ", ");
        strbuf_add(text, nodes->items[i][0] != '\0' ? safe_text(text->arena, nodes->items[i])
                                                    : "the host");
    }
    if (nodes->count > SHOWN) {
        strbuf_addf(text, " and %zu more hosts", nodes->count - SHOWN);
    }
    strbuf_add(text, nodes->count > 0 ? "\n\n" : "");
}

void diff_print_md(const struct diff *diff)
{
    struct strbuf text = {.arena = diff->run->arena};
    strbuf_addf(&text, "### polc: %s\n\n", diff_headline(diff->run->arena, diff));
    size_t left_out = add_table(&text, diff, TRAFFIC_OPENED, "Opened");
    left_out += add_table(&text, diff, TRAFFIC_CLOSED, "Closed");
    left_out += add_names(&text, diff);
    add_undecided(&text, diff);
    size_t policies = add_policies(&text, diff);
    if (left_out + policies > 0) {
        strbuf_addf(
            &text,
            "**Left out for want of room: %zu row%s of traffic and %zu polic%s.** `polc diff -v` shows all.\n\n",
            left_out, plural(left_out), policies, policies == 1 ? "y" : "ies");
    }
    strbuf_addf(&text, "%s\n", diff_counts(diff->run->arena, diff));
    fputs(strbuf_text(&text), stdout);
}
