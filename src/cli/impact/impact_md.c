// SPDX-License-Identifier: GPL-2.0-or-later
// The impact as a comment on a pull request: Markdown of bounded size, closed flows first, long tables folded.
#include "impact_view.h"

enum { LIMIT = 58000, UNFOLDED = 20 }; // forges refuse comments over 65,536

static void add_row(struct strbuf *text, const struct impact_view *view,
                    const struct impact_group *group)
{
    struct arena *arena = text->arena;
    struct diff_decision decisions[2] = {{.text = "", .place = ""}, {.text = "", .place = ""}};
    const char *witness = "";
    if (group->example_count > 0) {
        diff_decide(view->diff, &group->examples[0].flow, decisions);
        witness = impact_example_text(view, group, &group->examples[0]);
    }
    strbuf_add(text, "|");
    diff_md_cell(text, impact_end_text(arena, &group->source));
    diff_md_cell(text, impact_end_text(arena, &group->dest));
    diff_md_cell(text, impact_service_text(arena, group));
    diff_md_cell(text, impact_counts_text(arena, group));
    if (group->change == IMPACT_UNCERTAIN) {
        diff_md_cell(text, impact_outcome_text(arena, group));
        diff_md_cell(text, impact_why(arena, group));
    } else {
        diff_md_cell(text, diff_md_decision(arena, &decisions[0]));
        diff_md_cell(text, diff_md_decision(arena, &decisions[1]));
    }
    diff_md_cell(text, witness);
    strbuf_add(text, "\n");
}

// Returns how many rows found no room.
static size_t add_table(struct strbuf *text, const struct impact_view *view,
                        enum impact_change change, const char *title)
{
    size_t count = 0, added = 0;
    for (size_t i = 0; i < view->result->groups.count; i++) {
        count += view->result->groups.items[i].change == change;
    }
    if (count == 0) {
        return 0;
    }
    strbuf_addf(text, count > UNFOLDED ? "<details><summary>%s</summary>\n\n" : "**%s**\n\n",
                title);
    strbuf_addf(text,
                "| from | to | service | flows | %s | e.g. |\n|---|---|---|---|---|---|---|\n",
                change == IMPACT_UNCERTAIN ? "outcome | why" : "was | now");
    for (size_t i = 0; i < view->result->groups.count; i++) {
        const struct impact_group *group = &view->result->groups.items[i];
        struct strbuf line = {.arena = text->arena};
        if (group->change == change) {
            add_row(&line, view, group);
        }
        if (line.length > 0 && text->length + line.length < LIMIT) {
            strbuf_add(text, strbuf_text(&line));
            added++;
        }
    }
    strbuf_add(text, count > UNFOLDED ? "\n</details>\n\n" : "\n");
    return count - added;
}

void impact_print_md(const struct impact_view *view)
{
    struct arena *arena = view->diff->run->arena;
    struct strbuf text = {.arena = arena};
    const char *otherwise = impact_otherwise_text(arena, view->result->otherwise, "");
    strbuf_addf(&text, "### polc: %s\n\n", impact_headline(arena, view));
    for (size_t i = 0; i < view->trials.count; i++) {
        strbuf_addf(&text, "If: %s\n\n", view->trials.items[i]);
    }
    size_t left_out = add_table(&text, view, IMPACT_CLOSED, "Closed");
    left_out += add_table(&text, view, IMPACT_OPENED, "Opened");
    left_out += add_table(&text, view, IMPACT_UNCERTAIN, "Uncertain");
    left_out += view->all ? add_table(&text, view, IMPACT_SAME, "Unchanged") : 0;
    if (left_out > 0) {
        strbuf_addf(&text,
                    "**Left out for want of room: %zu row%s.** `polc impact -v` shows all.\n\n",
                    left_out, plural(left_out));
    }
    if (otherwise != NULL) {
        strbuf_addf(&text, "%s: the policies have changed since.\n", otherwise);
    }
    fputs(strbuf_text(&text), stdout);
}
