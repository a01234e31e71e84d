// One value of the configuration: whether it fits its field, how text becomes it, how a message shows it.
// Knows nothing of keys, files or flags.

import type { FieldType } from "./field.ts";

/** A limit this high only guards arithmetic; messages leave it out. */
const UNBOUNDED = 1e9;

const NUMBER_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Says what is wrong with a value.
 *
 * @param type - what the value may be
 * @param value - anything, already parsed
 * @returns the rule as the end of a sentence beginning with "it", or undefined when the value fits
 */
export function valueProblem(type: FieldType, value: unknown): string | undefined {
  switch (type.type) {
    case "integer":
    case "number":
      return fitsNumber(type, value) ? undefined : `must be ${formatRange(type)}`;
    case "flag":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "choice":
      return type.choices.includes(value as string) ? undefined : `must be ${formatRange(type)}`;
    case "text":
      if (typeof value !== "string") return "must be a text";
      if (type.pattern && !new RegExp(type.pattern).test(value)) return `must be ${formatRange(type)}`;
      return type.folder ? folderProblem(value) : undefined;
    case "textList":
      return listProblem(type, value);
  }
}

/** The values a field allows, for messages, help and docs: `an integer from 1 to 1024`. */
export function formatRange(type: FieldType): string {
  switch (type.type) {
    case "integer":
      if (type.max >= UNBOUNDED) return `an integer of at least ${type.min}`;
      return `an integer from ${type.min} to ${type.max}`;
    case "number":
      if (type.open === "min") return `a number above ${type.min} and at most ${type.max}`;
      return `a number from ${type.min} to ${type.open === "max" ? "below " : ""}${type.max}`;
    case "flag":
      return "true or false";
    case "choice":
      return `one of ${type.choices.join(", ")}`;
    case "text":
      return type.allows ?? (type.folder ? "a folder" : "a text");
    case "textList":
      return `a list of ${type.unit}`;
  }
}

/**
 * Reads the text of a flag or environment variable, strictly: `1e-3` is a number, `1e-3abc` is not.
 *
 * @returns the value, or the text itself where it is no value of this type, for `valueProblem` to refuse
 */
export function parseValue(type: FieldType, text: string): unknown {
  switch (type.type) {
    case "integer":
    case "number":
      return NUMBER_TEXT.test(text) ? Number(text) : text;
    case "flag":
      return text === "true" ? true : text === "false" ? false : text;
    case "choice":
      return replaceAlias(type, text);
    case "text":
      return text;
    case "textList":
      return splitList(type, text);
  }
}

/** Replaces another accepted word for a choice (`cuda` for `gpu`); every other value stays as it is. */
export function replaceAlias(type: FieldType, value: unknown): unknown {
  if (type.type !== "choice" || !type.aliases || typeof value !== "string") return value;
  return Object.hasOwn(type.aliases, value) ? type.aliases[value] : value;
}

/** A value as a message shows it: on one line, bounded, never expanding what it holds. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "(missing)";
  if (value === null) return "(empty)";
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    return String(value);
  }
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  }
  if (Array.isArray(value)) return `(a list of ${value.length})`;
  return value instanceof Date ? "(a date)" : "(a group of keys)";
}

function fitsNumber(type: FieldType & { type: "integer" | "number" }, value: unknown): boolean {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (value < type.min || value > type.max) return false;
  if (type.type === "integer") return Number.isSafeInteger(value);
  return !(type.open === "min" && value === type.min) && !(type.open === "max" && value === type.max);
}

function listProblem(type: FieldType & { type: "textList" }, value: unknown): string | undefined {
  if (!Array.isArray(value)) return `must be a list of ${type.unit}`;
  if (value.length < (type.minItems ?? 0)) {
    return `must be a list of at least ${type.minItems} of ${type.unit}`;
  }
  const wrong = value.findIndex((item) => typeof item !== "string" || item === "" || item.includes("\0"));
  if (wrong < 0) return undefined;
  return `must be a list of ${type.unit} that are texts and not empty, and item ${wrong + 1} is ${
    formatValue(value[wrong])
  }`;
}

// A folder that is created and written to: shell words that were not expanded are a mistake worth naming.
function folderProblem(value: string): string | undefined {
  if (value.trim() === "") return "must name a folder";
  if (value.includes("\0")) return "must not contain a NUL character";
  if (value.startsWith("-")) {
    return "must not begin with a dash; write ./ before it if the folder is really named so";
  }
  if (value.startsWith("~") || value.includes("$")) {
    return "is not expanded by a shell here; write the path in full";
  }
  if (/^\/+\.?$/.test(value)) return "must not be the root of the file system";
  return undefined;
}

function splitList(type: FieldType & { type: "textList" }, text: string): string[] {
  if (text === "") return [];
  if (!type.separator) return [text];
  return text.split(type.separator).map((part) => part.trim());
}
