// What is known of the model: its size, its accuracy, its settings.

import { make } from "./dom.js";
import { inDigits, inPercent, say } from "./language.js";

const SETTINGS = {
  optimizer: "Optimizer",
  learning_rate: "Learning rate",
  schedule: "Schedule of the learning rate",
  batch_size: "Batch size",
  epochs: "Epochs",
  loss: "Loss",
  label_smoothing: "Label smoothing",
  augment: "Augmentation",
  dropout: "Dropout",
  weight_decay: "Weight decay",
  activation: "Activation",
  seed: "Seed",
};

const VAGUE = 0.05; // for an interval, which then says more than the accuracy

/** Says an accuracy in a few words, with its interval where it is known. */
export function accuracyOf(model) {
  if (model.test_accuracy == null) return say("accuracy unknown");
  const [low, high] = model.test_interval ?? [];
  if (high - low > VAGUE) {
    return say("{low} to {high} of test images right", { low: inPercent(low, 0), high: inPercent(high, 0) });
  }
  return say("{percent} of test images right", { percent: inPercent(model.test_accuracy, 2) });
}

/** Shows a model. */
export function showModel(place, model) {
  const facts = make("dl", { class: "facts" }, ...mainFacts(model).flatMap(fact));
  const settings = Object.entries(SETTINGS)
    .filter(([name]) => (model.settings?.[name] ?? null) !== null)
    .map(([name, words]) => [say(words), shown(model.settings[name])]);
  const parts = [facts];
  if (settings.length) {
    const list = make("dl", { class: "settings" }, ...settings.flatMap(fact));
    parts.push(make("h3", {}, say("Training settings")), list);
  }
  place.replaceChildren(...parts);
}

function mainFacts(model) {
  const interval = model.test_interval?.map((end) => inPercent(end, 2));
  return [
    [say("Test accuracy"), model.test_accuracy == null ? say("unknown") : inPercent(model.test_accuracy, 2),
      interval ? say("95% interval: {low} to {high}", { low: interval[0], high: interval[1] }) : ""],
    [say("Architecture"), model.architecture.replaceAll("-", " → "), say("units by layer")],
    [say("Parameters"), inDigits(model.parameters), say("weights and biases, all learned")],
    ...weightFacts(model),
  ];
}

/** Of a page that holds its model: the weights are rounded, and what that costs, if it was measured. */
function weightFacts({ eight_bits: cost }) {
  if (cost === undefined) return [];
  const [before, after] = [cost?.before, cost?.after].map((share) => share && inPercent(share, 2));
  const words = cost
    ? say("MNIST test: {after} right, {before} before they were rounded", { before, after })
    : say("what their rounding costs in accuracy was not measured");
  return [[say("Weights"), say("8 bits each"), words]];
}

function fact([words, value, more]) {
  const details = more ? [make("small", {}, more)] : [];
  return [make("div", {}, make("dt", {}, words), make("dd", {}, value, ...details))];
}

function shown(value) {
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  return String(value).replaceAll("_", " ");
}
