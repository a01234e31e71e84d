import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { defaultConfig } from "../../../../lib/config/config.ts";
import { pdfParser } from "../../../../lib/ingest/parsers/pdf.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { textPage, writePdf } from "../../../support/pdf_writer.ts";
import { edit, readPdf } from "./pdf_fixture.ts";

const SENTENCE = "A flock follows the sheep that knows the way.";

Deno.test("parsePdf() reads lines, parts paragraphs and joins words over line ends", async () => {
  const y = [700, 685, 670, 640, 625];
  const lines = [
    "The shep-",
    "herd counts what is well-known; a well-",
    "known sheep is soon found.",
    "A new par-",
    "agraph.",
  ];
  const { text, omitted, pages } = await readPdf({
    pages: [{ texts: lines.map((line, i) => ({ text: line, x: 72, y: y[i] })) }],
  });
  assertEquals(
    text,
    "The shepherd\ncounts what is well-known; a well-known\nsheep is soon found.\n\nA new paragraph.",
  );
  assertEquals(omitted, []);
  assertEquals(pages, [1]);
});

Deno.test("parsePdf() carries a sentence over a page end and starts a new paragraph elsewhere", async () => {
  const pages = [["It began", "with one ewe and"], ["nobody knew why."], ["Then winter came."]].map((lines) =>
    textPage(lines)
  );
  assertEquals(
    (await readPdf({ pages })).text,
    "It began\nwith one ewe and\nnobody knew why.\n\nThen winter came.",
  );
});

Deno.test("parsePdf() leaves out running headers and page numbers and keeps what only looks like them", async () => {
  const pages = Array.from({ length: 8 }, (_, i) => ({
    texts: [
      {
        text: i % 2 ? `${i + 11}   Of Sheep` : `Chapter ${1 + Math.floor(i / 4)}   ${i + 11}`,
        x: 72,
        y: 810,
      },
      ...textPage([`Page text ${"abcdefgh"[i]} speaks of ${i * i} sheep.`, SENTENCE], {}).texts!.map((
        text,
      ) => ({ ...text, y: text.y - 150 })),
      { text: "All rights reserved", x: 72, y: 30 },
    ],
  }));
  const { text } = await readPdf({ pages });
  assertEquals(text.match(/rights|Chapter|Of Sheep/g), null);
  assertEquals(text.match(/Page text [a-h] speaks of \d+ sheep\./g)?.length, 8);
  assertEquals(text.split(SENTENCE).length, 9);
});

Deno.test("parsePdf() keeps columns apart, in the order in which they are drawn", async () => {
  const column = (x: number, word: string) =>
    [0, 1, 2].map((i) => ({ text: `${word} line ${"abc"[i]}`, x, y: 700 - 15 * i }));
  const { text } = await readPdf({ pages: [{ texts: [...column(72, "Left"), ...column(320, "Right")] }] });
  assertEquals(text, "Left line a\nLeft line b\nLeft line c\n\nRight line a\nRight line b\nRight line c");
});

Deno.test("parsePdf() puts a piece that was drawn first where it stands in its line", async () => {
  const texts = [{ text: "[Function]", x: 400, y: 700 }, { text: "int count", x: 72, y: 700 }];
  assertEquals((await readPdf({ pages: [{ texts }] })).text, "int count [Function]");
});

Deno.test("parsePdf() keeps the indentation of code and joins nothing in it", async () => {
  const line = (text: string, x: number, y: number) => ({ text, x, y, size: 10, font: "Courier" as const });
  const texts = [line("for s in flock:", 90, 700), line("count(s) -", 114, 688), line("one", 114, 676)];
  assertEquals((await readPdf({ pages: [{ texts }] })).text, "for s in flock:\n    count(s) -\n    one");
});

Deno.test("parsePdf() makes headings of outline titles", async () => {
  const pages = [["1 The Ewe", SENTENCE], ["2 The", "Ram", SENTENCE], [SENTENCE]].map((lines) =>
    textPage(lines)
  );
  const outline = ["The Ewe", "The Ram", "Afterword"].map((title, page) => ({ title, page }));
  const { text } = await readPdf({ pages, outline });
  assertEquals(
    text,
    `# 1 The Ewe\n\n${SENTENCE}\n\n# 2 The Ram\n\n${SENTENCE}\n\n# Afterword\n\n${SENTENCE}`,
  );
});

