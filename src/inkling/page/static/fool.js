// Try to fool it: sliders that distort the picture the network sees, that picture, and the answer to it.

import { paintGray } from "./palette.js";
import { inDigits, inPercent, say } from "./language.js";
import { SIDE } from "./strokes.js";
import { UNDISTORTED } from "./distort.js";
import { make } from "./dom.js";
import { sentenceOf } from "./result.js";

const SLIDERS = [
  { name: "rotate", words: "Rotate", min: -90, max: 90, step: 1, unit: "°" },
  { name: "noise", words: "Noise", min: 0, max: 0.8, step: 0.01 },
  { name: "right", words: "Shift right", min: -8, max: 8, step: 0.5, unit: " px" },
  { name: "down", words: "Shift down", min: -8, max: 8, step: 0.5, unit: " px" },
];

export class FoolView {
  settings = UNDISTORTED;
  #answer = null;

  /** changed() is called when a slider moves. */
  constructor(place, changed) {
    this.changed = changed;
    this.canvas = make("canvas", { role: "img" });
    this.now = make("p", { class: "now" });
    this.reset = make("button", { type: "button", id: "fool-reset" });
    this.reset.addEventListener("click", () => this.undo());
    this.sliders = SLIDERS.map((slider) => this.#makeSlider(slider));
    const rows = this.sliders.map(({ input, words, output }) => make("div", { class: "slider" }, words, output, input));
    place.append(
      make("div", { class: "seen" }, make("div", { class: "thumb" }, this.canvas), this.now),
      make("div", { class: "sliders" }, ...rows, make("div", { class: "after" }, this.reset)));
  }

  /** Whether the picture reaches the network as it was drawn. */
  get idle() {
    return Object.values(this.settings).every((value) => value === 0);
  }

  /** Puts all sliders back. */
  undo() {
    this.#set(UNDISTORTED);
  }

  /** answer: to the distorted picture; or null. */
  show(answer) {
    this.#answer = answer;
    this.render();
  }

  /** Writes and paints everything again. */
  render() {
    for (const { slider, input, words, output } of this.sliders) {
      const value = this.settings[slider.name];
      const number = inDigits(value, Number.isInteger(value) ? 0 : 1);
      words.textContent = say(slider.words);
      output.textContent = slider.unit ? number + slider.unit : inPercent(value, 0);
      input.setAttribute("aria-valuetext", output.textContent);
    }
    this.reset.textContent = say("Reset");
    this.reset.disabled = this.idle;
    this.now.textContent = sentenceOf(this.#answer);
    this.canvas.setAttribute("aria-label", say("What the network sees"));
    paintGray(this.canvas, this.#answer?.pixels ?? Array(SIDE * SIDE).fill(0));
  }

  #makeSlider(slider) {
    const { name, min, max, step } = slider;
    const id = `fool-${name}`;
    const input = make("input", { type: "range", id, min, max, step, value: 0 });
    input.addEventListener("input", () => this.#set({ ...this.settings, [name]: Number(input.value) }));
    return { slider, input, words: make("label", { for: id }), output: make("output", { for: id }) };
  }

  #set(settings) {
    this.settings = settings;
    for (const { slider, input } of this.sliders) input.value = settings[slider.name];
    this.render();
    this.changed();
  }
}
