// The units of the first hidden layer that add most for one digit and for the other, each with its
// weights as a picture.

import { paintSigned } from "./palette.js";
import { say, withSign } from "./language.js";
import { SIDE } from "./strokes.js";
import { formulaChips } from "./formulas.js";
import { make } from "./dom.js";

const BLANK = { weights: Array(SIDE * SIDE).fill(0) }; // while there is no answer,
const SHOWN = 6; // of each kind
const PICTURES =
  "The pictures are the weights of the units: ink on blue raises a unit, ink on orange lowers it.";
const SUM = "The numbers of all units of the first layer add up to the same sum as those of the pixels.";

/** Shows units, undefined while there is no answer. names: { for, against } in words. */
export function showUnits(place, units, names) {
  const blank = Array(SHOWN).fill(BLANK);
  place.replaceChildren();
  addGroup(place, say("Units that add most for {for}", names), units?.filter(({ push }) => push > 0) ?? blank);
  addGroup(place, say("Units that add most for {against}", names), units?.filter(({ push }) => push < 0) ?? blank);
  place.append(make("div", { class: "note" },
    ...[PICTURES, SUM].map((sentence) => make("p", { class: "hint" }, say(sentence))),
    formulaChips("contribution-unit")));
}

function addGroup(place, title, units) {
  const canvases = units.map(() => make("canvas", { "aria-hidden": "true" }));
  const items = units.map(({ unit, push }, i) => make("li", {},
    make("span", { class: "thumb" }, canvases[i]),
    make("b", {}, push ? withSign(push) : "–"),
    make("span", { class: "name" }, push ? say("unit {number}", { number: unit }) : "\u00a0")));
  place.append(make("div", {}, make("h3", {}, title), make("ul", {}, ...items)));
  units.forEach(({ weights }, i) => paintSigned(canvases[i], weights));
}
