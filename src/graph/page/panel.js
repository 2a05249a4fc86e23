// SPDX-License-Identifier: GPL-2.0-or-later
// What stands beside the graph: details of an edge or of a node, the list, the legend. All text goes in as text.

function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function plural(count, word) {
  return `${shortNumber(count)} ${word}${count === 1 ? "" : "s"}`;
}

function flowCount(count) {
  return count === 0 ? "no flow" : plural(count, "flow");
}

// "20 endpoints", "2 domains".
function contents(node) {
  return plural(endpointsBelow(node), node.kind === "network" ? "domain" : "endpoint");
}

function itemName(item) {
  return safeText(fullName(item.node)) + (item.rest ? " (other)" : "");
}

function badges(counts) {
  const split = parts(counts, state.mode);
  const marks = Object.keys(VERDICTS).filter((verdict) => split[verdict] > 0).map((verdict) => {
    const sign = VERDICTS[verdict].sign;
    return make("span", {class: "badge " + verdict}, `${sign ? sign + " " : ""}${VERDICTS[verdict].text} ${shortNumber(split[verdict])}`);
  });
  return make("div", {class: "badges"}, ...marks);
}

// ---- policies -------------------------------------------------------------------------------------------------------

function traceList(entries, others) {
  if (entries.length === 0) return make("p", {class: "dim"}, "not recorded");
  const rows = entries.map((text, i) => {
    const entry = parseEntry(text);
    const place = entry.rule === "-1" ? "end of tier" : entry.rule === "" ? "" : "rule " + entry.rule;
    const profile = entry.tier === "__PROFILE__";
    const name = profile ? "profile " + entry.name.replace(/^__PROFILE__\.|^pro:/, "") : entry.name;
    const changed = others && !others.some((other) => parseEntry(other).name === entry.name && parseEntry(other).action === entry.action);
    const classes = [entry.action, i === entries.length - 1 ? "last" : "", changed ? "changed" : ""].join(" ");
    return make("li", {class: classes}, make("span", {class: "act"}, safeText(entry.action)), " " + safeText(name),
      make("span", {class: "dim"}, ` ${profile ? "" : safeText(entry.tier) + " · "}${place}`));
  });
  return make("ol", {class: "trace"}, ...rows);
}

function decisionView(decision) {
  const side = {src: "Source side", dst: "Destination side", fwd: "Forwarding host"}[decision.reporter] || "Recorded";
  const same = JSON.stringify(decision.enforced_policies) === JSON.stringify(decision.pending_policies);
  const now = make("div", {}, make("h5", {}, same ? "Enforced, and with staged policies" : "Enforced"),
    traceList(decision.enforced_policies, null));
  const after = same ? null : make("div", {}, make("h5", {}, "With staged policies"),
    traceList(decision.pending_policies, decision.enforced_policies));
  return make("div", {class: "decision"},
    make("h4", {}, `${side}: ${decision.action || "not judged"}, ${flowCount(decision.flows)}`),
    make("div", {class: "compare"}, now, after));
}

function serviceView(service, open) {
  const summary = make("summary", {}, make("span", {class: "mono"}, safeText(service.service)),
    badges(service),
    make("span", {class: "dim"}, flowCount(service.flows) + (service.bytes === null ? "" : `, ${shortNumber(service.bytes)}B`)));
  const view = make("details", {class: "service"}, summary, ...[...service.decisions.values()].map(decisionView));
  view.open = open;
  return view;
}

// ---- details --------------------------------------------------------------------------------------------------------

function panelHead(title, kind) {
  return [make("header", {}, make("h2", {}, title),
    make("button", {type: "button", class: "plain", "aria-label": "Close details", onclick: () => select(null)}, "×")),
    make("p", {class: "kind"}, kind)];
}

function commandView(filter) {
  const text = `polc flows '${filter.replaceAll("'", "'\\''")}'${document.documentElement.dataset.more}`;
  const code = make("code", {}, safeText(text));
  const copy = make("button", {type: "button", class: "plain", onclick: async () => {
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Selected";
    }
  }}, "Copy");
  return make("div", {class: "command"}, code, copy);
}

function edgeDetails(edge) {
  const services = [...edge.services.values()].sort((a, b) =>
    Object.keys(VERDICTS).indexOf(worst(a, state.mode)) - Object.keys(VERDICTS).indexOf(worst(b, state.mode)) ||
    b.flows - a.flows || (a.service < b.service ? -1 : 1));
  const ends = make("p", {}, endButton(edge.from), " → ", endButton(edge.to));
  return [...panelHead(`${itemName(edge.from)} → ${itemName(edge.to)}`, `${flowCount(edge.counts.flows)} by ${plural(services.length, "service")}`),
    badges(edge.counts), ends, make("h3", {}, "Services, and the policies that decided"),
    ...services.map((service, i) => serviceView(service, i === 0)),
    ...(edge.counts.flows > 0 ? [make("h3", {}, "Its flows on the command line"), commandView(filterOf(edge))] : [])];
}

