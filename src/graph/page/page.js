// SPDX-License-Identifier: GPL-2.0-or-later
// The page: its state, which stands in the address behind "#" so that a view can be passed on, and all that changes it.

const canvas = document.getElementById("canvas");
const stage = document.getElementById("stage");
const panel = document.getElementById("panel");
const search = document.getElementById("search");
const results = document.getElementById("results");
const LEVELS = ["namespace", "service", "endpoint"];
const MODES = ["now", "changes", "staged"];
const THEMES = ["auto", "light", "dark"];

const state = {open: new Set(), mode: "changes", only: "", form: "graph", unused: "show", selected: null, policy: "", theme: "auto"};
let view = {items: new Map(), edges: []};
let drawing = null;
const camera = {x: 0, y: 0, scale: 1, moved: false};

// ---- the address ----------------------------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const one = (name, values, otherwise) => (values.includes(given.get(name)) ? given.get(name) : otherwise);
  const workloads = [...nodes.values()].filter((node) => node.depth === 1).length;
  const asked = document.documentElement.dataset.level;
  const most = matchMedia("(max-width: 760px)").matches ? 6 : 40; // that can be read at once
  const level = one("level", LEVELS, LEVELS.includes(asked) ? asked : workloads <= most ? "service" : "namespace");
  state.open = new Set(given.has("open") || given.has("closed") ? given.getAll("open").filter((id) => nodes.has(id)) : holdersBelow(level));
  state.mode = one("mode", MODES, "changes");
  state.only = one("only", ["denied", "staged"], "");
  state.form = one("form", ["graph", "list"], "graph");
  state.unused = one("unused", ["show", ""], "show");
  state.theme = one("theme", THEMES, "auto");
  state.policy = given.get("policy") || "";
  state.selected = given.has("from") && given.has("to") ? {from: given.get("from"), to: given.get("to")}
    : given.has("node") ? {node: given.get("node")} : null;
}

function writeAddress() {
  const given = new URLSearchParams();
  const level = levelOf();
  if (level) given.set("level", level);
  else if (state.open.size === 0) given.set("closed", "");
  else for (const id of state.open) given.append("open", id);
  if (state.mode !== "changes") given.set("mode", state.mode);
  for (const name of ["only", "policy"]) if (state[name]) given.set(name, state[name]);
  if (state.form !== "graph") given.set("form", state.form);
  if (state.unused !== "show") given.set("unused", state.unused);
  if (state.theme !== "auto") given.set("theme", state.theme);
  for (const [name, value] of Object.entries(state.selected || {})) given.set(name, value);
  try {
    history.replaceState(null, "", "#" + given);
  } catch {
    // A browser may refuse it to pages of files; the view works without.
  }
}

// The level whose holders are open, and no others; NULL for a mixture.
function levelOf() {
  return LEVELS.find((level) => {
    const ids = holdersBelow(level);
    return ids.length === state.open.size && ids.every((id) => state.open.has(id));
  }) || null;
}

// ---- drawing --------------------------------------------------------------------------------------------------------

// Where an edge ends: arrow heads let through, bars do not.
function headPath(verdict, end, direction) {
  const {x, y} = end;
  const back = x - 8 * direction;
  if (verdict === "denied" || verdict === "would-deny") return `M${x - 2 * direction} ${y - 5}v10`;
  return `M${back} ${y - 4.5}L${x} ${y}L${back} ${y + 4.5}${verdict === "unknown" || verdict === "unused" ? "" : "z"}`;
}

function signOf(verdict, place) {
  const sign = VERDICTS[verdict].sign;
  if (!sign) return null;
  return makeSvg("g", {class: "sign"},
    makeSvg("rect", {x: place.x - 11, y: place.y - 8, width: 22, height: 16, rx: 8}),
    makeSvg("text", {x: place.x, y: place.y + 4}, sign));
}

function isSelected(edge) {
  return state.selected && state.selected.from === edge.from.key && state.selected.to === edge.to.key;
}

