// SPDX-License-Identifier: GPL-2.0-or-later
// polc history: every change of this host's policy that is remembered: when, by whom, from what, and what became of it.
// Reads the state directory, and asks the kernel which one is loaded, if it tells.
#include "reload.h"

#include <errno.h>
#include <jansson.h>
#include <polc/report.h>

// What the kernel has, as far as it tells: not everybody may ask.
static struct nft_info read_info(struct run *run, bool *ret_told)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    *ret_told = nft_dump_info(run->arena, run->options.table, &kernel, &failure) == NFT_DONE;
    return *ret_told ? nft_kernel_info(run->arena, kernel) : (struct nft_info){.generation = 0};
}

struct history_view {
    const struct state *state;
    struct nft_info info;
    bool told; // the kernel said what is loaded
};

static bool is_of_table(const struct run *run, const struct change_entry *entry)
{
    return strcmp(entry->table, run->options.table) == 0;
}

static const char *state_text(struct run *run, const struct history_view *view,
                              const struct change_entry *entry)
{
    const char *text = entry_state(run, view->state, entry);
    bool loaded = is_of_table(run, entry) && state_is_loaded(&view->info, entry);
    return loaded ? arena_printf(run->arena, "%s, loaded", text) : text;
}

static const char *what_text(struct run *run, const struct change_entry *entry)
{
    struct strbuf text = {.arena = run->arena};
    if (!is_of_table(run, entry)) {
        strbuf_addf(&text, "table %s: ", entry->table);
    }
    strbuf_add(&text, entry->summary != NULL ? entry->summary : "");
    if (entry->forced_count > 0) {
        strbuf_addf(&text, "%sforced %s", text.length > 0 ? "; " : "",
                    words_join(run->arena, entry->forced, entry->forced_count, " "));
    }
    if (entry->note != NULL) {
        strbuf_addf(&text, "%s%s", text.length > 0 ? "; " : "", entry->note);
    }
    if (entry->message != NULL) {
        strbuf_addf(&text, "%s\"%s\"", text.length > 0 ? "; " : "", entry->message);
    }
    return strbuf_text(&text);
}

static void print_table(struct run *run, const struct history_view *view)
{
    const struct state *state = view->state;
    static const char *const columns[] = {"generation", "when", "who", "state", "from", "what"};
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns));
    for (size_t i = 0; i < state->history.count; i++) {
        const struct change_entry *entry = &state->history.items[i];
        report_row(report, arena_printf(run->arena, "%u", entry->number));
        report_cellf(report, "%u", entry->number);
        if (entry->problem != NULL) {
            report_cell(report, NULL);
            report_cell(report, NULL);
            report_cell(report, "damaged");
            report_cell(report, NULL);
            report_cell(report, entry->problem);
            continue;
        }
        report_cell(report, entry_time(run->arena, entry->time));
        report_cell(report, entry_who(run->arena, entry));
        report_cell(report, state_text(run, view, entry));
        report_cell(report, entry->root_count == 0
                                ? NULL
                                : words_join(run->arena, entry->roots, entry->root_count, ","));
        report_cell(report, what_text(run, entry));
    }
    report_print(report, REPORT_TABLE, stdout);
}

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_string(texts[i]));
    }
    return array;
}

static json_t *entry_json(struct run *run, const struct history_view *view,
                          const struct change_entry *entry)
{
    if (entry->problem != NULL) {
        return json_pack("{s:I, s:s, s:s}", "generation", (json_int_t)entry->number, "state",
                         "damaged", "problem", entry->problem);
    }
    json_t *json = json_pack(
        "{s:I, s:s, s:s, s:s?, s:s?, s:s?, s:s, s:s?, s:o, s:s?, s:s?, s:o, s:I, s:s?, s:s?}",
        "generation", (json_int_t)entry->number, "state", change_state_names[entry->state], "time",
        entry_time_utc(run->arena, entry->time), "user", entry->user, "sudo_user", entry->sudo_user,
        "id", entry->id, "table", entry->table, "node", entry->node, "from",
        texts_json(entry->roots, entry->root_count), "summary", entry->summary, "message",
        entry->message, "forced", texts_json(entry->forced, entry->forced_count), "previous",
        (json_int_t)entry->previous, "note", entry->note, "version", entry->version);
    if (entry->ended != 0) {
        json_object_set_new(json, "ended", json_string(entry_time_utc(run->arena, entry->ended)));
    }
    if (entry->state == CHANGE_PENDING) {
        uint64_t left = change_left(entry, view->state->boot_id, change_now());
        json_object_set_new(json, "left_ms", json_integer((json_int_t)left));
    }
    if (view->told && is_of_table(run, entry)) {
        json_object_set_new(json, "loaded", json_boolean(state_is_loaded(&view->info, entry)));
    }
    return json;
}

static void print_json(struct run *run, const struct history_view *view)
{
    json_t *root = json_array();
    for (size_t i = 0; i < view->state->history.count; i++) {
        json_array_append_new(root, entry_json(run, view, &view->state->history.items[i]));
    }
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

int cmd_history(struct run *run)
{
    struct state state;
    struct history_view view = {.state = &state};
    state_look(run, &state);
    view.info = read_info(run, &view.told);
    bool absent = state.store.fd < 0;
    if (run->options.output == OUTPUT_JSON) {
        print_json(run, &view);
    } else if (state.history.count > 0) {
        print_table(run, &view);
    } else if (!absent) {
        complain("%s holds no generation", run->options.state_dir);
    }
    if (absent) {
        complain("there is no history: %s", state.problem);
        if (state.error == EACCES) {
            hint("sudo polc history%s", same_options(run, false));
        }
    }
    state_end(&state);
    return state.history.count > 0 ? POLC_EXIT_OK : POLC_EXIT_NO;
}
