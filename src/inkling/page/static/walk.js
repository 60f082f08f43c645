// The walk through the network: the picture, each hidden layer, the rejector if there is one, the scores and
// the answer. A slider goes from stop to stop.

import { SIDE } from "./strokes.js";
import { activationLabel } from "./formulas.js";
import { amountScale } from "./palette.js";
import { divergingScale } from "./palette.js";
import { formulaChips } from "./formulas.js";
import { inDigits } from "./language.js";
import { inPercent } from "./language.js";
import { largest } from "./palette.js";
import { make } from "./dom.js";
import { paintGrid } from "./palette.js";
import { say } from "./language.js";
import { squareUnder } from "./palette.js";
import { withSign } from "./language.js";

const FIRST_SUMS =
  "Each square is a unit. It multiplies all {inputs} pixels by weights of its own and adds up.";
const LATER_SUMS = "Each unit weighs the {inputs} numbers of the layer before, and adds up.";
const BENDS = {
  relu: "keeps what is positive and silences the rest",
  leaky_relu: "keeps what is positive and lets a little of the rest through",
  gelu: "keeps what is clearly positive, softly",
  sigmoid: "squeezes the sum between 0 and 1",
  tanh: "squeezes the sum between −1 and 1",
  identity: "passes the sum on as it is",
};

export class WalkView {
  #model = null;
  #answer = null;
  #rejector = null; // its stop
  #last = 0; // the stop of the answer
  #stop = 0;
  #thumbs = [];

