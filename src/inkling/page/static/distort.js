// Distorting what the network sees: rotate, shift, add noise. Gray values in, gray values out,
// 28 × 28; the same settings always give the same picture.

import { make } from "./dom.js";
import { paintPixels } from "./palette.js";
import { SIDE } from "./strokes.js";

/** Settings that change nothing. */
export const UNDISTORTED = { rotate: 0, right: 0, down: 0, noise: 0 };

/** settings: rotate in degrees clockwise, right and down in pixels, noise as a share of 255. */
export function distort(pixels, { rotate, right, down, noise }) {
  const [original, canvas] = [0, 1].map(() => make("canvas", { width: SIDE, height: SIDE }));
  paintPixels(original, pixels, (value) => [value, value, value], (i) => [i % SIDE, Math.floor(i / SIDE)]);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, SIDE, SIDE); // black, as paper is
  context.translate(SIDE / 2 + right, SIDE / 2 + down);
  context.rotate((rotate * Math.PI) / 180);
  context.drawImage(original, -SIDE / 2, -SIDE / 2);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const strength = 255 * noise * Math.sqrt(12); // of even numbers whose standard deviation is the share
  return new Uint8Array(Uint8ClampedArray.from(pixels, (_, i) => data[4 * i] + strength * grain(i)));
}

/** Noise between −½ and ½, the same each time, so that a slider makes one pattern stronger. */
function grain(i) {
  const x = 43758.5453 * Math.sin(12.9898 * (i + 1));
  return x - Math.floor(x) - 0.5;
}
