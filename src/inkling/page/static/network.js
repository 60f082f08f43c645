// The network: one picture through its layers, everything kept, and slopes on their way back.
// nn/dense.py, explain/forward_trace.py.

import { activations } from "./activations.js";

/** pass_through: returns what came into each layer and went out of it: [{ layer, inputs, outputs }]. */
export function passThrough({ layers, scaling }, pixels) {
  const [factor, offset] = [Math.fround(scaling.factor), Math.fround(scaling.offset)];
  let signal = Float64Array.from(pixels, (value) => Math.fround(Math.fround(value * factor) + offset));
  return layers.map((layer) => {
    const inputs = signal;
    signal = layer.kind === "dense" ? weigh(layer, inputs) : activations[layer.kind].value(inputs, layer);
    return { layer, inputs, outputs: signal };
  });
}

/** z = x W + b. What is 0 adds nothing: most pixels, and half of the units of a ReLU layer. */
function weigh({ outputs, weights, bias }, inputs) {
  const sums = Float64Array.from(bias);
  for (let i = 0; i < inputs.length; i += 1) {
    const x = inputs[i];
    if (x === 0) continue;
    for (let j = 0, at = i * outputs; j < outputs; j += 1, at += 1) sums[j] += x * weights[at];
  }
  return sums;
}

/** input_gradient: slopes ∂q/∂a with respect to the inputs of a layer → ∂q/∂x. */
export function carryBack(passage, place, slopes) {
  for (let i = place - 1; i >= 0; i -= 1) {
    const { layer, inputs, outputs } = passage[i];
    slopes = layer.kind === "dense"
      ? weighBack(layer, slopes)
      : activations[layer.kind].gradient(slopes, inputs, outputs, layer);
  }
  return slopes;
}

/** δ Wᵀ. */
export function weighBack({ inputs, outputs, weights }, slopes) {
  const back = new Float64Array(inputs);
  for (let i = 0, at = 0; i < inputs; i += 1) {
    let sum = 0;
    for (let j = 0; j < outputs; j += 1, at += 1) sum += slopes[j] * weights[at];
    back[i] = sum;
  }
  return back;
}

/** W[:, j] (I,): what leads to unit j. */
export function columnOf({ inputs, outputs, weights }, j) {
  return Float64Array.from({ length: inputs }, (_, i) => weights[i * outputs + j]);
}

/** dense_places: where the dense layers stand among all layers. */
export function densePlaces(passage) {
  return passage.flatMap(({ layer }, place) => (layer.kind === "dense" ? [place] : []));
}