  constructor(place) {
    this.strip = make("div", { class: "strip" });
    this.slider = make("input", { type: "range", min: 0, step: 1, value: 0, id: "walk-slider" });
    this.canvas = make("canvas", { role: "img" });
    this.table = make("ol", { class: "scores" });
    this.frame = make("div", { class: "frame" }, this.canvas, this.table);
    this.text = make("div", { class: "text" });
    this.readout = make("p", { class: "readout", "aria-hidden": "true" });
    const stations = make("div", { class: "stations" }, this.strip, this.slider);
    const words = make("div", { class: "words" }, this.text, this.readout);
    place.append(make("div", { class: "two" }, this.frame, make("div", {}, stations, words)));
    this.slider.addEventListener("input", () => this.#go(Number(this.slider.value)));
    this.canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.canvas.addEventListener("pointerleave", () => { this.readout.textContent = ""; });
  }

  /** Makes the stops of a model: its picture, its hidden layers, its rejector, its answer. */
  setModel(model, rejects) {
    this.#model = model;
    this.#rejector = rejects ? model.layers.length : null;
    this.#last = model.layers.length + Number(rejects);
    this.#stop = Math.min(this.#stop, this.#last);
    this.slider.max = this.#last;
    this.slider.value = this.#stop;
    this.strip.style.setProperty("--stops", this.#last + 1);
    this.slider.style.setProperty("--stops", this.#last + 1);
    this.#thumbs = Array.from({ length: this.#last + 1 }, (_, stop) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      const word = make("span", { class: "word-thumb" });
      const name = make("span", { class: "name" });
      const picture = make("span", { class: "thumb" }, stop === this.#last ? word : canvas);
      const button = make("button", { type: "button", tabindex: -1 }, picture, name);
      button.addEventListener("click", () => this.#go(stop));
      return { button, canvas, word, name };
    });
    this.strip.replaceChildren(...this.#thumbs.map(({ button }) => button));
    this.show(null);
  }

  /** answer: what the network said, with its layers; or null. */
  show(answer) {
    this.#answer = answer;
    this.render();
  }

  /** Writes and paints everything again. */
  render() {
    if (!this.#model) return;
    this.slider.setAttribute("aria-label", say("Walk layer by layer"));
    this.#thumbs.forEach(({ canvas, word, name }, stop) => {
      name.textContent = this.#nameOf(stop);
      word.textContent = this.#answer?.digit ?? "?";
      if (!canvas.isConnected) return;
      const { values, scale, options } = this.#picture(stop);
      paintGrid(canvas, values, scale, options);
    });
    this.#renderStop();
  }

  #go(stop) {
    this.#stop = stop;
    this.slider.value = stop;
    this.#renderStop();
  }

  #renderStop() {
    const stop = this.#stop;
    const last = stop === this.#last;
    this.slider.setAttribute("aria-valuetext", this.#nameOf(stop));
    this.#thumbs.forEach(({ button }, i) => button.classList.toggle("here", i === stop));
    this.readout.textContent = "";
    this.canvas.hidden = last;
    this.table.hidden = !last;
    const [title, words, labels] = this.#words(stop);
    this.text.replaceChildren(make("h3", {}, title), ...words.map((each) => make("p", {}, each)),
      formulaChips(...labels));
    if (last) return this.#renderScores();
    const { values, scale, options } = this.#picture(stop);
    paintGrid(this.canvas, values, scale, { ...options, gap: stop > 0 ? 1 : 0 });
    this.canvas.setAttribute("aria-label", [title, ...words].join(" "));
  }

  #nameOf(stop) {
    if (stop === 0) return say("Picture");
    if (stop === this.#last) return say("Answer");
    if (stop === this.#rejector) return say("A digit?");
    return say("Layer {number}", { number: stop });
  }

  #picture(stop) {
    if (stop === 0) {
      const values = this.#answer?.pixels ?? Array(SIDE * SIDE).fill(0);
      return { values, scale: () => amountScale(255), options: { columns: SIDE } };
    }
    const hidden = this.#model.layers.slice(0, -1);
    const isRejector = stop === this.#rejector;
    const units = isRejector ? hidden.reduce((sum, layer) => sum + layer.units, 0) : hidden[stop - 1].units;
    const said = isRejector ? this.#answer?.strangeness.parts : this.#answer?.layers?.[stop - 1].values;
    const values = said ?? Array(units).fill(0);
    return { values, scale: () => divergingScale(largest(values)), options: {} };
  }

  /** Returns a stop's title, its sentences and the labels of its formulas. */
  #words(stop) {
    const { layers } = this.#model;
    if (stop === 0) {
      const title = say("What the network sees");
      return [title, [
        say("28 × 28 gray values, 0 for paper to 255 for ink, and nothing else."),
        say("Your digit was brought to the size and the middle that all training pictures have."),
      ], ["network-forward"]];
    }
    if (stop === this.#rejector) return this.#rejectorWords();
    const number = Math.min(stop, layers.length);
    const layer = layers[number - 1];
    const inputs = inDigits(number === 1 ? SIDE * SIDE : layers[number - 2].units);
    const units = inDigits(layer.units);
    if (stop === this.#last) return this.#answerWords(layer, inputs);
    const title = say("Layer {number}: {units} units", { number: stop, units });
    const sums = say(stop === 1 ? FIRST_SUMS : LATER_SUMS, { inputs });
    const bend = say("Then it {bend}.", { bend: say(BENDS[layer.activation] ?? "bends the sum") });
    const labels = ["dense-forward", activationLabel(layer.activation)];
    return [title, [sums, bend, this.#activity(stop, units)], labels];
  }

  #activity(stop, units) {
    const values = this.#answer?.layers?.[stop - 1].values;
    if (!values) return say("Draw a digit, and its units light up.");
    const active = inDigits(values.filter((value) => value > 0).length);
    const top = values.indexOf(Math.max(...values));
    const number = { active, units, top, value: inDigits(values[top], 2) };
    return say("Now {active} of {units} are above zero; unit {top} the most, with {value}.", number);
  }

  #rejectorWords() {
    const sentences = [
      say("The scores that follow name a digit for anything, a letter too. So one more unit looks at all units before."),
      say("Orange squares speak for a digit, blue ones for something else: digits get about 0 in all, other drawings 1."),
    ];
    if (this.#answer) {
      const { score, threshold } = this.#answer.strangeness;
      const numbers = { score: inDigits(score, 2), limit: inDigits(threshold, 2) };
      sentences.push(score > threshold
        ? say("Now it is {score}, above the limit of {limit}: not a digit.", numbers)
        : say("Now it is {score}, and the limit is {limit}: a digit.", numbers));
    }
    return [say("Is it a digit at all?"), sentences, []];
  }

  #answerWords(layer, inputs) {
    const first = say("A score for each digit: a weighted sum of the {inputs} numbers before.", { inputs });
    const second = layer.activation === "softmax"
      ? say("Softmax turns the scores into shares of 100 %: the higher the score, the larger the share.")
      : say("The output turns each score into the network's answer for that digit.");
    return [say("Scores become the answer"), [first, second],
      ["dense-forward", activationLabel(layer.activation)]];
  }

  #renderScores() {
    const { classes } = this.#model;
    const logits = this.#answer?.logits ?? classes.map(() => 0);
    const shares = this.#answer?.probabilities ?? classes.map(() => 0);
    const top = largest(logits) || 1;
    this.table.replaceChildren(...classes.map((name, i) => {
      const fill = make("span", { class: logits[i] < 0 ? "against" : "for" });
      fill.style.width = `${(50 * Math.abs(logits[i])) / top}%`;
      const known = Boolean(this.#answer?.logits);
      return make("li", { class: known && shares[i] === Math.max(...shares) ? "best" : "" },
        make("b", {}, name),
        make("span", { class: "score" }, fill),
        make("span", { class: "number" }, known ? withSign(logits[i]) : "–"),
        make("span", { class: "number" }, known ? inPercent(shares[i]) : "–"));
    }));
  }

  #point(event) {
    const { values } = this.#picture(this.#stop);
    const square = squareUnder(this.canvas, event);
    if (square === null || square >= values.length) return;
    const [row, column] = [Math.floor(square / SIDE), square % SIDE];
    const value = this.#stop === 0 ? values[square] : inDigits(values[square], 3);
    this.readout.textContent = this.#stop === 0
      ? say("Row {row}, column {column}: {value}", { row, column, value })
      : say("Unit {unit}: {value}", { unit: square, value });
  }
}
