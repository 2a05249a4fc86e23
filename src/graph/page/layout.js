// SPDX-License-Identifier: GPL-2.0-or-later
// Boxes and lines -> places, in layers from left to right: what layout.c does for drawings, step by step, so that page and
// drawing look alike. A layout is {boxes: [{width, height, side}], lines: [{from, to, turned}]}.

const LAYER_GAP = 90;
const BOX_GAP = 16;
const LINE_GAP = 7;
const PORT_GAP = 30;
const SWEEPS = 12;
const HEIGHT_MIN = 460;

// Turns the lines that close circles.
function directLines(layout) {
  const {boxes, lines} = layout;
  const out = boxes.map(() => []);
  const excess = boxes.map(() => 0);
  const reached = boxes.map(() => false);
  for (const line of lines) {
    line.turned = false;
    out[line.from].push(line);
    excess[line.from]++;
    excess[line.to]--;
    reached[line.to] = true;
  }
  const seen = boxes.map(() => 0);
  const visit = (box) => {
    seen[box] = 1;
    for (const line of out[box]) {
      if (seen[line.to] === 1) line.turned = true;
      if (seen[line.to] === 0) visit(line.to);
    }
    seen[box] = 2;
  };
  boxes.forEach((_, box) => { if (!reached[box]) visit(box); });
  const rest = boxes.map((_, box) => box).sort((a, b) => excess[b] - excess[a] || a - b);
  for (const box of rest) if (seen[box] === 0) visit(box);
}

function startOf(line) {
  return line.turned ? line.to : line.from;
}

function endOf(line) {
  return line.turned ? line.from : line.to;
}

// Boxes, each behind all that lead to it.
function sequenceOf(boxes, out) {
  const seen = boxes.map(() => false);
  const done = [];
  const visit = (box) => {
    seen[box] = true;
    for (const line of out[box]) if (!seen[endOf(line)]) visit(endOf(line));
    done.push(box);
  };
  boxes.forEach((_, box) => { if (!seen[box]) visit(box); });
  return done.reverse();
}

function movePorts(boxes, layer) {
  const shift = boxes.some((box) => box.side === "left") ? 1 : 0;
  let last = 0;
  boxes.forEach((box, i) => {
    layer[i] = box.side === "left" ? 0 : layer[i] + shift;
    if (!box.side) last = Math.max(last, layer[i]);
  });
  boxes.forEach((box, i) => { if (box.side === "right") layer[i] = last + 1; });
}

// Several layers become one, but beginnings and ends of all stay left and right of what they are connected with.
function foldLayers(layer, lines, out, sequence, fold) {
  const incoming = layer.map(() => 0);
  for (const line of lines) incoming[endOf(line)]++;
  layer.forEach((number, i) => { layer[i] = 1 + Math.floor(number / fold); });
  for (const box of sequence) {
    for (const line of out[box]) {
      if (out[endOf(line)].length === 0) layer[endOf(line)] = Math.max(layer[endOf(line)], layer[box] + 1);
    }
  }
  out.forEach((begins, box) => {
    if (incoming[box] > 0) return;
    for (const line of begins) layer[box] = Math.min(layer[box], layer[endOf(line)] - 1);
  });
}

function layersOf(boxes, lines, out, fold) {
  const layer = boxes.map(() => 0);
  const reached = boxes.map(() => false);
  const sequence = sequenceOf(boxes, out);
  for (const line of lines) if (!boxes[startOf(line)].side) reached[endOf(line)] = true;
  for (const box of sequence) {
    if (boxes[box].side) continue;
    for (const line of out[box]) layer[endOf(line)] = Math.max(layer[endOf(line)], layer[box] + 1);
  }
  for (const box of sequence) { // beginnings stand near what they lead to
    const ends = out[box].map(endOf).filter((end) => !boxes[end].side).map((end) => layer[end]);
    const nearest = ends.length > 0 ? Math.min(...ends) : 0;
    if (!reached[box] && nearest > 0 && !boxes[box].side) layer[box] = nearest - 1;
  }
  if (fold > 1) foldLayers(layer, lines, out, sequence, fold);
  movePorts(boxes, layer);
  return layer;
}

