// What passes between the parent and a parsing child: requests of one JSON line and raw bytes towards the child, JSON
// lines back. Every document comes before the line of the file it belongs to.

import type { Config } from "../config/config.ts";
import type { StrangeCounts } from "./clean_text.ts";
import type { FileKind } from "./file_kinds.ts";

/** First argument that makes the compiled program a parsing child. */
export const PARSE_COMMAND = "__parse";

/** Why a file is not read where its package was never fetched and cannot be now. */
export const PACKAGE_IS_MISSING = "its package is not here and cannot be downloaded";
/** The same for the language of text recognition. */
export const LANGUAGE_IS_MISSING = "no package with the language data.ocr_language can be read";

/** First line to a child: the settings of the run. */
export interface ParseSetup {
  readonly data: Config["data"];
}

/** Line before the bytes of a file. */
export interface ParseRequest {
  /** File name without folders. */
  readonly name: string;
  /** Number of bytes that follow. */
  readonly size: number;
}

/** A document as it goes into the data set. */
export interface ParsedDocument {
  readonly text: string;
  /** Code points of the text. */
  readonly characters: number;
  /** ISO 639 code, null when unsure. */
  readonly language: string | null;
  /** MinHash signature, 32-bit words in base64; null for what is too short to compare. */
  readonly signature: string | null;
}

/** A document that stays out. */
export interface DroppedDocument {
  /** Equal words for equal causes. */
  readonly reason: string;
  /** Its beginning. */
  readonly sample: string;
}

/** What became of a file or of a member of an archive. */
export interface FileOutcome {
  /** Path inside the archive; empty for the file itself. */
  readonly member: string;
  readonly kind: FileKind | null;
  /** Name and version of the parser; null when none was called. */
  readonly parser: string | null;
  readonly bytes: number;
  /** SHA-256 of a member; null for the file itself, which the parent has hashed. */
  readonly sha256: string | null;
  readonly status: "ok" | "partial" | "failed" | "skipped";
  readonly reason: string | null;
  /** How much is missing of a `partial` file, and where that begins. */
  readonly detail?: string;
  readonly pages: number;
  /** Bytes read in another encoding than the file's. */
  readonly invalidBytes: number;
  /** Characters cleaned away, and others that were strange; only those that occur. */
  readonly strange: Partial<StrangeCounts>;
  /** Number of secrets by rule. */
  readonly secrets: Readonly<Record<string, number>>;
}

/** The account of what was not read: the status and why are to be added. */
export function unreadOutcome(member: string, bytes: number): Omit<FileOutcome, "status" | "reason"> {
  return {
    member,
    kind: null,
    parser: null,
    bytes,
    sha256: null,
    pages: 0,
    invalidBytes: 0,
    strange: {},
    secrets: {},
  };
}

/** A line from the child. */
export type ParseLine =
  | { readonly document: ParsedDocument }
  | { readonly dropped: DroppedDocument }
  | { readonly pages: { readonly done: number; readonly total: number } }
  | { readonly file: FileOutcome };

/** A file or member with all that came of it. */
export interface ParsedFile extends FileOutcome {
  readonly documents: readonly ParsedDocument[];
  readonly dropped: readonly DroppedDocument[];
}

/**
 * Collects lines into files.
 *
 * @param lines - of one request, in order
 * @returns members in order and the file itself last; documents of an unfinished file are in `rest`
 */
export function collectFiles(
  lines: Iterable<ParseLine>,
): { files: ParsedFile[]; rest: Pick<ParsedFile, "documents" | "dropped"> } {
  const files: ParsedFile[] = [];
  let documents: ParsedDocument[] = [];
  let dropped: DroppedDocument[] = [];
  for (const line of lines) {
    if ("document" in line) documents.push(line.document);
    else if ("dropped" in line) dropped.push(line.dropped);
    else if ("file" in line) {
      files.push({ ...line.file, documents, dropped });
      documents = [];
      dropped = [];
    }
  }
  return { files, rest: { documents, dropped } };
}
