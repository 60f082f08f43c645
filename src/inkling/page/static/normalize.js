// A canvas becomes the 28 × 28 bytes that the network sees: image/normalize.py, step by step, with the
// same whole numbers and the same rounding, so that the bytes are the same. Only its search for the paper
// is missing: on a canvas, paper is 0.

import { SIDE } from "./strokes.js";

const DIGIT = 20; // longer side of the digit
const FAINTEST_INK = 12;
const CROP_THRESHOLD = 0.2;

/** Returns SIDE × SIDE bytes, all 0 for an empty picture: normalize. */
export function normalizePicture(picture) {
  const field = new Uint8Array(SIDE * SIDE);
  if (picture.bytes.some((value) => value >= FAINTEST_INK)) centerInto(field, resizeSquare(cropSquare(picture)));
  return field;
}

/** crop: a square round the ink; the shorter side is padded evenly with paper. */
function cropSquare({ bytes, width, height }) {
  const threshold = CROP_THRESHOLD * bytes.reduce((most, value) => Math.max(most, value), 0);
  const box = boxOf(bytes, width, threshold);
  const side = Math.max(box.height, box.width);
  const top = box.top - Math.floor((side - box.height) / 2);
  const left = box.left - Math.floor((side - box.width) / 2);
  const square = new Uint8Array(side * side);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const [y, x] = [top + row, left + column];
      const within = y >= 0 && y < height && x >= 0 && x < width;
      square[row * side + column] = within ? bytes[y * width + x] : 0;
    }
  }
  return { bytes: square, width: side, height: side };
}

/** resize: 20 × 20 by area averaging, the strongest ink 255. All sums are exact. */
function resizeSquare({ bytes, width: side }) {
  const sums = new Float64Array(DIGIT * DIGIT);
  const shares = areaShares(side);
  shares.forEach((rowShares, i) => {
    const strip = new Float64Array(side); // row i of A @ square
    for (const [row, share] of rowShares) {
      for (let x = 0; x < side; x += 1) strip[x] += share * bytes[row * side + x];
    }
    shares.forEach((columnShares, k) => {
      for (const [x, share] of columnShares) sums[i * DIGIT + k] += share * strip[x];
    });
  });
  const strongest = sums.reduce((most, value) => Math.max(most, value), 0);
  const digit = Uint8Array.from(sums, (value) => roundHalfEven((value * 255) / strongest));
  return { bytes: digit, width: DIGIT, height: DIGIT };
}

/** _area_shares: for each new pixel the old ones in it, as [old pixel, twentieths of it]. */
function areaShares(side) {
  return Array.from({ length: DIGIT }, (_, i) => {
    const [start, stop] = [i * side, (i + 1) * side];
    const found = [];
    for (let j = Math.floor(start / DIGIT); j * DIGIT < stop; j += 1) {
      found.push([j, Math.min(stop, (j + 1) * DIGIT) - Math.max(start, j * DIGIT)]);
    }
    return found;
  });
}

/** center: the center of mass falls on pixel (14, 14). */
function centerInto(field, { bytes, width }) {
  const box = boxOf(bytes, width, 0);
  const rowMass = new Float64Array(box.height);
  const columnMass = new Float64Array(box.width);
  const at = (row, column) => bytes[(box.top + row) * width + box.left + column];
  for (let row = 0; row < box.height; row += 1) {
    for (let column = 0; column < box.width; column += 1) {
      rowMass[row] += at(row, column);
      columnMass[column] += at(row, column);
    }
  }
  const [top, left] = [startOf(rowMass), startOf(columnMass)];
  for (let row = 0; row < box.height; row += 1) {
    for (let column = 0; column < box.width; column += 1) {
      field[(top + row) * SIDE + left + column] = at(row, column);
    }
  }
}

/** _start: where a profile of masses must start for its center to fall in [13.5, 14.5). */
function startOf(mass) {
  const middle = mass.reduce((sum, value, i) => sum + value * i, 0) / sumOf(mass);
  const wanted = Math.ceil(SIDE / 2 - 0.5 - middle);
  return Math.min(Math.max(wanted, 0), SIDE - mass.length);
}

/** bounding_box: the smallest rectangle that holds every pixel above a threshold. */
function boxOf(bytes, width, threshold) {
  let [top, bottom, left, right] = [Infinity, -1, Infinity, -1];
  bytes.forEach((value, i) => {
    if (value <= threshold) return;
    const [row, column] = [Math.floor(i / width), i % width];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  });
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}

function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/** np.rint: halves go to the even neighbor, where Math.round goes up. */
function roundHalfEven(value) {
  const low = Math.floor(value);
  if (value - low === 0.5) return low + (low % 2);
  return Math.round(value);
}
