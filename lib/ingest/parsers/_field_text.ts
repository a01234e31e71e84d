// Text of a record: the fields asked for by data.fields, else its `text`, its conversation or its `content`, else the
// whole record as JSON. Records come from files that nobody has checked: depth and number of values are bounded.

import { chatText, ownValue } from "./_chat_text.ts";
import { jsonText } from "./_json_text.ts";
import type { Omissions } from "./_omissions.ts";
import { ParseFailure } from "./parser.ts";

/** One entry of data.fields, taken apart: names, and `null` for each element of a list. */
export interface FieldPath {
  /** As written, for a record whose key has dots in it. */
  readonly name: string;
  /** `items[].text` is items, null, text. */
  readonly steps: readonly (string | null)[];
}

/** Reasons that records give no text for. */
export const RECORD_REASONS = {
  noField: "records without any field of data.fields",
  tooDeep: "records nested more than 100 deep",
  binary: "binary values",
} as const;

const MAX_VALUES = 100_000;

/**
 * Takes data.fields apart.
 *
 * @throws {ParseFailure} when an entry is no path, such as `a..b`
 */
export function parseFieldPaths(fields: readonly string[]): FieldPath[] {
  return fields.map((field) => {
    const name = field.trim();
    const steps = name.split(".").flatMap((step) => {
      const bare = step.replace(/(\[\])+$/, "");
      return [bare, ...new Array((step.length - bare.length) / 2).fill(null)];
    });
    // [].text is the text of each element of a list
    const inside = steps[0] === "" && steps[1] === null ? steps.slice(1) : steps;
    if (inside.some((step) => step === "")) {
      throw new ParseFailure("failed", `data.fields: "${name}" is not a path such as items[].text`);
    }
    return { name, steps: inside };
  });
}

/**
 * Text of a parsed JSON record.
 *
 * @param record - of any shape
 * @param options.paths - of data.fields; texts found are separated by an empty line
 * @param options.omissions - told why there is no text
 * @param options.line - where the record is, for the omissions
 * @returns undefined when it has no text
 */
export function recordText(
  record: unknown,
  options: { readonly paths: readonly FieldPath[]; readonly omissions: Omissions; readonly line?: number },
): string | undefined {
  const { paths, omissions, line } = options;
  if (paths.length > 0) {
    const text = fieldsText(record, options);
    if (text === "") omissions.add(RECORD_REASONS.noField, line);
    return text === "" ? undefined : text;
  }
  if (typeof record === "string") return record;
  const own = ownText(record, omissions);
  if (own !== undefined) return own;
  const whole = jsonText(record);
  if (whole === undefined) omissions.add(RECORD_REASONS.tooDeep, line);
  return whole;
}

/** What a record has of its own to read: its `text`, its conversation, its `content`. */
export function ownText(record: unknown, omissions: Omissions): string | undefined {
  if (typeof record !== "object" || record === null || Array.isArray(record)) return undefined;
  const text = ownValue(record, "text");
  if (typeof text === "string") return text;
  const chat = chatText(record, omissions);
  if (chat !== undefined) return chat;
  const content = ownValue(record, "content");
  return typeof content === "string" ? content : undefined;
}

/**
 * Text of a single value: strings as they are, nothing for null, lists and objects as JSON.
 *
 * @returns undefined when it is binary or nested too deeply, which is counted
 */
export function valueText(value: unknown, omissions: Omissions): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "object": {
      if (value === null) return "";
      if (value instanceof Uint8Array) return bytesText(value, omissions);
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
      const text = jsonText(value);
      if (text === undefined) omissions.add(RECORD_REASONS.tooDeep);
      return text;
    }
    default:
      return "";
  }
}

/** Characters that stand for bytes that had no meaning; a reader of texts in UTF-8 puts them there. */
export function countReplacements(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) count++;
  return count;
}

/** Bytes that are UTF-8 without control characters; anything else is counted as binary. */
export function bytesText(bytes: Uint8Array, omissions: Omissions): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // deno-lint-ignore no-control-regex
    if (!/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) return text;
  } catch {
    // not UTF-8
  }
  omissions.add(RECORD_REASONS.binary);
  return undefined;
}

function fieldsText(
  record: unknown,
  options: { readonly paths: readonly FieldPath[]; readonly omissions: Omissions },
): string {
  const texts: string[] = [];
  for (const { name, steps } of options.paths) {
    const literal = typeof record === "object" && record !== null ? ownValue(record, name) : undefined;
    const values = literal === undefined ? valuesAt(record, steps) : [literal];
    for (const value of values) {
      const text = valueText(value, options.omissions);
      if (text !== undefined && text !== "") texts.push(text);
    }
  }
  return texts.join("\n\n");
}

function valuesAt(record: unknown, steps: readonly (string | null)[]): unknown[] {
  let values: unknown[] = [record];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of values) {
      if (step === null) {
        if (Array.isArray(value)) {
          for (const one of value.slice(0, MAX_VALUES - next.length)) next.push(one);
        }
      } else if (typeof value === "object" && value !== null) {
        next.push(ownValue(value, step));
      }
    }
    values = next;
  }
  return values;
}