function edgeLabel(edge) {
  const split = parts(edge.counts, state.mode);
  const words = Object.keys(VERDICTS).filter((verdict) => split[verdict] > 0).map((verdict) => `${split[verdict]} ${VERDICTS[verdict].text}`);
  return `${itemName(edge.from)} to ${itemName(edge.to)}: ${safeText([...edge.services.keys()].join(", "))}; ${words.join(", ")}`;
}

function edgeLines(drawn, most) {
  const {edge} = drawn;
  const verdict = worst(edge.counts, state.mode);
  const d = pathOf(drawn);
  const end = drawn.points.length > 0 ? drawn.points[drawn.points.length - 1] : {x: drawn.from.x + drawn.from.width / 2 + 5, y: drawn.from.y};
  const direction = drawn.line && drawn.line.turned ? -1 : 1;
  const line = makeSvg("path", {class: "line", d});
  line.style.setProperty("--width", (1.3 + 2 * Math.log1p(edge.counts.flows) / Math.log1p(most)).toFixed(2));
  const group = makeSvg("g", {class: "edge " + verdict + (isSelected(edge) ? " selected" : ""), tabindex: 0, role: "button", "aria-label": edgeLabel(edge)},
    makeSvg("title", {}, edgeLabel(edge)), makeSvg("path", {class: "catch", d}), line,
    drawn.from === drawn.to ? null : makeSvg("path", {class: "head " + verdict, d: headPath(verdict, end, direction)}));
  group.dataset.key = edge.key;
  onPress(group, () => select({from: edge.from.key, to: edge.to.key}));
  return group;
}

