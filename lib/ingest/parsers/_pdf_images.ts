// The images that a PDF page paints, from the list of operators that pdf.js makes of it: what a scan consists of.

import { areaOf, type Matrix, multiply, type PlacedImage } from "./_page_raster.ts";
import type { PdfLibrary, PdfPage } from "./_pdf_library.ts";

/** Images of a page. */
export interface PageImages {
  readonly images: readonly PlacedImage[];
  /** A large image was not decoded: it is damaged or has more pixels than allowed. */
  readonly hasLeftOut: boolean;
}

/** What the operators have set up when an image is painted. */
interface State {
  readonly matrix: Matrix;
  /** Grey that masks are painted in. */
  readonly ink: number;
  /** Something was painted since this state was saved, or nothing was to be. */
  hasPainted: boolean;
}

/** An image as pdf.js decodes it; a mask has no kind. */
interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly kind?: number;
  readonly data?: Uint8Array | Uint8ClampedArray | string;
}

/** Part of the page that makes an image large. */
const LARGE_PART = 0.5;
const MAX_IMAGES = 1000;
const KINDS: Readonly<Record<number, PlacedImage["kind"]>> = { 1: "bits", 2: "rgb", 3: "rgba" };

/** Decodes the images of a page. */
export async function readImages(page: PdfPage, library: PdfLibrary): Promise<PageImages> {
  const viewport = page.getViewport({ scale: 1 });
  const { fnArray, argsArray } = await page.getOperatorList({
    annotationMode: library.AnnotationMode.DISABLE,
  });
  const walk = new OperatorWalk(viewport.transform as unknown as Matrix, viewport.width * viewport.height);
  const images: PlacedImage[] = [];
  for (let i = 0; i < fnArray.length && images.length < MAX_IMAGES; i++) {
    const painted = walk.step(fnArray[i], argsArray[i], library.OPS);
    if (painted === undefined) continue;
    const image = await decode(page, painted);
    if (image) images.push({ ...image, matrix: walk.state.matrix, ink: walk.state.ink });
    else walk.leaveOut();
  }
  walk.end();
  return { images, hasLeftOut: walk.hasLeftOut };
}

/** Follows the operators of a page. */
class OperatorWalk {
  state: State;
  hasLeftOut = false;
  readonly #saved: State[] = [];
  readonly #largeArea: number;

  constructor(matrix: Matrix, pageArea: number) {
    this.state = { matrix, ink: 0, hasPainted: true };
    this.#largeArea = LARGE_PART * pageArea;
  }

  /** @returns what is to be painted: the name of an image, or an image */
  step(operator: number, args: unknown, ops: PdfLibrary["OPS"]): string | DecodedImage | undefined {
    const list = (Array.isArray(args) ? args : []) as unknown[];
    switch (operator) {
      case ops.save:
      case ops.paintFormXObjectBegin:
        this.#saved.push(this.state);
        this.state = { ...this.state, hasPainted: true };
        if (operator === ops.paintFormXObjectBegin) this.#transform(list[0]);
        return undefined;
      case ops.restore:
      case ops.paintFormXObjectEnd:
        this.end();
        this.state = this.#saved.pop() ?? this.state;
        this.state.hasPainted = true;
        return undefined;
      case ops.transform:
        this.#transform(list);
        // an image that is left out leaves this frame behind, with nothing painted in it
        this.state.hasPainted = false;
        return undefined;
      case ops.setFillRGBColor:
        this.state = { ...this.state, ink: inkOf(list[0]) };
        return undefined;
      case ops.paintImageXObject:
      case ops.paintImageMaskXObject:
      case ops.paintInlineImageXObject:
        this.state.hasPainted = true;
        return list[0] as string | DecodedImage;
      default:
        this.state.hasPainted = true;
        return undefined;
    }
  }

  /** Ends a state: where a frame for an image was set up, one should have been painted. */
  end(): void {
    if (!this.state.hasPainted) this.leaveOut();
  }

  /** Notes that nothing came of an image. */
  leaveOut(): void {
    if (areaOf(this.state.matrix) >= this.#largeArea) this.hasLeftOut = true;
  }

  #transform(matrix: unknown): void {
    const numbers = matrix ? [...matrix as ArrayLike<number> & Iterable<number>] : [];
    if (numbers.length !== 6 || !numbers.every(Number.isFinite)) return;
    this.state = { ...this.state, matrix: multiply(this.state.matrix, numbers as unknown as Matrix) };
  }
}

/** Pixels of an image; undefined when it could not be decoded. */
async function decode(
  page: PdfPage,
  painted: string | DecodedImage,
): Promise<Omit<PlacedImage, "matrix" | "ink"> | undefined> {
  const isMask = typeof painted !== "string" && painted.kind === undefined;
  const name = typeof painted === "string" ? painted : painted.data;
  const image = typeof name === "string" ? await wait(page, name) : painted as DecodedImage;
  const kind = isMask ? "mask" : KINDS[image?.kind ?? 0];
  if (!image || typeof image.data !== "object" || kind === undefined) return undefined;
  const { width, height, data } = image;
  const rowBytes = { bits: (width + 7) >> 3, mask: (width + 7) >> 3, rgb: 3 * width, rgba: 4 * width }[kind];
  // what is declared may be more than there is
  return data.length >= rowBytes * height && width > 0 && height > 0
    ? { width, height, kind, data }
    : undefined;
}

function wait(page: PdfPage, name: string): Promise<DecodedImage | undefined> {
  const objects = name.startsWith("g_") ? page.commonObjs : page.objs;
  return new Promise((resolve) => {
    objects.get(name, (image: DecodedImage | null) => resolve(image ?? undefined));
  });
}

/** Grey of `#rrggbb`. */
function inkOf(color: unknown): number {
  const [, red, green, blue] = /^#(..)(..)(..)$/.exec(String(color)) ?? [];
  if (blue === undefined) return 0;
  return Math.round(0.299 * parseInt(red, 16) + 0.587 * parseInt(green, 16) + 0.114 * parseInt(blue, 16));
}
