// Numbers as colors. Two scales: from paper to ink for amounts, and a diverging one, from orange
// through the ground to blue, which readers of all kinds of color vision tell apart.
//
// A painted canvas is remembered, so that a change of theme or of width can paint it again.

const painted = new WeakMap(); // canvas → how to paint it again
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

/** Shows values as squares in rows; without `columns` as large as they can be in the canvas's frame. */
export function paintGrid(canvas, values, makeScale, { columns = null, gap = 0 } = {}) {
  const paint = () => {
    const ratio = devicePixelRatio;
    const frame = canvas.parentElement;
    const [width, height] = [frame.clientWidth * ratio, frame.clientHeight * ratio];
    if (width === 0) return; // not on show
    const across = columns ?? bestColumns(values.length, width, height);
    const down = Math.ceil(values.length / across);
    const room = Math.min(width / across, height / down);
    const cell = gap && room > 1 ? Math.floor(room) : room; // gaps of uneven width would be seen
    const space = cell > 4 ? Math.round(gap * ratio) : 0;
    canvas.width = Math.round(across * cell);
    canvas.height = Math.round(down * cell);
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = `${canvas.height / ratio}px`;
    const context = canvas.getContext("2d");
    const scale = makeScale();
    values.forEach((value, i) => {
      context.fillStyle = `rgb(${scale(value).join(" ")})`;
      const [column, row] = [i % across, Math.floor(i / across)];
      const [left, top] = [Math.round(column * cell), Math.round(row * cell)];
      const [right, bottom] = [Math.round((column + 1) * cell), Math.round((row + 1) * cell)];
      context.fillRect(left, top, right - left - space, bottom - top - space);
    });
  };
  painted.set(canvas, paint);
  paint();
}

/** Paints everything in the page again. */
export function repaint() {
  for (const canvas of document.querySelectorAll("canvas")) painted.get(canvas)?.();
}

function bestColumns(count, width, height) {
  let best = { cell: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns += 1) {
    const cell = Math.min(width / columns, height / Math.ceil(count / columns));
    if (cell > best.cell) best = { cell, columns };
  }
  return best.columns;
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
