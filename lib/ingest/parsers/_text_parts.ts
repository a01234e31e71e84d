// The text of a file of lines, in parts that end at line ends, so that the memory needed does not grow with the file.
// How bytes become text is decode_text.ts; a part is decoded as if it were a file.

import { decodeAnyText } from "../detect_encoding.ts";
import type { Omissions } from "./_omissions.ts";
import { type ParseEvent, ParseFailure, type ParseInput } from "./parser.ts";

/** Some whole lines of a file. */
export interface TextPart {
  /** Line ends are LF. */
  readonly text: string;
  /** Number of the first line, counted from 1; exact unless an earlier part was no text. */
  readonly firstLine: number;
  /** Nothing comes after it. */
  readonly isLast: boolean;
  /** To hand on once the part is worked off: invalid bytes, and progress where there are several parts. */
  readonly events: readonly ParseEvent[];
}

const MAX_PART_BYTES = 32 << 20;
const TOO_LONG = "lines longer than 32 MiB";
const LF = 10;

/** The whole text of a file, for formats that cannot be cut, and the event to hand on for its invalid bytes. */
export async function wholeText(
  input: ParseInput,
): Promise<{ readonly text: string; readonly events: readonly ParseEvent[] }> {
  const { bytes, data } = input;
  if (bytes.length > MAX_WHOLE_BYTES) throw new ParseFailure("skipped", "larger than 256 MiB in one piece");
  const decoded = await decodeAnyText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  return { text: decoded.text, events: invalidBytesEvents(decoded.invalidBytes) };
}

// a string of V8 holds 512 Mi characters, and a parsed value needs several times as much memory
const MAX_WHOLE_BYTES = 256 << 20;

/**
 * Yields the lines of a file in parts of at most 32 MiB. A longer line is left out and counted.
 *
 * @param input - its `bytes` and `data.unicode`
 * @param omissions - added to
 * @throws {ParseFailure} when its beginning is not text
 */
export async function* textParts(input: ParseInput, omissions: Omissions): AsyncGenerator<TextPart> {
  const { bytes, data } = input;
  // a line end of UTF-16 is not one byte
  if (isUtf16(bytes)) {
    yield { ...await wholeText(input), firstLine: 1, isLast: true };
    return;
  }
  const total = Math.ceil(bytes.length / MAX_PART_BYTES);
  let firstLine = 1;
  for (let start = 0; start < bytes.length;) {
    const end = partEnd(bytes, start);
    if (end === undefined) {
      omissions.add(TOO_LONG, firstLine++);
      start = nextLine(bytes, start + MAX_PART_BYTES);
      continue;
    }
    const part = bytes.subarray(start, end);
    const decoded = await decodeAnyText(part, data);
    const isLast = end === bytes.length;
    const events: ParseEvent[] = [];
    if (total > 1) events.push({ type: "pages", done: Math.floor(end / bytes.length * total), total });
    if ("text" in decoded) {
      events.push(...invalidBytesEvents(decoded.invalidBytes));
      yield { text: decoded.text, firstLine, isLast, events };
    } else {
      if (start === 0) throw new ParseFailure("skipped", decoded.reason);
      omissions.add(decoded.reason, firstLine);
      yield { text: "", firstLine, isLast, events };
    }
    if (!isLast) firstLine += countLines(part);
    start = end;
  }
}

function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** End of the last line that ends within a part's length; undefined when none does. */
function partEnd(bytes: Uint8Array, start: number): number | undefined {
  if (bytes.length - start <= MAX_PART_BYTES) return bytes.length;
  const last = bytes.subarray(start, start + MAX_PART_BYTES).lastIndexOf(LF);
  return last < 0 ? undefined : start + last + 1;
}

function nextLine(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(LF, from);
  return end < 0 ? bytes.length : end + 1;
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}

function invalidBytesEvents(count: number): ParseEvent[] {
  return count === 0 ? [] : [{ type: "invalidBytes", count }];
}
