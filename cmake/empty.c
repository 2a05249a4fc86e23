// Keeps a module without sources buildable.
typedef int polc_empty_translation_unit;
