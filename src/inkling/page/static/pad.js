// The pad: mouse, pen, touch and keyboard become strokes.

import { BRUSH } from "./strokes.js";
import { drawStrokes } from "./strokes.js";

const STEP = 0.04; // of the pad, for an arrow key
const FINE_STEP = 0.01;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  strokes = [];
  drawing = false; // whether a stroke is under way
  #before = []; // the strokes before each change, for undo
  #pointer = null;
  #cursor = null; // the keyboard's pen; null until an arrow key asks for it
  #held = new Set();
  #frame = 0;

  /** changed() is called whenever there is something new to read. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    canvas.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.#pointerMove(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => event.pointerId === this.#pointer && this.#end());
    }
    canvas.addEventListener("keydown", (event) => this.#keyDown(event));
    canvas.addEventListener("keyup", (event) => this.#held.delete(event.key));
    canvas.addEventListener("blur", () => this.#putKeyboardAway());
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  get canUndo() {
    return this.#before.length > 0;
  }

  undo() {
    if (!this.canUndo || this.#pointer !== null) return;
    this.drawing = false;
    this.strokes = this.#before.pop();
    this.#update();
  }

  clear() {
    if (this.strokes.length === 0) return;
    this.#pointer = null;
    this.drawing = false;
    this.#before.push(this.strokes);
    this.strokes = [];
    this.#update();
  }

  /** Paints at the next frame, at the screen's own resolution. */
  paint() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#paintNow());
  }

  #paintNow() {
    this.#frame = 0;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    context.clearRect(0, 0, side, side);
    context.strokeStyle = style.color;
    drawStrokes(context, this.strokes, side);
    if (this.#cursor) this.#paintCursor(context, side, style);
  }

  #paintCursor(context, side, style) {
    const { x, y } = this.#cursor;
    context.beginPath();
    context.arc(x * side, y * side, (BRUSH / 2) * side, 0, 2 * Math.PI);
    context.lineWidth = Math.max(2, side / 160);
    context.strokeStyle = context.fillStyle = style.getPropertyValue("--accent");
    context.stroke();
    if (this.drawing) context.fill();
  }

  #update() {
    this.paint();
    this.changed();
  }

  #begin(point) {
    this.#before.push(this.strokes);
    this.strokes = [...this.strokes, [point]];
    this.drawing = true;
    this.#update();
  }

  #extend(points) {
    this.strokes[this.strokes.length - 1].push(...points);
    this.#update();
  }

  #end() {
    this.#pointer = null;
    this.drawing = false;
    this.#update();
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #pointerDown(event) {
    if (this.#pointer !== null || event.button !== 0) return; // a second finger, or the palm
    if (this.drawing) this.#end();
    this.#cursor = null;
    this.#pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.#begin(this.#point(event));
  }

  #pointerMove(event) {
    if (event.pointerId !== this.#pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    this.#extend((between.length ? between : [event]).map((each) => this.#point(each)));
  }

  #keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#pointer !== null) return;
    if (event.key in ARROWS) this.#moveCursor(event);
    else if (event.key === " " && !event.repeat) this.#togglePen();
    else if (event.key !== " ") return;
    event.preventDefault(); // or the page would scroll
  }

  #moveCursor(event) {
    this.#held.add(event.key);
    const step = event.shiftKey ? FINE_STEP : STEP;
    const { x, y } = this.#cursor ?? { x: 0.5, y: 0.5 };
    let [dx, dy] = [0, 0];
    for (const key of this.#held) [dx, dy] = [dx + ARROWS[key][0], dy + ARROWS[key][1]];
    const inside = (place) => Math.min(Math.max(place, 0), 1);
    this.#cursor = { x: inside(x + dx * step), y: inside(y + dy * step) };
    if (this.drawing) this.#extend([this.#cursor]);
    else this.paint();
  }

  #togglePen() {
    this.#cursor ??= { x: 0.5, y: 0.5 };
    if (this.drawing) this.#end();
    else this.#begin(this.#cursor);
  }

  #putKeyboardAway() {
    this.#held.clear();
    this.#cursor = null;
    if (this.drawing && this.#pointer === null) this.#end();
    else this.paint();
  }
}