function edgeText(drawn, place, labelled) {
  const verdict = worst(drawn.edge.counts, state.mode);
  const services = [...drawn.edge.services.values()].filter((service) => parts(service, state.mode)[verdict] > 0).map((service) => service.service);
  const words = [...new Set(services.map((service) => service.replace(/ \((from|to) .*$/, " …")))];
  const text = words.length <= 2 ? words.join(", ") : `${words[0]} and ${words.length - 1} more`;
  const y = place.y - (VERDICTS[verdict].sign ? 11 : 5);
  return [signOf(verdict, place), makeSvg("text", {class: labelled ? "label" : "label quiet", x: place.x, y}, safeText(text))];
}

function degreesOf(edges) {
  const degree = {from: new Map(), to: new Map()};
  for (const drawn of edges) {
    degree.from.set(drawn.from, (degree.from.get(drawn.from) || 0) + 1);
    degree.to.set(drawn.to, (degree.to.get(drawn.to) || 0) + 1);
  }
  return degree;
}

// Labels that all together could not be read are shown where something is wrong; the others when pointed at.
function drawEdges() {
  const labelsMax = 30;
  const degree = degreesOf(drawing.edges);
  const most = Math.max(2, ...drawing.edges.map((drawn) => drawn.edge.counts.flows));
  const taken = [];
  return drawing.edges.map((drawn) => {
    const verdict = worst(drawn.edge.counts, state.mode);
    const labelled = drawing.edges.length <= labelsMax || (verdict === "denied" && drawing.edges.length <= 4 * labelsMax);
    const wanted = signPlace(drawn, degree);
    const place = labelled || VERDICTS[verdict].sign ? freePlace(taken, wanted) : wanted;
    const group = edgeLines(drawn, most);
    group.append(...edgeText(drawn, place, labelled).filter(Boolean));
    return group;
  });
}

function drawContainer(box) {
  const name = safeText(box.item.node.name);
  const close = makeSvg("g", {class: "close", tabindex: 0, role: "button", "aria-label": `close ${box.item.node.kind} ${name}`},
    makeSvg("title", {}, `close ${name}`),
    makeSvg("rect", {x: box.x + box.width - 28, y: box.y + 7, width: 20, height: 18, rx: 5}),
    makeSvg("text", {x: box.x + box.width - 18, y: box.y + 20}, "−"));
  close.dataset.close = box.item.node.id;
  onPress(close, () => toggle(box.item.node));
  return makeSvg("g", {class: "box"},
    makeSvg("rect", {x: box.x, y: box.y, width: box.width, height: box.height, rx: 10}),
    makeSvg("text", {class: "title", x: box.x + PADDING, y: box.y + 20}, box.label), close);
}

function drawLeaf(box, bad) {
  const {item} = box;
  const holder = box.more > 0;
  const classes = ["node", OUTSIDE.has(item.node.kind) ? "outside" : "", holder ? "holder" : "", bad.has(item.key) ? "bad" : "",
    state.selected && state.selected.node === item.key ? "selected" : ""].filter(Boolean).join(" ");
  const label = `${item.node.kind} ${itemName(item)}${holder ? `, closed, ${contents(item.node)}` : ""}`;
  const shape = {x: box.x, y: box.y, width: box.width, height: box.height, rx: 7};
  const middle = box.x + box.width / 2;
  const group = makeSvg("g", {class: classes, tabindex: 0, role: "button", "aria-label": label},
    makeSvg("title", {}, label), holder ? makeSvg("rect", {...shape, class: "back", x: box.x + 4, y: box.y + 4}) : null, makeSvg("rect", shape),
    makeSvg("text", {class: "name", x: middle, y: box.y + 22}, box.label),
    holder ? makeSvg("text", {class: "more", x: middle, y: box.y + 36}, contents(item.node)) : null);
  group.dataset.item = item.key;
  onPress(group, () => (holder ? toggle(item.node) : select({node: item.key})));
  return group;
}

// From far away, when names in boxes are too small to be read, namespaces have theirs written over them.
function drawFarNames() {
  const boxes = drawing.boxes.filter((box) => !box.leaf && box.outer === drawing.root);
  return makeSvg("g", {class: "far-names", "aria-hidden": "true"}, ...boxes.map((box) =>
    makeSvg("text", {x: box.x + box.width / 2, y: box.y + box.height / 2}, box.label)));
}

// Ends of what is denied have a border that says so.
function badItems() {
  return new Set(view.edges.filter((edge) => parts(edge.counts, state.mode).denied > 0).flatMap((edge) => [edge.to.key]));
}

function drawGraph() {
  const room = canvas.getBoundingClientRect();
  drawing = new Drawing(view, state.open, Math.min(2, Math.max(0.6, room.width / Math.max(1, room.height))));
  const bad = badItems();
  const world = makeSvg("g", {id: "world"},
    makeSvg("g", {}, ...drawing.boxes.filter((box) => !box.leaf).map(drawContainer)),
    makeSvg("g", {id: "edges"}, ...drawEdges()),
    makeSvg("g", {}, ...drawing.boxes.filter((box) => box.leaf).map((box) => drawLeaf(box, bad))), drawFarNames());
  canvas.replaceChildren(world);
  applyCamera();
  light();
}

// What belongs to the selection, or to a policy that is looked for, stands out.
function light() {
  const lit = new Set();
  const edges = view.edges.filter((edge) => (state.policy ? [...edge.services.values()].some((service) =>
    [...service.decisions.values()].some((decision) => policiesOf({decisions: [decision]}).has(state.policy)))
    : state.selected && (isSelected(edge) || [edge.from.key, edge.to.key].includes(state.selected.node))));
  for (const edge of edges) for (const key of [edge.key, edge.from.key, edge.to.key]) lit.add(key);
  if (state.selected && state.selected.node) lit.add(state.selected.node);
  canvas.classList.toggle("dimmed", lit.size > 0);
  for (const element of canvas.querySelectorAll(".edge, .node")) {
    element.classList.toggle("lit", lit.has(element.dataset.key || element.dataset.item));
  }
}

// ---- the camera -----------------------------------------------------------------------------------------------------

function applyCamera() {
  const world = document.getElementById("world");
  if (world) world.setAttribute("transform", `translate(${camera.x} ${camera.y}) scale(${camera.scale})`);
  canvas.classList.toggle("far", camera.scale < 0.22);
  canvas.style.setProperty("--far", `${(14 / camera.scale).toFixed(1)}px`);
}

function fit() {
  const room = canvas.getBoundingClientRect();
  const margin = Math.min(48, room.width * 0.06);
  if (!drawing || room.width === 0) return;
  const scale = Math.min((room.width - 2 * margin) / drawing.width, (room.height - 2 * margin - 40) / drawing.height, 1.6 * Math.max(1, room.width / 1920));
  camera.scale = Math.max(scale, 0.05);
  camera.x = (room.width - drawing.width * camera.scale) / 2;
  camera.y = Math.max(margin, (room.height - drawing.height * camera.scale) / 2 - 20);
  camera.moved = false;
  applyCamera();
}

const READABLE = 0.75; // below this scale names are hard to read

// A box in the middle, as large as the room allows.
function showBox(box) {
  const room = canvas.getBoundingClientRect();
  const margin = 60;
  camera.scale = Math.min(1.2, Math.max(0.4, Math.min((room.width - margin) / box.width, (room.height - margin) / box.height)));
  camera.x = room.width / 2 - (box.x + box.width / 2) * camera.scale;
  camera.y = room.height / 2 - (box.y + box.height / 2) * camera.scale;
  camera.moved = true;
  applyCamera();
}

function zoomAt(factor, x, y) {
  const scale = Math.min(4, Math.max(0.03, camera.scale * factor));
  camera.x = x - (x - camera.x) * scale / camera.scale;
  camera.y = y - (y - camera.y) * scale / camera.scale;
  camera.scale = scale;
  camera.moved = true;
  applyCamera();
}

function zoomMiddle(factor) {
  const room = canvas.getBoundingClientRect();
  zoomAt(factor, room.width / 2, room.height / 2);
}

function pan(x, y) {
  camera.x += x;
  camera.y += y;
  camera.moved = true;
  applyCamera();
}

function boxOfKey(key) {
  return drawing.boxes.find((box) => box.item.key === key);
}

function center(key) {
  const box = boxOfKey(key);
  const room = canvas.getBoundingClientRect();
  if (!box) return;
  camera.scale = Math.max(camera.scale, 0.7);
  pan(room.width / 2 - camera.x - (box.x + box.width / 2) * camera.scale, room.height / 2 - camera.y - (box.y + box.height / 2) * camera.scale);
}

// ---- changes --------------------------------------------------------------------------------------------------------

function update() {
  view = viewOf(state);
  const list = state.form === "list";
  const listRoot = document.getElementById("list");
  const empty = document.getElementById("empty");
  listRoot.hidden = !list;
  drawGraph();
  listRoot.replaceChildren(...(list ? [listView()] : []));
  empty.hidden = view.edges.length > 0;
  empty.textContent = state.only === "denied" ? "Nothing is denied." : state.only ? "Staged policies would change nothing." : "No flow is there.";
  showPanel();
  showTotals();
  showLegend();
  showButtons();
  writeAddress();
}

function showButtons() {
  const level = levelOf();
  for (const button of document.querySelectorAll("[data-set], [data-flip]")) {
    const name = button.dataset.set || button.dataset.flip;
    const value = name === "level" ? level : state[name];
    button.setAttribute("aria-pressed", String(value === button.dataset.value));
  }
  document.documentElement.dataset.theme = state.theme;
  document.getElementById("theme").textContent = {auto: "◐ Auto", light: "○ Light", dark: "● Dark"}[state.theme];
}

function showPanel() {
  const selected = state.selected;
  const edge = selected && view.edges.find(isSelected);
  const item = selected && (view.items.get(selected.node) || openItem(selected.node));
  const wasHidden = panel.hidden;
  panel.hidden = !edge && !item;
  const details = edge ? edgeDetails(edge) : item ? nodeDetails(item) : [];
  panel.replaceChildren(...details.filter((element) => element !== null));
  if (wasHidden !== panel.hidden && !camera.moved) fit();
}

// A holder that is open is no item of the view, and has details all the same.
function openItem(id) {
  return nodes.has(id) && state.open.has(id) ? {key: id, node: nodes.get(id), rest: false} : null;
}

function select(selected) {
  state.selected = selected;
  if (!selected) state.policy = "";
  for (const element of canvas.querySelectorAll(".selected")) element.classList.remove("selected");
  for (const element of canvas.querySelectorAll(".edge, .node")) {
    const edge = view.edges.find((candidate) => candidate.key === element.dataset.key);
    const chosen = selected && (edge ? isSelected(edge) : element.dataset.item === selected.node);
    element.classList.toggle("selected", Boolean(chosen));
  }
  light();
  showPanel();
  writeAddress();
  if (selected) panel.scrollTop = 0;
}

// Opens or closes a box. What was opened is shown as large as it can be; what was closed stays where it was.
function toggle(node) {
  const before = boxOfKey(node.id);
  const place = before && {x: camera.x + before.x * camera.scale, y: camera.y + before.y * camera.scale};
  const opens = !state.open.has(node.id);
  if (opens) state.open.add(node.id);
  else closeBelow(node);
  state.selected = null;
  update();
  const after = boxOfKey(node.id);
  if (opens) {
    fit();
    if (after && camera.scale < READABLE) showBox(after);
  } else if (!camera.moved) {
    fit();
  } else if (place && after) {
    pan(place.x - camera.x - after.x * camera.scale, place.y - camera.y - after.y * camera.scale);
  }
  focusOn(node.id);
}

function closeBelow(node) {
  state.open.delete(node.id);
  node.children.forEach(closeBelow);
}

function focusOn(id) {
  const elements = [...canvas.querySelectorAll(".node, .close")];
  const element = elements.find((candidate) => candidate.dataset.item === id || candidate.dataset.close === id);
  if (element) element.focus({preventScroll: true});
}

function setState(name, value) {
  if (name === "level") state.open = new Set(holdersBelow(value));
  else state[name] = value;
  if (name === "level" || name === "only") state.selected = null;
  update();
  if (name === "level" || name === "only") fit();
}

// ---- the search -----------------------------------------------------------------------------------------------------

function policyNames() {
  const names = new Set();
  for (const edge of data.edges) for (const service of edge.services) for (const name of policiesOf(service)) names.add(name);
  return [...names].sort();
}

function findResults(text) {
  const wanted = text.toLowerCase();
  const most = 14;
  const found = [...nodes.values()].filter((node) => fullName(node).toLowerCase().includes(wanted))
    .map((node) => ({text: fullName(node), kind: node.kind, run: () => reveal(node)}));
  const policies = policyNames().filter((name) => name.toLowerCase().includes(wanted))
    .map((name) => ({text: name, kind: "policy", run: () => showPolicy(name)}));
  return [...found.slice(0, most - Math.min(4, policies.length)), ...policies].slice(0, most);
}

function showResults() {
  const found = search.value.trim() === "" ? [] : findResults(search.value.trim());
  results.replaceChildren(...found.map((result, i) => make("li", {role: "option", id: "result-" + i, "aria-selected": String(i === 0),
    onpointerdown: (event) => { event.preventDefault(); choose(result); }},
    make("span", {}, safeText(result.text)), make("span", {class: "kind"}, result.kind))));
  results.hidden = found.length === 0;
  search.setAttribute("aria-expanded", String(found.length > 0));
  search.found = found;
  markResult(0);
}

function markResult(number) {
  [...results.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === number)));
  search.number = number;
  if (results.children[number]) search.setAttribute("aria-activedescendant", "result-" + number);
}

