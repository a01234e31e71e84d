import { assertEquals } from "@std/assert";
import { type PdfImage, type PdfPageContent, textPage } from "../../../support/pdf_writer.ts";
import { type Picture, readPdf } from "./pdf_fixture.ts";

const SENTENCE = "A flock follows the sheep that knows the way.";
/** Upright page of 30 by 40 points. */
const SIZE = [30, 40] as const;
const FULL = [30, 0, 0, 40, 0, 0] as const;

/** A picture of 6 by 8 pixels whose every pixel has its own grey. */
function numbered(): { width: number; height: number; data: Uint8Array } {
  return { width: 6, height: 8, data: Uint8Array.from({ length: 48 }, (_, i) => 5 * i) };
}

function scan(
  images: readonly PdfImage[],
  more: PdfPageContent = {},
): { size: typeof SIZE; pages: PdfPageContent[] } {
  return { size: SIZE, pages: [{ images, ...more }] };
}

function rowsOf({ width, height, gray }: Picture): number[][] {
  return Array.from({ length: height }, (_, y) => [...gray.slice(y * width, (y + 1) * width)]);
}

const ROWS = rowsOf({ ...numbered(), gray: numbered().data });

Deno.test("parsePdf() gives a scanned page to recognition pixel by pixel and reads its text", async () => {
  const read = await readPdf(scan([{ ...numbered(), place: FULL }]), {
    recognized: "Baa\nbaa.\n\nBlack sheep.",
  });
  assertEquals(read.pictures.map(rowsOf), [ROWS]);
  assertEquals(read.text, "Baa\nbaa.\n\nBlack sheep.");
  assertEquals(read.omitted, []);
});

Deno.test("parsePdf() opens recognition once for all scans and closes it", async () => {
  const page = { images: [{ ...numbered(), place: FULL }] };
  const read = await readPdf({ size: SIZE, pages: [page, page, page] });
  assertEquals([read.opened, read.closed, read.pictures.length], [1, 1, 3]);
  assertEquals((await readPdf({ pages: [textPage([SENTENCE])] })).opened, 0);
});

Deno.test("parsePdf() puts the strips of a scan together", async () => {
  const { data } = numbered();
  const strips = [0, 1].map((i) => ({
    width: 6,
    height: 4,
    data: data.slice(24 * i, 24 * i + 24),
    place: [30, 0, 0, 20, 0, 20 - 20 * i] as const,
  }));
  const { pictures } = await readPdf(scan(strips));
  assertEquals(pictures.map(rowsOf), [ROWS]);
});

Deno.test("parsePdf() turns a page as it is shown", async () => {
  const clockwise = (rows: number[][]) => rows[0].map((_, x) => rows.map((row) => row[x]).reverse());
  for (const [rotate, expected] of [[90, clockwise(ROWS)], [180, clockwise(clockwise(ROWS))]] as const) {
    const { pictures } = await readPdf(scan([{ ...numbered(), place: FULL }], { rotate }));
    assertEquals(pictures.map(rowsOf), [expected]);
  }
});

Deno.test("parsePdf() mirrors an image as its matrix says", async () => {
  const { pictures } = await readPdf(scan([{ ...numbered(), place: [-30, 0, 0, 40, 30, 0] }]));
  assertEquals(pictures.map(rowsOf), [ROWS.map((row) => row.toReversed())]);
});

Deno.test("parsePdf() paints images of one bit and masks in black", async () => {
  const image = {
    width: 4,
    height: 2,
    bits: 1 as const,
    data: new Uint8Array([0b1010_0000, 0b0110_0000]),
    place: FULL,
  };
  const expected = [[255, 0, 255, 0], [0, 255, 255, 0]];
  const { pictures } = await readPdf(scan([image]));
  const [masked] = (await readPdf(scan([{ ...image, isMask: true }]))).pictures;
  // pixels of the page are square and those of this image are not
  const { width, height } = pictures[0];
  const sampled = (picture: Picture) =>
    expected.map((row, y) =>
      row.map((_, x) =>
        picture.gray[Math.floor((y + 0.5) * height / 2) * width + Math.floor((x + 0.5) * width / 4)]
      )
    );
  assertEquals(sampled(pictures[0]), expected);
  assertEquals(sampled(masked), expected);
});

Deno.test("parsePdf() leaves pages with text and small images alone unless data.ocr is always", async () => {
  const image = { ...numbered(), place: FULL };
  const small = { ...numbered(), place: [10, 0, 0, 10, 0, 0] as const };
  const text = [{ text: SENTENCE, x: 2, y: 20, size: 1 }];
  assertEquals((await readPdf(scan([image], { texts: text }))).text, SENTENCE);
  assertEquals((await readPdf(scan([small]))).failure, "skipped: no text");
  const always = { data: { ocr: "always" as const } };
  assertEquals((await readPdf(scan([image], { texts: text }), always)).text, "read off the scan");
  const half = { ...numbered(), place: [30, 0, 0, 25, 0, 0] as const };
  assertEquals(
    (await readPdf(scan([half], { texts: text }), always)).text,
    `${SENTENCE}\n\nread off the scan`,
  );
});

Deno.test("parsePdf() tells of scans that data.ocr forbids to read", async () => {
  const never = { data: { ocr: "never" as const } };
  const page = { images: [{ ...numbered(), place: [595, 0, 0, 842, 0, 0] as const }] };
  assertEquals(
    (await readPdf({ pages: [page] }, never)).failure,
    "skipped: scanned pages: data.ocr is never",
  );
  const mixed = await readPdf({ pages: [textPage([SENTENCE]), page] }, never);
  assertEquals(mixed.text, SENTENCE);
  assertEquals(mixed.omitted, ["scanned pages: data.ocr is never"]);
});

Deno.test("parsePdf() does not decode an image beyond data.max_pixels, and tells of it", async () => {
  const read = await readPdf(scan([{ ...numbered(), place: FULL }]), { data: { maxPixels: 47 } });
  assertEquals(read.failure, "failed: scanned pages: an image is damaged or larger than data.max_pixels");
  assertEquals(read.pictures, []);
  // the picture of the page obeys the same bound: this image fills a quarter of it
  const quarter = { ...numbered(), place: [15, 0, 0, 20, 0, 0] as const };
  const whole = { ...numbered(), place: FULL };
  const { pictures } = await readPdf(scan([whole, quarter]), { data: { maxPixels: 48 } });
  assertEquals(pictures.map(({ gray }) => gray.length), [48]);
});
