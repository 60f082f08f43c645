// Learning curves as SVG: one measure of training and validation, epoch by epoch.

import { inDigits } from "./language.js";
import { inPercent } from "./language.js";
import { makeSvg } from "./dom.js";
import { say } from "./language.js";

const WIDTH = 480;
const HEIGHT = 240;
const EDGE = { left: 52, right: 16, top: 16, bottom: 34 };
const LINES = [["train", "Training"], ["validation", "Validation"]];

/** Draws "loss" or "accuracy" of a run's history; null where it is not known. */
export function drawCurves(history, measure) {
  const points = LINES.map(([part]) => history
    .map((row) => [row.epoch, row[`${part}_${measure}`]])
    .filter(([, value]) => Number.isFinite(value)));
  const values = points.flat().map(([, value]) => value);
  if (values.length === 0) return null;
  const ticks = niceTicks(Math.min(...values), Math.max(...values));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const epochs = points.flat().map(([epoch]) => epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const x = (epoch) => along(epoch, first, last, EDGE.left, WIDTH - EDGE.right);
  const y = (value) => along(value, low, high, HEIGHT - EDGE.bottom, EDGE.top);
  const written = (value) => (measure === "accuracy" ? inPercent(value) : inDigits(value, 3));
  const label = points.map((line, i) => line.length
    ? `${say(LINES[i][1])}: ${written(line[line.length - 1][1])}`
    : "").filter(Boolean).join(", ");
  return makeSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    ...gridLines(ticks, y, measure),
    ...epochMarks(first, last, x),
    ...points.flatMap((line, i) => curve(line, LINES[i][0], x, y)));
}

function along(value, low, high, start, end) {
  return high === low ? (start + end) / 2 : start + ((value - low) / (high - low)) * (end - start);
}

function curve(line, kind, x, y) {
  if (line.length === 0) return [];
  const places = line.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
  const [cx, cy] = places[places.length - 1].split(",");
  return [
    makeSvg("polyline", { class: `curve ${kind}`, points: places.join(" ") }),
    makeSvg("circle", { class: `end ${kind}`, cx, cy, r: 4 }),
  ];
}

function gridLines(ticks, y, measure) {
  const step = ticks[1] - ticks[0];
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) - (measure === "accuracy" ? 2 : 0));
  return ticks.flatMap((tick) => {
    const text = measure === "accuracy"
      ? inDigits(tick, places, { style: "percent" })
      : inDigits(tick, places);
    return [
      makeSvg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(tick), y2: y(tick) }),
      makeSvg("text", { x: EDGE.left - 8, y: y(tick) + 4, "text-anchor": "end" }, text),
    ];
  });
}

function epochMarks(first, last, x) {
  const marks = first === last ? [first] : [first, Math.round((first + last) / 2), last];
  return [...new Set(marks)].map((epoch, i, all) => {
    const anchor = i === all.length - 1 && i > 0 ? "end" : "middle";
    const text = i === all.length - 1 ? say("epoch {number}", { number: epoch }) : epoch;
    const place = { x: x(epoch) + (anchor === "end" ? 4 : 0), y: HEIGHT - 10, "text-anchor": anchor };
    return makeSvg("text", place, String(text));
  });
}

/** Returns four to seven round numbers that hold low and high between them. */
function niceTicks(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const start = Math.floor(low / step + 1e-9);
  const stop = Math.max(Math.ceil(high / step - 1e-9), start + 1);
  return Array.from({ length: stop - start + 1 }, (_, i) => (start + i) * step);
}
