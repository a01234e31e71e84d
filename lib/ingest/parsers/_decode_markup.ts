// Bytes of HTML or XML to text: the byte order mark, then the encoding the file names, then what decode_text.ts finds.
// Follows https://encoding.spec.whatwg.org, section 6, and https://html.spec.whatwg.org, "prescan a byte stream".

import type { Config } from "../../config/config.ts";
import { normalizeText } from "../decode_text.ts";
import { decodeAnyText } from "../detect_encoding.ts";
import { ParseFailure } from "./parser.ts";

/** A file may name its encoding in so many bytes; the specification asks for 1,024. */
const PRESCAN_BYTES = 4096;
const MAX_INVALID_SHARE = 0.01;

/**
 * Decodes a file that may name its own encoding.
 *
 * @returns the text with LF line ends and the number of bytes that had no meaning in its encoding
 * @throws {ParseFailure} when the bytes are no text
 */
export async function decodeMarkup(
  bytes: Uint8Array,
  data: Config["data"],
): Promise<{ readonly text: string; readonly invalidBytes: number }> {
  const encoding = namedEncoding(bytes);
  if (encoding !== undefined && encoding !== "utf-8") {
    const text = new TextDecoder(encoding).decode(bytes);
    const invalidBytes = countReplacements(text);
    // a name that does not fit is worse than none
    if (invalidBytes <= text.length * MAX_INVALID_SHARE && !text.includes("\0")) {
      return { text: normalizeText(text, data.unicode), invalidBytes };
    }
  }
  const decoded = await decodeAnyText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  return decoded;
}

function namedEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  const hasMark = (a === 0xef && b === 0xbb && c === 0xbf) || (a === 0xff && b === 0xfe) ||
    (a === 0xfe && b === 0xff);
  if (hasMark) return undefined;
  // the beginning of an XML declaration in 16 bits
  if (a === 0x3c && b === 0 && c === 0x3f && d === 0) return "utf-16le";
  if (a === 0 && b === 0x3c && c === 0 && d === 0x3f) return "utf-16be";
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, PRESCAN_BYTES));
  const name = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})/.exec(head)?.[1] ??
    metaCharset(head);
  if (name === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(name);
    // bytes in which the name could be read are not in 16 bits
    return encoding.startsWith("utf-16") ? "utf-8" : encoding;
  } catch {
    return undefined; // no such encoding
  }
}

function metaCharset(head: string): string | undefined {
  for (const [, tag] of head.matchAll(/<meta\s([^>]{0,400})/gi)) {
    const name = /charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(tag)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

function countReplacements(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) count++;
  return count;
}
