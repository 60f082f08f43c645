// The pad: mouse, pen, touch and keyboard become strokes.

import { BRUSHES, drawStrokes } from "./strokes.js";

const STEP = 0.04; // of the pad, for an arrow key
const FINE_STEP = 0.01;
const LEAST_STEP = 0.004; // between two points: a pen reports many more than a curve needs
const MOST_POINTS = 5000; // of a drawing; a digit has a few hundred
const PALM = 1500; // ms after the pen was near, in which a touch is the palm's
/** Right and down, by key. */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  strokes = [];
  drawing = false; // whether a stroke is under way
  brush = BRUSHES[2];
  #before = []; // the strokes before each change, for undo
  #after = []; // and what undo took back, for redo
  #pointer = null;
  #kind = null; // of the pointer: pen, touch or mouse
  #penNear = -Infinity; // when the pen was last seen
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

  get canRedo() {
    return this.#after.length > 0;
  }

  undo() {
    this.#swap(this.#before, this.#after);
  }

  redo() {
    this.#swap(this.#after, this.#before);
  }

  clear() {
    if (this.strokes.length === 0) return;
    this.#pointer = null;
    this.drawing = false;
    this.#keep();
    this.strokes = [];
    this.#update();
  }

  /** Shows other strokes, such as those of the last visit. */
  open(strokes, brush) {
    this.strokes = strokes;
    if (BRUSHES.includes(brush)) this.brush = brush;
    this.#update();
  }

  /** Makes the brush of the whole drawing thicker (1) or thinner (−1). */
  turnBrush(step) {
    this.brush = BRUSHES[BRUSHES.indexOf(this.brush) + step] ?? this.brush;
    this.#update();
  }

  /** Paints at the next frame, at the screen's own resolution. */
  paint() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    context.clearRect(0, 0, side, side);
    context.strokeStyle = style.color;
    drawStrokes(context, this.strokes, side, this.brush);
    if (this.#cursor) this.#paintCursor(context, side, style);
  }

  #paintCursor(context, side, style) {
    const { x, y } = this.#cursor;
    context.beginPath();
    context.arc(x * side, y * side, (this.brush / 2) * side, 0, 2 * Math.PI);
    context.lineWidth = Math.max(2, side / 160);
    context.strokeStyle = context.fillStyle = style.getPropertyValue("--accent");
    context.stroke();
    if (this.drawing) context.fill();
  }

  #update() {
    this.paint();
    this.changed();
  }

  #keep() {
    this.#before.push(this.strokes);
    this.#after = [];
  }

  #swap(from, to) {
    if (from.length === 0 || this.#pointer !== null) return;
    this.drawing = false;
    to.push(this.strokes);
    this.strokes = from.pop();
    this.#update();
  }

  #begin(point) {
    this.#keep();
    this.strokes = [...this.strokes, [point]];
    this.drawing = true;
    this.#update();
  }

  #extend(points) {
    const stroke = this.strokes[this.strokes.length - 1];
    for (const { x, y } of points.slice(0, MOST_POINTS - this.strokes.flat().length)) {
      const last = stroke[stroke.length - 1];
      if (Math.hypot(x - last.x, y - last.y) > LEAST_STEP) stroke.push({ x, y });
    }
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

  /** A pen wins over a touch: the palm often lands before it, and stays. */
  #pointerDown(event) {
    if (event.button !== 0 || this.#isPalm(event)) return;
    if (this.#pointer !== null) {
      if (event.pointerType !== "pen" || this.#kind === "pen") return; // a second finger
      this.strokes = this.#before.pop();
    }
    if (this.drawing) this.#end();
    this.#cursor = null;
    [this.#pointer, this.#kind] = [event.pointerId, event.pointerType];
    this.canvas.setPointerCapture(event.pointerId);
    this.#begin(this.#point(event));
  }

  #isPalm({ pointerType, timeStamp }) {
    if (pointerType === "pen") this.#penNear = timeStamp;
    return pointerType === "touch" && timeStamp - this.#penNear < PALM;
  }

  #pointerMove(event) {
    if (this.#isPalm(event) || event.pointerId !== this.#pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    this.#extend((between.length ? between : [event]).map((each) => this.#point(each)));
  }

  #keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#pointer !== null) return;
    if (event.key in ARROWS) this.#moveCursor(event);
    else if (event.key === "Escape") this.clear();
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
