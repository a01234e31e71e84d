// The part of `@std/yaml` that sheepop uses, over the npm package `yaml`, for machines where JSR does not answer.
// Differs from the original in octal and binary literals, bare dates and binary data: shipped files use none of them.

import * as yaml from "yaml";

/** Options of {@link parse}. */
export interface ParseOptions {
  /** Whether a key may stand twice in one mapping. */
  allowDuplicateKeys?: boolean;
}

/** Options of {@link stringify}. */
export interface StringifyOptions {
  /** Spaces per level. */
  indent?: number;
  /** Column at which long text is folded. */
  lineWidth?: number;
  /** Whether keys are sorted. */
  sortKeys?: boolean;
}

/**
 * Parses one YAML document.
 *
 * @param content the document
 * @param options whether duplicate keys are allowed
 * @returns the value; `null` for an empty document
 * @throws {SyntaxError} when the text is not one YAML document, or a key stands twice
 */
export function parse(content: string, options: ParseOptions = {}): unknown {
  const document = yaml.parseDocument(content, { merge: true, uniqueKeys: !options.allowDuplicateKeys });
  // An unknown tag is a warning there and an error in the original.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw new SyntaxError(problem.message, { cause: problem });
  try {
    return document.toJS();
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Formats a value as YAML.
 *
 * @param data the value
 * @param options indent, line width, key order
 * @returns the text, ending with a line break
 */
export function stringify(data: unknown, options: StringifyOptions = {}): string {
  return yaml.stringify(data, {
    indent: options.indent ?? 2,
    lineWidth: options.lineWidth ?? 80,
    sortMapEntries: options.sortKeys ?? false,
  });
}
