// Curves of metrics: smoothing, and thinning to what a picture can show.

/** A curve's values over steps; a value that is not finite is a gap. */
export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Horizontal and vertical position in a picture. */
export type Pixel = readonly [number, number];

/**
 * Exponential moving average over the neighbours on both sides, so that the line does not lag behind. Before
 * the first value the curve is continued by its mirror image through that value, which keeps a steep start.
 * Gaps stay gaps and do not disturb their neighbours.
 *
 * @param y - values at even distances
 * @param span - about how many values on each side count, at least 1
 */
export function smoothCurve(y: ArrayLike<number>, span: number): Float64Array {
  const decay = 1 - 2 / (span + 1);
  const backward = decayingSums(y, decay, y.length - 1, -1);
  const forward = decayingSums(y, decay, mirrorStart(y, span), 1);
  return Float64Array.from({ length: y.length }, (_, i) => {
    const weight = forward.weights[i] + backward.weights[i] - 1;
    return Number.isFinite(y[i]) ? (forward.sums[i] + backward.sums[i] - y[i]) / weight : NaN;
  });
}

/**
 * SVG path of a curve: in every column of pixels the first, lowest, highest and last point, so that 100,000
 * points look as if all were drawn.
 *
 * @param points - with x rising
 * @param place - pixel of a point, or undefined where it cannot be shown
 * @returns `d` of a path, empty when there is nothing to show; a point alone is a line of no length
 */
export function curvePath(points: Points, place: (x: number, y: number) => Pixel | undefined): string {
  return splitAtGaps(points, place).map((pixels) => formatPath(thinColumns(pixels))).join("");
}

/** A number of pixels as SVG needs it: one decimal. */
export function formatPixels(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function splitAtGaps(points: Points, place: (x: number, y: number) => Pixel | undefined): Pixel[][] {
  const segments: Pixel[][] = [[]];
  for (let i = 0; i < points.x.length; i++) {
    const pixel = place(points.x[i], points.y[i]);
    if (pixel) segments[segments.length - 1].push(pixel);
    else segments.push([]);
  }
  return segments.filter((segment) => segment.length > 0);
}

function thinColumns(pixels: readonly Pixel[]): Pixel[] {
  const thinned: Pixel[] = [];
  for (let start = 0; start < pixels.length;) {
    let end = start + 1;
    let low = start;
    let high = start;
    while (end < pixels.length && Math.floor(pixels[end][0]) === Math.floor(pixels[start][0])) {
      if (pixels[end][1] < pixels[low][1]) low = end;
      if (pixels[end][1] > pixels[high][1]) high = end;
      end++;
    }
    const kept = [...new Set([start, low, high, end - 1])].sort((a, b) => a - b);
    for (const i of kept) thinned.push(pixels[i]);
    start = end;
  }
  return thinned;
}

function formatPath(pixels: readonly Pixel[]): string {
  const points = pixels.map(([x, y]) => `${formatPixels(x)} ${formatPixels(y)}`);
  return `M${points.join("L")}${pixels.length === 1 ? "h0" : ""}`;
}

/** Index, 0 or less, at which the mirror image begins: further back the weights are next to nothing. */
function mirrorStart(y: ArrayLike<number>, span: number): number {
  return Number.isFinite(y[0]) ? -Math.min(y.length - 1, Math.ceil(4 * span)) : 0;
}

/** Sums of the values up to each one, each step back weighing `decay` times less, and of the weights. */
function decayingSums(
  y: ArrayLike<number>,
  decay: number,
  start: number,
  direction: 1 | -1,
): { sums: Float64Array; weights: Float64Array } {
  const sums = new Float64Array(y.length);
  const weights = new Float64Array(y.length);
  let sum = 0;
  let weight = 0;
  const count = direction === 1 ? y.length - start : start + 1;
  for (let n = 0; n < count; n++) {
    const i = start + n * direction;
    const value = i < 0 ? 2 * y[0] - y[-i] : y[i];
    const counts = Number.isFinite(value);
    sum = decay * sum + (counts ? value : 0);
    weight = decay * weight + (counts ? 1 : 0);
    if (i < 0) continue;
    sums[i] = sum;
    weights[i] = weight;
  }
  return { sums, weights };
}
