// Where the layers of the live view are. Along is the way from the picture to the bars, u; across it is v.
// Upright, the way goes from top to bottom, otherwise from left to right.

import { make } from "./dom.js";
import { SIDE } from "./strokes.js";

const FEW = 40; // units, or fewer, are a column of circles; more are a block of squares
const SLENDER = 6; // how many times as long as wide such a block is
const [MOST_ALONG, MOST_ACROSS] = [0.36, 0.98]; // of the room, for all blocks together, and for the longest

/** A layer: `count` units row by row, `columns` of them along the way. */
export class Block {
  constructor(count, columns, pitch, { upright, isPicture = false }) {
    Object.assign(this, { count, columns, pitch, upright, isPicture });
    this.round = count <= FEW;
    this.rows = Math.ceil(count / columns);
    this.thickness = columns * pitch;
    this.length = this.rows * pitch;
  }

  /** Puts it at a place, with a canvas of one pixel for each unit. */
  put(u, v) {
    Object.assign(this, { u, v });
    const [width, height] = turned({ u: this.columns, v: this.rows }, this.upright);
    this.raster = make("canvas", { width, height });
  }

  /** The column and the row of a unit; the rows of the picture stay rows where everything else is turned. */
  cell(unit) {
    const [column, row] = [unit % this.columns, Math.floor(unit / this.columns)];
    return this.isPicture && this.upright ? { u: row, v: column } : { u: column, v: row };
  }

  center(unit) {
    const { u, v } = this.cell(unit);
    return { u: this.u + (u + 0.5) * this.pitch, v: this.v + (v + 0.5) * this.pitch };
  }

  /** The unit at a place, or null; a few pixels beside it are near enough. */
  unitAt({ u, v }) {
    if (this.isPicture || u < this.u - 4 || u > this.u + this.thickness + 4) return null;
    const column = clamp(Math.floor((u - this.u) / this.pitch), this.columns);
    const row = Math.floor((v - this.v) / this.pitch);
    const unit = row * this.columns + column;
    return row >= 0 && unit < this.count ? unit : null;
  }
}

/** Returns the blocks of the picture and of hidden layers of so many units, with equal gaps. */
export function arrangeBlocks(counts, { along, across, upright }) {
  const columns = counts.map((count) => count <= FEW ? 1 : Math.ceil(Math.sqrt(count / SLENDER)));
  const large = counts.map((count, i) => [count, columns[i]]).filter(([count]) => count > FEW);
  const width = large.reduce((sum, [, each]) => sum + each, 1);
  const height = Math.max(1, ...large.map(([count, each]) => Math.ceil(count / each)));
  const pitch = Math.min((MOST_ALONG * along) / width, (MOST_ACROSS * across) / height);
  const pitchOf = (count) => count > FEW ? pitch : Math.min((MOST_ACROSS * across) / count, 0.07 * along);
  const side = Math.min(0.27 * along, 0.5 * across);
  const picture = new Block(SIDE * SIDE, SIDE, side / SIDE, { upright, isPicture: true });
  const layers = counts.map((count, i) => new Block(count, columns[i], pitchOf(count), { upright }));
  const blocks = [picture, ...layers];
  const gap = (along - 2 - blocks.reduce((sum, { thickness }) => sum + thickness, 0)) / blocks.length;
  let u = 1;
  for (const block of blocks) {
    block.put(u, (across - block.length) / 2);
    u += block.thickness + gap;
  }
  return blocks;
}

/** A place as [x, y]; and back, since turning twice changes nothing. */
export function turned({ u, v }, upright) {
  return upright ? [v, u] : [u, v];
}

/** The whole number from 0 to end − 1 that is closest. */
export function clamp(number, end) {
  return Math.min(Math.max(number, 0), end - 1);
}
