// What kind of file some bytes are: by the signature at their beginning, then by the name, then by what sort of text
// they are. So a picture named notes.txt is a picture, and a text without an ending is a text.

import { jsonShape, textShape } from "./_text_shape.ts";
import { readSignature } from "./_signatures.ts";
import { zipKind } from "./_zip_kind.ts";
import { type FileKind, fileKind } from "./file_kinds.ts";

/** Bytes of a file's beginning that {@linkcode sniffKind} needs. */
export const HEAD_BYTES = 4096;

/** Share of control characters above which bytes are not text. */
const MAX_CONTROL_SHARE = 0.01;
// readers look for the signature of a PDF this far (PDF 32000-1, note 13 of annex H)
const PDF_BYTES = 1024;
const DOCUMENTS: ReadonlySet<FileKind> = new Set<FileKind>(["docx", "odt", "epub"]);
const JSON_KINDS: ReadonlySet<FileKind> = new Set<FileKind>(["json", "jsonl"]);

/** Why a file is not read: equal words for equal causes, and what to do where something can be done. */
export interface NoKind {
  /** A few words without names and numbers. */
  readonly reason: string;
}

/**
 * Kind of a file.
 *
 * @param head - its first {@linkcode HEAD_BYTES} bytes, or all when there are fewer
 * @param name - file name without folders
 * @param options.bytes - the whole file: tells documents in zip files from archives whatever their name
 * @returns the kind whose parser reads it, or why none does; never throws
 *
 * @see file_kinds.ts for what names say
 */
export function sniffKind(
  head: Uint8Array,
  name: string,
  options: { readonly bytes?: Uint8Array } = {},
): FileKind | NoKind {
  const named = fileKind(name);
  const notText = refusalOfText(head);
  const signed = readSignature(head, { isBinary: notText !== undefined || hasControls(head) });
  if (signed !== undefined && "reason" in signed) return signed;
  if (signed?.kind === "gzip") return named === "tar" ? "tar" : "gzip";
  if (signed?.kind === "zip") {
    const kind = zipKind(head, options);
    return kind ?? (named !== undefined && DOCUMENTS.has(named) ? named : "zip");
  }
  if (signed !== undefined) return signed.kind;
  if ((named === "pdf" || notText !== undefined) && hasPdfHeader(head)) return "pdf";
  if (named !== undefined && JSON_KINDS.has(named)) return jsonKind(head, named);
  return named ?? notText ?? textShape(decodeHead(head), { isWhole: head.length < HEAD_BYTES });
}

/** JSON lines are often called .json, and a single value .jsonl. */
function jsonKind(head: Uint8Array, named: FileKind): FileKind {
  if (named === "jsonl") return named;
  return jsonShape(decodeHead(head), { isWhole: head.length < HEAD_BYTES }) === "jsonl" ? "jsonl" : named;
}

function hasPdfHeader(head: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(head.subarray(0, PDF_BYTES)).includes("%PDF-");
}

/** The reasons of decode_text.ts, for the beginning of a file whose name says nothing. */
function refusalOfText(head: Uint8Array): NoKind | undefined {
  if (utf16Label(head) !== undefined) return undefined;
  if (head.includes(0)) return { reason: "not text: NUL bytes" };
  let controls = 0;
  for (const byte of head) if (isControl(byte)) controls++;
  return controls > head.length * MAX_CONTROL_SHARE ? { reason: "not text: control characters" } : undefined;
}

function hasControls(head: Uint8Array): boolean {
  return utf16Label(head) === undefined && head.some(isControl);
}

/** Control characters that no text has; tab, line ends, form feed, backspace and escape occur in logs. */
function isControl(byte: number): boolean {
  return byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b;
}

function decodeHead(head: Uint8Array): string {
  return new TextDecoder(utf16Label(head) ?? "utf-8").decode(head);
}

function utf16Label(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : undefined;
}
