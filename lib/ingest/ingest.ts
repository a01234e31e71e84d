// Turns files and folders into the text data set: two files of documents, training and validation, and a
// manifest that says what became of every file. Same files and same settings give the same bytes, and
// nothing is redone.
//
//   <data.output_dir>/text/<hash>/train.jsonl  validation.jsonl  manifest.jsonl  dataset.json

import { createHash } from "node:crypto";
import { join } from "node:path";
import { openStagingFolder } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { shownUrl } from "./git_clone.ts";
import { checkLanguages } from "./check_languages.ts";
import { IngestAccount } from "./ingest_account.ts";
import { ARCHIVE_KINDS } from "./file_kinds.ts";
import { countEntries, formatReasons, type IngestSummary, type ManifestEntry } from "./manifest.ts";
import { type PagesDone, parseFiles, textSettings } from "./parse_files.ts";
import { PARSER_NAMES } from "./parsers/parser_names.ts";
import { type Scan, scanFiles } from "./scan_files.ts";
import { SplitWriter } from "./split_writer.ts";

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
  /** Milliseconds it took to write; null when it was there already. */
  readonly elapsedMs: number | null;
  /** A line for every file. */
  readonly entries: readonly ManifestEntry[];
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
  /** Bytes to do; 0 while it is not known. */
  readonly totalBytes: number;
  /** The file that is being read page by page, when that is what this event tells. */
  readonly pages?: PagesDone;
}

/** Options of {@linkcode ingest}. */
export interface IngestOptions {
  /** Called after every file. */
  readonly onProgress?: (event: IngestProgress) => void;
}

// raise it when the same inputs give other rows than before
const FORMAT_VERSION = 2;
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
  checkLanguages(config.data.languages);
  const parent = join(config.data.outputDir, "text");
  const scan = await scanFiles(config, (files, bytes) => {
    options.onProgress?.({ stage: "scan", files, totalFiles: 0, bytes, totalBytes: 0 });
  });
  if (scan.files.length === 0) throw noText(config, scan.others);
  const ready = await readTextDataset(parent, datasetHash(config, scan));
  if (ready !== undefined) return ready;
  await using staging = await openStagingFolder(parent);
  // another process may have written it while this one waited for the lock
  const other = await readTextDataset(parent, datasetHash(config, scan));
  if (other !== undefined) return other;
  const startedAt = performance.now();
  const { entries, summary } = await writeRows(staging.path, { config, scan, options });
  if (summary.train.documents === 0) throw noText(config, entries);
  const hash = datasetHash(config, scan);
  // Times are left out: the same files give the same bytes.
  const lines = entries.map((entry) => JSON.stringify({ ...entry, elapsedMs: undefined }) + "\n").join("");
  await Deno.writeTextFile(join(staging.path, MANIFEST_FILE), lines);
  const settings = datasetSettings(config, scan);
  const record = JSON.stringify({ version: FORMAT_VERSION, hash, settings, summary }, null, 2) + "\n";
  await Deno.writeTextFile(join(staging.path, DATASET_FILE), record);
  const dir = await staging.commit(hash.slice(0, 12));
  return { dir, hash, upToDate: false, summary, elapsedMs: performance.now() - startedAt, entries };
}

/** Text, documents, splits. */
async function writeRows(
  dir: string,
  context: { readonly config: Config; readonly scan: Scan; readonly options: IngestOptions },
): Promise<{ entries: ManifestEntry[]; summary: IngestSummary }> {
  const { config, scan, options } = context;
  using writer = new SplitWriter(dir, config.data);
  const account = new IngestAccount(config.data, { writer, others: scan.others });
  const totalFiles = scan.files.length;
  const totalBytes = scan.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let files = 0;
  let bytes = 0;
  const tell = (pages?: PagesDone): void => {
    options.onProgress?.({ stage: "read", files, totalFiles, bytes, totalBytes, ...(pages && { pages }) });
  };
  for await (const result of parseFiles(scan.files, config.data, tell)) {
    account.add(result);
    files++;
    bytes += result.file.bytes;
    tell();
  }
  return account.finish(await writer.finish());
}

function noText(config: Config, entries: readonly ManifestEntry[]): UsageError {
  const seen = formatReasons(countEntries(entries));
  return new UsageError(
    `Cannot find text to learn from in ${config.data.paths.map(shownUrl).join(", ")}: ${seen}; ` +
      "give data.paths text files, or widen data.extensions, data.include or data.exclude",
  );
}

/** The settings that decide what text a given set of files becomes. */
function datasetSettings({ data }: Config, { files }: Scan): Record<string, unknown> {
  const { validationFraction, parserMemory, fileTimeout, pageTimeout } = data;
  const isArchive = files.some(({ kind }) => ARCHIVE_KINDS.has(kind));
  // With other limits a file that was given up may be read.
  return { ...textSettings(data, { isArchive }), validationFraction, parserMemory, fileTimeout, pageTimeout };
}

function datasetHash(config: Config, scan: Scan): string {
  const { files } = scan;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([FORMAT_VERSION, PARSER_NAMES, datasetSettings(config, scan)]));
  for (const { path, kind, sha256, isPassing } of files) {
    hash.update(JSON.stringify([path, kind, isPassing ? "" : sha256]));
  }
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
    return { dir, hash, upToDate: true, summary, elapsedMs: null, entries: await readManifest(dir) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError || error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}

async function readManifest(dir: string): Promise<ManifestEntry[]> {
  const text = await Deno.readTextFile(join(dir, MANIFEST_FILE));
  return text.trimEnd().split("\n").map((line) => ({ ...JSON.parse(line), elapsedMs: 0 }));
}
