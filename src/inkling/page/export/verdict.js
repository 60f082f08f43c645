// From outputs to an answer: model/decision.py, model/rejection.py, model/calibration.py.
// The model's own temperature is in its weights already.

import { densePlaces } from "./network.js";
import { ranking } from "./result.js";

const LEAST_CONFIDENCE = 0.5;
const LEAST_SUM = 0.75;
const IF_REJECTED = 0.5;
const DOUBT = 4;
const MOST_DOUBT = 20;

/** Returns what api/predict answers: the digit, or why there is none. nondigits: the unit, or null. */
export function verdictOn(passage, pixels, { classes, nondigits, evenPaper }) {
  const empty = pixels.every((value) => value === 0);
  const outputs = passage[passage.length - 1].outputs;
  const score = nondigits && scoreOf(nondigits, passage);
  const said = Array.from(nondigits ? calibrate(outputs, doubtOf(nondigits, score)) : outputs);
  const order = ranking(said);
  const unsure = said[order[0]] < LEAST_CONFIDENCE;
  const strange = nondigits
    ? score > nondigits.threshold
    : unsure && said[order[0]] + (said[order[1]] ?? 0) < LEAST_SUM;
  const reason = reasonOf(empty, strange || !evenPaper, unsure);
  const share = shareOf(reason);
  return {
    digit: reason === null ? classes[order[0]] : null,
    reason,
    candidates: reason === "unsure" ? order.slice(0, 2).map((k) => classes[k]) : [],
    confidence: share * said[order[0]],
    probabilities: said.map((each) => share * each),
    classes,
    pixels: Array.from(pixels),
  };
}

/** The strongest reason there is. */
function reasonOf(empty, strange, unsure) {
  if (empty) return "empty";
  if (strange) return "not_a_digit";
  return unsure ? "unsure" : null;
}

/** What the classes get together: SHARES in model/decision.py. */
function shareOf(reason) {
  if (reason === "empty") return 0;
  return reason === "not_a_digit" ? IF_REJECTED : 1;
}

/** NonDigitUnit.scores: one weighted sum over the activations of all hidden layers. */
function scoreOf({ weights, bias }, passage) {
  const hidden = densePlaces(passage).slice(1).flatMap((place) => [...passage[place].inputs]);
  return hidden.reduce((sum, signal, i) => sum + signal * weights[i], 0) - bias;
}

/** NonDigitUnit.doubt: what the temperature is multiplied by. */
function doubtOf({ threshold }, score) {
  return Math.exp(Math.min(Math.max(DOUBT * (score - threshold), 0), MOST_DOUBT));
}

/** calibrate: qₖ = pₖ^(1/T) / Σⱼ pⱼ^(1/T). */
function calibrate(probabilities, temperature) {
  const top = Math.max(...probabilities);
  const powers = probabilities.map((each) => (each / top) ** (1 / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
