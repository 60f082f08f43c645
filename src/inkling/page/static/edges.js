// The strongest connections of a layer: the products xᵢ wᵢⱼ that its sums are made of.

/**
 * Returns the products xᵢ wᵢⱼ of a dense layer with the largest size, `count` positive ones and as many
 * negative ones, as [{ from, to, value }].
 */
export function strongestEdges({ inputs, outputs, weights }, x, count) {
  const [raising, lowering] = [new Largest(count), new Largest(count)];
  let [high, low] = [0, 0]; // beyond them, a product is among the largest so far
  for (let i = 0; i < inputs; i += 1) {
    if (x[i] === 0) continue;
    for (let at = i * outputs, end = at + outputs; at < end; at += 1) {
      const value = x[i] * weights[at];
      if (value > high) high = raising.add(value, at);
      else if (value < low) low = -lowering.add(-value, at);
    }
  }
  const edge = (sign) => ({ value, at }) => {
    return { from: Math.floor(at / outputs), to: at % outputs, value: sign * value };
  };
  return strongest([...raising.end().map(edge(1)), ...lowering.end().map(edge(-1))], 2 * count);
}

/** The largest of many values, each with its place. */
class Largest {
  #found = [];
  #floor = 0;

  constructor(count) {
    this.count = count;
  }

  /** Adds a value; returns what the next one must exceed. */
  add(value, at) {
    this.#found.push({ value, at });
    if (this.#found.length < 4 * this.count) return this.#floor;
    this.#found = this.end();
    this.#floor = this.#found[this.count - 1].value;
    return this.#floor;
  }

  end() {
    return strongest(this.#found, this.count);
  }
}

/** The same, of what comes into unit j. */
export function edgesInto({ inputs, outputs, weights }, x, j, count) {
  const edge = (_, i) => ({ from: i, to: j, value: x[i] * weights[i * outputs + j] });
  return strongest(Array.from({ length: inputs }, edge), count);
}

/** The same, of what goes out of unit i. */
export function edgesFrom({ outputs, weights }, x, i, count) {
  const edge = (_, j) => ({ from: i, to: j, value: x[i] * weights[i * outputs + j] });
  return strongest(Array.from({ length: outputs }, edge), count);
}

function strongest(edges, count) {
  const size = ({ value }) => Math.abs(value);
  return edges.filter(size).sort((one, other) => size(other) - size(one)).slice(0, count);
}
