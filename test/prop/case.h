// SPDX-License-Identifier: GPL-2.0-or-later
// A test case: a policy directory as texts, one document a file.
#pragma once

#include <polc/base.h>

struct case_document {
    const char *name; // of its file
    const char *text;
};

struct test_case {
    VEC_FIELDS(struct case_document);
    bool bridged; // slots SCENE_PORT and the next one are ports of the bridge SCENE_BRIDGE
};

// Writes the documents into a directory, which is made when it is not there. False with errno set on an error.
bool case_write(const struct test_case *test_case, const char *directory);

// Prints the documents as one YAML stream.
void case_print(const struct test_case *test_case, FILE *out);
