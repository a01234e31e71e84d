// Words and time of PDFs, beside pdftotext: the manuals of Debian's documentation packages, which are fetched unless
// SHEEPOP_BENCH_PDFS names a folder of PDFs; and a generated book of 10,000 pages. Running headers and page numbers are
// words that pdftotext has and we drop, so the figure without them stands beside the one that has to reach the bar.

import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FurnitureWindow } from "../../../lib/ingest/parsers/page_furniture.ts";
import { findPackageFolder } from "../../../lib/ingest/package_folder.ts";
import type { BarRow, IngestBench } from "./bar_row.ts";
import { makeLongPdf } from "./long_pdf.ts";
import type { PdfRead } from "./pdf_child.ts";
import { wordF1 } from "./word_f1.ts";

const PACKAGES =
  "bash-doc octave-doc libmpfr-doc debian-reference-en groff libtasn1-doc shared-mime-info valgrind debian-policy maxima-doc gnuplot-doc pari-doc asymptote-doc flex-doc developers-reference zlib1g-dev"
    .split(" ");
const MIN_F1 = 0.985;
const MIN_DOCUMENTS = 10;
const MAX_TIMES_PDFTOTEXT = 4;
/** Time counts on documents of so many pages. */
const MIN_TIMED_PAGES = 50;
/** Documents of fewer are leaflets: a few words decide them. */
const MIN_PAGES = 10;
const REPEATS = 3;
const BOOK_PAGES = 10_000;
const MAX_BOOK_SECONDS = 60;
const MAX_BOOK_BYTES = 600e6;
/** Height of the sheet that lines of plain text are laid on, and how far they are apart. */
const SHEET = 1000;
const LINE = 10;

interface Measured {
  readonly name: string;
  readonly pages: number;
  readonly f1: number;
  readonly f1WithoutHeaders: number;
  readonly ourMs: number;
  readonly theirMs: number;
}

/** PDFs beside pdftotext. */
export const pdf: IngestBench = {
  name: "pdf",
  title: "words and time of PDFs, beside pdftotext",
  needs: { pdftotext: "poppler-utils", "dpkg-deb": "dpkg" },
  run: measure,
};

async function measure(folder: string): Promise<BarRow[]> {
  const given = Deno.env.get("SHEEPOP_BENCH_PDFS");
  const paths = await findPdfs(given ?? await fetchPdfs(folder));
  const measured: Measured[] = [];
  {
    await using child = openChild([...paths, await findPackageFolder()]);
    for (const path of paths) {
      const one = await measureOne(child, path);
      if (one.pages >= MIN_PAGES) measured.push(one);
    }
  }
  return [...measured.flatMap(rowsOf), ...summary(measured), ...await measureBook(folder)];
}

async function measureOne(child: Child, path: string): Promise<Measured> {
  const ourMs: number[] = [];
  const theirMs: number[] = [];
  let ours: PdfRead | undefined;
  let theirs = "";
  for (let i = 0; i < REPEATS; i++) {
    ours = await child.read(path);
    ourMs.push(ours.elapsedMs);
    const start = performance.now();
    theirs = await run("pdftotext", [path, "-"]);
    theirMs.push(performance.now() - start);
  }
  const { text, pages } = ours!;
  return {
    name: basename(path),
    pages,
    f1: wordF1(theirs, text),
    f1WithoutHeaders: wordF1(withoutHeaders(theirs), text),
    ourMs: Math.min(...ourMs),
    theirMs: Math.min(...theirMs),
  };
}

function rowsOf(one: Measured): BarRow[] {
  const words: BarRow = {
    what: `word F1, ${one.name}, ${one.pages} pages`,
    ours: `${one.f1.toFixed(4)} (${one.f1WithoutHeaders.toFixed(4)} without running headers)`,
    bar: "",
  };
  if (one.pages < MIN_TIMED_PAGES) return [words];
  const times = one.ourMs / one.theirMs;
  return [words, {
    what: `time, ${one.name}`,
    ours: `${one.ourMs.toFixed(0)} ms, ${times.toFixed(2)} times`,
    theirs: `${one.theirMs.toFixed(0)} ms`,
    bar: `at most ${MAX_TIMES_PDFTOTEXT} times`,
    reached: times <= MAX_TIMES_PDFTOTEXT,
  }];
}

