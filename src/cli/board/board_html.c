// SPDX-License-Identifier: GPL-2.0-or-later
// The board as a page of its own: one file, no script, nothing from elsewhere. Tiers stand side by side, a policy opens to
// its rules, and a box hides what is staged.
#include "board_page.h"

#include "state.h"
#include "trace.h"

#include <inttypes.h>

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>polc board</title>\n<style>\n"
    ":root{--paper:#fff;--ink:#1a1d21;--faint:#5c6570;--edge:#d5dae0;--card:#f7f8fa;--allow:#1a7f45;--deny:#b3261e;"
    "--pass:#4a5cb8}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e4e7ea;--faint:#98a2ad;--edge:#353c44;"
    "--card:#1d2226;--allow:#5cc98a;--deny:#ff8a80;--pass:#a3b1ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;padding:1.5rem;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}\n"
    "h1{margin:0;font-size:1.3rem}\nh2{margin:0;font-size:1rem}\nh2 small,.faint{color:var(--faint);font-weight:400}\n"
    "p{margin:.3rem 0}\nlabel{display:inline-block;margin:1rem 0 .6rem;user-select:none}\n"
    ".tiers{display:flex;gap:1rem;align-items:flex-start;overflow-x:auto;padding-bottom:.5rem}\n"
    ".tier{flex:1 0 21rem;max-width:34rem;border:1px solid var(--edge);border-radius:.5rem;padding:.8rem}\n"
    ".tier>header{border-bottom:1px solid var(--edge);padding-bottom:.5rem;margin-bottom:.6rem}\n"
    "details{background:var(--card);border:1px solid var(--edge);border-radius:.4rem;margin:.5rem 0;padding:.5rem .7rem}\n"
    "summary{cursor:pointer;overflow-wrap:anywhere}\n.staged{border-style:dashed;background:none;color:var(--faint)}.staged b{font-weight:500}\n"
    ".order{color:var(--faint);font-variant-numeric:tabular-nums;margin-right:.5em}\n"
    ".counts{display:grid;grid-template-columns:2.2rem 1fr;gap:0 .5rem;font-variant-numeric:tabular-nums}\n"
    ".counts span+span{margin-left:.8em}\n.allow{color:var(--allow)}\n.deny{color:var(--deny);font-weight:600}\n"
    ".pass{color:var(--pass)}\n.zero{color:var(--faint);font-weight:400}\n"
    ".scroll{overflow-x:auto}\ntable{border-collapse:collapse;width:100%;margin-top:.5rem;font-size:.87rem}\n"
    "th{text-align:left;color:var(--faint);font-weight:400}\ntd,th{padding:.15rem .6rem .15rem 0;vertical-align:top}\n"
    "td:first-child{min-width:3.2rem}td div{overflow-wrap:anywhere}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".end{border-top:1px solid var(--edge);padding-top:.5rem;margin-top:.6rem}\n"
    "footer{margin-top:1.2rem;border-top:1px solid var(--edge);padding-top:.8rem}\n"
    "@media(max-width:46rem){.tiers{flex-direction:column}.tier{flex:none;width:100%;max-width:none}}\n"
    "code{font-family:ui-monospace,monospace}\n"
    "#staged:not(:checked)~.tiers .staged,#staged:not(:checked)~.tiers .pending{display:none}\n"
    "</style>\n</head>\n<body>\n";

// Text, also inside of quoted attributes.
static void put(const struct board_page *page, const char *text)
{
    for (const char *at = safe_text(page->run->arena, text); *at != '\0'; at++) {
        switch (*at) {
        case '<':
            fputs("&lt;", stdout);
            break;
        case '>':
            fputs("&gt;", stdout);
            break;
        case '&':
            fputs("&amp;", stdout);
            break;
        case '"':
            fputs("&quot;", stdout);
            break;
        case '\'':
            fputs("&#39;", stdout);
            break;
        default:
            putchar(*at);
        }
    }
}

// ---- counts -------------------------------------------------------------------------------------------------------

