// Paints the images of a page in grey on a white sheet, as a scanner gave them: text recognition wants a picture of the
// page and not its parts, and scans come in strips, in layers, turned and mirrored. Knows images and matrices only.

/** A matrix of six numbers: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [number, number, number, number, number, number];

/** An image with its place. */
export interface PlacedImage {
  readonly width: number;
  readonly height: number;
  /** From the unit square, which stands for the image upside down, to points from the top left corner. */
  readonly matrix: Matrix;
  /**
   * `bits` are 8 pixels a byte, rows padded, 1 is white; `mask` the same with 0 where `ink` is painted; `rgb` and
   * `rgba` have a byte a channel.
   */
  readonly kind: "bits" | "mask" | "rgb" | "rgba";
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Grey of a mask, 0 black to 255 white. */
  readonly ink: number;
}

/** A page to paint on. */
export interface Sheet {
  /** In points. */
  readonly width: number;
  /** In points. */
  readonly height: number;
  /** Pixels of a finished picture. */
  readonly maxPixels: number;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}

const POINTS_PER_INCH = 72;
/** Letters are read no better at more than this; a finer scan is halved, with its pixels averaged. */
const MAX_DOTS_PER_INCH = 400;
/** An image of a smaller part of the page does not say how fine the scan is. */
const LARGE_PART = 0.1;
const MAX_SAMPLES = 8;

/** Matrix that first does `inner` and then `outer`. */
export function multiply(outer: Matrix, inner: Matrix): Matrix {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [
    a * g + c * h,
    b * g + d * h,
    a * i + c * j,
    b * i + d * j,
    a * k + c * l + e,
    b * k + d * l + f,
  ];
}

/** Area of what a matrix makes of the unit square. */
export function areaOf([a, b, c, d]: Matrix): number {
  return Math.abs(a * d - b * c);
}

/**
 * Paints a page.
 *
 * @returns the bytes of a PGM file, undefined when nothing can be painted
 * @see https://netpbm.sourceforge.net/doc/pgm.html
 */
export function paintPage(images: readonly PlacedImage[], sheet: Sheet): Uint8Array<ArrayBuffer> | undefined {
  const scale = scaleOf(images, sheet);
  const width = Math.round(sheet.width * scale);
  const height = Math.round(sheet.height * scale);
  if (!(width >= 1 && height >= 1)) return undefined;
  const head = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
  const file = new Uint8Array(head.length + width * height).fill(255);
  file.set(head);
  const gray = file.subarray(head.length);
  // pixels a point: exact in both directions, so that an image that fills the page is copied pixel by pixel
  const toPixels: Matrix = [width / sheet.width, 0, 0, height / sheet.height, 0, 0];
  for (const image of images) {
    paint({ width, height, gray }, { ...image, matrix: multiply(toPixels, image.matrix) });
  }
  return file;
}

/** Pixels a point: those of the finest large image, less if that is finer than needed or allowed. */
function scaleOf(images: readonly PlacedImage[], sheet: Sheet): number {
  const pageArea = sheet.width * sheet.height;
  const large = images.filter(({ matrix }) => areaOf(matrix) >= LARGE_PART * pageArea);
  let scale = 0;
  for (const { width, height, matrix: [a, b, c, d] } of large.length > 0 ? large : images) {
    const finest = Math.max(width / Math.hypot(a, b), height / Math.hypot(c, d));
    if (Number.isFinite(finest)) scale = Math.max(scale, finest);
  }
  while (scale > MAX_DOTS_PER_INCH / POINTS_PER_INCH) scale /= 2;
  while (Math.round(sheet.width * scale) * Math.round(sheet.height * scale) > sheet.maxPixels) scale /= 2;
  return scale;
}

/** @param image - with a matrix to pixels */
function paint(canvas: Canvas, image: PlacedImage): void {
  const inverse = invert(image.matrix);
  if (!inverse) return;
  const [a, b, c, d, e, f] = multiply([image.width, 0, 0, -image.height, 0, image.height], inverse);
  const samples = Math.min(MAX_SAMPLES, Math.max(1, Math.round(Math.sqrt(Math.abs(a * d - b * c)))));
  const { left, right, top, bottom } = boundsOf(image.matrix, canvas);
  const grayAt = sampler(image);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = y * canvas.width + x;
      let sum = 0;
      for (let s = 0; s < samples * samples; s++) {
        const px = x + (s % samples + 0.5) / samples;
        const py = y + (Math.floor(s / samples) + 0.5) / samples;
        const u = Math.floor(a * px + c * py + e);
        const v = Math.floor(b * px + d * py + f);
        const isInside = u >= 0 && v >= 0 && u < image.width && v < image.height;
        sum += isInside ? grayAt(u, v, canvas.gray[at]) : canvas.gray[at];
      }
      canvas.gray[at] = Math.round(sum / (samples * samples));
    }
  }
}

/** Grey of a pixel of an image over the grey that is under it. */
function sampler({ kind, data, width, ink }: PlacedImage): (u: number, v: number, under: number) => number {
  const rowBytes = (width + 7) >> 3;
  switch (kind) {
    case "bits":
      return (u, v) => data[v * rowBytes + (u >> 3)] >> (7 - (u & 7)) & 1 ? 255 : 0;
    case "mask":
      return (u, v, under) => data[v * rowBytes + (u >> 3)] >> (7 - (u & 7)) & 1 ? under : ink;
    case "rgb":
      return (u, v) => luma(data, 3 * (v * width + u));
    case "rgba":
      return (u, v, under) => {
        const at = 4 * (v * width + u);
        const alpha = data[at + 3] / 255;
        return luma(data, at) * alpha + under * (1 - alpha);
      };
  }
}

/** Rec. 601 weights. */
function luma(data: Uint8Array | Uint8ClampedArray, at: number): number {
  return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
}

function invert([a, b, c, d, e, f]: Matrix): Matrix | undefined {
  const determinant = a * d - b * c;
  if (!Number.isFinite(1 / determinant)) return undefined;
  return [
    d / determinant,
    -b / determinant,
    -c / determinant,
    a / determinant,
    (c * f - d * e) / determinant,
    (b * e - a * f) / determinant,
  ];
}

/** Pixels that the unit square under a matrix touches. */
function boundsOf(
  [a, b, c, d, e, f]: Matrix,
  canvas: Canvas,
): { left: number; right: number; top: number; bottom: number } {
  const xs = [e, e + a, e + c, e + a + c];
  const ys = [f, f + b, f + d, f + b + d];
  return {
    left: Math.max(0, Math.floor(Math.min(...xs))),
    right: Math.min(canvas.width, Math.ceil(Math.max(...xs))),
    top: Math.max(0, Math.floor(Math.min(...ys))),
    bottom: Math.min(canvas.height, Math.ceil(Math.max(...ys))),
  };
}
