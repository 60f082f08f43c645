// Distorting what the network sees: rotate, shift, thicken, add noise. Gray values in, gray values out,
// 28 × 28; the same settings always give the same picture.

import { SIDE } from "./strokes.js";
import { make } from "./dom.js";

const COPIES = 16; // in a ring, of which a thicker line is made

/** Settings that change nothing. */
export const UNDISTORTED = { rotate: 0, right: 0, down: 0, thicken: 0, noise: 0 };

/** settings: rotate in degrees clockwise, right, down and thicken in pixels, noise as a share of 255. */
export function distort(pixels, { rotate, right, down, thicken, noise }) {
  const original = contextOf(pixels).canvas;
  const context = contextOf(new Uint8Array(SIDE * SIDE));
  context.globalCompositeOperation = "lighten"; // of all copies the strongest ink
  context.translate(SIDE / 2 + right, SIDE / 2 + down);
  context.rotate((rotate * Math.PI) / 180);
  for (let i = 0; i < COPIES; i += 1) {
    const angle = (2 * Math.PI * i) / COPIES;
    for (const radius of [0, thicken / 2, thicken]) {
      context.drawImage(original, radius * Math.cos(angle) - SIDE / 2, radius * Math.sin(angle) - SIDE / 2);
    }
  }
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const strength = 255 * noise * Math.sqrt(12); // of even numbers whose standard deviation is the share
  return new Uint8Array(Uint8ClampedArray.from(pixels, (_, i) => data[4 * i] + strength * grain(i)));
}

function contextOf(pixels) {
  const context = make("canvas", { width: SIDE, height: SIDE }).getContext("2d", { willReadFrequently: true });
  const image = context.createImageData(SIDE, SIDE);
  pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  context.putImageData(image, 0, 0);
  return context;
}

/** Noise between −½ and ½, the same each time, so that a slider makes one pattern stronger. */
function grain(i) {
  const x = 43758.5453 * Math.sin(12.9898 * (i + 1));
  return x - Math.floor(x) - 0.5;
}
