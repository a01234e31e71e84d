// Reads a PDF with the parser and collects what it says; text recognition is made up.

import { type Config, defaultConfig } from "../../../../lib/config/config.ts";
import { parsePdf } from "../../../../lib/ingest/parsers/pdf.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { type PdfContent, writePdf } from "../../../support/pdf_writer.ts";

/** What became of a PDF. */
export interface ReadPdf {
  /** The document; empty when there is none. */
  readonly text: string;
  readonly omitted: readonly string[];
  /** Page numbers said to be done. */
  readonly pages: readonly number[];
  /** Status and reason when there was nothing to be had. */
  readonly failure?: string;
  /** Pictures given to text recognition. */
  readonly pictures: readonly Picture[];
  /** Times text recognition was opened and closed. */
  readonly opened: number;
  readonly closed: number;
}

/** A picture in grey. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}

/** Settings, and what recognition finds. */
export interface ReadPdfOptions {
  readonly data?: Partial<Config["data"]>;
  /** What recognition makes of a picture; an error is thrown. */
  readonly recognized?: string | Error;
}

/** Parses bytes, or a document written for it. */
export async function readPdf(
  source: Uint8Array | PdfContent,
  options: ReadPdfOptions = {},
): Promise<ReadPdf> {
  const { data = {}, recognized = "read off the scan" } = options;
  const pictures: Picture[] = [];
  const counts = { opened: 0, closed: 0 };
  const close = (): void => void counts.closed++;
  const open = (): ReturnType<Parameters<typeof parsePdf>[1]> => {
    counts.opened++;
    return Promise.resolve({
      recognize(image: Uint8Array): Promise<string> {
        if (recognized instanceof Error) return Promise.reject(recognized);
        pictures.push(readPgm(image));
        return Promise.resolve(recognized);
      },
      close,
      [Symbol.dispose]: close,
    });
  };
  const bytes = source instanceof Uint8Array ? source : writePdf(source);
  const input = { name: "made up.pdf", bytes, data: { ...defaultConfig().data, ...data } };
  const read = { text: "", omitted: [] as string[], pages: [] as number[] };
  let failure: string | undefined;
  try {
    for await (const event of parsePdf(input, open)) {
      if (event.type === "document") read.text += event.text;
      if (event.type === "omitted") read.omitted.push(event.reason);
      if (event.type === "pages") read.pages.push(event.done);
    }
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    failure = `${error.status}: ${error.message}`;
  }
  return { ...read, failure, pictures, ...counts };
}

/** Bytes with one text for another of at most its length, so that nothing moves. */
export function edit(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const file = new TextDecoder("latin1").decode(bytes);
  if (!file.includes(from)) throw new Error(`There is no ${from} in the file`);
  const edited = bytes.slice();
  for (let i = 0; i < from.length; i++) edited[file.indexOf(from) + i] = to.padEnd(from.length).charCodeAt(i);
  return edited;
}

function readPgm(file: Uint8Array): Picture {
  const [head, width, height] = /^P5\n(\d+) (\d+)\n255\n/.exec(
    new TextDecoder("latin1").decode(file.slice(0, 64)),
  )!;
  return { width: Number(width), height: Number(height), gray: file.slice(head.length) };
}
