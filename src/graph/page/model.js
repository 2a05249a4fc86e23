// SPDX-License-Identifier: GPL-2.0-or-later
// The data of the page: nodes in nodes, edges between the lowest ones, and what of them a view shows.
"use strict";

const OUTSIDE = new Set(["set", "network", "domain", "any", "unknown"]);
const VERDICTS = {
  denied: {sign: "×", mark: "-x", text: "denied"},
  "would-deny": {sign: "~×", mark: "~x", text: "staged would deny"},
  "would-allow": {sign: "~", mark: "~>", text: "staged would allow"},
  unknown: {sign: "?", mark: "-?", text: "not judged"},
  allowed: {sign: "", mark: "->", text: "allowed"},
  unused: {sign: "∅", mark: ".>", text: "allowed, no flow"},
};
const COUNTS = ["flows", "allowed", "denied", "would_deny", "would_allow", "not_judged", "unused"];

const data = JSON.parse(document.getElementById("data").textContent);
const nodes = new Map();

for (const entry of data.nodes) {
  const node = {...entry, children: [], end: false, above: null};
  node.above = entry.parent === null ? null : nodes.get(entry.parent);
  node.depth = node.above ? node.above.depth + 1 : 0;
  if (node.above) node.above.children.push(node);
  nodes.set(node.id, node);
}
for (const edge of data.edges) {
  nodes.get(edge.source).end = true;
  nodes.get(edge.dest).end = true;
}

// One endpoint is no reason to open a workload.
function isHolder(node) {
  const least = node.depth === 0 && node.kind !== "workload" ? 1 : 2;
  return node.children.length + (node.end && node.children.length > 0 ? 1 : 0) >= least && node.children.length > 0;
}

function holdersBelow(level) {
  const depth = {namespace: 0, service: 1, endpoint: 2}[level];
  return [...nodes.values()].filter((node) => isHolder(node) && node.depth < depth).map((node) => node.id);
}

function fullName(node) {
  const kind = {set: "set ", host: "host "}[node.kind] || "";
  return kind + (node.namespace ? node.namespace + "/" : "") + node.name;
}

function endpointsBelow(node) {
  return node.children.length === 0 ? 1 : node.children.reduce((sum, child) => sum + endpointsBelow(child), 0);
}

// The item that stands for a node while only some holders are open: the outermost one that is not. In an open holder that
// is an end itself, "other" stands for what it does not hold.
function itemOf(node, open) {
  const chain = [];
  for (let at = node; at; at = at.above) chain.unshift(at);
  const shown = chain.find((at) => !(isHolder(at) && open.has(at.id)));
  return shown ? {key: shown.id, node: shown, rest: false} : {key: node.id + "#", node, rest: true};
}

function emptyCounts() {
  return {flows: 0, allowed: 0, denied: 0, would_deny: 0, would_allow: 0, not_judged: 0, unused: 0, bytes: null};
}

function addCounts(sum, more) {
  for (const name of COUNTS) sum[name] += more[name];
  if (more.bytes !== null) sum.bytes = (sum.bytes || 0) + more.bytes;
}

// What became of flows in a mode, each in one of them; and services that no flow used, by what is enforced now.
function parts(counts, mode) {
  const stays = counts.allowed - counts.would_deny;
  const shut = counts.denied - counts.would_allow;
  const unused = showsUnused() ? counts.unused : 0;
  if (mode === "now") return {denied: counts.denied, unknown: counts.not_judged, allowed: counts.allowed, unused};
  if (mode === "staged") {
    return {denied: shut + counts.would_deny, unknown: counts.not_judged, allowed: stays + counts.would_allow};
  }
  return {
    denied: shut, "would-deny": counts.would_deny, "would-allow": counts.would_allow, unknown: counts.not_judged,
    allowed: stays, unused,
  };
}

function worst(counts, mode) {
  const split = parts(counts, mode);
  return Object.keys(VERDICTS).find((verdict) => split[verdict] > 0) || "allowed";
}