Deno.test("parsePdf() appends values of form fields and free-text notes to their page", async () => {
  const filled = {
    ...textPage([SENTENCE]),
    fields: { Name: "Dolly", Empty: "" },
    notes: ["Seen by the vet"],
  };
  const { text } = await readPdf({ pages: [filled, textPage(["The end."])] });
  assertEquals(text, `${SENTENCE}\n\nSeen by the vet\n\nName: Dolly\n\nThe end.`);
});

Deno.test("parsePdf() reads up to data.max_pages and tells of the others", async () => {
  const pages = ["One.", "Two.", "Three."].map((word) => textPage([word]));
  const read = await readPdf({ pages }, { data: { maxPages: 2 } });
  assertEquals(read.text, "One.\n\nTwo.");
  assertEquals(read.pages, [1, 2]);
  assertEquals(read.omitted, ["pages beyond data.max_pages"]);
  assertEquals((await readPdf({ pages }, { data: { maxPages: 3 } })).omitted, []);
});

Deno.test("parsePdf() reads a flat list of many pages in any order of its entries", async () => {
  const pages = Array.from({ length: 1100 }, (_, i) => textPage([`This is sheep ${i} of the flock.`]));
  const { text, pages: done, failure } = await readPdf({ pages, isCompressed: true });
  assertEquals(failure, undefined);
  assertEquals(done.length, 1100);
  assertEquals([...text.matchAll(/sheep (\d+) of/g)].map(([, n]) => Number(n)), pages.map((_, i) => i));
});

Deno.test("parsePdf() opens what only its owner's password protects and asks for nobody's", async () => {
  const pages = [textPage([SENTENCE])];
  assertEquals((await readPdf({ pages, passwords: { user: "", owner: "wolf" } })).text, SENTENCE);
  const locked = await readPdf({ pages, passwords: { user: "wolf", owner: "wolf" } });
  assertEquals(locked.failure, "failed: encrypted: a password is needed");
});

Deno.test("parsePdf() names what is no PDF, empty, damaged or without text", async () => {
  const whole = writePdf({ pages: [textPage([SENTENCE])] });
  const garbage = Uint8Array.from({ length: 4000 }, (_, i) => i * 7919 >> 3);
  assertEquals((await readPdf(new Uint8Array())).failure, "failed: empty file");
  assertEquals((await readPdf(garbage)).failure, "failed: not a PDF");
  assertEquals((await readPdf(new TextEncoder().encode("MZ\x90 program"))).failure, "failed: not a PDF");
  for (const length of [60, whole.length >> 1, whole.length - 100]) {
    assertEquals((await readPdf(whole.slice(0, length))).failure, "failed: damaged PDF");
  }
  assertEquals((await readPdf({ pages: [{}] })).failure, "skipped: no text");
});

Deno.test("parsePdf() finds the objects of a file whose table of them is damaged", async () => {
  const whole = writePdf({ pages: [textPage([SENTENCE]), textPage(["And home."])] });
  const { text } = await readPdf(edit(edit(whole, "xref\n0", "xxxx\n0"), "startxref\n", "startxref\n9"));
  assertEquals(text, `${SENTENCE}\n\nAnd home.`);
});

Deno.test("parsePdf() comes to an end with a page tree that loops", async () => {
  const whole = writePdf({ pages: [textPage([SENTENCE])] });
  const kid = /\/Kids \[(\d+ 0 R)\]/.exec(new TextDecoder("latin1").decode(whole))![1];
  const looping = edit(whole, `/Kids [${kid}]`, "/Kids [2 0 R]");
  assertEquals((await readPdf(looping)).failure, "failed: damaged pages");
});

Deno.test("parsePdf() does not believe the number of pages", async () => {
  const whole = writePdf({ pages: [textPage([SENTENCE]), textPage(["And home."])] });
  const { text, pages } = await readPdf(edit(whole, "/Count 2 /Kids", "/Count 99/Kids"));
  assertEquals(text, `${SENTENCE}\n\nAnd home.`);
  assertEquals(pages, [1, 2]);
});

