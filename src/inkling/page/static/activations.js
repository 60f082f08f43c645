// The activations: a = f(z), and how a slope passes back through f. nn/activations.py has the formulas
// and their derivation. An activation's settings, such as a slope, stand in its layer.

const GELU_ROOT = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** kind → { value(z, layer) → a, gradient(slopes, z, a, layer) → slopes before it }; all Float64Arrays. */
export const activations = {
  identity: elementwise((z) => z, () => 1),
  sigmoid: elementwise((z) => 1 / (1 + Math.exp(-z)), (z, a) => a * (1 - a)),
  tanh: elementwise(Math.tanh, (z, a) => 1 - a * a),
  relu: elementwise((z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)),
  leaky_relu: elementwise((z, { slope }) => Math.max(z, slope * z), (z, a, { slope }) => (z > 0 ? 1 : slope)),
  gelu: elementwise((z) => 0.5 * z * (1 + Math.tanh(geluInner(z))), geluSlope),
  softmax: {
    value: softmax,
    gradient: (slopes, z, a) => {
      const mean = slopes.reduce((sum, slope, i) => sum + slope * a[i], 0);
      return slopes.map((slope, i) => a[i] * (slope - mean));
    },
  },
};

function elementwise(value, slope) {
  return {
    value: (z, layer) => z.map((each) => value(each, layer)),
    gradient: (slopes, z, a, layer) => slopes.map((each, i) => each * slope(z[i], a[i], layer)),
  };
}

function geluInner(z) {
  return GELU_ROOT * (z + GELU_CUBE * z * z * z);
}

function geluSlope(z) {
  const t = Math.tanh(geluInner(z));
  return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * GELU_ROOT * (1 + 3 * GELU_CUBE * z * z);
}

function softmax(z) {
  const top = Math.max(...z);
  const powers = z.map((each) => Math.exp(each - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
