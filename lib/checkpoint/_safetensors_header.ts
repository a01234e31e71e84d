// The header of a safetensors file: JSON that names every tensor's type, shape and byte range.
// Knows bytes and rules, not files. Every rule of the format is checked before a number is believed, because
// files come from anywhere. Format: https://github.com/huggingface/safetensors#format

import { parseStrictJson, StrictJsonError } from "./_strict_json.ts";

/** Where one tensor lies. */
export interface SafetensorsEntry {
  readonly name: string;
  /** Type as the format names it: `F32`, `U32` ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** Byte after the last. */
  readonly end: number;
}

/** Everything a header says. */
export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Thrown with the broken rule, without the file's name, which the caller adds. */
export class SafetensorsHeaderError extends Error {
  override name = "SafetensorsHeaderError";
}

/** Key of the free texts among the tensors' names. */
export const METADATA_KEY = "__metadata__";

const DTYPE_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};
const ENTRY_KEYS = ["dtype", "shape", "data_offsets"];
// Header, tensor and shape nest; the largest models have some ten thousand tensors a file.
const LIMITS = { maxDepth: 3, maxKeys: 100_000 };

/**
 * Parses and checks a header.
 *
 * @param bytes - the header without its length
 * @param dataBytes - bytes of the file after the header
 * @throws {SafetensorsHeaderError} naming the broken rule
 */
export function parseSafetensorsHeader(bytes: Uint8Array, dataBytes: number): SafetensorsHeader {
  const entries: SafetensorsEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(parseObject(bytes))) {
    if (name === METADATA_KEY) metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataBytes);
  return { entries, metadata };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) fail("its header does not begin with {");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail("its header is not valid UTF-8");
  }
  try {
    return parseStrictJson(text, LIMITS) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    fail(`its header cannot be used, ${error.message}`);
  }
}

function parseMetadata(value: unknown): ReadonlyMap<string, string> {
  if (!isObject(value)) fail(`${METADATA_KEY} is not an object`);
  const texts = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") fail(`${METADATA_KEY} holds ${quote(key)}, which is not a text`);
    texts.set(key, text);
  }
  return texts;
}

function parseEntry(name: string, value: unknown): SafetensorsEntry {
  const tensor = `tensor ${quote(name)}`;
  if (!isObject(value)) fail(`${tensor} is not an object`);
  for (const key of ENTRY_KEYS) if (!Object.hasOwn(value, key)) fail(`${tensor} has no ${key}`);
  for (const key of Object.keys(value)) {
    if (!ENTRY_KEYS.includes(key)) fail(`${tensor} has a key ${quote(key)} that the format does not know`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    fail(`${tensor} has an unknown dtype ${quote(dtype)}`);
  }
  if (!isListOfCounts(shape)) fail(`${tensor} has a shape that is not a list of integers of at least 0`);
  if (!isListOfCounts(offsets) || offsets.length !== 2) {
    fail(`${tensor} has data_offsets that are not two integers of at least 0`);
  }
  const [begin, end] = offsets;
  if (begin > end) fail(`${tensor} ends at byte ${end}, before it begins at byte ${begin}`);
  const sizeBytes = byteCount(tensor, shape, DTYPE_BYTES[dtype]);
  if (end - begin !== sizeBytes) {
    fail(`${tensor} of type ${dtype} and shape [${shape}] needs ${sizeBytes} bytes but has ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

function byteCount(tensor: string, shape: readonly number[], dtypeBytes: number): number {
  let product = dtypeBytes;
  for (const size of shape) {
    product *= size;
    if (!Number.isSafeInteger(product)) fail(`${tensor} has a shape of more than 2^53 bytes`);
  }
  return product;
}

/** The ranges must follow one another from first byte to last: nothing shared, nothing hidden between. */
function checkCoverage(entries: readonly SafetensorsEntry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    const tensor = `tensor ${quote(name)}`;
    if (end > dataBytes) fail(`${tensor} ends at byte ${end}, past the ${dataBytes} bytes of data`);
    if (begin < covered) fail(`${tensor} overlaps the tensor before it at byte ${begin}`);
    if (begin > covered) fail(`bytes ${covered} to ${begin} before ${tensor} belong to no tensor`);
    covered = end;
  }
  if (covered < dataBytes) fail(`its last ${dataBytes - covered} bytes belong to no tensor`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOfCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function fail(reason: string): never {
  throw new SafetensorsHeaderError(reason);
}
