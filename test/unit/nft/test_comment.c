// SPDX-License-Identifier: GPL-2.0-or-later
#include "comment.h"
#include "unit.h"

#include <string.h>

START_TEST(the_place_is_cut_off)
{
    static const struct {
        const char *comment;
        const char *head;
    } rows[] = {
        {"gnp/x in 0 f.yaml:3", "gnp/x in 0"},
        {"np/a/b out 12 f.yaml:3", "np/a/b out 12"},
        {"gnp/x in 0,2,5-7 f.yaml:3", "gnp/x in 0,2,5-7"},
        {"tier/t in end f.yaml:10", "tier/t in end"},
        {"tier/t in end of tier f.yaml:10", "tier/t in end of tier"},
        {"pending tier/t in end f.yaml:10", "pending tier/t in end"},
        {"pending gnp/x in 0,3 f.yaml:1", "pending gnp/x in 0,3"},
        {"pending gnp/x in 0 f.yaml", "pending gnp/x in 0 f.yaml"},
        {"gnp/x in 0", "gnp/x in 0"},
        {"gnp/x in 0 f.yaml", "gnp/x in 0 f.yaml"},
        {"gnp/x in 0 f.yaml:", "gnp/x in 0 f.yaml:"},
        {"gnp/x in 0 f:3a", "gnp/x in 0 f:3a"},
        {"gnp/x in f.yaml:3", "gnp/x in f.yaml:3"}, // the place cannot stand for the index
        {"gnp/x inside 0 f.yaml:3", "gnp/x inside 0 f.yaml:3"},
        {"node a:3", "node a:3"},
        {" in 0 f:3", " in 0 f:3"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(comment_head(rows[i].comment) == strlen(rows[i].head), "%s", rows[i].comment);
    }
    ck_assert_uint_eq(comment_head(NULL), 0);
}
END_TEST

START_TEST(a_comment_has_parts)
{
    static const struct {
        const char *comment, *id, *what;
        bool out;
    } rows[] = {
        {"gnp/x in 0 f.yaml:3", "gnp/x", "0", false},
        {"np/a/b out 0,2,5-7 f.yaml:3", "np/a/b", "0,2,5-7", true},
        {"tier/t in end", "tier/t", "end", false},
        {"failsafe out tcp/22", "failsafe", "tcp/22", true},
        {"pending tier/t out end f.yaml:3", "tier/t", "end", true},
        {"gnp/x in ", "gnp/x", "", false},
        {"conntrack invalid", NULL, NULL, false},
        {"", NULL, NULL, false},
    };
    struct comment_parts parts;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool split = comment_split(rows[i].comment, &parts);
        ck_assert_msg(split == (rows[i].id != NULL), "%s", rows[i].comment);
        if (split) {
            ck_assert_uint_eq(parts.id_length, strlen(rows[i].id));
            ck_assert_int_eq(strncmp(parts.id, rows[i].id, parts.id_length), 0);
            ck_assert_uint_eq(parts.what_length, strlen(rows[i].what));
            ck_assert_int_eq(strncmp(parts.what, rows[i].what, parts.what_length), 0);
            ck_assert_int_eq(parts.out, rows[i].out);
        }
    }
    ck_assert(!comment_split(NULL, &parts));
}
END_TEST

START_TEST(only_rules_of_policies_have_an_id)
{
    static const struct {
        const char *comment;
        size_t length;
    } rows[] = {
        {"pending gnp/x in 0 f.yaml:1", 0}, // an enforced policy in the pending walk
        {"sgnp/x in 0 f.yaml:1", 6},
        {"gnp/x in 0 f.yaml:3", 5},
        {"np/a/b out 12 f.yaml:3", 6},
        {"gnp/x in 0", 5},
        {"gnp/x in 0-14 f.yaml:3", 5},
        {"np/a/b out 0,2,5-7 f.yaml:3", 6},
        {"gnp/x in 0,2,4..30 f.yaml:3", 5},
        {"tier/t in end f.yaml:3", 0},
        {"gnp/x in 0a", 0},
        {"gnp/x", 0},
        {"in 0", 0},
        {"", 0},
        {"gnp/x up 0 f.yaml:3", 0},
        {"gnp/x in ", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(comment_id(rows[i].comment) == rows[i].length, "%s", rows[i].comment);
    }
    ck_assert_uint_eq(comment_id(NULL), 0);
}
END_TEST

START_TEST(values_follow_their_word)
{
    ck_assert_str_eq(comment_value("root /a b", "root"), "/a b");
    ck_assert_str_eq(comment_value("node ", "node"), "");
    ck_assert_ptr_null(comment_value("rooted /a", "root"));
    ck_assert_ptr_null(comment_value("root", "root"));
    ck_assert_ptr_null(comment_value(NULL, "root"));
}
END_TEST

UNIT_TESTS("comment", the_place_is_cut_off, a_comment_has_parts, only_rules_of_policies_have_an_id,
           values_follow_their_word)
