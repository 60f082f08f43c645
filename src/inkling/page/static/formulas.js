// The formulas that the captions name, each by its label in the derivation.

import { make } from "./dom.js";

const FORMULAS = {
  "network-forward": "a⁽⁰⁾ = x",
  "dense-forward": "z = x W + b",
  identity: "a = z",
  sigmoid: "a = 1 / (1 + e⁻ᶻ)",
  tanh: "a = tanh z",
  relu: "a = max(0, z)",
  "leaky-relu": "a = max(z, s z)",
  gelu: "a = ½ z (1 + tanh u)",
  softmax: "aₖ = exp zₖ / Σ exp z",
  "contribution-baseline": "x̄ = (1 − t) x̄⁽ᵏ⁾ + t x̄⁽ᵐ⁾",
  "contribution-pixel": "cᵢ = (xᵢ − x̄ᵢ) mᵢ",
  "contribution-unit": "cⱼ = (hⱼ − h̄ⱼ) mⱼ",
  "contribution-multiplier": "m(z) = Δa / Δz · m(a)",
  "unit-picture": "vᵢ = ∂zⱼ/∂xᵢ",
};

/** Makes the chips of some formulas. */
export function formulaChips(...labels) {
  const chips = labels.map((label) => {
    const formula = FORMULAS[label];
    return make("li", {}, make("code", {}, label), ...(formula ? [make("span", {}, formula)] : []));
  });
  return make("ul", { class: "formulas" }, ...chips);
}

/** Returns the label of an activation's formula. */
export function activationLabel(kind) {
  return kind.replaceAll("_", "-");
}