function summary(measured: readonly Measured[]): BarRow[] {
  const good = measured.filter(({ f1 }) => f1 >= MIN_F1).length;
  const goodWithout = measured.filter(({ f1WithoutHeaders }) => f1WithoutHeaders >= MIN_F1).length;
  return [{
    what: `documents with a word F1 of at least ${MIN_F1}`,
    ours: `${good} of ${measured.length} (${goodWithout} without running headers)`,
    bar: `at least ${MIN_DOCUMENTS}`,
    reached: good >= MIN_DOCUMENTS,
  }];
}

/** A book of many pages, in a process of its own. */
async function measureBook(folder: string): Promise<BarRow[]> {
  const path = join(folder, "book.pdf");
  await makeLongPdf(path, { pages: BOOK_PAGES, seed: 0 });
  await using child = openChild([path, await findPackageFolder()]);
  const read = await child.read(path);
  return [{
    what: `time, generated book of ${read.pages} pages`,
    ours: `${(read.elapsedMs / 1000).toFixed(1)} s`,
    bar: `at most ${MAX_BOOK_SECONDS} s`,
    reached: read.pages === BOOK_PAGES && read.elapsedMs <= MAX_BOOK_SECONDS * 1000,
  }, {
    what: "memory of the same",
    ours: `${(read.peakBytes / 1e6).toFixed(0)} MB`,
    bar: `at most ${MAX_BOOK_BYTES / 1e6} MB`,
    reached: read.peakBytes <= MAX_BOOK_BYTES,
  }];
}

/** What pdftotext writes, its first and last lines of each page gone where they repeat or count. */
function withoutHeaders(text: string): string {
  const window = new FurnitureWindow<{ text: string; baseline: number }>();
  const ready = text.split("\f").flatMap((page) => {
    const rows = page.split("\n").filter((row) => row.trim() !== "");
    const lines = rows.map((row, i) => ({
      text: row,
      baseline: 2 * i < rows.length ? i * LINE : SHEET - (rows.length - 1 - i) * LINE,
    }));
    return window.push({ lines, height: SHEET });
  });
  return [...ready, ...window.end()].flatMap(({ lines }) => lines.map((line) => line.text)).join("\n");
}

async function fetchPdfs(folder: string): Promise<string> {
  const pdfs = join(folder, "pdfs");
  await Deno.mkdir(pdfs);
  for (const name of PACKAGES) await run("apt-get", ["download", name], folder).catch(() => "");
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(folder, name), pdfs]);
  }
  return pdfs;
}

/** Paths of all PDFs under a folder; packed ones are unpacked beside. */
async function findPdfs(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) paths.push(...await findPdfs(path));
    if (isFile && name.endsWith(".pdf")) paths.push(path);
    if (isFile && name.endsWith(".pdf.gz")) {
      const unpacked = path.slice(0, -".gz".length);
      await Deno.writeFile(unpacked, gunzipSync(await Deno.readFile(path)));
      paths.push(unpacked);
    }
  }
  return [...new Set(paths)].sort();
}

/** A process that reads PDFs, one at a time. */
interface Child extends AsyncDisposable {
  read(path: string): Promise<PdfRead>;
}

function openChild(readable: readonly string[]): Child {
  const script = new URL("pdf_child.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", `--allow-read=${readable.join(",")}`, script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async read(path): Promise<PdfRead> {
      await writer.write(new TextEncoder().encode(`${path}\n`));
      const parts: string[] = [];
      while (!parts.at(-1)?.endsWith("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`The child ended while it read ${path}`);
        parts.push(value);
      }
      return JSON.parse(parts.join("")) as PdfRead;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}

async function run(program: string, args: string[], cwd?: string): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args, cwd, stderr: "null" }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}
