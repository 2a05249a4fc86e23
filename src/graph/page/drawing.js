// SPDX-License-Identifier: GPL-2.0-or-later
// A view -> boxes in boxes and edges on a plane, as drawing.c does it: boxes from the inside out, edges out of boxes by
// ports at their borders.

const TITLE = 30;
const PADDING = 16;
const LEAF_HEIGHT = 36;
const LABEL_MAX = 30;
const CHARACTER_WIDTH = 7.4;
const INNER_WIDE = 2.5; // as much wider than the whole may be what is in a box
const TURN_REACH = 34;

function shortLabel(text) {
  const characters = [...text];
  if (characters.length <= LABEL_MAX) return text;
  const head = LABEL_MAX / 2;
  return characters.slice(0, head).join("") + "…" + characters.slice(head + 1 - LABEL_MAX).join("");
}

// Control characters, and those that turn the direction of writing, cannot hide or move what is read.
function safeText(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => "\\u" + sign.codePointAt(0).toString(16).padStart(4, "0"));
}

class Drawing {
  // The whole is to be about `wide` times as wide as high.
  constructor(view, open, wide) {
    this.view = view;
    this.wide = wide;
    this.open = open;
    this.root = this.newBox(null, null, false);
    this.boxes = [];
    this.containers = new Map();
    this.asDest = new Map();
    this.asSource = new Map();
    this.addBoxes();
    this.edges = view.edges.map((edge) => this.addEdge(edge));
    this.addPorts();
    this.place(this.root);
    this.settle(this.root, 0, 0);
    for (const edge of this.edges) edge.points = edge.line ? this.route(edge) : [];
    this.width = this.root.layout.width;
    this.height = this.root.layout.height;
  }

  newBox(item, outer, leaf) {
    return {item, outer, leaf, children: [], layout: {boxes: [], lines: []}, ports: new Map(), lines: new Map(), x: 0, y: 0};
  }

  // ---- boxes

  containerOf(node) {
    if (!node) return this.root;
    if (!isHolder(node) || !this.open.has(node.id)) return this.containerOf(node.above);
    let box = this.containers.get(node.id);
    if (!box) {
      box = this.newBox({key: node.id, node, rest: false}, this.containerOf(node.above), false);
      box.label = shortLabel(safeText(node.name));
      box.width = box.label.length * CHARACTER_WIDTH + 2 * PADDING + 30;
      this.containers.set(node.id, box);
      this.attach(box);
    }
    return box;
  }

  attach(box) {
    box.number = box.outer.layout.boxes.length;
    box.outer.children.push(box);
    box.outer.layout.boxes.push(box);
    this.boxes.push(box);
  }

  addLeaf(item, outer, label) {
    const box = this.newBox(item, outer, true);
    box.label = shortLabel(safeText(label));
    box.more = isHolder(item.node) && !item.rest ? endpointsBelow(item.node) : 0;
    box.width = Math.max(box.more > 0 ? 100 : 70, [...box.label].length * CHARACTER_WIDTH + 28);
    box.height = LEAF_HEIGHT + (box.more > 0 ? 10 : 0);
    this.attach(box);
    return box;
  }

  // What is outside stands twice when it is at both ends of flows: left as the source, right as the destination.
  addBoxes() {
    const sources = new Set(this.view.edges.map((edge) => edge.from.key));
    const dests = new Set(this.view.edges.map((edge) => edge.to.key));
    const order = new Map([...nodes.keys()].map((id, i) => [id, i]));
    const items = [...this.view.items.values()].sort((a, b) => order.get(a.node.id) - order.get(b.node.id));
    for (const item of items) {
      const outside = OUTSIDE.has(item.node.kind);
      const inner = item.rest ? "other" : item.node.kind === "set" ? fullName(item.node) : item.node.name;
      if (dests.has(item.key) || !outside) {
        const holder = item.rest ? item.node : item.node.above;
        this.asDest.set(item.key, this.addLeaf(item, this.containerOf(holder), inner));
        this.asSource.set(item.key, this.asDest.get(item.key));
      }
      if (sources.has(item.key) && outside) {
        this.asSource.set(item.key, this.addLeaf(item, this.root, fullName(item.node)));
      }
    }
  }

  // ---- lines and ports

  lineOn(plane, from, to) {
    const key = from + " " + to;
    let line = plane.lines.get(key);
    if (!line) {
      line = {from, to, turned: false};
      plane.lines.set(key, line);
      plane.layout.lines.push(line);
    }
    return line;
  }

  chainOf(box) {
    const chain = [];
    for (let at = box; at; at = at.outer) chain.unshift(at);
    return chain;
  }

  addEdge(edge) {
    const from = this.asSource.get(edge.from.key);
    const to = edge.from.key === edge.to.key ? from : this.asDest.get(edge.to.key);
    const drawn = {edge, from, to, plane: null, line: null, points: []};
    const left = this.chainOf(from);
    const right = this.chainOf(to);
    let depth = 0;
    while (left[depth] === right[depth] && depth < left.length) depth++;
    if (from !== to) {
      drawn.plane = left[depth - 1];
      drawn.line = this.lineOn(drawn.plane, left[depth].number, right[depth].number);
    }
    return drawn;
  }

  wayOf(drawn, dest) {
    const turned = drawn.line.turned;
    const verdict = worst(drawn.edge.counts, state.mode);
    return {side: turned === dest ? "right" : "left", lane: [verdict, turned, dest].join()};
  }

