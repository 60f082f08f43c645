// Numbers as colors. Two scales: from paper to ink for amounts, and a diverging one, from orange
// through the ground to blue, which readers of all kinds of color vision tell apart.

const known = new Map(); // theme and name → color

/** Returns the scale for amounts from 0 to top, as [red, green, blue] of a value. */
export function amountScale(top) {
  const [paper, ink] = colors("--paper", "--pen");
  return (value) => between(paper, ink, top > 0 ? value / top : 0);
}

/** Returns the scale for values from −top (orange) to top (blue). */
export function divergingScale(top) {
  const [zero, positive, negative] = colors("--zero", "--for", "--against");
  return (value) => between(zero, value < 0 ? negative : positive, top > 0 ? Math.abs(value) / top : 0);
}

/** Returns the largest absolute value. */
export function largest(values) {
  return values.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
}

/** Shows gray values from 0 for paper to 255 for ink as a square of pixels, which style.css enlarges. */
export function paintGray(canvas, values) {
  paintSquare(canvas, values, amountScale(255));
}

/** Shows values of either sign in the same way, up to a largest one. */
export function paintSigned(canvas, values, top = largest(values)) {
  paintSquare(canvas, values, divergingScale(top));
}

function paintSquare(canvas, values, scale) {
  const side = Math.ceil(Math.sqrt(values.length));
  canvas.width = canvas.height = side;
  paintPixels(canvas, values, scale, (i) => [i % side, Math.floor(i / side)]);
}

/** Paints each value as one pixel; placeOf: its number → [x, y]. */
export function paintPixels(canvas, values, scale, placeOf) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, i) => {
    const [x, y] = placeOf(i);
    const at = 4 * (y * canvas.width + x);
    image.data.set(scale(value), at);
    image.data[at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

/** Returns colors of the page as [red, green, blue], by their names in style.css. */
export function colors(...names) {
  const { theme } = document.documentElement.dataset;
  const style = getComputedStyle(document.documentElement);
  return names.map((name) => {
    const key = `${theme} ${name}`;
    if (!known.has(key)) {
      const code = style.getPropertyValue(name).trim(); // #rrggbb
      known.set(key, [1, 3, 5].map((start) => parseInt(code.slice(start, start + 2), 16)));
    }
    return known.get(key);
  });
}

function between(from, to, share) {
  const part = Math.min(Math.max(share, 0), 1);
  return from.map((start, i) => Math.round(start + (to[i] - start) * part));
}
