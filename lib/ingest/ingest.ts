// Turns files and folders into the text data set: two files of documents, training and validation, and a
// manifest that says what became of every file. Same files and same settings give the same bytes, and
// nothing is redone.
//
//   <data.output_dir>/text/<hash>/train.jsonl  validation.jsonl  manifest.jsonl  dataset.json

import { createHash } from "node:crypto";
import { join } from "node:path";
import { openStagingFolder } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import { sha256 } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import {
  countEntries,
  formatReasons,
  type IngestSummary,
  leftOut,
  type ManifestEntry,
  reasonOf,
} from "./manifest.ts";
import { type DocumentCounts, readDocuments } from "./read_documents.ts";
import { SplitWriter } from "./split_writer.ts";
import { type FoundFile, walkFiles } from "./walk.ts";

/** A finished text data set on disk. */
export interface TextDataset {
  /** Folder of the files. */
  readonly dir: string;
  /** SHA-256 of the files' contents and of the settings that shape the text. */
  readonly hash: string;
  /** It was there already and nothing was written. */
  readonly upToDate: boolean;
  /** What was found and what was left out. */
  readonly summary: IngestSummary;
}

/** What an ingest is doing. */
export interface IngestProgress {
  /** `scan` finds and hashes files, `read` extracts their text. */
  readonly stage: "scan" | "read";
  /** Files done in this stage. */
  readonly files: number;
  /** Files to do; 0 while it is not known. */
  readonly totalFiles: number;
  /** Bytes done in this stage. */
  readonly bytes: number;
}

/** Options of {@linkcode ingest}. */
export interface IngestOptions {
  /** Called after every file. */
  readonly onProgress?: (event: IngestProgress) => void;
}

interface ScannedFile extends FoundFile {
  sha256: string;
}

interface Scan {
  readonly files: ScannedFile[];
  readonly others: ManifestEntry[];
}

// raise it when the same inputs give other rows than before
const FORMAT_VERSION = 1;
const DATASET_FILE = "dataset.json";
const MANIFEST_FILE = "manifest.jsonl";

/**
 * Reads the files of `config.data` into a text data set below `data.output_dir`, unless it is there already.
 * A file that cannot be read is a line of the manifest, never the end of the run.
 *
 * A document goes to validation by the hash of its text, in a share of `data.validation_fraction`. Where that
 * leaves one split without its share, as with a single file, the end of the longest document becomes
 * validation.
 *
 * @param config - `data`; and `training.runDir`, which is not read
 * @returns where the data set is, and what became of the files
 * @throws {UsageError} when a path does not exist or no document is found
 *
 * @example
 * ```ts
 * import { defaultConfig, ingest } from "@sheepop/sheepop";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/notes.txt`, "Sheep sleep under the old oak tree.\n".repeat(20));
 * const config = defaultConfig();
 * config.data.paths = [`${folder}/notes.txt`];
 * config.data.outputDir = `${folder}/cache`;
 *
 * const { upToDate, summary } = await ingest(config);
 * assertEquals(summary.files, { seen: 1, ok: 1, partial: 0, skipped: 0, failed: 0 });
 * assert(!upToDate);
 * assert((await ingest(config)).upToDate); // nothing changed, nothing is read again
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function ingest(config: Config, options: IngestOptions = {}): Promise<TextDataset> {
  const parent = join(config.data.outputDir, "text");
  const scan = await scanFiles(config, options);
  if (scan.files.length === 0) throw noText(config, scan.others);
  const ready = await readTextDataset(parent, datasetHash(config, scan.files));
  if (ready !== undefined) return ready;
  await using staging = await openStagingFolder(parent);
  // another process may have written it while this one waited for the lock
  const other = await readTextDataset(parent, datasetHash(config, scan.files));
  if (other !== undefined) return other;
  const { entries, summary } = await writeRows(staging.path, { config, scan, options });
  if (summary.train.documents === 0) throw noText(config, entries);
  const hash = datasetHash(config, scan.files);
  const lines = entries.map((entry) => JSON.stringify(entry) + "\n").join("");
  await Deno.writeTextFile(join(staging.path, MANIFEST_FILE), lines);
  const settings = textSettings(config);
  const record = JSON.stringify({ version: FORMAT_VERSION, hash, settings, summary }, null, 2) + "\n";
  await Deno.writeTextFile(join(staging.path, DATASET_FILE), record);
  return { dir: await staging.commit(hash.slice(0, 12)), hash, upToDate: false, summary };
}

/** First pass: which files there are and what they hold, so that an unchanged corpus is recognised. */
async function scanFiles(config: Config, options: IngestOptions): Promise<Scan> {
  const { maxFiles } = config.data;
  const scan: Scan = { files: [], others: [] };
  let bytes = 0;
  for await (const found of walkFiles(config)) {
    if ("status" in found) {
      scan.others.push(found);
      continue;
    }
    try {
      scan.files.push({ ...found, sha256: sha256(await Deno.readFile(found.location)) });
      bytes += found.bytes;
      options.onProgress?.({ stage: "scan", files: scan.files.length, totalFiles: 0, bytes });
    } catch (error) {
      const { path, kind } = found;
      scan.others.push(
        leftOut(path, { kind, bytes: found.bytes, status: "failed", reason: reasonOf(error) }),
      );
    }
    if (maxFiles > 0 && scan.files.length === maxFiles) break;
  }
  return scan;
}

