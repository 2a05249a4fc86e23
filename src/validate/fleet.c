// SPDX-License-Identifier: GPL-2.0-or-later
// Templates of host endpoints (semantics.md 6.8): what each needs.
#include "internal.h"

static void check_template(const struct check *check, struct strmap *names,
                           const struct res_template *template)
{
    if (template->name.text == NULL) {
        struct diag *diag = diag_report(check->diags, DIAG_P025, template->loc,
                                        "a template of host endpoints needs \"generateName\"");
        diag_hint(diag, "the endpoints are named after it: NODE-NAME-auto-hep");
        return;
    }
    if (template->cidrs_loc.line == 0 && template->pattern.text == NULL) {
        struct diag *diag =
            diag_report(check->diags, DIAG_P025, template->loc,
                        "template \"%s\" has neither \"interfaceCIDRs\" nor \"interfacePattern\"",
                        template->name.text);
        diag_hint(diag,
                  "interfacePattern: eth0     (a regular expression for names of interfaces)");
    }
    const struct res_template *first = strmap_put(names, template->name.text, (void *)template);
    if (first != template) {
        struct diag *diag = diag_report(check->diags, DIAG_P005, template->name.loc,
                                        "two templates are named \"%s\"", template->name.text);
        diag_related(diag, first->name.loc, "the first one");
        diag_hint(diag, "give it another name: the endpoints of both would have the same one");
    }
}

void check_fleet(const struct check *check, const struct res_fleet *fleet)
{
    struct strmap *names = strmap_new(check->arena);
    for (size_t i = 0; i < fleet->templates.count; i++) {
        check_template(check, names, &fleet->templates.items[i]);
    }
}
