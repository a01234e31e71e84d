// Runs a parser on bytes, and makes ZIP archives, honest and lying ones, for the tests of mark-up and office formats.

import { defaultConfig } from "../../../../lib/config/config.ts";
import { type ParseEvent, ParseFailure, type Parser } from "../../../../lib/ingest/parsers/parser.ts";

/** How the document begins that every fixture of this folder holds, whatever program wrote it. */
export const SHEPHERD_BEGINS = `The shepherd’s year

Spring

The flock leaves the valley in April.[1] Every sheep has a number:

1. count them at the gate
2. count them again
  - the black ones first
  - then the rest

Month\tLambs
April\t12
May
`;

/** Everything a parser yields. */
export async function eventsOf(
  parser: Parser,
  content: Uint8Array | string,
  options: { readonly name?: string; readonly mode?: "document" | "line" } = {},
): Promise<ParseEvent[]> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const data = { ...defaultConfig().data, mode: options.mode ?? "document" };
  const events: ParseEvent[] = [];
  for await (const event of parser.parse({ name: options.name ?? "file", bytes, data })) events.push(event);
  return events;
}

/** The documents of a file. */
export async function documentsOf(...args: Parameters<typeof eventsOf>): Promise<string[]> {
  return (await eventsOf(...args)).flatMap((event) => event.type === "document" ? [event.text] : []);
}

/** The one document of a file. */
export async function textOf(...args: Parameters<typeof eventsOf>): Promise<string> {
  return (await documentsOf(...args)).join("\f");
}

/** Runs a parser on bytes that may be anything; only a {@link ParseFailure} may be thrown. */
export async function survives(parser: Parser, bytes: Uint8Array): Promise<boolean> {
  try {
    await eventsOf(parser, bytes);
    return true;
  } catch (error) {
    if (error instanceof ParseFailure) return true;
    throw error;
  }
}

/** A ZIP archive of texts and bytes; level 0 does not pack them. */
export async function zipOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  level: 0 | 6 = 6,
): Promise<Uint8Array> {
  const { zipSync, strToU8 } = await import("npm:fflate@0.8.3");
  const entries = Object.entries(files).map(([name, content]): [string, Uint8Array] => [
    name,
    typeof content === "string" ? strToU8(content) : content,
  ]);
  return zipSync(Object.fromEntries(entries), { mtime: "2001-02-03", level });
}

/** Changes a field of 2 or 4 bytes in the first entry of the central directory: `{ at: 24, value: 5, bytes: 4 }` is its size. */
export function withDirectoryField(
  zip: Uint8Array,
  field: { readonly at: number; readonly value: number; readonly bytes: 2 | 4 },
): Uint8Array {
  const copy = zip.slice();
  const view = new DataView(copy.buffer);
  const start = view.getUint32(copy.length - 22 + 16, true);
  if (field.bytes === 2) view.setUint16(start + field.at, field.value, true);
  else view.setUint32(start + field.at, field.value, true);
  return copy;
}

/** The XML of a DOCX main part around a body. */
export function docxXml(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w"><w:body>${body}</w:body></w:document>`;
}

/** A file beside this one. */
export function readFixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`fixtures/${name}`, import.meta.url));
}