/** Second pass: text, documents, splits. */
async function writeRows(
  dir: string,
  context: { readonly config: Config; readonly scan: Scan; readonly options: IngestOptions },
): Promise<{ entries: ManifestEntry[]; summary: IngestSummary }> {
  const { config, scan, options } = context;
  using writer = new SplitWriter(dir, config.data);
  const entries = [...scan.others];
  const counts: DocumentCounts = { duplicates: 0, shortDocuments: 0, badLines: 0 };
  let bytes = 0;
  for (const [index, file] of scan.files.entries()) {
    const entry = await readDocuments(file, { data: config.data, writer, counts });
    entries.push(entry);
    file.sha256 = entry.sha256 ?? ""; // it may have changed since the scan, and the hash names what was read
    bytes += file.bytes;
    options.onProgress?.({ stage: "read", files: index + 1, totalFiles: scan.files.length, bytes });
  }
  const { movedDocument, cutDocument, train, validation } = await writer.finish();
  const final = entries.map((entry) => {
    if (entry.path === cutDocument) return { ...entry, split: "both" as const };
    return entry.path === movedDocument && entry.documents === 1
      ? { ...entry, split: "train" as const }
      : entry;
  }).sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  const invalidBytes = final.reduce((sum, entry) => sum + entry.invalidBytes, 0);
  const found = {
    nearDuplicates: 0,
    filtered: {},
    secrets: null,
    languages: {},
    clusters: [],
    dropped: [],
    lengthHistogram: [],
  };
  const summary = {
    ...countEntries(final),
    ...counts,
    ...found,
    invalidBytes,
    cutDocument,
    train,
    validation,
  };
  return { entries: final, summary };
}

function noText(config: Config, entries: readonly ManifestEntry[]): UsageError {
  const seen = formatReasons(countEntries(entries));
  return new UsageError(
    `Cannot find text to learn from in ${config.data.paths.join(", ")}: ${seen}; ` +
      "give data.paths text files, or widen data.extensions, data.include or data.exclude",
  );
}

/** The settings that decide what text a given set of files becomes. */
function textSettings(config: Config): Record<string, unknown> {
  const { mode, minLength, unicode, validationFraction } = config.data;
  return { mode, minLength, unicode, validationFraction };
}

function datasetHash(config: Config, files: readonly ScannedFile[]): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([FORMAT_VERSION, textSettings(config)]));
  for (const { path, kind, sha256 } of files) hash.update(JSON.stringify([path, kind, sha256]));
  return hash.digest("hex");
}

/** The data set of this hash when it is there and whole; anything else is written again. */
async function readTextDataset(parent: string, hash: string): Promise<TextDataset | undefined> {
  const dir = join(parent, hash.slice(0, 12));
  try {
    const text = await Deno.readTextFile(join(dir, DATASET_FILE));
    const record: { hash: string; summary: IngestSummary } = JSON.parse(text);
    const { summary } = record;
    if (record.hash !== hash) return undefined;
    for (const { file, fileBytes } of [summary.train, summary.validation]) {
      if ((await Deno.stat(join(dir, file))).size !== fileBytes) return undefined;
    }
    return { dir, hash, upToDate: true, summary };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError || error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}
