// Learning curves: one number over the epochs, in training (by looks) and in validation (by epochs).

import { colors } from "./palette.js";
import { inkOf, sharpen } from "./sharp.js";

const [LEFT, RIGHT, TOP, BOTTOM] = [40, 12, 6, 18]; // px around the curves
const LINES = 4; // across, at most
const MARKS = 6; // below, at most
const MOST_DOTS = 20;

/**
 * Paints curves. lines: [{ color: a name in style.css, dots, points: [[epoch, value]] }]; write(value): a mark
 * in words; low and high: what is on show in any case.
 */
export function paintCurves(canvas, { lines, epochs, low, high, write }) {
  const area = sharpen(canvas);
  if (!area) return;
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const marks = marksBetween(Math.min(low, ...values), Math.max(high, ...values));
  const [first, last] = [marks[0], marks[marks.length - 1]];
  const x = (epoch) => LEFT + (epoch / epochs) * (area.width - LEFT - RIGHT);
  const y = (value) => TOP + ((last - value) / (last - first)) * (area.height - TOP - BOTTOM);
  paintAxes(area, { x, y, marks, epochs, write });
  for (const line of lines) paintLine(area.context, line, x, y);
}

function paintAxes({ context, width, height }, { x, y, marks, epochs, write }) {
  const [quiet, words] = colors("--line", "--soft").map(inkOf);
  context.strokeStyle = quiet;
  context.fillStyle = words;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const mark of marks) {
    context.beginPath();
    context.moveTo(LEFT, Math.round(y(mark)) + 0.5);
    context.lineTo(width - RIGHT, Math.round(y(mark)) + 0.5);
    context.stroke();
    context.fillText(write(mark), LEFT - 6, y(mark));
  }
  context.textAlign = "center";
  const step = Math.max(1, roundStep(epochs / MARKS));
  for (let epoch = step; epoch <= epochs; epoch += step) context.fillText(epoch, x(epoch), height - 7);
}

function paintLine(context, { color, dots, points }, x, y) {
  [context.strokeStyle] = [context.fillStyle] = colors(color).map(inkOf);
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.beginPath();
  for (const [epoch, value] of points) context.lineTo(x(epoch), y(value));
  context.stroke();
  if (!dots || points.length > MOST_DOTS) return;
  for (const [epoch, value] of points) {
    context.beginPath();
    context.arc(x(epoch), y(value), 3, 0, 2 * Math.PI);
    context.fill();
  }
}

/** → round numbers from at most low to at least high. */
function marksBetween(low, high) {
  const step = roundStep((high - low || 1) / LINES);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** → 1, 2 or 5 times a power of 10, at least as large. */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((times) => power * times >= least);
}
