// One unit: what it detects, its value, what it adds to which units, and the digits that activate it.

import { make } from "./dom.js";
import { edgesFrom } from "./edges.js";
import { inDigits, say, withSign } from "./language.js";
import { carryBack, columnOf, densePlaces } from "./network.js";
import { paintGray, paintSigned } from "./palette.js";

const ADDED = 4; // connections in words
const SHOWN_EXAMPLES = 6;

export class Inspector {
  #unit = null;
  #answer = null;

  constructor(place, examples) {
    Object.assign(this, { place, examples });
    this.canvas = make("canvas", { role: "img" });
    this.title = make("h3");
    this.text = make("p");
    this.added = make("ul", { class: "added" });
    this.caption = make("p", { class: "caption" });
    this.pictures = Array.from({ length: SHOWN_EXAMPLES }, () => make("canvas", { "aria-hidden": "true" }));
    this.spoken = make("p", { class: "visually-hidden", role: "status" });
    const frames = this.pictures.map((canvas) => make("span", { class: "thumb" }, canvas));
    this.parts = [
      make("span", { class: "thumb" }, this.canvas),
      make("div", { class: "unit-words" }, this.title, this.text, this.added),
      make("div", { class: "excited" }, this.caption, make("div", { class: "examples" }, ...frames)),
    ];
    this.hint = make("div", { class: "legend-lines" });
    place.append(this.hint, ...this.parts, this.spoken);
  }

  /** Looks at another unit, or at none. */
  look(unit, byKey) {
    this.#unit = unit;
    this.render();
    if (byKey) this.spoken.textContent = unit ? `${this.title.textContent}. ${this.place.innerText}` : "";
  }

  /** answer: with its passage; also while nothing is drawn. */
  show(answer) {
    this.#answer = answer;
    if (this.#unit) this.render();
  }

  render() {
    const unit = this.#answer && this.#unit;
    this.hint.hidden = Boolean(unit);
    for (const part of this.parts) part.hidden = !unit;
    if (unit) this.#renderUnit(unit);
    else this.#renderHint();
  }

  #renderHint() {
    const line = (kind, words) => make("p", { class: `key ${kind}` }, say(words));
    this.hint.replaceChildren(
      make("p", {}, say("Point at a unit, tap it or use the arrow keys to see what it detects.")),
      line("positive", "raises the next unit"),
      line("negative", "lowers it"),
      make("p", { class: "ask-why" }, say("Choose a bar to ask why not that digit.")));
  }

  #renderUnit({ layer, unit }) {
    const { passage } = this.#answer;
    const places = densePlaces(passage);
    const [into, next] = [passage[places[layer]], passage[places[layer + 1]]];
    const value = next.inputs[unit];
    const picture = carryBack(passage, places[layer], columnOf(into.layer, unit));
    paintSigned(this.canvas, picture);
    this.title.textContent = say("Layer {layer}, unit {unit}: {value}",
      { layer: layer + 1, unit, value: inDigits(value, 2) });
    this.text.textContent = layer === 0
      ? say("Its weights: ink on blue raises it, ink on orange lowers it.")
      : say("For this digit, more ink on blue would raise it, on orange lower it.");
    this.canvas.setAttribute("aria-label", this.text.textContent);
    this.#renderAdded(edgesFrom(next.layer, next.inputs, unit, ADDED), layer + 2 === places.length);
    this.#renderExamples(this.examples.strongest({ layer, unit }, SHOWN_EXAMPLES));
  }

  #renderAdded(edges, isLast) {
    const { classes } = this.#answer;
    const goal = (to) => isLast ? say("score of {name}", { name: classes[to] }) : say("unit {number}", { number: to });
    const items = edges.map(({ to, value }) => make("li", { class: value > 0 ? "positive" : "negative" },
      make("b", {}, withSign(value)), ` ${goal(to)}`));
    const nothing = make("li", {}, say("It is silent and adds nothing."));
    this.added.replaceChildren(...(items.length ? items : [nothing]));
  }

  #renderExamples(found) {
    this.caption.textContent = found.length
      ? say("Digits that activate it most")
      : say("No example digit activates it.");
    this.pictures.forEach((canvas, i) => {
      canvas.parentElement.classList.toggle("unseen", !found[i]);
      if (found[i]) paintGray(canvas, found[i].pixels);
    });
  }
}