Deno.test("parsePdf() keeps the pages before a damaged one and tells of it", async () => {
  const whole = writePdf({ pages: ["One.", "Two.", "Three."].map((word) => textPage([word])) });
  const kids = /\/Kids \[(\d+ 0 R) (\d+ 0 R) /.exec(new TextDecoder("latin1").decode(whole))!;
  const { text, omitted } = await readPdf(edit(whole, `${kids[1]} ${kids[2]} `, `${kids[1]} 99 0 `));
  assertEquals(text, "One.");
  assertEquals(omitted, ["damaged pages"]);
});

Deno.test("parsePdf() runs no script of the file and does without its fonts", async () => {
  const catalog = "/OpenAction << /S /JavaScript /JS (app.alert\\(globalThis.sheepopWasHere = 1\\)) >>";
  const whole = writePdf({ pages: [textPage([SENTENCE])], catalog });
  assertEquals((await readPdf(edit(whole, "/BaseFont /Helvetica ", "/BaseFont /NoSuchFnt"))).text, SENTENCE);
  assertEquals("sheepopWasHere" in globalThis, false);
});

Deno.test("parsePdf() fails with a reason or reads, whatever bytes change in a file", async () => {
  const whole = writePdf({
    pages: [textPage([SENTENCE, "It knows."]), { ...textPage(["Two."]), fields: { Name: "Dolly" } }],
    outline: [{ title: "One", page: 0 }],
  });
  const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 12 }),
      fc.nat(whole.length),
      async (changes, cut) => {
        const bytes = whole.slice(0, cut % 3 === 0 ? cut : whole.length);
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        const read = await readPdf(bytes);
        assert(read.failure !== undefined || read.text !== "");
      },
    ),
    { numRuns: 120, interruptAfterTimeLimit: 3000 },
  );
});

Deno.test("parsePdf() fails with a reason for any other bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      const headed = new Uint8Array([...new TextEncoder().encode("%PDF-1.4\n"), ...bytes]);
      assertEquals((await readPdf(headed)).failure, "failed: damaged PDF");
    }),
    { numRuns: 40, interruptAfterTimeLimit: 1500 },
  );
});

Deno.test("parsePdf() passes on the failure of text recognition as a reason", async () => {
  const image = { width: 8, height: 8, data: new Uint8Array(64), place: [595, 0, 0, 842, 0, 0] as const };
  const recognized = new ParseFailure("failed", "text recognition broke down");
  const { text, omitted } = await readPdf({ pages: [textPage([SENTENCE]), { images: [image] }] }, {
    recognized,
  });
  assertEquals(text, SENTENCE);
  assertEquals(omitted, ["scanned pages: text recognition broke down"]);
});

Deno.test("pdfParser goes on in a new document after a million characters, and loses nothing", async () => {
  const PAGES = 500;
  // no two lines are alike but for their numbers, so that none looks like a running header
  const lineOf = (at: number): string =>
    `${at} sheep ${Array.from({ length: 8 }, (_, i) => wordOf(at * 8 + i)).join(" ")}`;
  const wordOf = (n: number): string =>
    [...Math.imul(n + 1, 2654435761).toString(7)].map((digit) => "abcdefg-"[+digit] ?? "h").join("");
  const pages = Array.from(
    { length: PAGES },
    (_, page) => textPage(Array.from({ length: 40 }, (_, i) => lineOf(page * 40 + i))),
  );
  const bytes = writePdf({ pages, isCompressed: true });
  const texts: string[] = [];
  for await (const event of pdfParser.parse({ name: "book.pdf", bytes, data: defaultConfig().data })) {
    if (event.type === "document") texts.push(event.text);
  }
  assertEquals(texts.length, 2);
  const numbers = (texts.join("").match(/\d+ sheep/g) ?? []).map((line) => parseInt(line));
  assertEquals(numbers, Array.from({ length: PAGES * 40 }, (_, i) => i));
});
