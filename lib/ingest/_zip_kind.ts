// Tells documents from archives among zip files, by the names inside. Reads the list at the end of the file and trusts
// no count in it; the contents are the parsers' (parsers/zip.ts and those of the documents).

import type { FileKind } from "./file_kinds.ts";

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
// the end record and the longest comment behind it
const MAX_END_BYTES = 22 + 65_535;
// the telling names stand among the first; an archive may have millions
const MAX_NAMES = 4096;

/** Kind or refusal by a file that only this sort of document has. */
const BY_MEMBER: readonly (readonly [name: RegExp, sort: FileKind | { reason: string }])[] = [
  [/^word\/document\d*\.xml$/, "docx"],
  [/^META-INF\/container\.xml$/, "epub"],
  [/^xl\/workbook\.(?:xml|bin)$/, { reason: "spreadsheet: save it as CSV" }],
  [/^ppt\/presentation\.xml$/, { reason: "presentation: save it as PDF" }],
];

/** By the first member of EPUB and OpenDocument files, `mimetype`, which is stored as it is. */
const BY_MIME_TYPE: readonly (readonly [start: string, sort: FileKind | { reason: string }])[] = [
  ["application/epub+zip", "epub"],
  ["application/vnd.oasis.opendocument.text", "odt"],
  ["application/vnd.oasis.opendocument.spreadsheet", { reason: "spreadsheet: save it as CSV" }],
  ["application/vnd.oasis.opendocument.presentation", { reason: "presentation: save it as PDF" }],
  ["application/vnd.oasis.opendocument", { reason: "drawing: save it as PDF" }],
];

/**
 * Kind of a file that begins as a zip file does.
 *
 * @param head - its beginning
 * @param options.bytes - the whole file where it is at hand
 * @returns undefined when neither tells, so that the name decides
 */
export function zipKind(
  head: Uint8Array,
  options: { readonly bytes?: Uint8Array },
): FileKind | { reason: string } | undefined {
  const first = localMember(head);
  if (first?.name === "mimetype") {
    const found = BY_MIME_TYPE.find(([start]) => first.content.startsWith(start));
    if (found !== undefined) return found[1];
  }
  if (options.bytes === undefined) return undefined;
  let kind: FileKind | { reason: string } = "zip";
  for (const name of centralNames(options.bytes)) {
    const found = BY_MEMBER.find(([pattern]) => pattern.test(name));
    // a Java archive may hold META-INF of all sorts, a document of Word decides at once
    if (found !== undefined && found[1] !== "epub") return found[1];
    if (found !== undefined) kind = found[1];
  }
  return kind;
}

function localMember(head: Uint8Array): { name: string; content: string } | undefined {
  if (head.length < 30) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(0, true) !== LOCAL_HEADER) return undefined;
  const nameEnd = 30 + view.getUint16(26, true);
  const start = nameEnd + view.getUint16(28, true);
  return { name: latin1(head.subarray(30, nameEnd)), content: latin1(head.subarray(start, start + 80)) };
}

function* centralNames(bytes: Uint8Array): Generator<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = findEndRecord(view);
  if (end === undefined) return;
  const size = view.getUint32(end + 12, true);
  // bytes before the archive shift every offset in it, so count back from the end
  let at = Math.max(0, end - size);
  for (let count = 0; count < MAX_NAMES && at + 46 <= end; count++) {
    if (view.getUint32(at, true) !== CENTRAL_HEADER) return;
    const nameBytes = view.getUint16(at + 28, true);
    yield latin1(bytes.subarray(at + 46, at + 46 + nameBytes));
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}

function findEndRecord(view: DataView): number | undefined {
  const first = Math.max(0, view.byteLength - MAX_END_BYTES);
  for (let at = view.byteLength - 22; at >= first; at--) {
    if (view.getUint32(at, true) === END_RECORD) return at;
  }
  return undefined;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