function choose(result) {
  results.hidden = true;
  search.value = "";
  search.setAttribute("aria-expanded", "false");
  result.run();
}

// Opens what is around a node and shows it.
function reveal(node) {
  for (let at = node.above; at; at = at.above) if (isHolder(at)) state.open.add(at.id);
  state.policy = "";
  state.form = "graph";
  update();
  const item = itemOf(node, state.open);
  select({node: item.key});
  center(item.key);
  focusOn(item.key);
}

function showPolicy(name) {
  state.policy = name;
  state.selected = null;
  update();
}

function searchKey(event) {
  const found = search.found || [];
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (found.length > 0) markResult((search.number + step + found.length) % found.length);
    event.preventDefault();
  } else if (event.key === "Enter" && found.length > 0) {
    choose(found[search.number]);
  } else if (event.key === "Escape") {
    search.value = "";
    showResults();
    canvas.focus();
  }
}

// ---- pointers and keys ----------------------------------------------------------------------------------------------

// A press is no drag; Enter and Space do the same.
function onPress(element, run) {
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!pointers.dragged) run();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      run();
    }
  });
}

const pointers = {at: new Map(), dragged: false, distance: 0};

function pinch() {
  const [a, b] = [...pointers.at.values()];
  return {distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2};
}

function pointerDown(event) {
  if (pointers.at.size === 0) pointers.dragged = false;
  pointers.at.set(event.pointerId, {x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY});
  if (pointers.at.size === 2) pointers.distance = pinch().distance;
}

