// SPDX-License-Identifier: GPL-2.0-or-later
// Module base: arena, vector, string map, string builder, sources and places, diagnostics, spelling.
#pragma once

#include <polc/base/arena.h>
#include <polc/base/compare.h>
#include <polc/base/diag.h>
#include <polc/base/exit.h>
#include <polc/base/safe_text.h>
#include <polc/base/source.h>
#include <polc/base/spell.h>
#include <polc/base/strbuf.h>
#include <polc/base/strmap.h>
#include <polc/base/vec.h>
