// Finishing documents: bytes a second of cleaning with language and signature, with and without the search for secrets,
// near duplicates among 100,000 documents, and how often the language of a manual page is guessed rightly.

import { join } from "node:path";
import process from "node:process";
import { defaultConfig } from "../../../lib/config/config.ts";
import { finishDocument } from "../../../lib/ingest/finish_document.ts";
import { guessLanguage } from "../../../lib/ingest/guess_language.ts";
import { SIGNATURE_LENGTH } from "../../../lib/ingest/minhash.ts";
import { NearDuplicates } from "../../../lib/ingest/near_duplicates.ts";
import type { BarRow, IngestBench } from "./bar_row.ts";

const MIN_MEGABYTES = 20;
const MOST_SECONDS = 5;
const MIN_RIGHT = 0.9;
const MAX_WRONG = 0.01;
const MANUALS = "/usr/share/man";
const PAGES = 150;
const PIECE = 600;
// what a translation leaves in English is not in the language of its folder
const ENGLISH = new Set("the of and is to are this that be for with".split(" "));

/** The part `clean` of the bench. */
export const cleanBench: IngestBench = {
  name: "clean",
  title: "Cleaning, secrets, near duplicates and languages",
  needs: {},
  async run(): Promise<BarRow[]> {
    const prose = await readDocs();
    return [
      ...[{ size: 4_000 }, { size: prose.length }].flatMap(({ size }) =>
        (["off", "redact"] as const).map((scanSecrets) => finishRow(prose, { size, scanSecrets }))
      ),
      duplicatesRow(),
      ...await languageRows(),
    ];
  },
};

/** 16 MB of this repository's documentation. */
async function readDocs(): Promise<string> {
  const folder = join(import.meta.dirname!, "../../../docs");
  let text = "";
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".md")) text += await Deno.readTextFile(join(folder, name));
  }
  return text.repeat(Math.ceil(16e6 / text.length)).slice(0, 16e6);
}

function finishRow(prose: string, options: { size: number; scanSecrets: "off" | "redact" }): BarRow {
  const { size, scanSecrets } = options;
  const data = { ...defaultConfig().data, scanSecrets };
  const pieces = Array.from(
    { length: Math.floor(prose.length / size) },
    (_, at) => prose.slice(at * size, (at + 1) * size),
  );
  const finishAll = () => pieces.forEach((piece) => finishDocument(piece, { kind: "text", data }));
  finishAll();
  const speed = prose.length / 1e6 / processorSeconds(finishAll);
  return {
    what: `finish ${pieces.length} documents of ${size / 1e3} kB, secrets ${scanSecrets}`,
    ours: `${speed.toFixed(0)} MB/s`,
    bar: `${MIN_MEGABYTES} MB/s`,
    reached: speed >= MIN_MEGABYTES,
  };
}

/** Work of this process, whatever else the machine does. */
function processorSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function duplicatesRow(): BarRow {
  const near = new NearDuplicates(defaultConfig().data.nearDuplicateSimilarity);
  let state = 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const signatures = Array.from(
    { length: 1000 },
    () => Uint32Array.from({ length: SIGNATURE_LENGTH }, random),
  );
  let found = 0;
  const seconds = processorSeconds(() => {
    for (let id = 0; id < 100_000; id++) {
      const signature = Uint32Array.from({ length: SIGNATURE_LENGTH }, random);
      if (id % 5 === 0) signature.set(signatures[id % 1000].subarray(0, 110));
      if (near.add(id, signature) !== undefined) found++;
    }
  });
  return {
    what: `near duplicates: ${found} among 100,000`,
    ours: `${seconds.toFixed(1)} s`,
    bar: `${MOST_SECONDS} s`,
    reached: seconds <= MOST_SECONDS,
  };
}

async function languageRows(): Promise<BarRow[]> {
  const counts = { all: 0, right: 0, wrong: 0, languages: 0 };
  for (const folder of await namesIn(MANUALS)) {
    const language = folder.replace(/_.*/, "").replace("nb", "no");
    if (!/^[a-z]{2}$/.test(language)) continue;
    counts.languages++;
    for (const piece of await readPieces(join(MANUALS, folder))) {
      const guess = guessLanguage(piece);
      counts.all++;
      if (guess === language) counts.right++;
      else if (guess !== null) counts.wrong++;
    }
  }
  if (counts.all === 0) return [];
  const { all, right, wrong, languages } = counts;
  const row = (what: string, share: number, options: { bar: string; reached: boolean }): BarRow => ({
    what: `language of ${all} pieces in ${languages} languages, ${what}`,
    ours: `${(100 * share).toFixed(1)} %`,
    ...options,
  });
  return [
    row("right", right / all, { bar: `${100 * MIN_RIGHT} %`, reached: right / all >= MIN_RIGHT }),
    row("wrong", wrong / all, { bar: `at most ${100 * MAX_WRONG} %`, reached: wrong / all <= MAX_WRONG }),
  ];
}

/** Pieces of prose out of the manual pages of a language. */
async function readPieces(folder: string): Promise<string[]> {
  const pieces: string[] = [];
  for (const section of await namesIn(folder)) {
    const names = await namesIn(join(folder, section));
    for (const name of names.slice(0, PAGES)) {
      if (!name.endsWith(".gz")) continue;
      const text = await readManual(join(folder, section, name)).catch(() => "");
      for (let at = text.length >> 2; at + PIECE < text.length; at += Math.max(PIECE, text.length >> 2)) {
        const piece = text.slice(at, at + PIECE);
        const words = piece.toLowerCase().match(/\p{L}+/gu) ?? [];
        const isEnglish = words.filter((word) => ENGLISH.has(word)).length > 0.05 * words.length;
        if ((piece.match(/[\p{L}\p{M}]/gu)?.length ?? 0) > 400 && !isEnglish) pieces.push(piece);
      }
    }
  }
  return pieces;
}

async function readManual(path: string): Promise<string> {
  using file = await Deno.open(path);
  const bytes = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).bytes();
  const lines = new TextDecoder("utf-8", { fatal: true }).decode(bytes).split("\n");
  return lines.filter((line) => !/^['.](?:\\"|[A-Z]{2}|[a-z])/.test(line))
    .map((line) => line.replace(/^\.\w+ /, "").replace(/\\f[A-Z]|\\\(..|\\./g, "")).join("\n");
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return entries.sort();
  } catch {
    return [];
  }
}
