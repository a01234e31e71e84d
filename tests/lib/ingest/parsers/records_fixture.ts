// Runs a parser of records in a test and collects what it says.

import { type Config, defaultConfig } from "../../../../lib/config/config.ts";
import { ParseFailure, type Parser } from "../../../../lib/ingest/parsers/parser.ts";

/** All that a parser said of a file. */
export interface Said {
  readonly documents: readonly string[];
  /** Reasons with their counts and first lines: `lines that are not JSON x2 @3`. */
  readonly omitted: readonly string[];
  readonly invalidBytes: number;
  /** Status and reason where there was nothing to be had. */
  readonly failure?: string;
}

/** Parses bytes or a text. */
export async function said(
  parser: Parser,
  content: string | Uint8Array,
  options: { readonly name?: string; readonly data?: Partial<Config["data"]> } = {},
): Promise<Said> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const data = { ...defaultConfig().data, ...options.data };
  const documents: string[] = [];
  const omitted: string[] = [];
  let invalidBytes = 0;
  try {
    for await (const event of parser.parse({ name: options.name ?? "file", bytes, data })) {
      if (event.type === "document") documents.push(event.text);
      if (event.type === "invalidBytes") invalidBytes += event.count;
      if (event.type !== "omitted") continue;
      const { reason, count = 1, firstLine } = event;
      omitted.push(`${reason} x${count}${firstLine === undefined ? "" : ` @${firstLine}`}`);
    }
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    return { documents, omitted, invalidBytes, failure: `${error.status}: ${error.message}` };
  }
  return { documents, omitted, invalidBytes };
}

/** The documents of a file that gives nothing else to say. */
export async function documentsOf(...given: Parameters<typeof said>): Promise<readonly string[]> {
  const { documents, omitted, invalidBytes, failure } = await said(...given);
  if (failure !== undefined || omitted.length > 0 || invalidBytes > 0) {
    throw new Error(`More than documents: ${failure} ${omitted} ${invalidBytes}`);
  }
  return documents;
}
