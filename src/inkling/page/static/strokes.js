// Strokes and their pixels. A stroke is a list of points { x, y } with the pad's sides as units, so that
// the same strokes are drawn at any size: on the screen, and on the small canvas that is sent.

/** Width of the brush as a share of the pad; 9 to 11 % reads best. */
export const BRUSH = 0.1;
/** Side of the picture that is sent, in pixels. */
export const SENT = 112;
/** Side of the picture that the network sees. */
export const SIDE = 28;

/** Draws strokes with the context's stroke style; curves pass through the middles between points. */
export function drawStrokes(context, strokes, side) {
  context.lineWidth = BRUSH * side;
  context.lineCap = context.lineJoin = "round";
  for (const points of strokes) {
    context.beginPath();
    context.moveTo(points[0].x * side, points[0].y * side);
    for (let i = 1; i < points.length - 1; i += 1) {
      const [here, next] = [points[i], points[i + 1]];
      const [x, y] = [(here.x + next.x) / 2, (here.y + next.y) / 2];
      context.quadraticCurveTo(here.x * side, here.y * side, x * side, y * side);
    }
    const last = points[points.length - 1];
    context.lineTo(last.x * side + 0.01, last.y * side); // a line without length would leave no dot
    context.stroke();
  }
}

/** Makes the picture of strokes: SENT × SENT grey bytes, how much of each pixel they cover. */
export function strokesPicture(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SENT;
  const context = canvas.getContext("2d", { willReadFrequently: true }); // keeps it off the graphics card
  drawStrokes(context, strokes, SENT);
  const { data } = context.getImageData(0, 0, SENT, SENT);
  const bytes = Uint8Array.from({ length: SENT * SENT }, (_, i) => data[4 * i + 3]);
  return { bytes, width: SENT, height: SENT, normalized: false };
}