function showsUnused() {
  return state.unused === "show" && state.mode !== "staged";
}

function isShown(service, state) {
  if (service.flows === 0 && service.unused > 0) return showsUnused() && !state.only;
  if (state.only === "denied") return parts(service, state.mode).denied > 0;
  if (state.only === "staged") return service.would_deny + service.would_allow > 0;
  return true;
}

// Policies of a trace entry "index|tier|name|action|rule"; names may hold anything but bars.
function parseEntry(text) {
  const part = text.split("|");
  if (part.length < 5) return {text, tier: "", name: text, action: "", rule: ""};
  return {text, tier: part[1], name: part.slice(2, -2).join("|"), action: part[part.length - 2], rule: part[part.length - 1]};
}

function policiesOf(service) {
  const names = new Set();
  for (const decision of service.decisions) {
    for (const entry of [...decision.enforced_policies, ...decision.pending_policies]) names.add(parseEntry(entry).name);
  }
  return names;
}

// The items and edges of a view.
function viewOf(state) {
  const items = new Map();
  const edges = new Map();
  for (const edge of data.edges) {
    const services = edge.services.filter((service) => isShown(service, state));
    if (services.length === 0) continue;
    const from = itemOf(nodes.get(edge.source), state.open);
    const to = itemOf(nodes.get(edge.dest), state.open);
    items.set(from.key, from);
    items.set(to.key, to);
    const key = JSON.stringify([from.key, to.key]);
    let sum = edges.get(key);
    if (!sum) {
      sum = {key, from, to, counts: emptyCounts(), services: new Map(), edges: []};
      edges.set(key, sum);
    }
    sum.edges.push(edge);
    for (const service of services) {
      addCounts(sum.counts, service);
      addService(sum.services, service);
    }
  }
  for (const edge of edges.values()) leaveUsed(edge);
  return {items, edges: [...edges.values()]};
}

// What a record says of a service; NULL for several ports.
function recordedOf(service) {
  const type = service.service.match(/^icmp6? type \d+/);
  return type ? type[0] : service.port !== null ? `${service.proto}/${service.port}` : null;
}

// What others of a view used is used, and what several do not use counts once.
function leaveUsed(edge) {
  const all = [...edge.services.values()];
  const used = new Set(all.filter((service) => service.allowed + service.not_judged > 0).map(recordedOf));
  edge.counts.unused = 0;
  for (const service of all.filter((candidate) => candidate.unused > 0)) {
    const isUsed = used.has(recordedOf(service)) && recordedOf(service) !== null;
    service.unused = isUsed || !showsUnused() ? 0 : 1;
    edge.counts.unused += service.unused;
    if (service.unused > 0) continue;
    for (const [key, decision] of service.decisions) if (decision.flows === 0) service.decisions.delete(key);
    if (service.flows === 0) edge.services.delete(service.service);
  }
}

function addService(services, service) {
  let sum = services.get(service.service);
  if (!sum) {
    sum = {...emptyCounts(), service: service.service, proto: service.proto, port: service.port, decisions: new Map()};
    services.set(service.service, sum);
  }
  addCounts(sum, service);
  for (const decision of service.decisions) {
    const key = JSON.stringify([decision.reporter, decision.action, decision.enforced_policies, decision.pending_policies]);
    const known = sum.decisions.get(key);
    if (known) known.flows += decision.flows;
    else sum.decisions.set(key, {...decision});
  }
}

// What `polc flows` shows an edge of a view with.
function filterOf(edge) {
  if (edge.edges.length === 1) return edge.edges[0].filter;
  return edge.from.node.source_filter + " && " + edge.to.node.dest_filter;
}

function shortNumber(number) {
  const units = ["", "k", "M", "G", "T", "P"];
  let unit = 0;
  let value = number;
  for (; value >= 999.95 && unit < units.length - 1; unit++) value /= 1000;
  return unit === 0 ? String(number) : value.toFixed(1) + units[unit];
}
