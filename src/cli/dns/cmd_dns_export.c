// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns export: the domain sets as configuration for a resolver, or what is known of names as a file.
#include "dns_verbs.h"
#include "export.h"
#include "live_policies.h"

const char *export_command(const struct export *export, const char *format)
{
    const struct options *options = &export->run->options;
    struct strbuf text = {.arena = export->run->arena};
    strbuf_addf(&text, " %s%s", format, same_options(export->run, true));
    if (options->interfaces != NULL) {
        strbuf_addf(&text, " --interfaces %s", options->interfaces);
    }
    return strbuf_text(&text);
}

static struct export make_export(struct run *run)
{
    const struct plan *plan = run->plan;
    struct export export = {.run = run,
                            .table = run->options.table,
                            .min_ttl = plan->settings.dns_min_ttl,
                            .extra_ttl = plan->settings.dns_extra_ttl,
                            .set_timeout = plan->settings.dns_set_timeout};
    for (size_t i = 0; i < plan->domains.count; i++) {
        const struct plan_domains *domains = &plan->domains.items[i];
        vec_push(run->arena, &export.sets,
                 (struct export_set){nft_domain_set_name(run->arena, domains->name, IP_V4),
                                     nft_domain_set_name(run->arena, domains->name, IP_V6),
                                     domains->patterns, domains->count});
    }
    return export;
}

static int export_sets(struct run *run)
{
    int code = live_policies(run, true);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    struct export export = make_export(run);
    if (export.sets.count == 0 && !run->options.quiet) {
        fprintf(stderr, "note: no rule of node \"%s\" names a domain: there is nothing to fill\n",
                run->plan->node != NULL ? run->plan->node : "-");
    }
    run->options.dnsmasq ? export_dnsmasq(&export) : export_unbound(&export);
    if (export.left_out.count > 0 && !run->options.quiet) {
        fprintf(stderr,
                "note: dnsmasq cannot be told %zu of the names, and fills nothing for them: %s\n",
                export.left_out.count,
                words_join(run->arena, export.left_out.items, export.left_out.count, ", "));
    }
    return POLC_EXIT_OK;
}

int cmd_dns_export(struct run *run)
{
    const struct options *options = &run->options;
    if (options->dnsmasq + options->unbound + options->answers != 1) {
        complain("polc dns export needs one of --dnsmasq, --unbound and --answers");
        hint("polc help dns export");
        return POLC_EXIT_USAGE;
    }
    if (options->answers && !options->default_paths) {
        complain("polc dns export --answers takes no PATH: it prints all that was learned on this "
                 "host");
        hint("polc dns export --answers");
        return POLC_EXIT_USAGE;
    }
    return options->answers ? export_answers(run) : export_sets(run);
}
