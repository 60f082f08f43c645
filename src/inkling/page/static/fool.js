// Try to fool it: sliders that distort the picture the network sees, and what becomes of its answer.

import { paintGray } from "./palette.js";
import { inDigits, inPercent, say } from "./language.js";
import { SIDE } from "./strokes.js";
import { UNDISTORTED } from "./distort.js";
import { make } from "./dom.js";
import { sentenceOf } from "./result.js";

const SLIDERS = [
  { name: "rotate", words: "Rotate", min: -90, max: 90, step: 1, unit: "{number}°" },
  { name: "noise", words: "Noise", min: 0, max: 0.8, step: 0.01 },
  { name: "right", words: "Shift right", min: -8, max: 8, step: 0.5, unit: "{number} px" },
  { name: "down", words: "Shift down", min: -8, max: 8, step: 0.5, unit: "{number} px" },
  { name: "thicken", words: "Thicken", min: 0, max: 3, step: 0.1, unit: "{number} px" },
];

export class FoolView {
  settings = UNDISTORTED;
  #plain = null;
  #answer = null;

  /** changed() is called when a slider moves. */
  constructor(place, changed) {
    this.changed = changed;
    this.canvas = make("canvas", { role: "img" });
    this.before = make("p", { class: "before" });
    this.now = make("p", { class: "now" });
    this.reset = make("button", { type: "button", id: "fool-reset" });
    this.reset.addEventListener("click", () => this.undo());
    this.tidy = make("input", { type: "checkbox", id: "fool-tidy" });
    this.tidy.addEventListener("change", () => this.changed());
    this.tidyWords = make("span");
    this.sliders = SLIDERS.map((slider) => this.#makeSlider(slider));
    const rows = this.sliders.map(({ input, words, output }) => make("div", { class: "slider" }, words, output, input));
    place.append(
      make("div", { class: "seen" }, make("div", { class: "thumb" }, this.canvas),
        make("div", {}, this.before, this.now)),
      make("div", { class: "sliders" }, ...rows, make("div", { class: "after" }, this.reset),
        make("label", { class: "tidy" }, this.tidy, this.tidyWords)));
  }

  /** Whether the picture reaches the network as it was drawn. */
  get idle() {
    return Object.values(this.settings).every((value) => value === 0);
  }

  /** Whether what is distorted is normalized again before it is read. */
  get tidies() {
    return this.tidy.checked;
  }

  /** Puts all sliders back. */
  undo() {
    this.#set(UNDISTORTED);
  }

  /** answer: to the distorted picture; plain: to the one before. Both null for an empty pad. */
  show(answer, plain) {
    [this.#answer, this.#plain] = [answer, plain];
    this.render();
  }

  /** Writes and paints everything again. */
  render() {
    for (const { slider, input, words, output } of this.sliders) {
      const value = this.settings[slider.name];
      const number = inDigits(value, Number.isInteger(value) ? 0 : 1);
      words.textContent = say(slider.words);
      output.textContent = slider.unit ? say(slider.unit, { number }) : inPercent(value, 0);
      input.setAttribute("aria-valuetext", output.textContent);
    }
    this.reset.textContent = say("Reset");
    this.reset.disabled = this.idle;
    this.tidyWords.textContent = say("Center and scale it again before it is read");
    this.before.textContent = say("Before: {answer}", { answer: sentenceOf(this.#plain) });
    this.now.textContent = say("Now: {answer}", { answer: sentenceOf(this.#answer) });
    const fooled = this.#answer?.digit != null && this.#plain.digit != null && this.#answer.digit !== this.#plain.digit;
    if (fooled) this.now.append(make("em", {}, say("fooled")));
    this.canvas.setAttribute("aria-label", say("What the network sees"));
    const pixels = this.#answer?.pixels ?? Array(SIDE * SIDE).fill(0);
    paintGray(this.canvas, pixels);
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
