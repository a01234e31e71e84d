// Words of HTML, DOCX and EPUB files beside those pandoc reads, of ODT beside those LibreOffice reads: real pages and books of Debian documentation packages, and
// documents that pandoc and LibreOffice make of them. The packages are downloaded by `apt-get download`.

import { join } from "node:path";
import type { Config } from "../../../lib/config/config.ts";
import { docxParser } from "../../../lib/ingest/parsers/docx.ts";
import { epubParser } from "../../../lib/ingest/parsers/epub.ts";
import { htmlParser } from "../../../lib/ingest/parsers/html.ts";
import { odtParser } from "../../../lib/ingest/parsers/odt.ts";
import type { BarRow, IngestBench } from "./bar_row.ts";
import { wordF1 } from "./word_f1.ts";

const MIN_F1 = 0.97;
const PARSERS = { html: htmlParser, docx: docxParser, odt: odtParser, epub: epubParser };
type Kind = keyof typeof PARSERS;

/** Files in each package, below its root. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "debian-policy": [
    "usr/share/doc/debian-policy/policy.html/ch-sharedlibs.html",
    "usr/share/doc/debian-policy/policy.html/ch-files.html",
    "usr/share/doc/debian-policy/perl-policy.html/ch-module_packages.html",
    "usr/share/doc/debian-policy/policy.epub",
  ],
  "developers-reference": [
    "usr/share/developers-reference/best-pkging-practices.html",
    "usr/share/developers-reference/pkgs.html",
    "usr/share/developers-reference/developers-reference.epub",
  ],
  "debian-reference-en": [
    "usr/share/debian-reference/ch09.en.html",
    "usr/share/debian-reference/ch07.en.html",
  ],
  "git-doc": [
    "usr/share/doc/git-doc/git-format-patch.html",
    "usr/share/doc/git-doc/gittutorial.html",
  ],
  "sqlite3-doc": [
    "usr/share/doc/sqlite3/partialindex.html",
    "usr/share/doc/sqlite3/lang_createtable.html",
  ],
};
/** Pages the other formats are made of: prose, code, lists and tables. */
const SOURCES = ["ch-sharedlibs.html", "pkgs.html", "ch07.en.html", "git-format-patch.html"];

/** Mark-up and office formats beside pandoc. */
export const office: IngestBench = {
  name: "office",
  title: "words of HTML, DOCX and EPUB beside pandoc, of ODT beside LibreOffice",
  needs: { pandoc: "pandoc", soffice: "libreoffice-writer", "dpkg-deb": "dpkg" },
  run: runOffice,
};

async function runOffice(folder: string): Promise<BarRow[]> {
  const files = await unpackFiles(folder);
  const made = await makeDocuments(
    files.filter((file) => SOURCES.some((name) => file.endsWith(`/${name}`))),
    folder,
  );
  const rows: BarRow[] = [];
  for (const file of [...files, ...made]) rows.push(await compare(file));
  return rows;
}

async function unpackFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const [name, files] of Object.entries(FILES)) {
    await run("apt-get", ["download", name], folder);
    const archive = [...Deno.readDirSync(folder)].find((entry) => entry.name.startsWith(`${name}_`))!.name;
    await run("dpkg-deb", ["-x", archive, name], folder);
    found.push(...files.map((file) => join(folder, name, file)));
  }
  return found;
}

/** DOCX, ODT and EPUB by pandoc, and DOCX and ODT by LibreOffice, from each page. */
async function makeDocuments(pages: readonly string[], folder: string): Promise<string[]> {
  const made: string[] = [];
  for (const page of pages) {
    const stem = page.split("/").at(-1)!.replace(/\.html$/, "");
    for (const kind of ["docx", "odt", "epub"]) {
      const file = join(folder, `${stem}.${kind}`);
      await run("pandoc", ["-s", page, "-o", file], folder);
      made.push(file);
    }
    for (const [from, to] of [["odt", "docx"], ["docx", "odt"]]) {
      const source = join(folder, `${stem}.${from}`);
      await run("soffice", [
        "--headless",
        "--convert-to",
        to,
        "--outdir",
        join(folder, "libreoffice"),
        source,
      ], folder);
      made.push(join(folder, "libreoffice", `${stem}.${to}`));
    }
  }
  return made;
}

async function compare(file: string): Promise<BarRow> {
  const kind = file.split(".").at(-1) as Kind;
  const bytes = await Deno.readFile(file);
  await extract(kind, bytes); // compiles the parser
  const start = performance.now();
  const ours = await extract(kind, bytes);
  const oursMs = performance.now() - start;
  const theirStart = performance.now();
  const theirs = await readByOther(kind, file);
  const theirMs = performance.now() - theirStart;
  const score = wordF1(ours, theirs);
  const maker = file.includes("/libreoffice/") ? "by LibreOffice, " : "";
  return {
    what: `word F1, ${maker}${file.split("/").at(-1)} (${Math.round(bytes.length / 1024)} KiB)`,
    ours: `${score.toFixed(4)} in ${oursMs.toFixed(0)} ms`,
    theirs: `${kind === "odt" ? "LibreOffice" : "pandoc"}, ${theirMs.toFixed(0)} ms`,
    bar: `>= ${MIN_F1}`,
    reached: score >= MIN_F1,
  };
}

/** pandoc loses whole chapters of ODT files, its own among them, so LibreOffice reads those. */
async function readByOther(kind: Kind, file: string): Promise<string> {
  if (kind !== "odt") return await run("pandoc", ["-s", "-f", kind, "-t", "plain", "--wrap=none", file], ".");
  const folder = await Deno.makeTempDir({ dir: join(file, "..") });
  await run(
    "soffice",
    ["--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", folder, file],
    folder,
  );
  return await Deno.readTextFile(join(folder, file.split("/").at(-1)!.replace(/odt$/, "txt")));
}

async function extract(kind: Kind, bytes: Uint8Array): Promise<string> {
  const data = { mode: "document", unicode: "NFC" } as Config["data"];
  let text = "";
  for await (const event of PARSERS[kind].parse({ name: `file.${kind}`, bytes, data })) {
    if (event.type === "document") text += event.text;
  }
  return text;
}

async function run(program: string, args: readonly string[], folder: string): Promise<string> {
  const output = await new Deno.Command(program, {
    args: [...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  })
    .output();
  if (!output.success) {
    throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(output.stderr).slice(0, 500)}`);
  }
  return new TextDecoder().decode(output.stdout);
}
