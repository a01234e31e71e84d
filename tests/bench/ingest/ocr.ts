// Characters read off scanned pages, beside those that native Tesseract reads. The pages are our own sample texts, set by
// LibreOffice and scanned by pdftoppm at 200 dots an inch; what should be read is the text they were set from.

import { join } from "node:path";
import { findPackageFolder } from "../../../lib/ingest/package_folder.ts";
import type { BarRow, IngestBench } from "./bar_row.ts";
import type { PageRead } from "./ocr_child.ts";

/** One document to scan. */
interface Scan {
  readonly what: string;
  /** Sample texts it is set from. */
  readonly texts: readonly string[];
  readonly font: string;
  readonly columns: number;
  /** What pdftoppm is told of the picture. */
  readonly picture: readonly string[];
  readonly maxErrorRate: number;
}

const CLEAN = 0.02;
const TWO_COLUMNS = 0.05;
const STORIES = ["stories/a_bargain_with_the_fox.txt", "notes/keeping_sheep.md"];
const NOTES = ["notes/attention.md", "notes/reading_the_weather.md"];

const SCANS: readonly Scan[] = [
  scan("serif, grey PNG", STORIES, "Liberation Serif", ["-gray", "-png"]),
  scan("sans serif, colour JPEG", NOTES, "Liberation Sans", ["-jpeg"]),
  scan("serif, black and white PNG", NOTES, "DejaVu Serif", ["-mono", "-png"]),
  scan("sans serif, TIFF of JPEG", STORIES, "DejaVu Sans", ["-gray", "-tiff", "-tiffcompression", "jpeg"]),
  scan("serif, TIFF of Deflate", NOTES, "C059", ["-tiff", "-tiffcompression", "deflate"]),
  { ...scan("two columns, serif, grey PNG", STORIES, "Liberation Serif", ["-gray", "-png"]), ...inColumns() },
  { ...scan("two columns, sans serif, JPEG", NOTES, "Liberation Sans", ["-gray", "-jpeg"]), ...inColumns() },
];

/** Scanned pages beside native Tesseract. */
export const ocr: IngestBench = {
  name: "ocr",
  title: "characters of scanned pages, beside native Tesseract",
  needs: { soffice: "libreoffice-writer", pdftoppm: "poppler-utils", tesseract: "tesseract-ocr" },
  run: runOcr,
};

async function runOcr(folder: string): Promise<BarRow[]> {
  const rows: BarRow[] = [];
  const reads: PageRead[] = [];
  for (const [i, one] of SCANS.entries()) {
    const text = (await Promise.all(one.texts.map(readSample))).join("\n");
    const pages = await scanPages(one, text, join(folder, String(i)));
    const ours = await readByUs(pages);
    const theirs = await readByTesseract(pages);
    reads.push(...ours);
    const rate = errorRate(text, ours.map((page) => page.text).join(" "));
    rows.push({
      what: `character error rate, ${one.what}`,
      ours: rate.toFixed(4),
      theirs: errorRate(text, theirs.map((page) => page.text).join(" ")).toFixed(4),
      bar: `at most ${one.maxErrorRate}`,
      reached: rate <= one.maxErrorRate,
    }, {
      what: `time a page, ${one.what}`,
      ours: seconds(ours),
      theirs: seconds(theirs),
      bar: "",
    });
  }
  return [...rows, ...costs(reads)];
}

function scan(what: string, texts: readonly string[], font: string, picture: readonly string[]): Scan {
  return { what, texts, font, columns: 1, picture, maxErrorRate: CLEAN };
}

function inColumns(): { columns: number; maxErrorRate: number } {
  return { columns: 2, maxErrorRate: TWO_COLUMNS };
}

/** A sample text, without the marks of Markdown. */
async function readSample(name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(`../../../data/samples/${name}`, import.meta.url));
  return text.replace(/^#+ |^[-*] |[*_`]/gm, "").replace(/\n{2,}/g, "\n").trim();
}

