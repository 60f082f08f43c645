// Why this digit and not that one, in parts that add up: explain/baseline.py, explain/contributions.py,
// explain/units.py, and api/inside's form of them in app/responses.py.

import { activations } from "./activations.js";
import { columnOf, densePlaces, passThrough, weighBack } from "./network.js";
import { ranking } from "./result.js";
import { SIDE } from "./strokes.js";

const STRONGEST = 6; // units for the answer, and as many against it
const HALVINGS = 10; // until the network is undecided
const TINY = 1e-7; // a change for which the tangent takes the place of the secant

/**
 * Returns { logits, difference, units } for an answer. pair: { for, against } by name, either may
 * be missing. Divided by the temperature, the difference of two logits is the logarithm of a ratio.
 */
export function explain({ passage, member, classes }, pair) {
  const places = densePlaces(passage);
  const last = places[places.length - 1];
  const logits = Array.from(passage[last].outputs, (z) => z / member.temperature);
  const names = ranking(logits).map((k) => classes[k]);
  const wanted = pair.for ?? names.find((name) => name !== pair.against) ?? names[0];
  const against = pair.against ?? names.find((name) => name !== wanted) ?? names[0];
  const [k, m] = [classes.indexOf(wanted), classes.indexOf(against)];
  member.baselines ??= {}; // each is found once
  const baseline = member.baselines[[k, m]] ??= findBaseline(member, k, m);
  const [towards, away] = [k, m].map((each) => columnOf(passage[last].layer, each));
  const atEnd = towards.map((weight, j) => (weight - away[j]) / member.temperature);
  const multipliers = multipliersOf(passage, baseline, last, atEnd);
  const partsAt = (place) => Array.from(multipliers[place], (each, j) => {
    return each * (passage[place].inputs[j] - baseline[place].inputs[j]);
  });
  const { factor, offset } = member.scaling;
  return {
    logits,
    difference: {
      for: wanted,
      against,
      total: logits[k] - logits[m],
      parts: partsAt(0),
      biases: (baseline[last].outputs[k] - baseline[last].outputs[m]) / member.temperature,
      blend: member.class_means && Array.from(baseline[0].inputs, (x) => (x - offset) / factor),
    },
    units: places.length > 1 ? strongestUnits(passage, places, partsAt(places[1])) : [],
  };
}

/** baseline: the passage of the picture that classes k and m are compared at. */
function findBaseline(member, k, m) {
  const size = SIDE * SIDE;
  if (!member.class_means) return passThrough(member, new Uint8Array(size));
  const [first, second] = [k, m].map((each) => member.class_means.subarray(each * size, (each + 1) * size));
  const blend = (t) => passThrough(member, Float64Array.from(first, (each, i) => (1 - t) * each + t * second[i]));
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i += 1) {
    const t = (low + high) / 2;
    const passage = blend(t);
    const { outputs } = passage[densePlaces(passage).pop()];
    [low, high] = outputs[k] > outputs[m] ? [t, high] : [low, t];
  }
  return blend((low + high) / 2);
}

/** multipliers: of the inputs of each layer up to the last dense one. */
function multipliersOf(passage, baseline, last, atEnd) {
  const found = [];
  found[last] = atEnd;
  for (let i = last - 1; i >= 0; i -= 1) {
    const { layer } = passage[i];
    const back = { dense: weighBack, softmax: throughSoftmax }[layer.kind] ?? rescale;
    found[i] = back(layer, found[i + 1], passage[i], baseline[i]);
  }
  return found;
}

/** rescale: m Δa / Δz. */
function rescale(layer, m, { inputs, outputs }, then) {
  const tangents = activations[layer.kind].gradient(inputs.map(() => 1), inputs, outputs, layer);
  return secants([then.inputs, inputs], [then.outputs, outputs], tangents).map((slope, j) => slope * m[j]);
}

/** through_softmax: the outputs depend on all inputs. */
function throughSoftmax(layer, m, { inputs, outputs }, then) {
  const s = secants([then.inputs, inputs].map(logSoftmax), [then.outputs, outputs], outputs);
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const mean = total(s.map((each, j) => each * m[j])) / total(s);
  return s.map((each, j) => each * (m[j] - mean));
}

function secants([x0, x], [y0, y], tangents) {
  return x.map((each, j) => {
    const change = each - x0[j];
    return Math.abs(change) < TINY ? tangents[j] : (y[j] - y0[j]) / change;
  });
}

function logSoftmax(z) {
  const top = Math.max(...z);
  const sum = z.reduce((total, each) => total + Math.exp(each - top), 0);
  return z.map((each) => each - top - Math.log(sum));
}

/** strongest_units: those of the first hidden layer that add most for the one, then for the other. */
function strongestUnits(passage, [first, second], parts) {
  const order = ranking(parts);
  const chosen = [
    ...order.slice(0, STRONGEST).filter((j) => parts[j] > 0),
    ...order.reverse().slice(0, STRONGEST).filter((j) => parts[j] < 0),
  ];
  return chosen.map((j) => ({
    unit: j,
    activation: passage[second].inputs[j],
    push: parts[j],
    weights: Array.from(columnOf(passage[first].layer, j)),
  }));
}
