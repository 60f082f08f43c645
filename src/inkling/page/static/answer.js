// From a picture to an answer: model/decision.py, model/rejection.py, model/committee.py.
//
// A picture is { bytes: Uint8Array, width, height, normalized }: gray values row by row, 0 paper, 255
// ink; normalized says that they are 28 × 28 and as the network sees them.

import { activations } from "./activations.js";
import { densePlaces, passThrough } from "./network.js";
import { normalizePicture } from "./normalize.js";
import { ranking } from "./result.js";

const LEAST_CONFIDENCE = 0.5;
const LEAST_SUM = 0.75; // of the two best, without a rejector
const LEAST_SUM_ACCEPTED = 0.5; // and with one that accepts
const IF_REJECTED = 0.5;
const DOUBT = 4;
const MOST_DOUBT = 20;
const SMALLEST = 2 ** -126; // the smallest normal number of 32 bits

/**
 * Returns { digit, reason, candidates, confidence, probabilities, classes, pixels, passage, member };
 * passage is the way through `member`, of several the one whose probabilities are closest to the mean.
 */
export function answerTo(model, picture) {
  const pixels = picture.normalized ? picture.bytes : normalizePicture(picture);
  const passages = model.members.map((member) => passThrough(member, pixels));
  const strangeness = model.nondigits && strangenessOf(model.nondigits, passages);
  const temperature = model.temperature * (strangeness ? doubtOf(strangeness) : 1);
  const { said, closest } = together(passages, temperature);
  const verdict = verdictOn(said, pixels, strangeness, model.about.classes);
  return { ...verdict, pixels: Array.from(pixels), passage: passages[closest], member: model.members[closest] };
}

/** What one network says, or several say in the mean, at a temperature. */
function together(passages, temperature) {
  const [first] = passages;
  if (passages.length === 1) {
    const { layer, inputs } = first[first.length - 1];
    const value = (z) => Array.from(activations[layer.kind]?.value(z, layer) ?? z);
    return { said: value(inputs.map((z) => z / temperature)), closest: 0 };
  }
  const each = passages.map((passage) => passage[passage.length - 1].outputs);
  const mean = each[0].map((_, k) => each.reduce((sum, outputs) => sum + outputs[k], 0) / each.length);
  const away = each.map((outputs) => outputs.reduce((sum, share, k) => sum + Math.abs(share - mean[k]), 0));
  const closest = away.indexOf(Math.min(...away));
  const isSoftmax = first[first.length - 1].layer.kind === "softmax";
  const logits = mean.map((share) => Math.log(Math.max(share, SMALLEST)) / temperature);
  return { said: Array.from(isSoftmax ? activations.softmax.value(logits) : mean), closest };
}

function verdictOn(said, pixels, strangeness, classes) {
  const order = ranking(said);
  const confidence = said[order[0]];
  const unsure = confidence < LEAST_CONFIDENCE;
  const least = strangeness ? LEAST_SUM_ACCEPTED : LEAST_SUM;
  const strange = (strangeness && strangeness.score > strangeness.threshold)
    || (unsure && confidence + (said[order[1]] ?? 0) < least);
  const reason = reasonOf(pixels.every((value) => value === 0), strange, unsure);
  const share = { empty: 0, not_a_digit: IF_REJECTED }[reason] ?? 1; // SHARES in model/decision.py
  return {
    digit: reason === null ? classes[order[0]] : null,
    reason,
    candidates: reason === "unsure" ? order.slice(0, 2).map((k) => classes[k]) : [],
    confidence: share * confidence,
    probabilities: said.map((each) => share * each),
    classes,
    strangeness,
  };
}

/** The strongest reason there is. */
function reasonOf(empty, strange, unsure) {
  if (empty) return "empty";
  if (strange) return "not_a_digit";
  return unsure ? "unsure" : null;
}

/** Rejector.scores: the weighted activations of all hidden layers of all members, and their sum. */
function strangenessOf({ weights, bias, threshold }, passages) {
  const signals = passages.flatMap((passage) => {
    return densePlaces(passage).slice(1).flatMap((place) => Array.from(passage[place].inputs));
  });
  const parts = signals.map((signal, j) => signal * weights[j]);
  return { parts, score: parts.reduce((sum, part) => sum + part, -bias), threshold };
}

/** Rejector.temperature_factor: what the temperature is multiplied by. */
function doubtOf({ score, threshold }) {
  return Math.exp(Math.min(Math.max(DOUBT * (score - threshold), 0), MOST_DOUBT));
}
