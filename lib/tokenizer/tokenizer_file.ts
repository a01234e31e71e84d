// Reads and writes tokenizer.json, the file format of Hugging Face tokenizers,
// https://huggingface.co/docs/tokenizers. A file may come from anywhere: everything in it is checked, and
// what would be ignored is refused.

import { UsageError } from "../common/errors.ts";
import { byteToken, CharTokenizer, END_OF_TEXT, MAX_CHARACTERS } from "./char_tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

const MAX_FILE_BYTES = 16 * 2 ** 20;
const FIRST_TOKENS = [END_OF_TEXT, ...Array.from({ length: 256 }, (_, byte) => byteToken(byte))];

/**
 * Reads a tokenizer from a file.
 *
 * @param path - a `tokenizer.json`
 * @throws {UsageError} naming the file when it is missing, too large or not such a tokenizer
 */
export async function readTokenizer(path: string): Promise<Tokenizer> {
  let text: string;
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new UsageError(`Cannot read the tokenizer ${path}: it is not a file`);
    if (size > MAX_FILE_BYTES) {
      throw new UsageError(
        `Cannot read the tokenizer ${path}: ${size} bytes are more than ${MAX_FILE_BYTES}`,
      );
    }
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`Cannot read the tokenizer ${path}: no such file`, { cause: error });
    }
    throw error;
  }
  return parseTokenizer(text, { path });
}

/**
 * Makes a tokenizer from the text of a `tokenizer.json`.
 *
 * @param json - the text
 * @param options.path - named in a message
 * @returns the tokenizer
 * @throws {UsageError} saying what is wrong with it
 *
 * @example
 * ```ts
 * import { defaultConfig, ingest, parseTokenizer, tokenize } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/notes.txt`, "Sheep sleep under the old oak tree.\n".repeat(20));
 * const config = defaultConfig();
 * config.data.paths = [`${folder}/notes.txt`];
 * config.data.outputDir = `${folder}/cache`;
 *
 * const { dir, info } = await tokenize(config, await ingest(config));
 * const tokenizer = parseTokenizer(await Deno.readTextFile(`${dir}/${info.tokenizer}`));
 * assertEquals(tokenizer.decode(tokenizer.encode("Sheep!")), "Sheep!"); // "!" as its byte: it was never seen
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function parseTokenizer(json: string, options: { readonly path?: string } = {}): Tokenizer {
  const refuse = (rule: string): never => {
    throw new UsageError(`Cannot read the tokenizer ${options.path ?? "tokenizer.json"}: ${rule}`);
  };
  if (json.length > MAX_FILE_BYTES) refuse(`${json.length} characters are more than ${MAX_FILE_BYTES}`);
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch {
    return refuse("it is not JSON");
  }
  if (!isRecord(file) || !isRecord(file.model)) return refuse("it has no model");
  checkFeatures(file, refuse);
  return new CharTokenizer(charactersOf(file.model, refuse));
}

/** The text of a `tokenizer.json`; {@linkcode parseTokenizer} reads it back. */
export function formatTokenizer(tokenizer: Tokenizer): string {
  return JSON.stringify(tokenizer.toJson(), null, 1) + "\n";
}

type Refuse = (rule: string) => never;

/** Refuses every feature that would change ids or text and is not implemented. */
function checkFeatures(file: Record<string, unknown>, refuse: Refuse): void {
  const model = file.model as Record<string, unknown>;
  if (model.type !== "BPE") refuse(`model.type is ${shown(model.type)}, only "BPE" is read`);
  if (!Array.isArray(model.merges) || model.merges.length > 0) {
    refuse("model.merges must be an empty list, as only character tokenizers are read");
  }
  if (model.byte_fallback !== true) refuse("model.byte_fallback must be true");
  for (const key of ["normalizer", "pre_tokenizer", "post_processor", "truncation", "padding"]) {
    if (file[key] !== null && file[key] !== undefined) refuse(`${key} must be null`);
  }
  for (const key of ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[key] !== null && model[key] !== undefined) refuse(`model.${key} must be null`);
  }
  const added = file.added_tokens;
  const [first, ...others] = Array.isArray(added) ? added : [];
  if (!isRecord(first) || first.id !== 0 || first.content !== END_OF_TEXT || others.length > 0) {
    refuse(`added_tokens must hold ${END_OF_TEXT} with the id 0 and nothing else`);
  }
}

/** Code points in the order of their ids, after a check of the whole vocabulary. */
function charactersOf(model: Record<string, unknown>, refuse: Refuse): number[] {
  if (!isRecord(model.vocab)) return refuse("model.vocab must be an object");
  const entries = Object.entries(model.vocab);
  if (entries.length > FIRST_TOKENS.length + MAX_CHARACTERS) {
    refuse(
      `model.vocab has ${entries.length} tokens, at most ${FIRST_TOKENS.length + MAX_CHARACTERS} are read`,
    );
  }
  const tokens: string[] = new Array(entries.length).fill("");
  for (const [token, id] of entries) {
    if (
      typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= entries.length || tokens[id] !== ""
    ) {
      refuse(`the id of ${shown(token)} is ${shown(id)}, ids must be 0 to ${entries.length - 1}, each once`);
    }
    tokens[id as number] = token;
  }
  for (const [id, token] of FIRST_TOKENS.entries()) {
    if (tokens[id] !== token) refuse(`id ${id} is ${shown(tokens[id])}, it must be ${token}`);
  }
  return tokens.slice(FIRST_TOKENS.length).map((token) => {
    if (token.length === 0 || token.length !== String.fromCodePoint(token.codePointAt(0)!).length) {
      return refuse(`the token ${shown(token)} is not one character`);
    }
    return token.isWellFormed()
      ? token.codePointAt(0)!
      : refuse(`the token ${shown(token)} is half a character`);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value from the file, short enough for a message. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
