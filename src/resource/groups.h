// SPDX-License-Identifier: GPL-2.0-or-later
// API groups and what polc does with each kind in them.
#pragma once

#include "decode.h"

// Finds the kind of an object that polc uses. RES_KIND_COUNT for one that is skipped (and counted)
// or reported.
enum res_kind groups_classify(struct res_decoder *decoder, const struct load_object *object);

// The same without a word about it, and whatever the version.
enum res_kind groups_find(const char *api_version, const char *kind);