async function scanPages({ font, columns, picture }: Scan, text: string, folder: string): Promise<string[]> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(join(folder, "page.fodt"), openDocument(text, { font, columns }));
  const office = `-env:UserInstallation=file://${join(folder, "profile")}`;
  await run("soffice", [
    office,
    "--headless",
    "--convert-to",
    "pdf",
    "--outdir",
    folder,
    join(folder, "page.fodt"),
  ]);
  await run("pdftoppm", ["-r", "200", ...picture, join(folder, "page.pdf"), join(folder, "scan")]);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.startsWith("scan")
  );
  return names.sort().map((name) => join(folder, name));
}

/** A flat OpenDocument file, a paragraph a line. */
function openDocument(text: string, { font, columns }: { font: string; columns: number }): string {
  const paragraphs = text.split("\n").map((line) =>
    `<text:p text:style-name="P">${line.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text:p>`
  );
  const spaces = ["office", "text", "style"].map((name) =>
    `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<office:document ${spaces.join(" ")} xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
  xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
  office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:font-face-decls><style:font-face style:name="F" svg:font-family="'${font}'"/></office:font-face-decls>
<office:automatic-styles>
<style:style style:name="P" style:family="paragraph">
<style:paragraph-properties fo:margin-bottom="0.2cm"/>
<style:text-properties style:font-name="F" fo:font-size="11pt" fo:hyphenate="false"/></style:style>
<style:style style:name="S" style:family="section">
<style:section-properties text:dont-balance-text-columns="true">
<style:columns fo:column-count="${columns}" fo:column-gap="0.8cm"/></style:section-properties></style:style>
</office:automatic-styles>
<office:body><office:text><text:section text:style-name="S" text:name="all">
${paragraphs.join("\n")}
</text:section></office:text></office:body></office:document>`;
}

/** Reads as a parser does: in a child that may read nothing but the folder of packages, and here the pages. */
async function readByUs(pages: readonly string[]): Promise<PageRead[]> {
  const child = new URL("ocr_child.ts", import.meta.url).href;
  const folders = [await findPackageFolder(), ...pages].join(",");
  const lines = await run(Deno.execPath(), [
    "run",
    "-q",
    "--no-prompt",
    `--allow-read=${folders}`,
    child,
    ...pages,
  ]);
  return lines.trim().split("\n").map((line) => JSON.parse(line));
}

async function readByTesseract(pages: readonly string[]): Promise<PageRead[]> {
  const reads: PageRead[] = [];
  for (const page of pages) {
    const start = performance.now();
    const text = await run("tesseract", [page, "-", "-l", "eng", "--psm", "3"]);
    reads.push({ text, elapsedMs: performance.now() - start, startMs: 0, rssBytes: 0 });
  }
  return reads;
}

function costs(reads: readonly PageRead[]): BarRow[] {
  const [starts, sizes] = [reads.map(({ startMs }) => startMs), reads.map(({ rssBytes }) => rssBytes)];
  const highest = Math.max(...sizes) / 1e6;
  return [
    { what: "start of the recogniser", ours: `${Math.max(...starts).toFixed(0)} ms`, bar: "" },
    { what: "memory of the child, highest", ours: `${highest.toFixed(0)} MB`, bar: "" },
  ];
}

function seconds(reads: readonly PageRead[]): string {
  return `${(reads.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / reads.length / 1000).toFixed(2)} s`;
}

/** Smallest number of characters to insert, remove and replace, as a share of the characters that should be there. */
function errorRate(truth: string, text: string): number {
  const [a, b] = [plain(truth), plain(text)];
  let row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = new Uint32Array(row.length);
    next[0] = i + 1;
    for (let j = 0; j < b.length; j++) {
      next[j + 1] = Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] === b[j] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length] / a.length;
}

/** Typographic signs as those of a keyboard, white space as one space: neither is what recognition is about. */
function plain(text: string): string {
  return text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"').replace(/[–—]/g, "-").replace(/\s+/g, " ").trim();
}

async function run(program: string, args: string[]): Promise<string> {
  // one thread each
  const env = { OMP_THREAD_LIMIT: "1" };
  const command = new Deno.Command(program, { args, env, stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr).slice(0, 500)}`);
  return new TextDecoder().decode(stdout);
}
