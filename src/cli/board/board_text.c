// SPDX-License-Identifier: GPL-2.0-or-later
// The board for people: tiers from left to right as long as they fit the width, else below each other; policies from top
// to bottom. "~" is staged, "!" denies, "." was never hit.
#include "board_page.h"

#include <ctype.h>
#include <inttypes.h>

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_DENY, STYLE_RULE };
enum { GAP = 4, MARK_ROOM = 2, ORDER_MIN = 4 };

struct line {
    const char *text; // NULL: dashes
    char mark;        // at the right edge; 0: none
    uint8_t style;
};

// What stands in one column: a tier, or the profiles.
struct block {
    VEC_FIELDS(struct line);
    size_t width;
    int order_width;
};

struct blocks {
    VEC_FIELDS(struct block);
};

static void add_line(struct arena *arena, struct block *block, char mark, enum style style,
                     const char *text)
{
    size_t width = (text != NULL ? strlen(text) : 0) + (mark != 0 ? MARK_ROOM : 0);
    // Rules are as long as they are: they stand in no column, and marks stay near the names.
    block->width = style != STYLE_RULE && width > block->width ? width : block->width;
    vec_push(arena, block, (struct line){text, mark, (uint8_t)style});
}

// ---- one tier -------------------------------------------------------------------------------------------------------

// "in  allow 912k  deny 0": the actions that its rules have.
static const char *sums_text(struct arena *arena, const struct board_policy *policy, int direction)
{
    static const uint8_t order[] = {PLAN_ALLOW, PLAN_DENY, PLAN_PASS, PLAN_LOG};
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%-3s ", board_direction_text(direction));
    strbuf_add(&text, policy->policy->staged ? "would " : "");
    bool any = false;
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        enum plan_action action = order[i];
        if (board_has(policy, direction, action)) {
            strbuf_addf(&text, "%s%s %s", any ? "  " : "", plan_action_text(action),
                        board_number(arena, policy->sums[direction][action].packets));
            any = true;
        }
    }
    return any ? strbuf_text(&text) : NULL;
}

static char mark_of(const struct board_policy *policy, int direction)
{
    return policy->sums[direction][PLAN_DENY].packets > 0 ? '!' : board_never_hit(policy) ? '.' : 0;
}

// What each rule of a row matches, a line each: `head` stands before the first one.
static void add_matches(struct arena *arena, struct block *block, const char *head,
                        const char *text, const char *tail)
{
    static const char separator[] = "; or ";
    const char *indent = arena_printf(arena, "%*sor ", (int)strlen(head) - 3, "");
    for (const char *at = text; at != NULL; head = indent, tail = "") {
        const char *end = strstr(at, separator);
        size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
        const char *line = arena_printf(arena, "%s%.*s%s", head, (int)length, at, tail);
        add_line(arena, block, 0, STYLE_RULE, safe_text(arena, line));
        at = end != NULL ? end + strlen(separator) : NULL;
    }
}

// The sign stands before the words, which are as long as they are.
static void add_rule(const struct board_page *page, struct block *block,
                     const struct board_row *row)
{
    struct arena *arena = page->run->arena;
    bool left_out = row->kind == BOARD_LEFT_OUT;
    const char *last = board_last(page, &row->last);
    char mark = row->count.packets == 0 && row->last.by == 0 ? '.'
                : row->action == PLAN_DENY                   ? '!'
                                                             : ' ';
    const char *head = arena_printf(arena, "%*s     %-7s %-5s %6s %c %s", block->order_width, "",
                                    row->indexes != NULL ? row->indexes : "end",
                                    plan_action_text((enum plan_action)row->action),
                                    left_out ? "-" : board_number(arena, row->count.packets), mark,
                                    left_out ? "(left out) " : "");
    const char *tail = last != NULL ? arena_printf(arena, "   %s", last) : "";
    add_matches(arena, block, head, row->text, tail);
}