function endButton(item) {
  return make("button", {type: "button", class: "plain", onclick: () => select({node: item.key})}, itemName(item));
}

function edgeRows(title, edges, other) {
  if (edges.length === 0) return [];
  const rows = edges.map((edge) => {
    const verdict = worst(edge.counts, state.mode);
    return make("li", {}, make("button", {type: "button", onclick: () => select({from: edge.from.key, to: edge.to.key})},
      make("span", {class: "sig " + verdict}, VERDICTS[verdict].mark), make("span", {}, itemName(edge[other])),
      make("span", {class: "dim"}, flowCount(edge.counts.flows))));
  });
  return [make("h3", {}, title), make("ul", {class: "rows"}, ...rows)];
}

function nodeDetails(item) {
  const node = item.node;
  const holder = isHolder(node) && !item.rest;
  const isOpen = state.open.has(node.id);
  const incoming = view.edges.filter((edge) => edge.to.key === item.key);
  const outgoing = view.edges.filter((edge) => edge.from.key === item.key);
  const names = node.aggregates.filter((name) => name !== node.name);
  const below = node.children.length > 0 && !holder ? [node.children[0].name] : [];
  return [...panelHead(itemName(item), node.kind + (holder ? `, ${contents(node)}` : "")),
    holder ? make("button", {type: "button", class: "plain", onclick: () => toggle(node)}, isOpen ? "Close the box" : "Open the box") : null,
    names.length + below.length > 0 ? make("p", {class: "dim"}, safeText([...names, ...below].join(", "))) : null,
    ...edgeRows("Comes in from", incoming, "from"), ...edgeRows("Goes out to", outgoing, "to")];
}

// ---- the list -------------------------------------------------------------------------------------------------------

function listView() {
  const head = ["From", "", "To", "Services", "What became of it", "Flows", "Bytes"].map((text, i) =>
    make("th", {scope: "col", class: i >= 5 ? "number" : ""}, text));
  const order = Object.keys(VERDICTS);
  const edges = [...view.edges].sort((a, b) => order.indexOf(worst(a.counts, state.mode)) - order.indexOf(worst(b.counts, state.mode)));
  const rows = edges.map((edge) => {
    const verdict = worst(edge.counts, state.mode);
    const choose = make("button", {type: "button", onclick: () => select({from: edge.from.key, to: edge.to.key})}, itemName(edge.from));
    return make("tr", {}, make("td", {class: "wrap"}, choose), make("td", {}, make("span", {class: "sig " + verdict}, VERDICTS[verdict].mark)),
      make("td", {class: "wrap"}, itemName(edge.to)),
      make("td", {class: "wrap mono"}, safeText([...edge.services.keys()].join(", "))), make("td", {}, badges(edge.counts)),
      make("td", {class: "number"}, shortNumber(edge.counts.flows)),
      make("td", {class: "number"}, edge.counts.bytes === null ? "-" : shortNumber(edge.counts.bytes)));
  });
  return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}

// ---- totals and legend ----------------------------------------------------------------------------------------------

function showTotals() {
  const split = parts(data.counts, "changes");
  const words = Object.keys(VERDICTS).reverse().filter((verdict) => split[verdict] > 0)
    .map((verdict) => [shortNumber(split[verdict]) + (verdict === "unused" && data.cut ? "+" : ""), VERDICTS[verdict].text]);
  const spans = [[shortNumber(data.counts.flows), "flows"], ...words].map(([number, text]) =>
    make("span", {}, make("b", {}, number), " " + text));
  document.getElementById("totals").replaceChildren(...spans);
}

function showLegend() {
  const all = parts(data.counts, state.mode);
  const items = Object.keys(VERDICTS).reverse().filter((verdict) => all[verdict] > 0).map((verdict) => {
    const group = makeSvg("g", {class: "edge " + verdict}, makeSvg("path", {class: "line", d: "M2 9h46"}),
      makeSvg("path", {class: "head " + verdict, d: headPath(verdict, {x: 52, y: 9}, 1)}), signOf(verdict, {x: 24, y: 9}));
    return make("li", {}, makeSvg("svg", {"aria-hidden": "true", viewBox: "0 0 54 18"}, group), VERDICTS[verdict].text);
  });
  document.getElementById("legend-items").replaceChildren(...items);
}