// A word and a number, exact when the mouse rests on it. What denies has a sign besides its colour.
static void put_count(const struct board_page *page, const char *word, const char *class,
                      uint64_t count)
{
    bool denies = strcmp(class, "deny") == 0 && count > 0;
    printf("<span class=\"%s%s\" title=\"%" PRIu64 "\">%s %s%s</span>", class,
           count == 0 ? " zero" : "", count, word, board_number(page->run->arena, count),
           denies ? " !" : "");
}

static void put_direction(const struct board_page *page, const struct board_policy *policy,
                          int direction)
{
    static const uint8_t order[] = {PLAN_ALLOW, PLAN_DENY, PLAN_PASS, PLAN_LOG};
    bool any = false;
    printf("<span class=\"faint\">%s</span><div>%s", board_direction_text(direction),
           policy->policy->staged ? "<span class=\"faint\">would</span> " : "");
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        enum plan_action action = order[i];
        if (board_has(policy, direction, action)) {
            const char *word = plan_action_text(action);
            put_count(page, word, word, policy->sums[direction][action].packets);
            any = true;
        }
    }
    fputs(any ? "</div>\n" : "<span class=\"faint\">no rules</span></div>\n", stdout);
}

static void put_ends(const struct board_page *page, const char *class, const char *words,
                     const struct board_count ends[PLAN_DIRECTIONS])
{
    printf("<p class=\"%s\">%s:", class, words);
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        putchar(' ');
        put_count(page, board_direction_text(direction), "deny", ends[direction].packets);
    }
    fputs("</p>\n", stdout);
}

// ---- policies -----------------------------------------------------------------------------------------------------

static void put_row(const struct board_page *page, const struct board_row *row)
{
    struct arena *arena = page->run->arena;
    const char *action = plan_action_text((enum plan_action)row->action);
    const char *last = board_last(page, &row->last);
    bool left_out = row->kind == BOARD_LEFT_OUT;
    printf("<tr><td>%s&nbsp;%s</td><td class=\"%s\">%s</td><td class=\"n\" title=\"%" PRIu64
           "\">%s</td><td>",
           board_direction_text(row->direction), row->indexes != NULL ? row->indexes : "end",
           action, action, row->count.packets,
           left_out ? "left out" : board_number(arena, row->count.packets));
    put(page, row->text);
    fputs("<div class=\"faint\">", stdout);
    put(page, row->rule != NULL ? trace_place(page->run, row->rule->loc) : "");
    printf("%s%s</div></td></tr>\n", last != NULL ? " " : "", last != NULL ? last : "");
}

static void put_rules(const struct board_page *page, const struct board_policy *policy)
{
    fputs(
        "<div class=\"scroll\"><table>\n<tr><th>rule</th><th>action</th><th class=\"n\">count</th>"
        "<th>matches</th></tr>\n",
        stdout);
    for (size_t i = 0; i < policy->rows.count; i++) {
        put_row(page, &policy->rows.items[i]);
    }
    fputs("</table></div>\n", stdout);
}

static void put_summary(const struct board_page *page, const struct board_policy *policy)
{
    struct arena *arena = page->run->arena;
    const struct plan_policy *plan = policy->policy;
    bool profile = text_begins(plan->id, "profile/");
    printf("<summary>%s<span class=\"order\">%s</span><b>", plan->staged ? "~ " : "",
           profile ? "" : board_order(arena, plan->order));
    put(page, policy->name);
    printf("</b> <span class=\"faint\">%s%s%s%s</span>", plan->staged ? "staged" : "",
           board_never_hit(policy) ? " . never hit" : "", policy->last.by != 0 ? " " : "",
           policy->last.by != 0 ? board_last(page, &policy->last) : "");
    if (policy->traffic.bytes > 0) {
        printf(" <span class=\"faint\">%s</span>", board_bytes(arena, policy->traffic.bytes));
    }
    if (policy->state == BOARD_LOADED) {
        fputs("<div class=\"counts\">", stdout);
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            if (plan->types & (direction == PLAN_IN ? PLAN_INGRESS : PLAN_EGRESS)) {
                put_direction(page, policy, direction);
            }
        }
        fputs("</div>", stdout);
    } else {
        printf("<div class=\"faint\">%s</div>", board_state_text(policy->state));
    }
    fputs("</summary>\n", stdout);
}