static void add_direction(const struct board_page *page, struct block *block,
                          const struct board_policy *policy, int direction, const char *tail)
{
    struct arena *arena = page->run->arena;
    const char *sums = sums_text(arena, policy, direction);
    char mark = mark_of(policy, direction);
    enum style style = policy->policy->staged ? STYLE_DIM : STYLE_PLAIN;
    if (sums == NULL) {
        sums = arena_printf(arena, "%-3s no rules", board_direction_text(direction));
        tail = "";
        mark = 0;
    }
    add_line(arena, block, mark, style,
             arena_printf(arena, "%*s   %s%s", block->order_width, "", sums, tail));
    for (size_t i = 0; page->run->options.rules && i < policy->rows.count; i++) {
        if (policy->rows.items[i].direction == direction) {
            add_rule(page, block, &policy->rows.items[i]);
        }
    }
}

static bool governs(const struct plan_policy *policy, int direction)
{
    return policy->types & (direction == PLAN_IN ? PLAN_INGRESS : PLAN_EGRESS);
}

// "  last 2m ago  12.4 MB"
static const char *tail_text(const struct board_page *page, const struct board_policy *policy)
{
    struct arena *arena = page->run->arena;
    const char *last = board_last(page, &policy->last);
    bool traffic = policy->traffic.bytes > 0;
    return arena_printf(arena, "%s%s%s%s", last != NULL ? "  " : "", last != NULL ? last : "",
                        traffic ? "  " : "",
                        traffic ? board_bytes(arena, policy->traffic.bytes) : "");
}

static void add_state(const struct board_page *page, struct block *block,
                      const struct board_policy *policy)
{
    struct arena *arena = page->run->arena;
    const char *text = policy->state == BOARD_NOT_LOADED ? "not loaded"
                       : policy->state == BOARD_UNCOUNTED
                           ? "not counted: apply once more"
                           : arena_printf(arena, "%s by the rules that are loaded, not these",
                                          board_number(arena, policy->all.packets));
    add_line(arena, block, 0, STYLE_DIM,
             arena_printf(arena, "%*s   %s", block->order_width, "", text));
}

static const char *name_text(const struct board_page *page, const struct block *block,
                             const struct board_policy *policy)
{
    struct arena *arena = page->run->arena;
    const char *name = safe_text(arena, policy->name);
    return block->order_width == 0
               ? arena_printf(arena, "   %s", name) // a profile
               : arena_printf(arena, "%c %*s %s", policy->policy->staged ? '~' : ' ',
                              block->order_width, board_order(arena, policy->policy->order), name);
}

// When it was hit last stands behind its counts, or behind its name when it has counts of both directions.
static void add_policy(const struct board_page *page, struct block *block,
                       const struct board_policy *policy)
{
    struct arena *arena = page->run->arena;
    enum style style = policy->policy->staged ? STYLE_DIM : STYLE_BOLD;
    const char *name = name_text(page, block, policy);
    bool loaded = policy->state == BOARD_LOADED;
    bool both = governs(policy->policy, PLAN_IN) && governs(policy->policy, PLAN_OUT);
    const char *tail = loaded ? tail_text(page, policy) : "";
    add_line(arena, block, 0, style, both ? arena_printf(arena, "%s%s", name, tail) : name);
    if (!loaded) {
        add_state(page, block, policy);
    }
    for (int direction = 0; loaded && direction < PLAN_DIRECTIONS; direction++) {
        if (governs(policy->policy, direction)) {
            add_direction(page, block, policy, direction, both ? "" : tail);
        }
    }
}

static void add_end(const struct board_page *page, struct block *block, const char *what,
                    const struct board_count ends[PLAN_DIRECTIONS], const struct board_hit *hit,
                    bool staged)
{
    struct arena *arena = page->run->arena;
    struct strbuf text = {.arena = arena};
    uint64_t all = ends[PLAN_IN].packets + ends[PLAN_OUT].packets;
    strbuf_addf(&text, "%c %s", staged ? '~' : ' ', what);
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        if (ends[direction].packets > 0 || (direction == PLAN_IN && all == 0)) {
            strbuf_addf(&text, all == 0 ? " %s" : " %s %s",
                        board_number(arena, ends[direction].packets),
                        board_direction_text(direction));
        }
    }
    const char *last = board_last(page, hit);
    strbuf_addf(&text, "%s%s", last != NULL ? "  " : "", last != NULL ? last : "");
    add_line(arena, block, all > 0 ? '!' : 0, staged ? STYLE_DIM : STYLE_PLAIN, strbuf_text(&text));
}

