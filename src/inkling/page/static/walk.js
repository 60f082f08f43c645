// The way through the network with its formulas, step by step: the picture, each hidden layer, the rejector if
// there is one, the scores and the answer.

import { inDigits, inPercent, say, withSign } from "./language.js";
import { largest, paintGray, paintSigned } from "./palette.js";
import { SIDE } from "./strokes.js";
import { activationLabel, formulaChips } from "./formulas.js";
import { densePlaces } from "./network.js";
import { make } from "./dom.js";

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
  #rejects = false;
  #answer = null;

  constructor(place) {
    this.steps = make("ol", { class: "walk" });
    place.append(this.steps);
  }

  /** Shows another model; rejects: whether a unit decides what is a digit at all; show() comes next. */
  setModel(model, rejects) {
    [this.#model, this.#rejects, this.#answer] = [model, rejects, null];
  }

  /** answer: what the network said, with its logits; or null. */
  show(answer) {
    this.#answer = answer;
    this.render();
  }

  /** Writes and paints everything again. */
  render() {
    if (!this.#model) return;
    const hidden = this.#model.layers.slice(0, -1);
    this.steps.replaceChildren();
    this.#addPicture();
    hidden.forEach((_, i) => this.#addLayer(i));
    if (this.#rejects) this.#addRejector(hidden.reduce((sum, { units }) => sum + units, 0));
    this.#addScores();
  }

  #addPicture() {
    const canvas = this.#add(say("What the network sees"), [
      say("28 × 28 gray values, 0 for paper to 255 for ink, and nothing else."),
      say("Your digit was brought to the size and the middle that all training pictures have."),
    ], "network-forward");
    paintGray(canvas, this.#answer?.pixels ?? Array(SIDE * SIDE).fill(0));
  }

  #addLayer(i) {
    const layer = this.#model.layers[i];
    const units = inDigits(layer.units);
    const canvas = this.#add(say("Layer {number}: {units} units", { number: i + 1, units }), [
      say(i === 0 ? FIRST_SUMS : LATER_SUMS, { inputs: this.#inputs(i) }),
      say("Then it {bend}.", { bend: say(BENDS[layer.activation] ?? "bends the sum") }),
    ], "dense-forward", activationLabel(layer.activation));
    paintSigned(canvas, this.#valuesOf(i) ?? Array(layer.units).fill(0));
  }

  #addRejector(units) {
    const { parts, score, threshold } = this.#answer?.strangeness ?? {};
    const numbers = parts && { score: inDigits(score, 2), limit: inDigits(threshold, 2) };
    const verdict = score > threshold
      ? "Now it is {score}, above the limit of {limit}: not a digit."
      : "Now it is {score}, and the limit is {limit}: a digit.";
    const canvas = this.#add(say("Is it a digit at all?"), [
      say("The scores that follow name a digit for anything, a letter too. So one more unit looks at all units before."),
      say("Orange squares are evidence for a digit, blue ones against it: digits get about 0 in all, other drawings 1."),
      parts ? say(verdict, numbers) : "",
    ]);
    paintSigned(canvas, parts ?? Array(units).fill(0));
  }

  #addScores() {
    const { classes, layers } = this.#model;
    const last = layers.length - 1;
    const canvas = this.#add(say("Scores become the answer"), [
      say("A score for each digit: a weighted sum of the {inputs} numbers before.", { inputs: this.#inputs(last) }),
      layers[last].activation === "softmax"
        ? say("Softmax turns the scores into shares of 100 %: the higher the score, the larger the share.")
        : say("The output turns each score into the network's answer for that digit."),
    ], "dense-forward", activationLabel(layers[last].activation));
    const { logits, probabilities: shares } = this.#answer ?? {};
    const top = logits && largest(logits);
    canvas.replaceWith(make("ol", { class: "scores" }, ...classes.map((name, i) => {
      const fill = make("span", { class: logits?.[i] < 0 ? "against" : "for" });
      fill.style.width = `${logits ? (50 * Math.abs(logits[i])) / top : 0}%`;
      return make("li", { class: shares?.[i] === Math.max(...shares ?? []) ? "best" : "" },
        make("b", {}, name),
        make("span", { class: "score" }, fill),
        make("span", { class: "number" }, logits ? withSign(logits[i]) : "–"),
        make("span", { class: "number" }, logits ? inPercent(shares[i]) : "–"));
    })));
  }

  /** What a hidden layer gives the next one; undefined while nothing is drawn. */
  #valuesOf(i) {
    const { passage } = this.#answer ?? {};
    return passage?.[densePlaces(passage)[i + 1]].inputs;
  }

  /** How many numbers come into a layer, in words. */
  #inputs(i) {
    return inDigits(i === 0 ? SIDE * SIDE : this.#model.layers[i - 1].units);
  }

  /** Adds a step; returns the canvas for its picture. */
  #add(title, sentences, ...labels) {
    const canvas = make("canvas", { "aria-hidden": "true" });
    const words = [make("h3", {}, title), ...sentences.map((sentence) => make("p", {}, sentence))];
    const frame = make("div", { class: "frame" }, canvas);
    this.steps.append(make("li", { class: "text" }, frame, ...words, formulaChips(...labels)));
    return canvas;
  }
}
