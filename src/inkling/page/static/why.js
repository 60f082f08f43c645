// Why this digit and not that one: the pair to choose, the difference of their scores as a map of the
// pixels, and what the picture is compared with. sum.js and units.js show the rest.

import { make } from "./dom.js";
import { formulaChips } from "./formulas.js";
import { inDigits, say, withSign } from "./language.js";
import { largest, paintGray, paintSigned } from "./palette.js";
import { SIDE } from "./strokes.js";
import { showSum } from "./sum.js";
import { showUnits } from "./units.js";

const WITH_BLEND =
  "The picture is compared with a blend of the mean {for} and the mean {against}, mixed so that the network cannot decide.";
const WITH_PAPER = "The picture is compared with blank paper, because this model does not know its mean digits.";
const MEANING = "Blue supports {for}, orange {against}: ink that is there, and ink that is missing.";

export class WhyView {
  #answer = null;
  #pinned = {};

  /** ask(pair) is called when a pair is chosen: { for, against }, or {} to follow the answer. */
  constructor(title, place, ask) {
    Object.assign(this, { title, ask });
    this.choices = ["for", "against"].map((role) => {
      const select = make("select", { class: role });
      select.addEventListener("change", () => this.#choose(role, select.value));
      return { role, select, words: make("span") };
    });
    const labels = this.choices.map(({ words, select }) => make("label", {}, words, select));
    this.follow = make("button", { type: "button", class: "link" });
    this.follow.addEventListener("click", () => this.pin({}));
    this.canvas = make("canvas", { role: "img" });
    this.legend = make("div", { class: "legend" });
    this.text = make("div", { class: "text" });
    this.blend = make("canvas", { role: "img" });
    const compared = make("div", { class: "blend" }, make("span", { class: "thumb" }, this.blend), this.text);
    this.sum = make("ol", { class: "sum" });
    this.units = make("div", { class: "units" });
    const map = make("figure", {}, make("div", { class: "frame" }, this.canvas), this.legend);
    const words = make("div", { class: "words" }, compared, this.sum);
    title.after(this.follow);
    place.append(make("div", { class: "pair" }, ...labels), make("div", { class: "two" }, map, words), this.units);
  }

  /** Makes the choices of a model's classes; show() comes next. */
  setClasses(classes) {
    this.#pinned = {};
    for (const { select } of this.choices) select.replaceChildren(...classes.map((name) => make("option", {}, name)));
  }

  /** Asks about a pair: { for, against }; {} follows the answer. */
  pin(pair) {
    this.#pinned = pair;
    this.ask(pair);
  }

  /** The pair that is on show: { for, against }; undefined before there is an answer. */
  get pair() {
    return this.#answer?.difference;
  }

  /** The pair that was chosen, {} where none was. */
  get pinned() {
    return this.#pinned;
  }

  /** Forgets what was chosen. */
  unpin() {
    this.#pinned = {};
  }

  /** answer: what the network said, with its difference and units; or null. */
  show(answer) {
    this.#answer = answer?.difference ? answer : null;
    this.render();
  }

  /** Writes and paints everything again. */
  render() {
    const difference = this.#answer?.difference;
    this.title.textContent = difference
      ? say("Why {for} and not {against}?", difference)
      : say("Why this digit and not that one?");
    for (const { role, select, words } of this.choices) {
      words.textContent = say(role === "for" ? "Why" : "and not");
      select.value = difference?.[role];
      select.disabled = !difference;
    }
    this.follow.textContent = say("Reset");
    this.follow.classList.toggle("unseen", !this.#pinned.for);
    this.#renderMap(difference);
    showSum(this.sum, difference, this.#names());
    showUnits(this.units, this.#answer?.units, this.#names());
  }

  #choose(role, name) {
    const { for: wanted, against } = this.#answer.difference;
    const pair = { for: wanted, against, [role]: name };
    if (pair.for === pair.against) [pair.for, pair.against] = [against, wanted]; // they change places
    this.pin(pair);
  }

  /** The two digits, or words in their place while there is none. */
  #names() {
    return this.pair ?? { for: say("this"), against: say("that") };
  }

  #renderMap(difference) {
    const parts = difference?.parts ?? Array(SIDE * SIDE).fill(0);
    const top = largest(parts);
    paintSigned(this.canvas, parts, top);
    const names = this.#names();
    this.canvas.setAttribute("aria-label", `${say("Each pixel's part")}: ${this.title.textContent}`);
    const [low, high] = top ? [inDigits(-top, 2), withSign(top)] : ["–", "–"];
    const ends = ["supports {against}", "supports {for}"];
    this.legend.replaceChildren(
      make("p", {}, low, make("span", { class: "scale" }), high),
      make("p", {}, ...ends.map((words) => make("span", {}, say(words, names)))));
    this.#renderCompared(difference?.blend, names);
  }

  #renderCompared(blend, names) {
    paintGray(this.blend, blend ?? Array(SIDE * SIDE).fill(0));
    this.blend.setAttribute("aria-label", say("What the picture is compared with"));
    const sentences = [blend || !this.pair ? WITH_BLEND : WITH_PAPER, MEANING];
    this.text.replaceChildren(
      ...sentences.map((sentence) => make("p", {}, say(sentence, names))),
      formulaChips("contribution-pixel", "contribution-baseline", "contribution-multiplier"));
  }
}
