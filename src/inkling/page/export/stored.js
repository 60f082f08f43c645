// The model, from the text in the page: interop/html.py writes it.

import { byId } from "./dom.js";

/** Returns { about, layers, scaling, nondigits }; dense layers with their numbers. */
export function storedModel() {
  const model = JSON.parse(byId("model-description").textContent);
  const whole = new Int8Array(bytesOf("model-weights").buffer);
  const floats = new Float32Array(bytesOf("model-numbers").buffer);
  let [wholeAt, floatsAt] = [0, 0];
  const nextFloats = (count) => floats.subarray(floatsAt, floatsAt += count);
  for (const layer of model.layers.filter(({ kind }) => kind === "dense")) {
    const count = layer.inputs * layer.outputs;
    layer.weights = whole.subarray(wholeAt, wholeAt += count);
    layer.scales = nextFloats(layer.outputs);
    layer.bias = nextFloats(layer.outputs);
  }
  if (model.nondigits) model.nondigits.weights = floats.subarray(floatsAt);
  return model;
}

function bytesOf(id) {
  const letters = atob(byId(id).textContent);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i); // Uint8Array.from takes a second
  return bytes;
}
