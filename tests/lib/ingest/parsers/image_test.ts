import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import {
  bmp,
  crop,
  FIRST_PAGE,
  imageBytes,
  lyingPng,
  pagePixels,
  parseImage,
  type Pixels,
  png,
  SECOND_PAGE,
  textOf,
  tiff,
} from "./image_fixture.ts";

const WORD = crop(pagePixels(), { width: 58, height: 50 });
const WHITE: Pixels = { width: 100, height: 40, grey: new Uint8Array(4000).fill(255) };

Deno.test("imageParser reads PNG, JPEG, CMYK JPEG and WebP", async () => {
  for (const name of ["page.png", "page.jpg", "cmyk.jpg", "page.webp"]) {
    assertEquals(textOf(await parseImage(imageBytes(name))), FIRST_PAGE, name);
  }
});

Deno.test("imageParser turns an image upright that EXIF says lies on its side", async () => {
  assertEquals(textOf(await parseImage(imageBytes("turned.jpg"))), FIRST_PAGE);
});

Deno.test("imageParser reads the first picture of a GIF and never decodes the others", async () => {
  const animated = imageBytes("animated.gif");
  assertEquals(textOf(await parseImage(animated)), textOf(await parseImage(imageBytes("page.gif"))));
  assertEquals(textOf(await parseImage(animated.fill(0xff, 2000))), FIRST_PAGE);
});

Deno.test("imageParser reads every page of a TIFF, also one of JPEG strips", async () => {
  for (const name of ["two_pages.tif", "jpeg_strips.tif"]) {
    const events = await parseImage(imageBytes(name));
    assertEquals(textOf(events), `${FIRST_PAGE} ${SECOND_PAGE}`, name);
    assertEquals(events.filter(({ type }) => type === "pages"), [
      { type: "pages", done: 1, total: 2 },
      { type: "pages", done: 2, total: 2 },
    ]);
  }
});

Deno.test("imageParser reads a TIFF of deflated differences", async () => {
  assertEquals(textOf(await parseImage(tiff(pagePixels(), { isDeflated: true }))), FIRST_PAGE);
});

Deno.test("imageParser reads every kind of BMP", async () => {
  for (const kind of ["runs", "16", "24 top down", "32 masks", "24 old"] as const) {
    assertEquals(textOf(await parseImage(bmp(pagePixels(), kind))), FIRST_PAGE, kind);
  }
});

Deno.test("imageParser reads a page that is upside down", async () => {
  const page = pagePixels();
  assertEquals(textOf(await parseImage(png({ ...page, grey: page.grey.toReversed() }))), FIRST_PAGE);
});

Deno.test("imageParser refuses what claims more pixels than data.max_pixels", async () => {
  const bytes = {
    png: lyingPng(100_000, 100_000),
    "png 20000": lyingPng(20_000, 20_000),
    jpeg: Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3),
    tiff: tiff(WORD, { tags: { 256: 2 ** 31, 257: 2 ** 31 } }),
    bmp: bmp(WORD, "24 old").fill(0xff, 18, 22),
    gif: imageBytes("page.gif").fill(0xff, 6, 10),
    webp: new Uint8Array(
      [..."RIFF____WEBPVP8X____\0\0\0\0\xff\xff\xff\xff\xff\xff"].map((c) => c.charCodeAt(0)),
    ),
  };
  for (const [name, image] of Object.entries(bytes)) {
    await assertFailure(image, "failed", "image larger", name);
  }
  await assertFailure(png(WORD), "failed", "image larger than data.max_pixels", "own limit", {
    maxPixels: 2_899,
  });
  assertEquals(textOf(await parseImage(png(WORD), { maxPixels: 2_900 })), "The");
});

Deno.test("imageParser skips images without text, too small ones, and all when data.ocr is never", async () => {
  await assertFailure(png(WHITE), "skipped", "no text found in the image");
  await assertFailure(png(crop(WHITE, { width: 100, height: 9 })), "skipped", "image too small to hold text");
  await assertFailure(png(WORD), "skipped", "data.ocr is never", "never", { ocr: "never" });
});

