// The network while you draw: the picture, every hidden layer, and the strongest products aᵢ wᵢⱼ between
// them, up to the bars.

import { arrangeBlocks, clamp, turned } from "./blocks.js";
import { edgesFrom, edgesInto, strongestEdges } from "./edges.js";
import { densePlaces } from "./network.js";
import { ARROWS } from "./pad.js";
import { amountScale, colors, divergingScale, largest, paintPixels } from "./palette.js";
import { SIDE } from "./strokes.js";

const SHOWN_EDGES = 40; // between two layers, of each sign,
const ALL_EDGES = 600; // or all of them, if there are no more
const LEVELS = 5; // of strength, each with its own width and opacity

export class LiveView {
  #passage = null; // of a blank picture, while there is no other
  #answer = null;
  #resting = []; // edges of the weights alone, for an empty pad
  #blocks = [];
  #chosen = null; // { layer, unit } that was tapped or reached by keys
  #pointed = null; // and the one under the pointer
  #size = {};

  /** inspect({ layer, unit } or null, byKey) is called when another unit is looked at. */
  constructor(canvas, bars, inspect) {
    Object.assign(this, { canvas, bars, inspect });
    canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && this.#point(event));
    canvas.addEventListener("pointerleave", () => this.#look({ pointed: null }));
    canvas.addEventListener("click", (event) => this.#look({ chosen: this.#unitUnder(event) }));
    canvas.addEventListener("keydown", (event) => this.#keyDown(event));
    new ResizeObserver(() => this.#arrange()).observe(canvas);
  }

  /** The unit that is looked at. */
  get unit() {
    return this.#pointed ?? this.#chosen;
  }

  /** Shows another model, by its answer to a blank picture. */
  setModel({ passage }) {
    const place = densePlaces(passage)[0];
    const same = this.#passage?.[place].layer === passage[place].layer;
    this.#passage = passage;
    this.#answer = null;
    [this.#chosen, this.#pointed] = same ? [this.#chosen, null] : [null, null];
    this.#resting = densePlaces(passage).map((each) => {
      const { layer } = passage[each];
      return strongestEdges(layer, new Float32Array(layer.inputs).fill(1), linesOf(layer));
    });
    this.#arrange();
    this.inspect(this.unit);
  }

  /** answer: what the network said, with its passage; or null. */
  show(answer) {
    this.#answer = answer;
    if (answer) this.#passage = answer.passage;
    this.render();
  }

  /** Paints everything again. */
  render() {
    if (!this.#passage || !this.#size.along) return;
    if (this.#size.ratio !== devicePixelRatio) return this.#arrange(); // on another screen
    const { canvas } = this;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(devicePixelRatio, devicePixelRatio);
    const places = densePlaces(this.#passage);
    const dim = this.unit ? 0.25 : 1;
    places.forEach((place, gap) => this.#paintEdges(context, gap, this.#edgesAt(place, gap), dim));
    this.#blocks.forEach((block, i) => this.#paintBlock(context, block, i));
    if (this.unit) this.#paintUnit(context, places, this.unit);
  }

  #edgesAt(place, gap) {
    if (!this.#answer) return this.#resting[gap];
    const { layer, inputs } = this.#passage[place];
    return strongestEdges(layer, inputs, linesOf(layer));
  }

  #arrange() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0) this.#size = {}; // another tab is open
    if (!this.#passage || width === 0) return;
    const upright = this.bars.offsetTop >= this.canvas.offsetTop + height;
    const [along, across] = turned({ u: width, v: height }, upright);
    this.#size = { along, across, upright, ratio: devicePixelRatio };
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    const places = densePlaces(this.#passage).slice(1);
    this.#blocks = arrangeBlocks(places.map((place) => this.#passage[place].layer.inputs), this.#size);
    this.render();
  }

  /** Where an edge into unit `to` ends: at a block, or at a bar. */
  #goal(gap, to) {
    if (gap + 1 < this.#blocks.length) return this.#blocks[gap + 1].center(to);
    const { along, across } = this.#size;
    const classes = this.#passage[this.#passage.length - 1].outputs.length;
    return { u: along, v: ((to + 0.5) * across) / classes };
  }

  #xy(place) {
    return turned(place, this.#size.upright);
  }

  // --- painting ----------------------------------------------------------------------------------------

  #paintEdges(context, gap, edges, strength) {
    const top = Math.abs(edges[0]?.value ?? 0);
    const bundles = new Map(); // sign and level → the path of all edges alike
    for (const { from, to, value } of edges) {
      const level = Math.max(1, Math.ceil((LEVELS * Math.abs(value)) / top));
      const key = value > 0 ? level : -level;
      if (!bundles.has(key)) bundles.set(key, new Path2D());
      this.#addCurve(bundles.get(key), this.#blocks[gap].center(from), this.#goal(gap, to));
    }
    const [quiet, positive, negative] = colors("--soft", "--for", "--against");
    for (const [key, path] of [...bundles].sort(([one], [other]) => Math.abs(one) - Math.abs(other))) {
      const share = Math.abs(key) / LEVELS;
      const color = this.#answer ? (key > 0 ? positive : negative) : quiet;
      const opacity = strength * (this.#answer ? 0.1 + 0.75 * share ** 1.5 : 0.28 * share);
      context.strokeStyle = `rgb(${color.join(" ")} / ${opacity})`;
      context.lineWidth = share === 1 ? 1.75 : 1; // lines of width 1 are painted many times as fast
      context.stroke(path);
    }
  }

  #addCurve(path, from, to) {
    const middle = (from.u + to.u) / 2;
    path.moveTo(...this.#xy(from));
    path.bezierCurveTo(...this.#xy({ u: middle, v: from.v }), ...this.#xy({ u: middle, v: to.v }), ...this.#xy(to));
  }

  #valuesOf(i) {
    if (i === 0) return this.#answer?.pixels ?? new Uint8Array(SIDE * SIDE);
    const { inputs } = this.#passage[densePlaces(this.#passage)[i]];
    return this.#answer ? inputs : new Float32Array(inputs.length);
  }

  #paintBlock(context, block, i) {
    const values = this.#valuesOf(i);
    const scale = i === 0 ? amountScale(255) : divergingScale(largest(values));
    if (block.round) return this.#paintCircles(context, block, values, scale);
    paintPixels(block.raster, values, scale, (unit) => this.#xy(block.cell(unit)));
    const [x, y] = this.#xy(block);
    const [width, height] = this.#xy({ u: block.thickness, v: block.length });
    context.imageSmoothingEnabled = false;
    context.drawImage(block.raster, x, y, width, height);
    const [line] = colors("--line");
    context.strokeStyle = `rgb(${line.join(" ")})`;
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
  }

  #paintCircles(context, block, values, scale) {
    const [edge] = colors("--soft");
    context.lineWidth = 1;
    context.strokeStyle = `rgb(${edge.join(" ")})`;
    for (let i = 0; i < block.count; i += 1) {
      context.beginPath();
      context.arc(...this.#xy(block.center(i)), 0.38 * block.pitch, 0, 2 * Math.PI);
      context.fillStyle = `rgb(${scale(values[i]).join(" ")})`;
      context.fill();
      context.stroke();
    }
  }

  /** Paints what comes into the unit that is looked at and what goes out of it, and marks it. */
  #paintUnit(context, places, { layer, unit }) {
    const [into, from] = [this.#passage[places[layer]], this.#passage[places[layer + 1]]];
    this.#paintEdges(context, layer, edgesInto(into.layer, into.inputs, unit, 2 * SHOWN_EDGES), 1);
    this.#paintEdges(context, layer + 1, edgesFrom(from.layer, from.inputs, unit, SHOWN_EDGES / 2), 1);
    const block = this.#blocks[layer + 1];
    const [x, y] = this.#xy(block.center(unit));
    const radius = Math.max(0.5 * block.pitch, 4);
    const [accent] = colors("--text");
    context.strokeStyle = `rgb(${accent.join(" ")})`;
    context.lineWidth = 2;
    context.beginPath();
    if (block.round) context.arc(x, y, radius, 0, 2 * Math.PI);
    else context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    context.stroke();
  }

  // --- which unit --------------------------------------------------------------------------------------

  #look({ chosen = this.#chosen, pointed = this.#pointed }, byKey = false) {
    const before = this.unit;
    [this.#chosen, this.#pointed] = [chosen, pointed];
    if (before?.layer === this.unit?.layer && before?.unit === this.unit?.unit) return;
    this.render();
    this.inspect(this.unit, byKey);
  }

  #point(event) {
    this.#look({ pointed: this.#unitUnder(event) });
  }

  #unitUnder(event) {
    const box = this.canvas.getBoundingClientRect();
    const [u, v] = this.#xy({ u: event.clientX - box.left, v: event.clientY - box.top });
    const units = this.#blocks.map((block) => block.unitAt({ u, v }));
    const found = units.findIndex((unit) => unit !== null);
    return found < 0 ? null : { layer: found - 1, unit: units[found] };
  }

  #keyDown(event) {
    if (event.key === "Escape") return this.#look({ chosen: null, pointed: null }, true);
    if (!(event.key in ARROWS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // or the page would scroll
    const [u, v] = ARROWS[event.key];
    const [along, across] = this.#xy({ u, v });
    this.#look({ chosen: this.#neighbor(along, across), pointed: null }, true);
  }

  /** The unit next to the one that is looked at; past the side of a block, in the next layer. */
  #neighbor(along, across) {
    if (!this.unit) return this.#blocks.length > 1 ? { layer: 0, unit: 0 } : null;
    const { layer, unit } = this.unit;
    const block = this.#blocks[layer + 1];
    let [column, row] = [unit % block.columns + along, Math.floor(unit / block.columns) + across];
    const next = this.#blocks[layer + 1 + along];
    if (column >= 0 && column < block.columns || layer + along < 0 || !next) {
      column = clamp(column, block.columns);
      return { layer, unit: clamp(clamp(row, block.rows) * block.columns + column, block.count) };
    }
    row = Math.floor(((row + 0.5) / block.rows) * next.rows);
    column = along > 0 ? 0 : next.columns - 1;
    return { layer: layer + along, unit: clamp(row * next.columns + column, next.count) };
  }
}

function linesOf({ inputs, outputs }) {
  return inputs * outputs <= ALL_EDGES ? ALL_EDGES : SHOWN_EDGES;
}
