// The confusion matrix: a row for each digit as it is, a column for each as it was read. The diagonal is
// right, in one color; mistakes have the other. The square root of each row's shares makes few visible.

import { say } from "./language.js";
import { colors, divergingScale } from "./palette.js";
import { inkOf, sharpen } from "./sharp.js";

const EDGE = 18; // px, of the names of the classes

export class Confusion {
  #counts = [];
  #classes = [];
  #painted = { cell: Infinity, unit: 1 }; // sides of a square, and what they are measured in: see sharp.js

  constructor(canvas) {
    this.canvas = canvas;
    canvas.addEventListener("pointermove", (event) => this.#point(event));
  }

  /** counts[truth][answer] */
  show(counts, classes) {
    [this.#counts, this.#classes] = [counts, classes];
    this.canvas.setAttribute("aria-label", this.#words());
    this.#paint();
  }

  #paint() {
    const area = sharpen(this.canvas);
    if (!area) return;
    const { context, unit } = area;
    const cell = (Math.min(area.width, area.height) - EDGE) / this.#classes.length;
    const scale = divergingScale(1);
    this.#painted = { cell, unit };
    const [words] = colors("--soft").map(inkOf);
    context.textAlign = "center";
    context.textBaseline = "middle";
    this.#counts.forEach((row, truth) => {
      const middle = EDGE + (truth + 0.5) * cell;
      const all = row.reduce((sum, count) => sum + count, 0) || 1;
      context.fillStyle = words;
      const name = this.#classes[truth].slice(0, 2); // all of it is in the words under the pointer
      context.fillText(name, EDGE / 2, middle);
      context.fillText(name, middle, EDGE / 2);
      row.forEach((count, answer) => {
        context.fillStyle = inkOf(scale((truth === answer ? 1 : -1) * Math.sqrt(count / all)));
        context.fillRect(EDGE + answer * cell, EDGE + truth * cell, cell - 1, cell - 1);
      });
    });
  }

  #words() {
    const [right, all] = this.sums;
    return say("Confusion matrix: {right} of {all} validation images are right.", { right, all });
  }

  /** How many are right, and of how many. */
  get sums() {
    const sum = (counts) => counts.reduce((one, other) => one + other, 0);
    return [sum(this.#counts.map((row, truth) => row[truth])), sum(this.#counts.flat())];
  }

  #point({ offsetX, offsetY }) {
    const { cell, unit } = this.#painted;
    const [answer, truth] = [offsetX, offsetY].map((place) => Math.floor((place / unit - EDGE) / cell));
    const count = this.#counts[truth]?.[answer];
    this.canvas.title = count === undefined ? "" : say("{truth} read as {answer}: {count}",
      { truth: this.#classes[truth], answer: this.#classes[answer], count });
  }
}
