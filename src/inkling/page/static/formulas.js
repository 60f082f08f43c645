// The formulas that the captions name, each by its label in the derivation and with its page there.

import { make } from "./dom.js";
import { models } from "./models.js";

const FORMULAS = {
  "network-forward": ["network", "a⁽⁰⁾ = x"],
  "dense-forward": ["network", "z = x W + b"],
  identity: ["further", "a = z"],
  sigmoid: ["network", "a = 1 / (1 + e⁻ᶻ)"],
  tanh: ["further", "a = tanh z"],
  relu: ["network", "a = max(0, z)"],
  "leaky-relu": ["further", "a = max(z, s z)"],
  gelu: ["further", "a = ½ z (1 + tanh u)"],
  softmax: ["loss", "aₖ = exp zₖ / Σ exp z"],
  "contribution-baseline": ["further", "x̄ = (1 − t) x̄⁽ᵏ⁾ + t x̄⁽ᵏ′⁾"],
  "contribution-pixel": ["further", "dᵢ = (xᵢ − x̄ᵢ) κᵢ"],
  "contribution-unit": ["further", "dⱼ = (hⱼ − h̄ⱼ) κⱼ"],
  "contribution-multiplier": ["further", "κ(z) = Δa / Δz · κ(a)"],
};

/** Makes the chips of some formulas, links if the documentation is on a site. */
export function formulaChips(...labels) {
  const derivation = `${models.docs}${document.documentElement.lang === "en" ? "" : "/zh"}/derivation`;
  const chips = labels.map((label) => {
    const [page, formula = ""] = FORMULAS[label] ?? [];
    const parts = [make("code", {}, label), make("span", {}, formula)];
    const href = `${derivation}/${page}.html#formula-${label}`;
    return make("li", {}, ...(models.docs && page ? [make("a", { href, target: "_blank" }, ...parts)] : parts));
  });
  return make("ul", { class: "formulas" }, ...chips);
}

/** Returns the label of an activation's formula. */
export function activationLabel(kind) {
  return kind.replaceAll("_", "-");
}
