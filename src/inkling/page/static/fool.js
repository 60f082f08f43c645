// Try to fool it: sliders that distort the picture the network sees, and what becomes of its answer.

import { UNDISTORTED, distorts } from "./distort.js";
import { make } from "./dom.js";
import { inDigits, inPercent, say } from "./language.js";
import { amountScale, paintGrid } from "./palette.js";
import { shortOf } from "./result.js";
import { SIDE } from "./strokes.js";

const SLIDERS = [
  { name: "rotate", words: "Rotate", low: -90, high: 90, step: 1, unit: "{number}°" },
  { name: "noise", words: "Noise", low: 0, high: 0.8, step: 0.01, unit: "percent" },
  { name: "right", words: "Shift right", low: -8, high: 8, step: 0.5, unit: "{number} px" },
  { name: "down", words: "Shift down", low: -8, high: 8, step: 0.5, unit: "{number} px" },
  { name: "thicken", words: "Thicken", low: 0, high: 3, step: 0.1, unit: "{number} px" },
];

export class FoolView {
  settings = { ...UNDISTORTED };
  #plain = null;
  #answer = null;

  /** changed() is called when a slider moves. */
  constructor(place, changed) {
    this.changed = changed;
    this.canvas = make("canvas", { role: "img" });
    this.before = make("p", { class: "before" });
    this.now = make("p", { class: "now" });
    this.titles = ["Before", "Now"].map((words) => [words, make("h3")]);
    this.fill = make("span", { class: "fill" });
    this.reset = make("button", { type: "button", id: "fool-reset" });
    this.reset.addEventListener("click", () => this.undo());
    this.tidy = make("input", { type: "checkbox", id: "fool-tidy" });
    this.tidy.addEventListener("change", () => this.changed());
    this.tidyWords = make("span");
    this.sliders = SLIDERS.map((slider) => this.#makeSlider(slider));
    const [[, before], [, now]] = this.titles;
    const verdict = make("div", { class: "verdict" }, before, this.before, now, this.now,
      make("span", { class: "meter", "aria-hidden": "true" }, this.fill));
    const rows = this.sliders.map(({ row }) => row);
    place.append(
      make("div", { class: "seen" }, make("div", { class: "thumb" }, this.canvas), verdict),
      make("div", { class: "sliders" }, ...rows, make("div", { class: "after" }, this.reset),
        make("label", { class: "tidy" }, this.tidy, this.tidyWords)));
  }

  /** Whether the picture reaches the network as it was drawn. */
  get idle() {
    return !distorts(this.settings);
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
    this.#answer = answer;
    this.#plain = plain;
    this.render();
  }

  /** Writes and paints everything again. */
  render() {
    for (const { slider, input, words, output } of this.sliders) {
      const value = this.settings[slider.name];
      const number = inDigits(value, Number.isInteger(value) ? 0 : 1);
      words.textContent = say(slider.words);
      output.textContent = slider.unit === "percent" ? inPercent(value, 0) : say(slider.unit, { number });
      input.setAttribute("aria-valuetext", output.textContent);
    }
    for (const [words, title] of this.titles) title.textContent = say(words);
    this.reset.textContent = say("Reset");
    this.reset.disabled = this.idle;
    this.tidyWords.textContent = say("Center and scale it again before it is read");
    this.#renderVerdict();
  }

  #renderVerdict() {
    const said = (answer) => answer?.digit == null
      ? shortOf(answer)
      : `${answer.digit} · ${inPercent(answer.confidence)}`;
    const [before, now] = [this.#plain?.digit, this.#answer?.digit]; // a refusal is no mistake
    const fooled = before != null && now != null && before !== now;
    this.before.textContent = said(this.#plain);
    this.now.textContent = said(this.#answer);
    if (fooled) this.now.append(make("em", {}, say("fooled")));
    this.fill.style.transform = `scaleX(${this.#answer?.confidence ?? 0})`;
    const pixels = this.#answer?.pixels ?? Array(SIDE * SIDE).fill(0);
    this.canvas.setAttribute("aria-label", say("What the network sees"));
    paintGrid(this.canvas, pixels, () => amountScale(255), { columns: SIDE });
  }

  #makeSlider(slider) {
    const id = `fool-${slider.name}`;
    const range = { min: slider.low, max: slider.high, step: slider.step };
    const input = make("input", { type: "range", id, ...range, value: 0 });
    const words = make("label", { for: id });
    const output = make("output", { for: id });
    input.addEventListener("input", () => {
      this.#set({ ...this.settings, [slider.name]: Number(input.value) });
    });
    return { slider, input, words, output, row: make("div", { class: "slider" }, words, output, input) };
  }

  #set(settings) {
    this.settings = { ...settings };
    for (const { slider, input } of this.sliders) input.value = settings[slider.name];
    this.render();
    this.changed();
  }
}