static void put_policy(const struct board_page *page, const struct board_policy *policy)
{
    printf("<details%s%s>", policy->policy->staged ? " class=\"staged\"" : "",
           page->run->options.rules ? " open" : "");
    put_summary(page, policy);
    fputs("<p class=\"faint\">", stdout);
    put(page, policy->policy->kind);
    fputs(", ", stdout);
    put(page, trace_place(page->run, policy->policy->loc));
    fputs("</p>\n", stdout);
    if (policy->rows.count > 0) {
        put_rules(page, policy);
    }
    fputs("</details>\n", stdout);
}

static void put_tier(const struct board_page *page, const struct board_tier *tier)
{
    struct arena *arena = page->run->arena;
    bool staged = false;
    fputs("<section class=\"tier\"><header><h2>", stdout);
    put(page, tier->tier != NULL ? tier->tier->name : "profiles");
    if (tier->tier != NULL) {
        printf(" <small>order %s, %s</small>", board_order(arena, tier->tier->order),
               tier->tier->pass ? "Pass" : "Deny");
    } else {
        fputs(" <small>behind all tiers</small>", stdout);
    }
    fputs("</h2></header>\n", stdout);
    for (size_t i = 0; i < tier->policies.count; i++) {
        if (tier->tier == NULL || board_shows(page, &tier->policies.items[i])) {
            put_policy(page, &tier->policies.items[i]);
            staged |= tier->policies.items[i].policy->staged;
        }
    }
    if (tier->tier == NULL || !tier->tier->pass) {
        put_ends(page, "end", tier->tier == NULL ? "denied by none of them" : "end of tier, denied",
                 tier->ends);
    }
    if (staged && tier->tier != NULL && !tier->tier->pass) {
        put_ends(page, "pending faint", "~ end of tier, would deny", tier->pending_ends);
    }
    fputs("</section>\n", stdout);
}

// ---- the foot -----------------------------------------------------------------------------------------------------

static void put_earlies(const struct board_page *page, const char *what,
                        const struct board_earlies *earlies, bool ports)
{
    bool any = false;
    printf("<p>%s:", what);
    for (size_t i = 0; i < earlies->count; i++) {
        const struct board_early *early = &earlies->items[i];
        if (early->count.packets == 0) {
            continue;
        }
        fputs(any ? ", " : " ", stdout);
        put(page, early->what);
        printf("%s%s <b title=\"%" PRIu64 "\">%s</b>", ports ? " " : "",
               ports ? board_direction_text(early->direction) : "", early->count.packets,
               board_number(page->run->arena, early->count.packets));
        any = true;
    }
    fputs(any ? "</p>\n" : " none</p>\n", stdout);
}

void board_print_html(const struct board_page *page)
{
    const struct board *board = page->board;
    fputs(head, stdout);
    fputs("<h1>polc board</h1>\n<p>", stdout);
    put(page, board_headline(page));
    printf("</p>\n<p class=\"faint\">as of %s; counts are of new connections</p>\n",
           entry_time(page->run->arena, page->now));
    fputs(
        "<input type=\"checkbox\" id=\"staged\" checked> <label for=\"staged\">staged policies</label>\n"
        "<div class=\"tiers\">\n",
        stdout);
    for (size_t i = 0; i < board->tiers.count; i++) {
        if (board_shows_tier(page, &board->tiers.items[i])) {
            put_tier(page, &board->tiers.items[i]);
        }
    }
    put_tier(page, &board->profiles);
    fputs("</div>\n<footer>\n", stdout);
    put_earlies(page, "failsafe ports", &board->failsafes, true);
    put_earlies(page, "dropped before any policy", &board->drops, false);
    const char *table = board_flow_table(page), *next = board_next(page);
    if (table != NULL) {
        printf("<p>flow table: %s</p>\n", table);
    }
    if (next != NULL) {
        fputs("<p>next: <code>", stdout);
        put(page, next);
        fputs("</code></p>\n", stdout);
    }
    fputs("</footer>\n</body>\n</html>\n", stdout);
}
