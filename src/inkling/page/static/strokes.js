// Strokes and their pixels. A stroke is a list of points { x, y } with the pad's sides as units, so that
// the same strokes are drawn at any size: on the screen, and on the small canvas that is read.

/** Widths of the brush as a share of the pad; 9 to 11 % reads best. */
export const BRUSHES = [0.05, 0.075, 0.1, 0.13, 0.16];
/** Side of the picture that the network sees. */
export const SIDE = 28;

const SENT = 112; // side of the picture that is normalized
const LEAST_SIZE = 0.4; // a smaller digit is enlarged to this size, its brush is not: or it would be a blob
const MOST_TIMES = 8; // times
const MARGIN = 0.02; // no ink touches the edge of the picture
const SHARED_INK = 1 / 3; // of the narrower one's width: strokes that overlap by more are one digit

/** Draws strokes with the context's stroke style; curves pass through the middles between points. */
export function drawStrokes(context, strokes, side, brush) {
  context.lineWidth = brush * side;
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

/** Makes the picture of one digit's strokes, in its middle: gray bytes, how much of each pixel they cover. */
export function strokesPicture(strokes, brush) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SENT;
  const context = canvas.getContext("2d", { willReadFrequently: true }); // keeps it off the graphics card
  const { left, right, top, bottom } = boundsOf(strokes.flat());
  const size = Math.max(right - left, bottom - top);
  const most = Math.min(MOST_TIMES, (1 - 2 * MARGIN - brush) / size);
  const scale = Math.min(Math.max(LEAST_SIZE / size, 1), most);
  const move = ({ x, y }) => ({
    x: 0.5 + scale * (x - (left + right) / 2),
    y: 0.5 + scale * (y - (top + bottom) / 2),
  });
  drawStrokes(context, strokes.map((points) => points.map(move)), SENT, brush * Math.min(scale, 1));
  const { data } = context.getImageData(0, 0, SENT, SENT);
  const bytes = Uint8Array.from({ length: SENT * SENT }, (_, i) => data[4 * i + 3]);
  return { bytes, width: SENT, height: SENT, normalized: false };
}

/** Groups strokes into digits, from left to right, by how far their ink overlaps. */
export function groupStrokes(strokes, brush) {
  let groups = [];
  for (const stroke of strokes) {
    const { left, right } = boundsOf(stroke);
    const whole = { left: left - brush / 2, right: right + brush / 2, strokes: [stroke] };
    for (const other of groups.filter((group) => areOne(group, whole))) {
      groups = groups.filter((group) => group !== other);
      whole.strokes = [...other.strokes, ...whole.strokes];
      [whole.left, whole.right] = [Math.min(whole.left, other.left), Math.max(whole.right, other.right)];
    }
    groups.push(whole);
  }
  return groups.sort((one, other) => one.left - other.left).map((group) => group.strokes);
}

function areOne(one, other) {
  const shared = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  return shared > SHARED_INK * Math.min(one.right - one.left, other.right - other.left);
}

function boundsOf(points) {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
