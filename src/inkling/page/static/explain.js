// What lies between pixels and answer: explain/units.py, explain/contributions.py, and api/inside's
// form of them in app/responses.py.

import { activations } from "./activations.js";
import { carryBack } from "./network.js";
import { columnOf } from "./network.js";
import { densePlaces } from "./network.js";
import { ranking } from "./result.js";

const STRONGEST = 6; // units for the answer, and as many against it
const STRAIGHT = ["dense", "relu", "leaky_relu", "identity"];

/**
 * Returns { layers, logits, difference, units } for an answer. pair: { for, against } by name, either may
 * be missing. Divided by the temperature, the difference of two logits is the logarithm of a ratio.
 */
export function explain({ passage, member, classes }, pair) {
  const { scaling, temperature } = member;
  const places = densePlaces(passage);
  const last = places[places.length - 1];
  const logits = Array.from(passage[last].outputs, (z) => z / temperature);
  const names = ranking(logits).map((k) => classes[k]);
  const wanted = pair.for ?? names.find((name) => name !== pair.against) ?? names[0];
  const against = pair.against ?? names.find((name) => name !== wanted) ?? names[0];
  const [k, m] = [classes.indexOf(wanted), classes.indexOf(against)];
  const final = passage[last].layer;
  const [towards, away] = [columnOf(final, k), columnOf(final, m)];
  const slopes = towards.map((weight, j) => (weight - away[j]) / temperature); // ∂d/∂h, d = z_k − z_m
  const pushes = slopes.map((slope, j) => passage[last].inputs[j] * slope); // push
  const straight = passage.slice(0, last).every(({ layer }) => STRAIGHT.includes(layer.kind));
  const parts = straight
    ? byPixel(passage, last, slopes, scaling.offset)
    : { kind: "unit", parts: pushes, biases: 0 };
  return {
    layers: saidBy(passage, places, logits),
    logits,
    difference: {
      for: wanted,
      against,
      total: logits[k] - logits[m],
      kind: parts.kind,
      parts: Array.from(parts.parts),
      biases: parts.biases + (final.bias[k] - final.bias[m]) / temperature,
    },
    units: strongestUnits(passage, places, pushes),
  };
}

/** layer_activations: what a layer said is what the next dense layer heard. */
function saidBy(passage, places, logits) {
  const { layer } = passage[passage.length - 1];
  const said = layer.kind === "dense" ? logits : activations[layer.kind].value(logits, layer);
  const heard = places.slice(1).map((place) => passage[place].inputs);
  return [...heard, said].map((values) => ({ values: Array.from(values) }));
}

/** _by_pixel, without the last layer's own biases: cᵢ = (xᵢ − x₀) ∂d/∂xᵢ, the rest is the biases'. */
function byPixel(passage, last, slopesAtEnd, blank) {
  const { slopes, share } = carryBack(passage, last, slopesAtEnd);
  const parts = slopes.map((slope, i) => (passage[0].inputs[i] - blank) * slope);
  return { kind: "pixel", parts, biases: share + blank * slopes.reduce((sum, slope) => sum + slope, 0) };
}

/** strongest_units: those that pushed most for the one, then for the other; with what they look for. */
function strongestUnits(passage, places, pushes) {
  if (places.length === 1) return [];
  const order = ranking(Array.from(pushes));
  const chosen = [
    ...order.slice(0, STRONGEST).filter((j) => pushes[j] > 0),
    ...order.reverse().slice(0, STRONGEST).filter((j) => pushes[j] < 0),
  ];
  const [place, last] = places.slice(-2);
  return chosen.map((j) => ({
    unit: j,
    activation: passage[last].inputs[j],
    push: pushes[j],
    weights: Array.from(carryBack(passage, place, columnOf(passage[place].layer, j)).slopes),
    weights_of: places.length === 2 ? "weights" : "slope",
  }));
}