// Points are lines that pass, or ports; `air` is the gap between boxes.
function gapOf(item, air) {
  return item.height <= 1 ? LINE_GAP : air;
}

function heightLimit(boxes) {
  const area = boxes.reduce((sum, box) => sum + (box.width + LAYER_GAP) * (box.height + BOX_GAP), 0);
  return Math.max(HEIGHT_MIN, Math.sqrt(area));
}

// Layers that are too high become several next to each other.
function splitLayers(items, limit, air) {
  const byLayer = [];
  for (const item of items) if (item.connected) (byLayer[item.layer] = byLayer[item.layer] || []).push(item);
  let next = 0;
  for (const layer of byLayer) {
    let height = 0;
    for (const item of layer || []) {
      if (height > 0 && height + item.height > limit) {
        height = 0;
        next++;
      }
      height += item.height + gapOf(item, air);
      item.layer = next;
    }
    next++;
  }
  return next;
}

// Places where lines pass layers.
function addPasses(lines, items) {
  const connect = (left, right) => {
    left.behind.push(right);
    right.before.push(left);
  };
  for (const line of lines) {
    let at = items[startOf(line)];
    const end = items[endOf(line)];
    line.passes = [];
    for (let layer = at.layer + 1; layer < end.layer; layer++) {
      const pass = {layer, height: 1, center: 0, before: [], behind: [], connected: true, box: null};
      line.passes.push(pass);
      items.push(pass);
      connect(at, pass);
      at = pass;
    }
    if (at.layer < end.layer) connect(at, end); // not folded
  }
}

function meanCenter(items, otherwise) {
  return items.length > 0 ? items.reduce((sum, item) => sum + item.center, 0) / items.length : otherwise;
}

function sortLayer(layer, forward) {
  layer.items.forEach((item, place) => {
    item.wanted = meanCenter(forward ? item.before : item.behind, item.center);
    item.place = place;
  });
  layer.items.sort((a, b) => a.wanted - b.wanted || a.place - b.place);
  let y = 0;
  for (const item of layer.items) {
    item.center = y + item.height / 2;
    y += item.height + BOX_GAP;
  }
  for (const item of layer.items) item.center -= y / 2;
}

function gapBetween(above, below, air) {
  return (above.height + below.height) / 2 + Math.max(gapOf(above, air), gapOf(below, air));
}

// As near as can be to what the items want, in their order and with their gaps.
function placeLayer(layer, air) {
  const blocks = [];
  const offsets = [];
  let offset = 0;
  layer.items.forEach((item, i) => {
    offset += i > 0 ? gapBetween(layer.items[i - 1], item, air) : 0;
    offsets.push(offset);
    let block = {sum: item.wanted - offset, count: 1};
    while (blocks.length > 0 && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].count > block.sum / block.count) {
      const above = blocks.pop();
      block = {sum: above.sum + block.sum, count: above.count + block.count};
    }
    blocks.push(block);
  });
  let i = 0;
  for (const block of blocks) {
    for (let left = block.count; left > 0; left--, i++) layer.items[i].center = block.sum / block.count + offsets[i];
  }
}

function wantNeighbours(item) {
  const before = meanCenter(item.before, item.center);
  const behind = meanCenter(item.behind, item.center);
  item.wanted = item.before.length === 0 ? behind : item.behind.length === 0 ? before : (before + behind) / 2;
}

function findHeights(layers, air) {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forward = sweep % 2 === 0;
    for (let i = 0; i < layers.length; i++) sortLayer(layers[forward ? i : layers.length - 1 - i], forward);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[sweep % 2 === 0 ? i : layers.length - 1 - i];
      layer.items.forEach(wantNeighbours);
      placeLayer(layer, air);
    }
  }
}

