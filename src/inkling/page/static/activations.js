// The activations: a = f(z), and how a slope passes back through f. nn/activations.py has the formulas
// and their derivation. An activation's settings, such as a slope, stand in its layer.

const GELU_ROOT = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** kind → { value(z, layer) → a, gradient(slopes, z, a, layer) → slopes before it }; all Float64Arrays. */
export const activations = {
  identity: {
    value: (z) => z,
    gradient: (slopes) => slopes,
  },
  sigmoid: {
    value: (z) => z.map((each) => 1 / (1 + Math.exp(-each))),
    gradient: (slopes, z, a) => slopes.map((slope, i) => slope * a[i] * (1 - a[i])),
  },
  tanh: {
    value: (z) => z.map(Math.tanh),
    gradient: (slopes, z, a) => slopes.map((slope, i) => slope * (1 - a[i] * a[i])),
  },
  relu: {
    value: (z) => z.map((each) => Math.max(each, 0)),
    gradient: (slopes, z, a) => slopes.map((slope, i) => (a[i] > 0 ? slope : 0)),
  },
  leaky_relu: {
    value: (z, { slope }) => z.map((each) => Math.max(each, slope * each)),
    gradient: (slopes, z, a, { slope }) => slopes.map((each, i) => (z[i] > 0 ? each : slope * each)),
  },
  gelu: {
    value: (z) => z.map((each) => 0.5 * each * (1 + Math.tanh(geluInner(each)))),
    gradient: (slopes, z) => slopes.map((slope, i) => slope * geluSlope(z[i])),
  },
  softmax: {
    value: softmax,
    gradient: (slopes, z, a) => {
      const mean = slopes.reduce((sum, slope, i) => sum + slope * a[i], 0);
      return slopes.map((slope, i) => a[i] * (slope - mean));
    },
  },
};

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
