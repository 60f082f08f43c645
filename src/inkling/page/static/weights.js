// The weights of the units of the first layer, each as a picture.

import { divergingScale, paintPixels } from "./palette.js";
import { make } from "./dom.js";
import { sharpen } from "./sharp.js";

const MOST_WEIGHT = 127; // to either side of 0

/** Paints them next to one another, as large as there is room. */
export function paintWeights(canvas, { units, height, width, bytes }) {
  const values = Int8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const strip = make("canvas", { width, height: units * height }); // one below the other
  const scale = divergingScale(MOST_WEIGHT);
  const colors = Array.from({ length: 2 * MOST_WEIGHT + 1 }, (_, i) => scale(i - MOST_WEIGHT));
  paintPixels(strip, values, (value) => colors[value + MOST_WEIGHT], (i) => [i % width, Math.floor(i / width)]);
  const area = sharpen(canvas);
  if (!area) return;
  const sizes = Array.from({ length: units }, (_, i) => {
    return Math.min(area.width / (i + 1) / width, area.height / Math.ceil(units / (i + 1)) / height);
  });
  const size = Math.max(...sizes);
  const across = sizes.indexOf(size) + 1;
  const [wide, high] = [Math.floor(size * width), Math.floor(size * height)];
  area.context.imageSmoothingEnabled = size * devicePixelRatio < 1; // larger pixels stay sharp
  for (let unit = 0; unit < units; unit += 1) {
    const [x, y] = [(unit % across) * wide, Math.floor(unit / across) * high];
    area.context.drawImage(strip, 0, unit * height, width, height, x, y, wide - 1, high - 1);
  }
}