Deno.test("imageParser gives the pages it can read and says that others are missing", async () => {
  // a second directory behind the file, the first's copy with a strip that is not there
  const first = tiff(WORD);
  const second = tiff(WORD, { isDeflated: true, tags: { 279: 2 } }).subarray(8, 8 + 2 + 10 * 12 + 4);
  const at = first.length;
  first.set([at >>> 24, at >> 16 & 255, at >> 8 & 255, at & 255], 8 + 2 + 10 * 12);
  const events = await parseImage(Uint8Array.from([...first, ...second]));
  assertEquals(textOf(events), "The");
  assertEquals(events.filter(({ type }) => type === "omitted"), [
    { type: "omitted", reason: "a page: damaged image" },
  ]);
});

Deno.test("imageParser ends a TIFF whose directories go round", async () => {
  const events = await parseImage(tiff(WORD, { next: 8 }));
  assertEquals(textOf(events), "The");
  assertEquals(events.filter(({ type }) => type === "pages").length, 1);
});

Deno.test("imageParser refuses damaged images, and reads 200 good ones after 20 of them", async () => {
  const good = png(WORD);
  const badSum = imageBytes("page.png");
  badSum[badSum.length - 14] ^= 1;
  const cut = (name: string): Uint8Array => imageBytes(name).slice(0, imageBytes(name).length * 0.6);
  const bad = [
    ...["page.png", "page.jpg", "cmyk.jpg", "page.webp", "page.gif", "jpeg_strips.tif"].map(cut),
    ...[good.slice(0, 20), good.slice(0, 8), badSum, new Uint8Array(0), new Uint8Array(10_000).fill(137)],
    ...(["runs", "16", "24 top down"] as const).map((kind) => bmp(WORD, kind).slice(0, -2000)),
    ...[lyingPng(5000, 5000), tiff(WORD, { tags: { 259: 6 } }), tiff(WORD, { tags: { 322: 16 } })],
    ...[tiff(WORD).slice(0, -2000), tiff(WORD, { isDeflated: true, tags: { 257: 9_999 } })],
    tiff(WORD).fill(0xff, 8, 10),
  ];
  assertEquals(bad.length, 20);
  for (const [i, image] of bad.entries()) await assertFailure(image, "failed", "", `bad image ${i}`);
  for (let i = 0; i < 200; i++) assertEquals(textOf(await parseImage(good)), "The");
});

Deno.test("imageParser fails on any bytes with a ParseFailure or not at all", async () => {
  const images = ["page.png", "page.jpg", "page.webp", "page.gif", "two_pages.tif", "jpeg_strips.tif"].map(
    imageBytes,
  );
  images.push(tiff(WORD, { isDeflated: true }), bmp(WORD, "runs"), bmp(WORD, "32 masks"));
  const change = fc.tuple(fc.integer({ min: 0, max: 999 }), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...images),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (image, changes, isCut) => {
        const bytes = image.slice();
        // most of what can go wrong is decided by the first bytes
        for (const [where, value] of changes) bytes[Math.floor((where / 1000) ** 2 * bytes.length)] = value;
        await assertFailsWell(
          isCut ? bytes.subarray(0, Math.floor(changes[0][0] / 1000 * bytes.length)) : bytes,
        );
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("imageParser reads any header without more than a ParseFailure", async () => {
  const starts = [
    "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
    "\xff\xd8\xff\xe1",
    "RIFF\0\0\0\0WEBPVP8X",
    "GIF89a",
    "BM\0\0\0\0\0\0\0\0",
  ];
  starts.push("II*\0\x08\0\0\0", "MM\0*\0\0\0\x08", "");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), async (start, rest) => {
      const bytes = Uint8Array.from([...[...start].map((letter) => letter.charCodeAt(0)), ...rest]);
      await assertFailsWell(bytes, { maxPixels: 1 });
    }),
    { numRuns: 2_000 },
  );
});

async function assertFailsWell(
  image: Uint8Array,
  data: Parameters<typeof parseImage>[1] = {},
): Promise<void> {
  try {
    await parseImage(image, { maxPixels: 100_000, ...data });
  } catch (error) {
    assert(error instanceof ParseFailure, String(error));
  }
}

async function assertFailure(
  image: Uint8Array,
  status: "skipped" | "failed",
  reason: string,
  name?: string,
  data: Parameters<typeof parseImage>[1] = {},
): Promise<void> {
  const failure = await assertRejects(() => parseImage(image, data), ParseFailure, reason, name);
  assertEquals(failure.status, status, name);
}