static void fit_orders(struct arena *arena, struct block *block, const struct board_tier *tier)
{
    block->order_width = ORDER_MIN;
    for (size_t i = 0; i < tier->policies.count; i++) {
        const char *order = board_order(arena, tier->policies.items[i].policy->order);
        int width = (int)strlen(order);
        block->order_width = width > block->order_width ? width : block->order_width;
    }
}

static struct block tier_block(const struct board_page *page, const struct board_tier *tier)
{
    struct arena *arena = page->run->arena;
    struct block block = {0};
    char *name = arena_strdup(arena, safe_text(arena, tier->tier->name));
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    fit_orders(arena, &block, tier);
    add_line(arena, &block, 0, STYLE_BOLD,
             arena_printf(arena, "%s  order %s  %s", name, board_order(arena, tier->tier->order),
                          tier->tier->pass ? "Pass" : "Deny"));
    add_line(arena, &block, 0, STYLE_PLAIN, NULL);
    bool enforced = false, staged = false;
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct board_policy *policy = &tier->policies.items[i];
        enforced |= !policy->policy->staged && policy->state != BOARD_NOT_LOADED;
        staged |= policy->policy->staged && policy->state == BOARD_LOADED;
        if (board_shows(page, policy)) {
            add_policy(page, &block, policy);
        }
    }
    bool only_staged = !texts_equal(page->run->options.staged, "hide") && staged;
    if (!tier->tier->pass && enforced && !texts_equal(page->run->options.staged, "only")) {
        add_end(page, &block, "end of tier: denied", tier->ends, &tier->last, false);
    }
    if (!tier->tier->pass && only_staged) {
        add_end(page, &block, "end of tier: would deny", tier->pending_ends, &(struct board_hit){0},
                true);
    }
    return block;
}

static struct block profile_block(const struct board_page *page)
{
    struct block block = {0};
    const struct board_tier *profiles = &page->board->profiles;
    add_line(page->run->arena, &block, 0, STYLE_BOLD, "PROFILES  behind all tiers");
    add_line(page->run->arena, &block, 0, STYLE_PLAIN, NULL);
    for (size_t i = 0; i < profiles->policies.count; i++) {
        add_policy(page, &block, &profiles->policies.items[i]);
    }
    return block;
}

// ---- columns --------------------------------------------------------------------------------------------------------

static void print_dashes(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        putchar('-');
    }
}

static void print_line(const struct board_page *page, const struct block *block, size_t number,
                       bool last)
{
    static const char *const codes[] = {[STYLE_PLAIN] = "",
                                        [STYLE_BOLD] = "\033[1m",
                                        [STYLE_DIM] = "\033[2m",
                                        [STYLE_DENY] = "\033[31m",
                                        [STYLE_RULE] = ""};
    const struct line *line = number < block->count ? &block->items[number] : NULL;
    const char *text = line == NULL ? "" : line->text;
    if (text == NULL) {
        print_dashes(block->width);
        text = "";
        number = SIZE_MAX;
    } else if (line != NULL) {
        bool color = page->run->options.color;
        const char *code = !color ? "" : line->mark == '!' ? codes[STYLE_DENY] : codes[line->style];
        printf("%s%s%s", code, text, code[0] != '\0' ? "\033[0m" : "");
    }
    size_t done = number == SIZE_MAX ? block->width : strlen(text);
    bool marked = line != NULL && line->mark != 0;
    if (marked || !last) {
        size_t room = block->width - (marked ? 1 : 0);
        printf("%*s", room > done ? (int)(room - done) : 0, "");
    }
    if (marked) {
        putchar(line->mark);
    }
    if (!last) {
        printf("%*s", GAP, "");
    }
}

static void print_band(const struct board_page *page, const struct block *blocks, size_t count)
{
    size_t lines = 0;
    for (size_t i = 0; i < count; i++) {
        lines = blocks[i].count > lines ? blocks[i].count : lines;
    }
    for (size_t i = 0; i < lines; i++) {
        size_t last = count; // what is behind the last text of a line need not be padded
        while (last > 1 && i >= blocks[last - 1].count) {
            last--;
        }
        for (size_t j = 0; j < last; j++) {
            print_line(page, &blocks[j], i, j + 1 == last);
        }
        putchar('\n');
    }
    putchar('\n');
}