function pointerMove(event) {
  const last = pointers.at.get(event.pointerId);
  if (!last) return;
  const threshold = 4;
  if (Math.hypot(event.clientX - last.startX, event.clientY - last.startY) > threshold && !pointers.dragged) {
    pointers.dragged = true;
    canvas.classList.add("moving");
    canvas.setPointerCapture(event.pointerId);
  }
  const step = {x: event.clientX - last.x, y: event.clientY - last.y};
  pointers.at.set(event.pointerId, {...last, x: event.clientX, y: event.clientY});
  if (pointers.at.size === 2) {
    const now = pinch();
    const room = canvas.getBoundingClientRect();
    zoomAt(now.distance / Math.max(1, pointers.distance), now.x - room.left, now.y - room.top);
    pointers.distance = now.distance;
  } else if (pointers.dragged) {
    pan(step.x, step.y);
  }
}

function pointerUp(event) {
  pointers.at.delete(event.pointerId);
  if (pointers.at.size === 0) canvas.classList.remove("moving");
}

const STEP = 60;
const KEYS = {
  ArrowLeft: () => pan(STEP, 0), ArrowRight: () => pan(-STEP, 0), ArrowUp: () => pan(0, STEP), ArrowDown: () => pan(0, -STEP),
  "+": () => zoomMiddle(1.25), "=": () => zoomMiddle(1.25), "-": () => zoomMiddle(0.8), 0: fit,
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape") {
    select(null);
  } else if (KEYS[event.key] && canvas.contains(event.target)) {
    event.preventDefault();
    KEYS[event.key]();
  }
}

