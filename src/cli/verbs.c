// SPDX-License-Identifier: GPL-2.0-or-later
// The verbs: one row each, read by the parser, by `help` and by the lint against the man page.
#include "cli.h"

const struct verb verbs[] = {
    {.name = "validate",
     .summary = "check the input and say everything that is wrong with it",
     .usage = "[PATH...]",
     .text =
         "Reads and checks the input. Exit 0 when it is good, 1 when it is not. Needs no privilege.",
     .operands = OPERANDS_PATHS,
     .options = "",
     .outputs = "text json",
     .run = cmd_validate},
    {.name = "lint",
     .summary = "find what is legal and hardly meant: dead rules, empty selectors, open ports",
     .usage = "[PATH...] [--base PATH] [--fail-level LEVEL] [-o text|json|sarif|github]",
     .text =
         "Reads and checks the input as validate does, then looks for rules that never decide (exactly, with a packet as\n"
         "proof), selectors and policies that match nothing, traffic that is cut off by accident, and more. Each finding\n"
         "has a code; polc explain CODE says more. With --base only what PATH has and the base has not. An object\n"
         "silences findings in it by the annotation polc.io/lint-ignore: \"L110,L501 REASON\".\n"
         "Exit 0 for none, 1 for findings of the fail level (default: warning), 2 for wrong input.",
     .operands = OPERANDS_PATHS,
     .options = "base fail-level",
     .outputs = "text json sarif github",
     .run = cmd_lint},
    {.name = "test",
     .summary = "check what the policies are expected to allow and to deny",
     .usage = "[PATH...] [--matrix FILE] [--dns FILE] [--kernel] [-o text|json|junit|tap]",
     .text =
         "Checks every case of the ConnectivityTest objects in PATH, and every row of a connectivity matrix: a Markdown\n"
         "table with the columns source, destination and port, beside which nothing is allowed. With --kernel each\n"
         "flow is also sent as a real packet through the compiled rulesets, in network namespaces that polc makes for\n"
         "that and takes away. A destination may be a name in DNS: it has the addresses that --dns gives it, or else some\n"
         "that stand for them. Exit 0 when all hold, 1 when one does not, or when there is none.",
     .operands = OPERANDS_PATHS,
     .options = "matrix dns kernel",
     .outputs = "text json junit tap",
     .run = cmd_test},
    {.name = "compile",
     .summary = "print the ruleset of one host",
     .usage = "[PATH...] --node NAME [-o nft|json|plan]",
     .text =
         "Compiles the input for one node and prints it: as text for `nft -f` (nft), as the JSON of libnftables\n"
         "(json), or as the plan that both are made from (plan). Needs no privilege.",
     .operands = OPERANDS_PATHS,
     .options = "",
     .outputs = "nft json plan",
     .this_host = true,
     .run = cmd_compile},
    {.name = "diff",
     .summary = "show which traffic the input opens and closes, and what else it changes",
     .usage = "[PATH...] [--base PATH|N|kernel] [-o text|json|md]",
     .text =
         "Compares the input with what is loaded (\"kernel\", the default), with generation N of the state directory, or with\n"
         "another PATH; the last without privilege, without a look at this host, and for all nodes unless --node is given.\n"
         "Says first which traffic is opened and closed: exactly, with an example and the rules that decide it; then which\n"
         "policies changed, and with -v which chains and sets of the kernel. -o md is a comment for a pull request.\n"
         "Exit 0 when there is no difference, 1 when there is one, also if it changes no traffic.",
     .operands = OPERANDS_PATHS,
     .options = "base",
     .outputs = "text json md",
     .this_host = true,
     .this_kernel = true,
     .run = cmd_diff},
    {.name = "apply",
     .summary = "commit the ruleset of this host, in one transaction",
     .usage =
         "[PATH...] [--dry-run] [--confirm[=TIME] [--wait]] [--cut] [--force[=CODE,...]]\n"
         "           [--resolve-timeout TIME] [-m TEXT]",
     .text =
         "Compiles the input for this host and commits what differs from the kernel in one transaction. PATH is the\n"
         "whole policy, not a patch: what is not in it is removed. Refuses (exit 5) what looks like a mistake:\n"
         "S001 no policy, profile or endpoint; S002 nothing for this host; S003 other input than before, with fewer\n"
         "policies; S004 policed traffic between ports of a bridge, which the kernel does not show to the firewall;\n"
         "S005 an interface that nothing would govern any more; S006 input that was taken back before; S007 the\n"
         "caller's own connection, or a failsafe port in use, would be cut; S008 connections of this host would be cut\n"
         "because nothing tracks them yet; S010 the table of this name is somebody else's.\n"
         "With --dry-run the kernel checks the whole transaction and discards it. With --confirm what was loaded before\n"
         "comes back unless polc confirm is called in time, whatever happens to this shell.\n"
         "Live connections that the policy no longer allows go on; --cut ends them.\n"
         "Names in rules that have no address yet are looked up, for --resolve-timeout at most, and never hold it up longer.",
     .operands = OPERANDS_PATHS,
     .options = "dry-run confirm wait cut force lock-timeout resolve-timeout message",
     .outputs = "text json",
     .this_host = true,
     .this_kernel = true,
     .run = cmd_apply},
    {.name = "confirm",
     .summary = "keep what apply --confirm has loaded",
     .usage = "",
     .text =
         "Keeps the generation that waits for confirmation. Exit 4 when it was too late and it was taken back, 1 when\n"
         "none waits.",
     .operands = OPERANDS_NONE,
     .options = "lock-timeout",
     .outputs = "text json",
     .this_kernel = true,
     .run = cmd_confirm},
    {.name = "rollback",
     .summary = "load an earlier generation again",
     .usage = "[N] [--dry-run] [--confirm[=TIME]] [--force[=CODE,...]] [-m TEXT]",
     .text =
         "Loads what was loaded before, or generation N, as it was: no policy file, name or interface is looked at. A\n"
         "generation that waits for confirmation is taken back at once. Later apply refuses the input that was taken\n"
         "back (S006), unless with --confirm. With --confirm it gets a number of its own, and what is loaded now comes\n"
         "back unless polc confirm is called in time. Refuses (exit 5) to cut the connection that you came by (S007),\n"
         "unless it takes back what waits, and to replace somebody else's table (S010).",
     .operands = OPERANDS_NAMES,
     .options = "dry-run confirm force if-pending lock-timeout message",
     .outputs = "text json",
     .this_kernel = true,
     .run = cmd_rollback},
    {.name = "restore",
     .summary = "load the last good generation again: at boot, or after a flush",
     .usage = "[--dry-run] [--force[=CODE,...]]",
     .text =
         "Loads the generation that was applied last and is not waiting for confirmation, as it was: no policy file,\n"
         "name or interface is looked at. Refuses (exit 5) to cut the connection that you came by (S007), and to replace\n"
         "somebody else's table (S010). Exit 1 when there is none.",
     .operands = OPERANDS_NONE,
     .options = "dry-run force lock-timeout",
     .outputs = "text json",
     .this_kernel = true,
     .run = cmd_restore},
    {.name = "history",
     .summary = "list what was applied: when, by whom, and what became of it",
     .usage = "[-o table|json]",
     .text = "Lists the generations of the state directory. Exit 1 when there is none.",
     .operands = OPERANDS_NONE,
     .options = "",
     .outputs = "table json",
     .run = cmd_history},
    {.name = "delete",
     .summary = "remove polc's table: nothing is policed any more",
     .usage = "[--yes]",
     .text =
         "Removes the table from the kernel, and only that table. Asks first, unless --yes is given.",
     .operands = OPERANDS_NONE,
     .options = "yes lock-timeout message",
     .outputs = "text",
     .run = cmd_delete},
    {.name = "status",
     .summary = "show what the kernel has, and whether it is what the input says",
     .usage = "[PATH...]",
     .text =
         "Shows the loaded generation, what it was made from, what governs each interface, what polices the ports that\n"
         "other tables publish (DNAT), and who else stands on polc's hooks. Compares with PATH, or with what the table\n"
         "was made from. -v lists every interface. Exit 1 when there is no table or it differs.",
     .operands = OPERANDS_PATHS,
     .options = "",
     .outputs = "text json",
     .this_host = true,
     .this_kernel = true,
     .run = cmd_status},
    {.name = "get",
     .summary = "list objects of the input",
     .usage = "KIND[/[NS/]NAME] [PATH...] [-n NS] [-l SELECTOR]",
     .text =
         "KIND is tier, gnp, np, policies, netset, gns, hep, wep, endpoints, profile, ns or sa, or a full name of a kind.\n"
         "Exit 1 when nothing was found.",
     .operands = OPERANDS_ONE_PATHS,
     .options = "namespace selector show-labels",
     .outputs = "table wide json yaml name",
     .run = cmd_get},
    {.name = "eval",
     .summary = "show which endpoints and sets a selector matches",
     .usage = "SELECTOR [PATH...]",
     .text =
         "Prints the endpoints and network sets that a selector matches, by their effective labels. Exit 1 for none.",
     .operands = OPERANDS_ONE_PATHS,
     .options = "show-labels",
     .outputs = "table wide json yaml name",
     .run = cmd_eval},
    {.name = "trace",
     .summary = "show what happens to a flow, and which rule decides",
     .usage = "[PATH...] --from REF --to REF[:PORT] [--proto P] | --flows FILE  [--dns FILE]",
     .text =
         "Follows a new connection through every tier, policy and rule of both ends, on all nodes (or those of --node),\n"
         "without touching the kernel. REF is an address, NS/NAME, NAME if it is unique, NAME-* or a selector in quotes\n"
         "(every endpoint that matches), wep/NS/NAME, hep/NAME, node/NAME, svc/NS/NAME (its backends), or pub\n"
         "(some address of the Internet). The destination may be a name in DNS, too.\n"
         "With --flows, each line of FILE is a flow as JSON, and each line of the result says what happens to it.\n"
         "Where a rule names domains, it is uncertain whether it takes an address: --dns FILE says which names have which\n"
         "addresses, and that decides. A name in --to, and \"dest_domains\" of a flow, decide it as well.\n"
         "Exit 0 when it is allowed, 1 when it is denied, 7 when it is uncertain; with --flows 0 when every line could be\n"
         "evaluated.",
     .operands = OPERANDS_PATHS,
     .options = "from to proto dport sport icmp in-interface flows dns",
     .outputs = "text json",
     .run = cmd_trace},
    {.name = "enforce",
     .summary = "make staged policies enforced ones, in their files",
     .usage = "NAME... [-f PATH] [-n NS] [--flows FILE] [--dry-run] [-o text|json]",
     .text =
         "Changes the kind of staged policies in the files that they come from: StagedGlobalNetworkPolicy to\n"
         "GlobalNetworkPolicy, StagedNetworkPolicy and StagedKubernetesNetworkPolicy to NetworkPolicy. Everything else in\n"
         "the files stays as it is, comments too; only stagedAction goes. NAME is as polc get, diff and trace print it:\n"
         "NAME, NS/NAME, TIER.NAME, staged:NAME or KIND/NAME. Prints the change of the files, of the traffic, and (as polc\n"
         "impact does) of the flows in FILE, or of those that the kernel has recorded. All files are changed, or none;\n"
         "nothing is loaded into the kernel. With --dry-run no file is changed.\n"
         "Exit 2 for a name that is not there, and where an enforced policy has the name already.",
     .operands = OPERANDS_NAMES,
     .options = "namespace flows dry-run",
     .outputs = "text json",
     .run = cmd_enforce},
    {.name = "stage",
     .summary = "make enforced policies staged ones, in their files",
     .usage = "NAME... [-f PATH] [-n NS] [--flows FILE] [--dry-run] [-o text|json]",
     .text =
         "The way back of polc enforce: changes the kind of enforced policies in the files that they come from, so that\n"
         "they decide nothing any more and traces show what they would do. Cluster-wide policies of Kubernetes have no\n"
         "staged kind.",
     .operands = OPERANDS_NAMES,
     .options = "namespace flows dry-run",
     .outputs = "text json",
     .run = cmd_stage},
    {.name = "flows",
     .summary = "show flows: both ends by name, and the policies that decide",
     .usage =
         "[FILTER] [PATH...] [--flows FILE | --follow] [--since TIME] [--denied] [--would-deny] [--aggregate LEVEL] | record FILE [--max-size SIZE]",
     .text =
         "Shows the flows of this host: from the flow table that polc's ruleset keeps in the kernel, and what conntrack\n"
         "knows; with --flows from records, one JSON object a line, as polc and Calico write them. Names and traces are by\n"
         "the generation that is loaded, and the action is what happened; with PATHs every flow is judged by their policies.\n"
         "FILTER compares fields: 'source_namespace == \"shop\" && dest_port == 6379', !=, <, <=, >, >=, in {\"a\", \"b\"},\n"
         "contains, not, and \"*\" for any text; or as log consoles have it: '(dest_namespace = \"-\") AND (proto = tcp)',\n"
         "'policies:{ all_policies: *staged*deny* }'. An operand with such a sign is the filter.\n"
         "-o json writes all fields, one record a line. --follow goes on, and shows flows as they begin.\n"
         "polc flows record FILE appends what is new since the last record, for a timer: what has been recorded is not\n"
         "counted again, whatever the file. Exit 1 when there is no such flow.",
     .operands = OPERANDS_FILTER_PATHS,
     .subverb = "record",
     .options = "flows dns since denied would-deny aggregate follow exit-when-quiet max-size",
     .outputs = "table wide json",
     .run = cmd_flows},
    {.name = "top",
     .summary = "count flows by their fields",
     .usage =
         "FIELD[,FIELD...] [PATH...] [--flows FILE] [--by FIELD] [--where FILTER] [--share] [--since TIME]",
     .text =
         "Counts flows by the values of one or several fields, most first: a table with bars, which --by stacks by another\n"
         "field, or with --share a tree of shares, each field within the one before. A flow that both ends report counts\n"
         "twice, as in the log; --where 'reporter == src' counts it once. PATH, FILTER and --flows are those of flows.\n"
         "Exit 1 when there is no such flow.",
     .operands = OPERANDS_ONE_PATHS,
     .options = "flows dns by where share since denied would-deny limit",
     .outputs = "table csv json",
     .run = cmd_top},
    {.name = "graph",
     .summary = "draw who talks to whom, what is denied, and what may be",
     .usage =
         "[PATH...] [--flows FILE] [--allowed] [--by LEVEL] [--where FILTER] [--since TIME] [-o FORMAT]",
     .text =
         "Makes a graph of flows by namespace, service (the default; a workload where no service is known) or endpoint:\n"
         "who reaches whom by which ports, what became of it, how often, and which policy decides. \"->\" is allowed,\n"
         "\"-x\" denied; \"~x\" is allowed and staged policies would deny it, \"~>\" denied and they would allow it. A flow\n"
         "that both ends report counts once. -o wide adds the filter that shows an edge with polc flows; html is one\n"
         "file with all levels, to look into in a browser. PATH, FILTER and --flows are those of flows.\n"
         "--allowed adds what the policies allow and no flow used, as \".>\", with the rule that allows it. With PATH\n"
         "and without --flows it is all that is shown: no flow is read, and no privilege needed.\n"
         "Exit 1 when there is no such flow, and nothing allowed.",
     .operands = OPERANDS_PATHS,
     .options = "flows dns allowed by where since denied would-deny",
     .outputs = "text wide json dot mermaid svg html",
     .run = cmd_graph},
    {.name = "board",
     .summary = "show tiers and policies in their order, and what each of them allowed and denied",
     .usage =
         "[PATH...] [--rules] [--staged show|hide|only] [--flows FILE] [--unused [--since TIME]] [--record] [--watch[=TIME]]",
     .text =
         "Shows what the counters of the loaded ruleset say: tiers from left to right, policies from top to bottom in the\n"
         "order of evaluation, with the new connections that each allowed, denied and passed on; \"~\" is staged (what it\n"
         "would do), \"!\" denies, \".\" was never hit. A connection that is refused counts each time that it is tried.\n"
         "Without PATH the policies are those of the loaded generation; with PATH its policies, counted by their names.\n"
         "When each was hit last, and its bytes, are known from the kernel's flow table and conntrack, or from --flows\n"
         "FILE. --record notes in the state directory which counters have grown; run by a timer, it lets --unused say\n"
         "which policies and rules nobody used for 30 days (exit 1).\n"
         "-o prometheus is for the textfile collector of the node exporter. Exit 1 when nothing is loaded.",
     .operands = OPERANDS_PATHS,
     .options = "rules staged unused since record watch width flows lock-timeout",
     .outputs = "text json html prometheus",
     .this_host = true,
     .this_kernel = true,
     .run = cmd_board},
    {.name = "impact",
     .summary = "show which flows a change of policies would close and open",
     .usage =
         "[PATH...] [--enforce NAME] [--delete NAME] [--base PATH|N|kernel] [--flows FILE] [--dns FILE] [--since TIME] [--all] [-o text|json|md]",
     .text =
         "Judges the flows of this host (with --flows those of a file) by the policies of PATH and by those that are loaded\n"
         "(\"kernel\", the default base), those of generation N of the state directory or of another PATH, and prints the\n"
         "flows whose verdict differs: - closed, + opened, and ? uncertain, where the record leaves open what the outcome\n"
         "depends on (which endpoint of \"web-*\", which address of \"pub\", the port), with an example of both. Everything\n"
         "that a record may stand for is judged. Where a rule names domains, the names of the record (\"dest_domains\")\n"
         "or those of --dns FILE decide; without them such a flow is uncertain.\n"
         "With --enforce and --delete PATH (or what the loaded generation was made from) is compared with itself, with\n"
         "the staged policy NAME enforced or the policy NAME deleted; no file is changed.\n"
         "Exit 1 when a flow is closed or opened, 0 when none is, also when some are uncertain.",
     .operands = OPERANDS_PATHS,
     .options = "base enforce delete namespace flows dns since all",
     .outputs = "text json md",
     .this_host = true,
     .this_kernel = true,
     .run = cmd_impact},
    {.name = "recommend",
     .summary = "write staged policies that allow what was seen, and nothing else",
     .usage =
         "ns/NAME | wep/NS/NAME | hep/NAME ... | --all [-f PATH] [--flows FILE] [--since TIME] [--out DIR] [--include-denied]",
     .text =
         "Learns from flows that no policy decides. ns/NAME: one policy for a namespace, which tells its peers by their\n"
         "namespaces; wep/NS/NAME: one for a workload, which tells them by labels that they alone have (wep/NS/* for each\n"
         "workload); hep/NAME: one for a host endpoint; --all: one for each namespace. Network sets, services and\n"
         "domains go before addresses. The policies are staged, in tier namespace-isolation or hostendpoint-isolation,\n"
         "which stands last: enforced, they close, and open nothing. They are proved before they are printed: the input with\n"
         "them enforced allows every flow that they were made from. Flows that are left out are listed, with the reason.\n"
         "Exit 1 when there is nothing to recommend, 5 when an enforced Deny hides what is to be learned.",
     .operands = OPERANDS_NAMES,
     .options = "flows dns since where all include-denied interval stable out force",
     .outputs = "yaml json",
     .run = cmd_recommend},
    {.name = "dns",
     .summary = "domain rules: where the addresses of names come from, and which are known",
     .usage = "VERB [OPTION...]",
     .text =
         "A rule that names domains matches the addresses that are known for them: sets of the kernel, in which every\n"
         "address stands for a limited time. The rules never depend on a running process: a name without an address\n"
         "matches nothing, and what is known stays until its time is over.",
     .parts = dns_verbs},
    {.name = "explain",
     .summary = "say more about a code such as P021",
     .usage = "[CODE...]",
     .text =
         "Prints what the code of a diagnostic or of a refusal means, and what to do. Without a code: the list.",
     .operands = OPERANDS_NAMES,
     .options = "",
     .outputs = "text",
     .run = cmd_explain},
    {.name = "version",
     .summary = "print the version",
     .usage = "",
     .text = "Prints version and features.",
     .operands = OPERANDS_NONE,
     .options = "",
     .outputs = "text json",
     .run = cmd_version},
    {.name = "help",
     .summary = "print this, or the help of a verb",
     .usage = "[VERB]",
     .text = "Prints the verbs, or what one verb does and takes.",
     .operands = OPERANDS_NAMES,
     .options = "",
     .outputs = "text",
     .run = cmd_help},
    {.name = NULL},
};
