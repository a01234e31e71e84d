// Archives made in a test, honest and hostile, and what a parser says about them in short.

import { type Config, defaultConfig } from "../../../../lib/config/config.ts";
import { ParseFailure, type Parser } from "../../../../lib/ingest/parsers/parser.ts";

/** A tar entry; what is missing is as in an ordinary small file. */
export interface MadeEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** One letter: `0` file, `1` hard link, `2` symbolic link, `5` folder, `x` records of pax. */
  readonly flag?: string;
  /** Size the header claims. */
  readonly size?: number;
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A tar archive, without the empty blocks at its end if `isCut`. */
export function makeTar(entries: readonly MadeEntry[], { isCut = false } = {}): Uint8Array<ArrayBuffer> {
  const blocks = entries.flatMap((entry) => {
    const content = typeof entry.content === "string"
      ? utf8(entry.content)
      : entry.content ?? new Uint8Array(0);
    const padded = new Uint8Array(Math.ceil(content.length / 512) * 512);
    padded.set(content);
    return [tarHeader(entry, entry.size ?? content.length), padded];
  });
  return concat([...blocks, new Uint8Array(isCut ? 0 : 1024)]);
}

/** Pieces as one. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** What a parser says: `member NAME: text`, `STATUS NAME: reason`, `omitted: reason` and at last `STATUS: reason`. */
export async function said(
  parser: Parser,
  file: { readonly name: string; readonly bytes: Uint8Array; readonly data?: Partial<Config["data"]> },
): Promise<string[]> {
  const lines: string[] = [];
  const data = { ...defaultConfig().data, ...file.data };
  try {
    for await (const event of parser.parse({ ...file, data })) {
      if (event.type === "member") {
        lines.push(`member ${event.name}: ${new TextDecoder().decode(event.bytes.subarray(0, 60))}`);
      } else if (event.type === "leftOut") {
        lines.push(`${event.status} ${event.name}: ${event.reason}`);
      } else {
        lines.push(event.type === "omitted" ? `omitted: ${event.reason}` : event.type);
      }
    }
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    lines.push(`${error.status}: ${error.message}`);
  }
  return lines;
}

function tarHeader({ name, flag = "0" }: MadeEntry, size: number): Uint8Array {
  const header = new Uint8Array(512);
  const put = (text: string, at: number) => header.set(utf8(text), at);
  put(name.slice(0, 100), 0);
  put("0000644\0", 100);
  put(size.toString(8).padStart(11, "0"), 124);
  put(" ".repeat(8) + flag, 148);
  put("ustar\x0000", 257);
  put(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ", 148);
  return header;
}
