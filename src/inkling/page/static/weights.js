// The weights of the units of the first layer, each as a picture.

import { divergingScale } from "./palette.js";
import { make } from "./dom.js";
import { sharpen } from "./sharp.js";

const MOST_WEIGHT = 127; // to either side of 0

/** Paints them next to one another, as large as there is room. */
export function paintWeights(canvas, { units, height, width, bytes }) {
  const strip = make("canvas", { width, height: units * height }); // one below the other
  strip.getContext("2d").putImageData(imageOf(atob(bytes), width), 0, 0);
  const area = sharpen(canvas);
  if (!area) return;
  const sizes = Array.from({ length: units }, (_, i) => {
    return Math.min(area.width / (i + 1) / width, area.height / Math.ceil(units / (i + 1)) / height);
  });
  const size = Math.max(...sizes);
  const across = sizes.indexOf(size) + 1;
  const [wide, high] = [Math.floor(size * width), Math.floor(size * height)];
  area.context.imageSmoothingEnabled = size * area.unit * devicePixelRatio < 1; // larger pixels stay sharp
  for (let unit = 0; unit < units; unit += 1) {
    const [x, y] = [(unit % across) * wide, Math.floor(unit / across) * high];
    area.context.drawImage(strip, 0, unit * height, width, height, x, y, wide - 1, high - 1);
  }
}

/** Returns a letter per weight as pixels. A pixel is one number, because there are 500,000 per second. */
function imageOf(letters, width) {
  const scale = divergingScale(MOST_WEIGHT);
  const colors = Uint32Array.from({ length: 256 }, (_, byte) => {
    const color = scale((byte << 24) >> 24); // with a sign
    return new Uint32Array(Uint8Array.of(...color, 255).buffer)[0];
  });
  const pixels = Uint32Array.from(letters, (letter) => colors[letter.charCodeAt(0)]);
  return new ImageData(new Uint8ClampedArray(pixels.buffer), width);
}
