// SPDX-License-Identifier: GPL-2.0-or-later
// Module edit: the text of an input file, with the kind of some of its objects changed and every other byte as it was.
// What is to change is found by the places of the loader's nodes; what came of it is read again and compared, object by
// object, so that an anchor, say, cannot change a second object. Also what a reader sees of it (a unified diff), and
// files replaced durably, all of them or none.
#pragma once

#include <polc/load.h>

// A text in memory, not terminated; without a byte order mark.
struct edit_text {
    const char *text;
    size_t size;
};

// Bytes [start, end) become `text`.
struct edit {
    size_t start, end;
    const char *text;
};
struct edits {
    VEC_FIELDS(struct edit); // by place; they do not overlap
};

// What one object is to become.
struct edit_wish {
    struct loc object;       // of its root
    const char *kind;        // its own, or what it has from its list
    const char *api_version; // the same; NULL: stays
    const char *without;     // a field of "spec" that goes, if it is there; NULL
};

// Why a text cannot be edited, for a person; `loc` may be none.
struct edit_problem {
    struct loc loc;
    const char *text;
};

// Edits of one source that make the wishes true and change nothing else. False and *reterr when that is not possible.
bool edit_objects(struct arena *arena, struct sources *sources, uint32_t source,
                  const struct edit_wish *wishes, size_t count, struct edits *ret,
                  struct edit_problem *reterr);

// The edited text, on the arena.
struct edit_text edit_apply(struct arena *arena, struct edit_text text, const struct edits *edits);

// The hunks of a unified diff, with three lines around each change; "" for none. Lines end in LF here, whatever they end
// in there.
const char *edit_hunks(struct arena *arena, struct edit_text text, const struct edits *edits);

// A file, what was read of it and what it is to hold.
struct edit_file {
    const char *path;
    struct edit_text before, after;
};

// Replaces the files: each is written beside the old one (behind symbolic links) with its mode, owner and byte order
// mark, synced and renamed. When one of them cannot be, none is. 0 or an errno, with the path in *reterr_path; ESTALE:
// the file does not hold `before` any more.
int edit_replace(struct arena *arena, const struct edit_file *files, size_t count,
                 const char **reterr_path);
