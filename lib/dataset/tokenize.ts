// Turns a text data set into token files, with the tokenizer made from its training split.
//
//   <data.output_dir>/tokens/<hash>/train.bin  validation.bin  tokenizer.json  dataset.json

import { join } from "node:path";
import { openStagingFolder } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import { sha256, sha256File } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import type { TextDataset } from "../ingest/ingest.ts";
import { readRows } from "../ingest/text_rows.ts";
import { trainCharTokenizer } from "../tokenizer/char_tokenizer.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { formatTokenizer } from "../tokenizer/tokenizer_file.ts";
import { openTokenFileWriter } from "./token_file_writer.ts";

/** Counts of one token file. */
export interface TokenSplit {
  /** File inside the data set's folder. */
  readonly file: string;
  /** Tokens, with one end-of-text a document. */
  readonly tokens: number;
  /** UTF-8 bytes of the text: the loss in bits per byte is nats * tokens / bytes / ln 2. */
  readonly bytes: number;
  /** Documents, each ended by an end-of-text. */
  readonly documents: number;
  /** Size of the file. */
  readonly fileBytes: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** What dataset.json says about the token files. */
export interface TokenDatasetInfo {
  /** Number of ids of the tokenizer. */
  readonly vocabSize: number;
  /** Id behind every document. */
  readonly endOfTextId: number;
  /** File of the tokenizer inside the data set's folder. */
  readonly tokenizer: string;
  /** SHA-256 of that file. */
  readonly tokenizerSha256: string;
  /** What the model learns from. */
  readonly train: TokenSplit;
  /** What its loss is measured on. */
  readonly validation: TokenSplit;
}

/** Finished token files on disk. */
export interface TokenDataset {
  /** Folder of the files. */
  readonly dir: string;
  /** SHA-256 of the text, the tokenizer's settings and the format. */
  readonly hash: string;
  /** They were there already and nothing was written. */
  readonly upToDate: boolean;
  /** What is in it. */
  readonly info: TokenDatasetInfo;
}

/** What tokenizing is doing. */
export interface TokenizeProgress {
  /** `train` makes the tokenizer, `encode` writes the token files. */
  readonly stage: "train" | "encode";
  /** Documents done in this stage. */
  readonly documents: number;
  /** Documents to do in this stage. */
  readonly totalDocuments: number;
}

/** Options of {@linkcode tokenize}. */
export interface TokenizeOptions {
  /** Called now and then, and at the end of each stage. */
  readonly onProgress?: (event: TokenizeProgress) => void;
}

// raise it when the same text gives other files than before
const FORMAT_VERSION = 1;
const DATASET_FILE = "dataset.json";
const TOKENIZER_FILE = "tokenizer.json";
const PROGRESS_DOCUMENTS = 256;

/**
 * Makes the tokenizer and the token files of a text data set, unless they are there already.
 *
 * @param config - `tokenizer`, `data.outputDir`, and `model.vocabSize`, which must suit the tokenizer
 * @param text - from {@linkcode ingest}
 * @returns where the token files are, and what they hold
 * @throws {UsageError} when `model.vocab_size` is neither 0 nor the tokenizer's
 *
 * @example
 * ```ts
 * import { defaultConfig, ingest, tokenize } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/notes.txt`, "Sheep sleep under the old oak tree.\n".repeat(20));
 * const config = defaultConfig();
 * config.data.paths = [`${folder}/notes.txt`];
 * config.data.outputDir = `${folder}/cache`;
 *
 * const { info } = await tokenize(config, await ingest(config));
 * assertEquals(info.train.bytes + info.validation.bytes, 20 * 36);
 * assertEquals(info.train.tokens, info.train.bytes + 1); // one end-of-text a document
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function tokenize(
  config: Config,
  text: TextDataset,
  options: TokenizeOptions = {},
): Promise<TokenDataset> {
  const parent = join(config.data.outputDir, "tokens");
  const { train, validation } = text.summary;
  const hash = sha256(JSON.stringify([FORMAT_VERSION, config.tokenizer, train.sha256, validation.sha256]));
  const ready = await readTokenDataset(parent, hash);
  if (ready !== undefined) return checked(config, ready);
  await using staging = await openStagingFolder(parent);
  // another process may have written it while this one waited for the lock
  const other = await readTokenDataset(parent, hash);
  if (other !== undefined) return checked(config, other);
  const info = await writeTokens(staging.path, { config, text, options });
  const record = JSON.stringify({ version: FORMAT_VERSION, hash, info }, null, 2) + "\n";
  await Deno.writeTextFile(join(staging.path, DATASET_FILE), record);
  return checked(config, { dir: await staging.commit(hash.slice(0, 12)), hash, upToDate: false, info });
}

interface Source {
  readonly config: Config;
  readonly text: TextDataset;
  readonly options: TokenizeOptions;
}

async function writeTokens(dir: string, source: Source): Promise<TokenDatasetInfo> {
  const tokenizer = await trainTokenizer(source);
  const tokenizerText = formatTokenizer(tokenizer);
  await Deno.writeTextFile(join(dir, TOKENIZER_FILE), tokenizerText);
  return {
    vocabSize: tokenizer.vocabSize,
    endOfTextId: tokenizer.endOfTextId,
    tokenizer: TOKENIZER_FILE,
    tokenizerSha256: sha256(tokenizerText),
    train: await writeSplit("train", { dir, source, tokenizer }),
    validation: await writeSplit("validation", { dir, source, tokenizer }),
  };
}

async function trainTokenizer(source: Source): Promise<Tokenizer> {
  const { kind } = source.config.tokenizer;
  if (kind !== "char") {
    throw new UsageError(`Cannot make a tokenizer of kind "${kind}": tokenizer.kind must be char`);
  }
  return await trainCharTokenizer(documentTexts("train", { source, stage: "train" }));
}

async function writeSplit(
  name: "train" | "validation",
  target: { readonly dir: string; readonly source: Source; readonly tokenizer: Tokenizer },
): Promise<TokenSplit> {
  const { dir, source, tokenizer } = target;
  const file = `${name}.bin`;
  const path = join(dir, file);
  const encoder = new TextEncoder();
  using writer = openTokenFileWriter(path, tokenizer);
  for await (const text of documentTexts(name, { source, stage: "encode" })) {
    writer.write(tokenizer.encode(text), encoder.encode(text).length);
  }
  const { numTokens, numDocuments, textBytes } = writer.finish();
  const { size } = await Deno.stat(path);
  const digest = await sha256File(path);
  return {
    file,
    tokens: numTokens,
    bytes: textBytes,
    documents: numDocuments,
    fileBytes: size,
    sha256: digest,
  };
}

async function* documentTexts(
  name: "train" | "validation",
  options: { readonly source: Source; readonly stage: "train" | "encode" },
): AsyncGenerator<string> {
  const { text, options: { onProgress } } = options.source;
  const split = text.summary[name];
  let documents = 0;
  for await (const row of readRows(join(text.dir, split.file))) {
    yield row.text;
    documents++;
    if (documents % PROGRESS_DOCUMENTS === 0 || documents === split.documents) {
      onProgress?.({ stage: options.stage, documents, totalDocuments: split.documents });
    }
  }
}

function checked(config: Config, dataset: TokenDataset): TokenDataset {
  const { vocabSize } = config.model;
  if (vocabSize === 0 || vocabSize === dataset.info.vocabSize) return dataset;
  throw new UsageError(
    `Cannot use model.vocab_size ${vocabSize}: the tokenizer of this data has ` +
      `${dataset.info.vocabSize} ids; set it to 0 to take the tokenizer's`,
  );
}

/**
 * The data set of this hash when it is there and whole; anything else is written again.
 *
 * @param parent - folder of token data sets
 */
export async function readTokenDataset(parent: string, hash: string): Promise<TokenDataset | undefined> {
  const dir = join(parent, hash.slice(0, 12));
  try {
    const text = await Deno.readTextFile(join(dir, DATASET_FILE));
    const record: { hash: string; info: TokenDatasetInfo } = JSON.parse(text);
    const { info } = record;
    if (record.hash !== hash) return undefined;
    for (const { file, fileBytes } of [info.train, info.validation]) {
      if ((await Deno.stat(join(dir, file))).size !== fileBytes) return undefined;
    }
    if ((await sha256File(join(dir, info.tokenizer))) !== info.tokenizerSha256) return undefined;
    return { dir, hash, upToDate: true, info };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError || error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}
