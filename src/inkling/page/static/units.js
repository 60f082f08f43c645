// The units of the first hidden layer that add most for one digit and for the other, each with its
// weights as a picture.

import { make } from "./dom.js";
import { formulaChips } from "./formulas.js";
import { say, withSign } from "./language.js";
import { divergingScale, largest, paintGrid } from "./palette.js";
import { SIDE } from "./strokes.js";

const SHOWN = 6; // of each kind, and empty places while there is no answer
const PICTURES =
  "The pictures are the units’ own weights: a unit likes ink where it is blue, dislikes it where it is orange.";
const SUM = "The numbers of all units of the first layer add up to the same sum as those of the pixels.";

/** Shows units, undefined while there is no answer. names: { for, against } in words. */
export function showUnits(place, units, names) {
  const blank = Array(SHOWN).fill(null);
  const groups = [
    group(say("Units that add most for {for}", names), units?.filter(({ push }) => push > 0) ?? blank),
    group(say("Units that add most for {against}", names), units?.filter(({ push }) => push < 0) ?? blank),
  ];
  const note = make("div", { class: "note" },
    ...[PICTURES, SUM].map((sentence) => make("p", { class: "hint" }, say(sentence))),
    formulaChips("contribution-unit"));
  place.replaceChildren(...groups.map(({ element }) => element), note);
  for (const { canvas, weights } of groups.flatMap(({ cards }) => cards)) {
    paintGrid(canvas, weights, () => divergingScale(largest(weights)), { columns: SIDE });
  }
}

function group(title, units) {
  const cards = units.map(cardOf);
  const list = make("ul", {}, ...cards.map(({ element }) => element));
  return { cards, element: make("div", {}, make("h3", {}, title), list) };
}

function cardOf(unit) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const element = make("li", {},
    make("span", { class: "thumb" }, canvas),
    make("b", {}, unit ? withSign(unit.push) : "–"),
    make("span", { class: "name" }, unit ? say("unit {number}", { number: unit.unit }) : "\u00a0"));
  return { element, canvas, weights: unit?.weights ?? Array(SIDE * SIDE).fill(0) };
}