  portLine(box, way) {
    const plane = box.outer;
    const key = box.number + " " + way.lane;
    let port = plane.ports.get(key);
    if (port === undefined) {
      port = plane.layout.boxes.length;
      plane.layout.boxes.push({width: 0, height: 1, side: way.side});
      plane.ports.set(key, port);
    }
    return way.side === "left" ? this.lineOn(plane, port, box.number) : this.lineOn(plane, box.number, port);
  }

  addPorts() {
    const byPlane = new Map();
    for (const drawn of this.edges) {
      if (!drawn.line) continue;
      if (!byPlane.has(drawn.plane)) byPlane.set(drawn.plane, []);
      byPlane.get(drawn.plane).push(drawn);
    }
    for (const plane of [this.root, ...this.boxes.filter((box) => !box.leaf)]) {
      directLines({boxes: plane.layout.boxes, lines: plane.layout.lines});
      for (const drawn of byPlane.get(plane) || []) {
        for (const dest of [false, true]) {
          const way = this.wayOf(drawn, dest);
          for (let box = dest ? drawn.to : drawn.from; box.outer !== plane; box = box.outer) this.portLine(box, way);
        }
      }
    }
  }

  // ---- places

  place(box) {
    for (const child of box.children) if (!child.leaf) this.place(child);
    makeLayout(box.layout);
    balanceLayout(box.layout, box.outer ? Math.max(1.5, INNER_WIDE * this.wide) : this.wide);
    if (box.outer) {
      box.width = Math.max(box.width, box.layout.width + 2 * PADDING);
      box.height = box.layout.height + TITLE + PADDING;
    }
  }

  settle(box, x, y) {
    for (const child of box.children) {
      child.x += x;
      child.y += y;
      this.settle(child, child.x + PADDING, child.y + TITLE);
    }
  }

  inBox(box, point) {
    return box === this.root ? point : {...point, x: point.x + box.x + PADDING, y: point.y + box.y + TITLE};
  }

  // From the end of an edge out to the plane on which it runs. Turned edges keep a little below the others.
  wayOut(leaf, plane, way, turned) {
    const left = way.side === "left";
    const points = [{x: left ? leaf.x : leaf.x + leaf.width, y: leaf.y + leaf.height / 2 + (turned ? 7 : 0)}];
    for (let box = leaf; box.outer !== plane; box = box.outer) {
      const line = this.portLine(box, way);
      const bends = left ? [...line.bends].reverse() : line.bends;
      const port = box.outer.layout.boxes[left ? line.from : line.to];
      points.push(...bends.map((bend) => this.inBox(box.outer, bend)));
      points.push({x: left ? box.outer.x : box.outer.x + box.outer.width, y: this.inBox(box.outer, port).y});
    }
    return points;
  }

  route(drawn) {
    const turned = drawn.line.turned;
    const start = this.wayOut(drawn.from, drawn.plane, this.wayOf(drawn, false), turned);
    const end = this.wayOut(drawn.to, drawn.plane, this.wayOf(drawn, true), turned);
    return [...start, ...drawn.line.bends.map((bend) => this.inBox(drawn.plane, bend)), ...end.reverse()];
  }
}

// ---- paths

function pathOf(drawn) {
  if (drawn.from === drawn.to) {
    return `M${drawn.from.x + drawn.from.width / 2 - 5} ${drawn.from.y}c-14 -22 14 -22 10 0`;
  }
  const at = (point) => point.x.toFixed(1) + " " + point.y.toFixed(1);
  return drawn.points.map((point, i) => {
    if (i === 0) return "M" + at(point);
    const last = drawn.points[i - 1];
    const forward = drawn.line.turned ? -1 : 1;
    const half = Math.abs(point.x - last.x) / 2;
    const turns = Boolean(last.back) !== Boolean(point.back);
    const from = turns && (last.back || half < TURN_REACH) ? TURN_REACH : half;
    const to = turns && (point.back || half < TURN_REACH) ? TURN_REACH : half;
    return "C" + at({x: last.x + (last.back ? -forward : forward) * from, y: last.y}) + " " +
      at({x: point.x - (point.back ? -forward : forward) * to, y: point.y}) + " " + at(point);
  }).join("");
}

// Where an edge has its sign: near the end that fewer edges share.
function signPlace(drawn, degree) {
  if (drawn.from === drawn.to) return {x: drawn.from.x + drawn.from.width / 2, y: drawn.from.y - 14};
  const last = drawn.points.length - 2;
  const atEnd = degree.from.get(drawn.from) >= degree.to.get(drawn.to);
  const step = atEnd ? -1 : 1;
  const isShort = (i) => Math.abs(drawn.points[i + 1].x - drawn.points[i].x) < 60;
  let i = atEnd ? last : 0;
  while (isShort(i) && i + step >= 0 && i + step <= last) i += step;
  const [a, b] = [drawn.points[i], drawn.points[i + 1]];
  const t = atEnd ? 0.62 : 0.38;
  const u = 1 - t;
  return {
    x: u * u * u * a.x + 1.5 * u * t * (a.x + b.x) + t * t * t * b.x,
    y: a.y * (u * u * u + 3 * u * u * t) + b.y * (t * t * t + 3 * u * t * t),
  };
}

// Signs that would stand on others move up or down.
function freePlace(taken, wanted) {
  for (const step of [0, -1, 1, -2, 2, -3, 3]) {
    const place = {x: wanted.x, y: wanted.y + step * 12};
    if (!taken.some((other) => Math.abs(other.x - place.x) < 56 && Math.abs(other.y - place.y) < 12)) {
      taken.push(place);
      return place;
    }
  }
  return wanted;
}
