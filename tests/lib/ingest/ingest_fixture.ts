// A folder of input files and a configuration that reads it into a cache beside it.

import { dirname, join } from "node:path";
import { type Config, defaultConfig } from "../../../lib/config/config.ts";
import type { ManifestEntry } from "../../../lib/ingest/manifest.ts";
import { readRows, type TextRow } from "../../../lib/ingest/text_rows.ts";
import { openTempFolder } from "../common/temp_folder.ts";

/** An open corpus. */
export interface Corpus extends AsyncDisposable {
  /** Folder of the inputs. */
  readonly path: string;
  /** Folder of the cache. */
  readonly cache: string;
  /** Writes files, text or bytes, with their folders. */
  add(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Configuration with other values in `data`. */
  config(data?: Partial<Config["data"]>): Config;
}

/** Makes a corpus of the given files. */
export async function openCorpus(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Corpus> {
  const temp = await openTempFolder();
  const path = join(temp.path, "corpus");
  const cache = join(temp.path, "cache");
  await Deno.mkdir(path);
  const corpus: Corpus = {
    path,
    cache,
    async add(more): Promise<void> {
      for (const [name, content] of Object.entries(more)) {
        await Deno.mkdir(dirname(join(path, name)), { recursive: true });
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
        await Deno.writeFile(join(path, name), bytes);
      }
    },
    config(data = {}): Config {
      const config = defaultConfig();
      Object.assign(config.data, { paths: [path], outputDir: cache, minLength: 1 }, data);
      config.training.runDir = join(temp.path, "run");
      return config;
    },
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  };
  await corpus.add(files);
  return corpus;
}

/** All rows of both splits, by path. */
export async function allRows(dir: string): Promise<TextRow[]> {
  const rows = [...await splitRows(dir, "train"), ...await splitRows(dir, "validation")];
  return rows.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.text < b.text ? -1 : 1);
}

/** Rows of one split in order. */
export async function splitRows(dir: string, split: "train" | "validation"): Promise<TextRow[]> {
  return await Array.fromAsync(readRows(join(dir, `${split}.jsonl`)));
}

/** The manifest's lines. */
export async function manifestOf(dir: string): Promise<ManifestEntry[]> {
  const text = await Deno.readTextFile(join(dir, "manifest.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Status and reason of every file that is not `ok`, by path. */
export async function leftOutOf(dir: string): Promise<Record<string, string>> {
  const entries = (await manifestOf(dir)).filter(({ status }) => status !== "ok");
  return Object.fromEntries(entries.map(({ path, status, reason }) => [path, `${status}: ${reason}`]));
}