static void print_blocks(const struct board_page *page, const struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->count;) {
        size_t width = blocks->items[i].width, count = 1;
        while (!page->run->options.rules && i + count < blocks->count &&
               width + GAP + blocks->items[i + count].width <= page->run->options.width) {
            width += GAP + blocks->items[i + count].width;
            count++;
        }
        print_band(page, &blocks->items[i], count);
        i += count;
    }
}

// ---- the foot -------------------------------------------------------------------------------------------------------

static const char *early_text(const struct board_page *page, int direction)
{
    struct arena *arena = page->run->arena;
    const struct board_earlies *failsafes = &page->board->failsafes;
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%s %s", board_number(arena, board_early_sum(failsafes, direction)),
                board_direction_text(direction));
    bool any = false;
    for (size_t i = 0; i < failsafes->count; i++) {
        const struct board_early *early = &failsafes->items[i];
        if (early->direction == direction && early->count.packets > 0) {
            strbuf_addf(&text, "%s%s %s", any ? ", " : " (", early->what,
                        board_number(arena, early->count.packets));
            any = true;
        }
    }
    strbuf_add(&text, any ? ")" : "");
    return strbuf_text(&text);
}

static void print_profiles(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    const struct board_tier *profiles = &page->board->profiles;
    uint64_t allowed = 0,
             denied = profiles->ends[PLAN_IN].packets + profiles->ends[PLAN_OUT].packets;
    for (size_t i = 0; i < profiles->policies.count; i++) {
        allowed += board_sum(&profiles->policies.items[i], PLAN_ALLOW);
        denied += board_sum(&profiles->policies.items[i], PLAN_DENY);
    }
    printf("profiles: allowed %s, denied %s", board_number(arena, allowed),
           board_number(arena, denied));
}

static void print_drops(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    for (size_t i = 0; i < page->board->drops.count; i++) {
        const struct board_early *drop = &page->board->drops.items[i];
        if (drop->count.packets > 0) {
            printf("dropped before any policy: %s (%s)\n", board_number(arena, drop->count.packets),
                   safe_text(arena, drop->what));
        }
    }
}

static void print_notes(const struct board_page *page)
{
    const struct board *board = page->board;
    struct arena *arena = page->run->arena;
    if (page->exists && page->unknown != NULL) {
        printf(
            "rules are not counted one by one: nobody knows whether these are those that are loaded: %s\n",
            safe_text(arena, page->unknown));
    }
    if (board->strangers.count > 0) {
        printf("loaded and not in these files: %s%s\n", safe_text(arena, board->strangers.items[0]),
               board->strangers.count > 1
                   ? arena_printf(arena, " and %zu more", board->strangers.count - 1)
                   : "");
    }
    if (page->run->options.rules && board->together) {
        puts(
            "rules that the kernel has as one, such as 0-1, count together; each has its own counter with the\n"
            "annotation polc.io/rule-counters: \"true\" on the policy (or on FelixConfiguration, for all)");
    }
}

void board_print_text(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    const struct board *board = page->board;
    struct blocks blocks = {0};
    printf("%s\n\n", board_headline(page));
    for (size_t i = 0; i < board->tiers.count; i++) {
        if (board_shows_tier(page, &board->tiers.items[i])) {
            vec_push(arena, &blocks, tier_block(page, &board->tiers.items[i]));
        }
    }
    if (page->run->options.rules && board->profiles.policies.count > 0) {
        vec_push(arena, &blocks, profile_block(page));
    }
    print_blocks(page, &blocks);
    print_profiles(page);
    printf("     failsafe: %s, %s", early_text(page, PLAN_IN), early_text(page, PLAN_OUT));
    const char *table = board_flow_table(page);
    printf("%s%s\n", table != NULL ? "     flow table: " : "", table != NULL ? table : "");
    print_drops(page);
    print_notes(page);
    const char *next = board_next(page);
    if (next != NULL) {
        printf("next: %s\n", next);
    }
}
