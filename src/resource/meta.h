// SPDX-License-Identifier: GPL-2.0-or-later
// Object metadata.
#pragma once

#include "names.h"

// Reads metadata and makes it the object at hand. `annotations` are kept only when wanted.
void meta_decode(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind,
                 enum name_form form, bool annotations, struct res_meta *meta);