function placeBoxes(layout, layers, items) {
  let x = 0;
  let top = 0;
  let bottom = 0;
  layers.forEach((layer, i) => {
    layer.width = layer.items.reduce((width, item) => Math.max(width, item.box ? item.box.width : 0), 0);
    const narrow = layer.width === 0 || (i > 0 && layers[i - 1].width === 0);
    x += i === 0 ? 0 : narrow ? PORT_GAP : LAYER_GAP;
    layer.x = x;
    x += layer.width;
    for (const item of layer.items) {
      top = Math.min(top, item.center - item.height / 2);
      bottom = Math.max(bottom, item.center + item.height / 2);
    }
  });
  for (const item of items) {
    item.center -= top;
    if (item.box && item.connected) {
      const layer = layers[item.layer];
      item.box.x = layer.x + (layer.width - item.box.width) / 2;
      item.box.y = item.center - item.box.height / 2;
    }
  }
  layout.width = x;
  layout.height = bottom - top;
}

// Boxes without lines: rows below all others.
function placeLonely(layout, items, limit) {
  const right = Math.max(layout.width, limit);
  let x = 0;
  let y = layout.height;
  let row = 0;
  layout.boxes.forEach((box, i) => {
    if (items[i].connected) return;
    if (row === 0 || x + box.width > right) {
      y += row + (y > 0 ? BOX_GAP : 0);
      x = row = 0;
    }
    box.x = x;
    box.y = y;
    x += box.width + BOX_GAP;
    row = Math.max(row, box.height);
    layout.width = Math.max(layout.width, x - BOX_GAP);
  });
  layout.height = y + row;
}

// Within a layer, as folding leaves it: around its right border, back beside the box where the line ends, and around its
// left border.
function turnsOf(line, boxes, layer, air) {
  const from = boxes[line.from];
  const to = boxes[line.to];
  const y = to.y > from.y ? to.y - air / 2 : to.y + to.height + air / 2;
  const ends = [{x: layer.x + layer.width + LINE_GAP, y, back: true}, {x: layer.x - LINE_GAP, y, back: true}];
  return line.turned ? ends.reverse() : ends;
}

// By the directions that were found; ports may have come in between.
function makeLayout(layout, fold = 1, air = BOX_GAP) {
  const {boxes, lines} = layout;
  const out = boxes.map(() => []);
  const items = boxes.map((box) => ({
    box, height: box.height, center: 0, layer: 0, before: [], behind: [], connected: false,
  }));
  for (const line of lines) {
    out[startOf(line)].push(line);
    items[line.from].connected = items[line.to].connected = true;
  }
  const limit = heightLimit(boxes);
  layersOf(boxes, lines, out, fold).forEach((layer, i) => { items[i].layer = layer; });
  const layers = Array.from({length: splitLayers(items, limit, air)}, () => ({items: [], x: 0, width: 0}));
  addPasses(lines, items);
  for (const item of items) if (item.connected) layers[item.layer].items.push(item);
  findHeights(layers, air);
  placeBoxes(layout, layers, items);
  placeLonely(layout, items, limit);
  for (const line of lines) {
    line.bends = line.passes.flatMap((pass) => {
      const layer = layers[pass.layer];
      return [{x: layer.x, y: pass.center}, {x: layer.x + layer.width, y: pass.center}];
    });
    if (line.turned) line.bends.reverse();
    if (items[line.from].layer === items[line.to].layer) line.bends = turnsOf(line, boxes, layers[items[line.to].layer], air);
  }
}

function excessOf(layout, wide) {
  return layout.width / Math.max(1, layout.height * wide);
}

function addAir(layout, wide, fold) {
  const most = 5;
  const excess = excessOf(layout, wide);
  if (excess > 1) makeLayout(layout, fold, BOX_GAP * Math.min(most, excess ** 2));
}

// The same again when the picture would be more than `wide` times as wide as high: with more air between boxes, and if
// that is not enough with layers put together.
function balanceLayout(layout, wide) {
  addAir(layout, wide, 1);
  const fold = Math.round(Math.sqrt(excessOf(layout, wide)));
  if (fold > 1) {
    makeLayout(layout, fold);
    addAir(layout, wide, fold);
  }
}
