// What a parser of one format is: bytes in, documents out. Parsers run in a child process (parse_child.ts) that may read
// nothing but its own packages, so a parser knows neither where its bytes came from nor what becomes of its text.

import type { Config } from "../../config/config.ts";

/** One file to parse. */
export interface ParseInput {
  /** File name without folders, for what only a name tells. */
  readonly name: string;
  /** The whole content. */
  readonly bytes: Uint8Array;
  /** Settings of the run. */
  readonly data: Config["data"];
}

/** What a parser says while it works. */
export type ParseEvent =
  /** A document: the whole file, or a row, a chapter, a table of it. Text as it stands in the file, not yet cleaned. */
  | { readonly type: "document"; readonly text: string }
  /** So many pages are done; each restarts the clock of `data.page_timeout`. */
  | { readonly type: "pages"; readonly done: number; readonly total: number }
  /**
   * Something of the file is missing from the documents: the file becomes `partial`, with this reason. Where it can be
   * counted, `count` says how many there are and `firstLine` where the first one is, counted from 1.
   */
  | {
    readonly type: "omitted";
    readonly reason: string;
    readonly count?: number;
    readonly firstLine?: number;
  }
  /** So many bytes had no meaning in the encoding and were read as another one. */
  | { readonly type: "invalidBytes"; readonly count: number }
  /** A file inside this one, parsed by its own kind and accounted for in a line of its own. */
  | { readonly type: "member"; readonly name: string; readonly bytes: Uint8Array }
  /** A file inside this one that is not read: a line of its own says why. */
  | {
    readonly type: "leftOut";
    readonly name: string;
    readonly bytes: number;
    readonly status: "skipped" | "failed";
    readonly reason: string;
  };

/** A format. */
export interface Parser {
  /**
   * Yields the documents of a file in order.
   *
   * @throws {ParseFailure} when there is nothing to be had from the file
   */
  parse(input: ParseInput): AsyncIterable<ParseEvent> | Iterable<ParseEvent>;
}

/** Why a file gives no text. */
export class ParseFailure extends Error {
  override name = "ParseFailure";
  /** `skipped` when the content is not for us, `failed` when it should have been readable. */
  readonly status: "skipped" | "failed";

  /** @param reason - a few words, equal for equal causes: no names, no numbers that differ from file to file */
  constructor(status: "skipped" | "failed", reason: string, options: { cause?: unknown } = {}) {
    super(reason, options);
    this.status = status;
  }
}
