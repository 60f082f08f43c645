// Distorting what the network sees: rotate, shift, thicken, add noise. Grey values in, grey values out,
// 28 × 28; the same settings always give the same picture.

import { SIDE } from "./strokes.js";

const NOISE_SEED = 20;

/** Settings that change nothing. */
export const UNDISTORTED = { rotate: 0, right: 0, down: 0, thicken: 0, noise: 0 };

/** Says whether settings change anything. */
export function distorts(settings) {
  return Object.values(settings).some((value) => value !== 0);
}

/** settings: rotate in degrees clockwise, right, down and thicken in pixels, noise as a share of 255. */
export function distort(pixels, settings) {
  const moved = move(thicken(pixels, settings.thicken), settings);
  const grain = roughness(settings.noise);
  return Uint8Array.from(moved, (value) => Math.min(Math.max(Math.round(value + grain()), 0), 255));
}

/** Each pixel takes the strongest ink within `radius`; over the last pixel of it ink fades. */
function thicken(pixels, radius) {
  if (radius === 0) return pixels;
  const reach = Math.ceil(radius);
  return pixels.map((_, i) => {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    let strongest = 0;
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const share = Math.min(radius + 1 - Math.hypot(dx, dy), 1);
        if (share > 0) strongest = Math.max(strongest, share * ink(pixels, row + dy, column + dx));
      }
    }
    return strongest;
  });
}

/** Rotates round the middle and shifts: asks for each pixel where its ink comes from. */
function move(pixels, { rotate, right, down }) {
  const middle = (SIDE - 1) / 2;
  const angle = (rotate * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return pixels.map((_, i) => {
    const [x, y] = [(i % SIDE) - middle - right, Math.floor(i / SIDE) - middle - down];
    return inkBetween(pixels, middle + cos * y - sin * x, middle + cos * x + sin * y);
  });
}

/** Mixes the four pixels around a place. */
function inkBetween(pixels, y, x) {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [v, u] = [y - top, x - left];
  const upper = (1 - u) * ink(pixels, top, left) + u * ink(pixels, top, left + 1);
  const lower = (1 - u) * ink(pixels, top + 1, left) + u * ink(pixels, top + 1, left + 1);
  return (1 - v) * upper + v * lower;
}

function ink(pixels, row, column) {
  const within = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
  return within ? pixels[row * SIDE + column] : 0;
}

/** Returns a source of noise, the same each time, so that a slider makes one pattern stronger. */
function roughness(share) {
  let state = NOISE_SEED;
  return () => {
    let sum = 0; // of four even numbers: close to a bell curve
    for (let i = 0; i < 4; i += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // a linear congruence, Numerical Recipes'
      sum += state / 2 ** 32 - 0.5;
    }
    return 255 * share * sum * Math.sqrt(3);
  };
}
