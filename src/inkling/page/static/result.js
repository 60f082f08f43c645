// The answer in large, and a bar for every digit.

import { byId, make } from "./dom.js";
import { inPercent, say } from "./language.js";

const SHOWN_SHARE = 0.0005; // what rounds to 0.1 %
const SPEAK_AFTER = 700; // ms without a new answer, so that a screen reader is told once a digit

/** Says an answer in one sentence. */
export function sentenceOf(answer) {
  if (answer?.digit == null) return shortOf(answer);
  return say("{digit}, {percent} sure", { digit: answer.digit, percent: inPercent(answer.confidence) });
}

/** Says an answer in a word or two. */
function shortOf(answer) {
  if (!answer || answer.reason === "empty") return say("nothing yet");
  if (answer.reason === "not_a_digit") return say("not a digit");
  return answer.reason === "unsure" ? doubt(answer) : answer.digit;
}

function doubt({ candidates }) {
  if (!candidates?.length) return say("unsure"); // a photo's digits come without them
  return say("{digit} or {other}?", { digit: candidates[0], other: candidates[1] });
}

/** Returns the class numbers from the most to the least probable. */
export function ranking(probabilities) {
  return probabilities.map((_, i) => i).sort((i, k) => probabilities[k] - probabilities[i]);
}

/** Whether the name of a class is longer than a number of two digits, and needs smaller letters. */
function isWord(name) {
  return name.length > 2;
}

export class ResultView {
  #answer = null;
  #row = []; // the answers to all digits on the pad
  #at = 0; // which of them is looked at
  #classes = [];
  #bars = [];
  #timer = 0;

  /** choose(class name) is called when a bar is chosen, pick(number) when a digit of a row is. */
  constructor(choose, pick) {
    Object.assign(this, { choose, pick });
    this.bars = byId("bars");
    this.spoken = byId("spoken");
    this.word = make("p", { class: "word" });
    this.sure = make("p", { class: "sure" });
    this.next = make("p", { class: "next" });
    this.glyphs = make("div", { class: "glyphs", role: "group" });
    byId("answer").append(this.word, this.glyphs, make("div", { class: "about-word" }, this.sure, this.next));
  }

  /** Makes a bar for each class of a model. */
  setClasses(classes) {
    if (classes.join() === this.#classes.join()) return;
    this.#classes = classes;
    this.bars.classList.toggle("wordy", classes.some(isWord));
    this.#bars = classes.map((name) => {
      const fill = make("span", { class: "fill" });
      const value = make("span", { class: "value" });
      const parts = [make("span", { class: "digit" }, name), make("span", { class: "track" }, fill), value];
      const bar = make("button", { type: "button", class: "bar", "data-class": name }, ...parts);
      bar.addEventListener("click", () => this.#answer && this.choose(name));
      return { bar, fill, value };
    });
    this.bars.replaceChildren(...this.#bars.map(({ bar }) => bar));
  }

  /** answer: what the network said, or null for an empty pad; of several digits, number `at` of the row. */
  show(answer, row = [], at = 0) {
    this.#answer = answer?.reason === "empty" ? null : answer;
    [this.#row, this.#at] = [row.length > 1 ? row : [], at];
    this.render();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.spoken.textContent = this.sentence(); }, SPEAK_AFTER);
  }

  /** Says all of it in one sentence. */
  sentence() {
    return this.#row.length ? this.#row.map(shortOf).join(", ") : sentenceOf(this.#answer);
  }

  /** Writes everything again, in the page's language. */
  render() {
    const answer = this.#answer;
    this.word.textContent = shortOf(answer);
    this.word.className = `word ${answer?.digit != null ? "digit" : (answer?.reason ?? "empty")}`;
    this.word.classList.toggle("wordy", isWord(answer?.digit ?? ""));
    this.word.hidden = this.#row.length > 0;
    this.#renderRow();
    [this.sure.textContent, this.next.textContent] = answer ? this.#details(answer) : ["", ""];
    this.#bars.forEach(({ bar, fill, value }, i) => {
      const share = answer?.probabilities[i] ?? 0;
      const named = answer && (answer.digit ?? "") === this.#classes[i];
      bar.classList.toggle("best", Boolean(named || answer?.candidates?.includes(this.#classes[i])));
      bar.setAttribute("aria-disabled", String(!answer));
      bar.setAttribute("aria-label", `${this.#classes[i]}: ${inPercent(share)}`);
      fill.style.setProperty("--share", share);
      value.textContent = share >= SHOWN_SHARE ? inPercent(share) : "";
    });
  }

  #renderRow() {
    this.glyphs.hidden = this.#row.length === 0;
    this.glyphs.setAttribute("aria-label", say("The digits, from left to right"));
    while (this.glyphs.children.length < this.#row.length) {
      const glyph = make("button", { type: "button" });
      const number = this.glyphs.children.length;
      glyph.addEventListener("click", () => this.pick(number));
      this.glyphs.append(glyph);
    }
    while (this.glyphs.children.length > this.#row.length) this.glyphs.lastChild.remove();
    this.#row.forEach((answer, i) => {
      const glyph = this.glyphs.children[i];
      glyph.textContent = answer.digit ?? "?";
      glyph.setAttribute("aria-label", shortOf(answer));
      glyph.setAttribute("aria-pressed", String(i === this.#at));
    });
  }

  #details(answer) {
    const order = ranking(answer.probabilities);
    const [best, second] = order.map((i) => [this.#classes[i], inPercent(answer.probabilities[i])]);
    if (answer.reason === "not_a_digit") {
      const guess = { digit: best[0], percent: best[1] };
      return [say("It looks like none of the ten."), say("Closest: {digit}, {percent}", guess)];
    }
    if (answer.reason === "unsure") {
      const both = { digit: best[0], percent: best[1], other: second[0], rest: second[1] };
      return [say("It could be either."), say("{digit}: {percent}, {other}: {rest}", both)];
    }
    const then = say("then {digit} with {percent}", { digit: second[0], percent: second[1] });
    const isShown = answer.probabilities[order[1]] >= SHOWN_SHARE;
    return [say("{percent} sure", { percent: best[1] }), isShown ? then : ""];
  }
}
