// Values of Parquet as JSON can have them: large integers keep their digits, dates are texts, bytes texts or nothing.

import { rawNumber } from "./_json_text.ts";

const MAX_DEPTH = 100;

/**
 * A value without what JSON does not have. Single bytes and dates stay what they are, for valueText to count.
 *
 * @param value - of a column
 * @throws {RangeError} when it is nested more than 100 deep
 */
export function plainValue(value: unknown): unknown {
  return value instanceof Uint8Array || value instanceof Date ? value : plainAt(value, MAX_DEPTH);
}

function plainAt(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : rawNumber(String(value));
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) throw new RangeError("Cannot read a value nested more than 100 deep");
  if (value instanceof Uint8Array) return bytesOrNothing(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map((one) => plainAt(one, depth - 1));
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as unknown as Iterable<unknown>, (one) => plainAt(one, depth - 1));
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainAt(one, depth - 1)]));
}

function bytesOrNothing(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
