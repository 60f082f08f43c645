// A canvas with the screen's own pixels.

/**
 * → { context, width, height, unit }, cleared; null while the canvas is not shown. A unit is a CSS pixel, and
 * more where the page's letters are larger than 16 pixels, as in projector mode.
 */
export function sharpen(canvas) {
  const { clientWidth, clientHeight } = canvas;
  if (clientWidth === 0 || clientHeight === 0) return null;
  const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * devicePixelRatio));
  const context = canvas.getContext("2d");
  if (canvas.width === width && canvas.height === height) context.reset(); // which costs less than a new canvas
  else [canvas.width, canvas.height] = [width, height];
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  context.scale(devicePixelRatio * unit, devicePixelRatio * unit);
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  return { context, width: clientWidth / unit, height: clientHeight / unit, unit };
}

/** → a color of palette.js for a context. */
export function inkOf([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}
