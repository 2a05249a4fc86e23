// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps a module without sources buildable.
typedef int polc_empty_translation_unit;
