// SPDX-License-Identifier: GPL-2.0-or-later
// The verbs of polc dns: one row each, named with both words, as the table in verbs.c has them.
#include "dns_verbs.h"

const struct verb dns_verbs[] = {
    {.name = "dns refresh",
     .summary =
         "look the names of the loaded rules up, and put their addresses into the kernel's sets",
     .usage = "[--resolve-timeout TIME] [--lock-timeout TIME]",
     .text =
         "Asks the trusted servers for every name of the loaded rules that has no \"*\" and adds the addresses that come, or\n"
         "lets them stay longer; no rule changes. A name for which none comes keeps what is known of it until its time is\n"
         "over. Addresses stay for their TTL, two minutes at least, so that once a minute (polc-dns.timer) leaves no gap.\n"
         "Exit 1 when nothing is loaded, 3 when no server answered, 6 when somebody else changes the firewall.",
     .operands = OPERANDS_NONE,
     .options = "resolve-timeout lock-timeout",
     .outputs = "text json",
     .this_kernel = true,
     .run = cmd_dns_refresh},
    {.name = "dns status",
     .summary = "show which addresses the names of the loaded rules have, and who learns them",
     .usage = "[-v]",
     .text =
         "Shows, for each list of names that rules have, what the kernel's sets hold: the addresses of each name, for how\n"
         "long, who learned them and when; names without an address, patterns that no name was seen for, and addresses\n"
         "that others have put there. Then who feeds the sets: look-ups, polc dns watch, a resolver. -v names the sets.\n"
         "Exit 1 when nothing is loaded.",
     .operands = OPERANDS_NONE,
     .options = "",
     .outputs = "text json",
     .this_kernel = true,
     .run = cmd_dns_status},
    {.name = "dns export",
     .summary = "write what makes a resolver fill the sets before it answers, or what was learned",
     .usage = "--dnsmasq | --unbound | --answers [PATH...]",
     .text =
         "Prints configuration with which a local resolver puts the addresses that it answers with into the sets of polc,\n"
         "before it answers: the first connection to a name finds its address there. --dnsmasq: nftset= lines, with a\n"
         "remark wherever dnsmasq's matching is wider than the pattern, and a list of what it cannot be told. --unbound: a\n"
         "module for its Python, which matches exactly. Both say what else is to be set up. The names are those of the\n"
         "generation that is loaded, or of PATH.\n"
         "--answers prints all names and addresses that were learned on this host, as a file that --dns takes.",
     .operands = OPERANDS_PATHS,
     .options = "dnsmasq unbound answers",
     .outputs = "text",
     .this_host = true,
     .run = cmd_dns_export},
    {.name = "dns watch",
     .summary = "learn addresses from the answers that DNS servers give to those on this host",
     .usage = "[--user NAME] [OPTION...]",
     .text =
         "Stays, and puts the addresses that trusted DNS servers (dnsTrustedServers) answer with into the sets of the domain\n"
         "rules, milliseconds after the answer: the only way to serve wildcards. It hears what polc's table copies to a log\n"
         "group; answers to no query, of other servers, or malformed ones change nothing. What every name had goes into a\n"
         "file, for polc flows and for the time after a restart. It follows polc apply by itself; SIGHUP makes it read the\n"
         "rules again. Needs CAP_NET_ADMIN, keeps nothing else, and enforcement does not need it.",
     .operands = OPERANDS_NONE,
     .options = "user",
     .outputs = "text",
     .this_kernel = true,
     .run = cmd_dns_watch},
    {.name = NULL},
};
