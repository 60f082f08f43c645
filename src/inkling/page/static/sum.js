// The sum: what supports one digit, what the other, what the baseline has, and the total.

import { make } from "./dom.js";
import { say, withSign } from "./language.js";

/** Shows the parts of a difference; undefined while there is none. names: { for, against } in words. */
export function showSum(place, difference, names) {
  const itself = difference && !difference.blend ? "Blank paper" : "The blend itself";
  const { positive, negative, biases, total } = addUp(difference);
  const rows = [
    { words: say("Pixels for {for}", names), start: 0, length: positive },
    { words: say("Pixels for {against}", names), start: positive, length: negative },
    { words: say(itself), start: positive + negative, length: biases },
    { words: say("Score of {for} − score of {against}", names), start: 0, length: total },
  ];
  const low = Math.min(...rows.map(({ start, length }) => start + length), 0);
  const high = Math.max(...rows.map(({ start, length }) => start + length), 0);
  const share = (value) => (100 * value) / (high - low || 1);
  place.replaceChildren(...rows.map(({ words, start, length }, i) => {
    const fill = make("span", { class: length < 0 ? "against" : "for", hidden: !difference });
    fill.style.left = `${share(Math.min(start, start + length) - low)}%`;
    fill.style.width = `${share(Math.abs(length))}%`;
    return make("li", { class: i === rows.length - 1 ? "total" : "" },
      make("span", {}, words),
      make("span", { class: "track", "aria-hidden": "true" }, fill),
      make("span", { class: "number" }, difference ? withSign(length) : "–"));
  }));
}

/** Rounds to hundredths in such a way that what is shown adds up as well. */
function addUp(difference) {
  const { parts, biases, total } = difference ?? { parts: [], biases: 0, total: 0 };
  const rounded = (value) => Math.round(100 * value) / 100;
  const positive = rounded(parts.reduce((sum, part) => sum + Math.max(part, 0), 0));
  const negative = rounded(rounded(total) - rounded(biases) - positive);
  return { positive, negative, biases: rounded(biases), total: rounded(total) };
}