function listen() {
  for (const button of document.querySelectorAll("[data-set]")) {
    button.addEventListener("click", () => setState(button.dataset.set, button.dataset.value));
  }
  for (const button of document.querySelectorAll("[data-flip]")) {
    const {flip, value} = button.dataset;
    button.addEventListener("click", () => setState(flip, state[flip] === value ? "" : value));
  }
  document.getElementById("theme").addEventListener("click", () => setState("theme", THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length]));
  document.getElementById("zoom-in").addEventListener("click", () => zoomMiddle(1.25));
  document.getElementById("zoom-out").addEventListener("click", () => zoomMiddle(0.8));
  document.getElementById("zoom-fit").addEventListener("click", fit);
  canvas.addEventListener("wheel", (event) => {
    const room = canvas.getBoundingClientRect();
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), event.clientX - room.left, event.clientY - room.top);
  }, {passive: false});
  canvas.addEventListener("pointerdown", pointerDown);
  canvas.addEventListener("pointermove", pointerMove);
  canvas.addEventListener("pointerup", pointerUp);
  canvas.addEventListener("pointercancel", pointerUp);
  canvas.addEventListener("click", () => { if (!pointers.dragged) select(null); });
  search.addEventListener("input", showResults);
  search.addEventListener("keydown", searchKey);
  search.addEventListener("blur", () => { results.hidden = true; });
  document.addEventListener("keydown", key);
  addEventListener("resize", () => { if (!camera.moved) fit(); });
  addEventListener("hashchange", () => { readAddress(); update(); });
}

readAddress();
if (matchMedia("(max-width: 760px)").matches) document.getElementById("legend").open = false;
document.getElementById("also").hidden = data.counts.unused === 0;
listen();
update();
fit();
