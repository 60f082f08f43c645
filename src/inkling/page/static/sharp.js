// A canvas with the screen's own pixels.

/** → { context, width, height } in CSS pixels, cleared; null while the canvas is not shown. */
export function sharpen(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width === 0 || height === 0) return null;
  [canvas.width, canvas.height] = [width, height].map((side) => Math.round(side * devicePixelRatio));
  const context = canvas.getContext("2d");
  context.scale(devicePixelRatio, devicePixelRatio);
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  return { context, width, height };
}

/** → a color of palette.js for a context. */
export function inkOf([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}
