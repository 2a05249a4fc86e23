// SPDX-License-Identifier: GPL-2.0-or-later
// Times in settings: Go's durations, days, and plain numbers of seconds.
#include "duration.h"

#include "scalar.h"

static const struct {
    const char *name;
    double seconds;
} units[] = {
    {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", DAY_SECONDS},
};

// The unit at *text, behind which *text is put.
static bool read_unit(const char **text, double *ret)
{
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (text_begins(*text, units[i].name)) {
            *text += strlen(units[i].name);
            *ret = units[i].seconds;
            return true;
        }
    }
    return false;
}

// "1", "1.5", ".5"; strtod would read what the locale says, and much more.
static bool read_number(const char **text, double *ret)
{
    enum { DIGITS_MAX = 9 };
    size_t whole = strspn(*text, "0123456789");
    size_t point = (*text)[whole] == '.';
    size_t length = whole + point + (point ? strspn(*text + whole + 1, "0123456789") : 0);
    double scale = 1;
    *ret = 0;
    for (size_t i = 0; i < length; i++) {
        if (i != whole) {
            *ret = *ret * 10 + ((*text)[i] - '0');
            scale *= i > whole ? 10 : 1;
        }
    }
    *ret /= scale;
    *text += length;
    return length > point && length <= 2 * DIGITS_MAX && whole <= DIGITS_MAX;
}

// Whole seconds, rounded up; -1 when it is no time.
static long parse_duration(const char *text)
{
    static const double tiny = 1e-9;
    double total = 0;
    if (*text == '\0') {
        return -1;
    }
    for (bool first = true; *text != '\0'; first = false) {
        double number, unit = 1; // a number alone is of seconds
        if (!read_number(&text, &number) ||
            (!(first && *text == '\0') && !read_unit(&text, &unit))) {
            return -1;
        }
        total += number * unit;
        if (total > INT32_MAX) {
            return -1;
        }
    }
    long seconds = (long)total;
    return seconds + ((double)seconds < total - tiny / 2);
}

void field_duration(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg)
{
    const struct duration_limits *limits = arg;
    if (node->type != NODE_SCALAR) {
        report_type(decoder, node, limits->wanted);
        return;
    }
    long seconds = parse_duration(node->text);
    if (seconds < limits->min || seconds > limits->max) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P024, node->loc, "%s cannot be \"%s\"",
                                        field_name(decoder), node->text);
        diag_label(diag, "%s", limits->wanted);
        return;
    }
    *(struct res_order *)target = (struct res_order){(double)seconds, true, node->loc};
}
