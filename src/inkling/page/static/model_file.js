// Reads a model: a safetensors file that interop/browser.py wrote.
//
// A model is { about, members, temperature, nondigits }; a member { layers, scaling, temperature,
// class_means (C × I, or none) }, with numbers in its dense layers: weights (I × O, row by row) and bias.

const KINDS = { F16: Uint16Array, F32: Float32Array, F64: Float64Array, I8: Int8Array, U8: Uint8Array };
const SHIFT = 2 ** 112; // between the exponents of 32 and of 16 bits

/** Returns the model in a file's bytes, an ArrayBuffer. */
export function readModel(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensor = (name) => {
    const { dtype, data_offsets: [start, end] } = header[name];
    const numbers = new KINDS[dtype](buffer.slice(8 + length + start, 8 + length + end));
    return dtype === "F16" ? fromHalves(numbers) : numbers;
  };
  const model = JSON.parse(header.__metadata__.model);
  model.members.forEach((member, m) => {
    for (const layer of member.layers.filter(({ kind }) => kind === "dense")) {
      const place = `member${m + 1}/${layer.name}`;
      layer.bias = tensor(`${place}.bias`);
      layer.weights = tensor(`${place}.weights`);
      if (`${place}.scales` in header) layer.weights = scaled(layer.weights, tensor(`${place}.scales`));
    }
    const means = `member${m + 1}/class_means`;
    if (means in header) member.class_means = tensor(means);
  });
  if (model.nondigits) model.nondigits.weights = tensor("nondigits.weights");
  return model;
}

/** Whole numbers q become weights W = q · s, with a scale for each column. */
function scaled(whole, scales) {
  return filled(whole.length, (i) => whole[i] * scales[i % scales.length]);
}

/** Numbers of 16 bits, sign · exponent (5) · fraction (10), become Float32s. */
function fromHalves(numbers) {
  const bits = new Uint32Array(numbers.length);
  const floats = new Float32Array(bits.buffer);
  for (let i = 0; i < bits.length; i += 1) {
    bits[i] = (numbers[i] & 0x8000) << 16 | (numbers[i] & 0x7fff) << 13;
    floats[i] *= SHIFT;
  }
  return floats;
}

/** A Float32Array of the values at 0, 1, 2 …; its own from() and map() take ten times as long. */
function filled(length, valueAt) {
  const floats = new Float32Array(length);
  for (let i = 0; i < length; i += 1) floats[i] = valueAt(i);
  return floats;
}
