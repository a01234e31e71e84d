// Writes small PDF files for tests and samples: pages of positioned text, images, an outline, form fields, notes and,
// on request, a password. Written by the specification, ISO 32000-1; no fonts are embedded.

import { deflateSync } from "node:zlib";
import { encryptionOf, type Passwords } from "./pdf_encryption.ts";

/** A run of text. */
export interface PdfText {
  readonly text: string;
  /** Points from the left. */
  readonly x: number;
  /** Points from the bottom. */
  readonly y: number;
  /** 12 unless given. */
  readonly size?: number;
  /** Helvetica unless given. */
  readonly font?: "Helvetica" | "Helvetica-Bold" | "Courier";
}

/** An image, drawn over the given part of the page. */
export interface PdfImage {
  readonly width: number;
  readonly height: number;
  /** A byte a pixel in grey, 8 pixels a byte when `bits` is 1, or a whole JPEG file. */
  readonly data: Uint8Array;
  readonly bits?: 1 | 8;
  readonly isJpeg?: boolean;
  /** Matrix that takes the unit square to the page. */
  readonly place: readonly [number, number, number, number, number, number];
  /** Painted in black where its bits are 0. */
  readonly isMask?: boolean;
}

/** A page. */
export interface PdfPageContent {
  readonly texts?: readonly PdfText[];
  readonly images?: readonly PdfImage[];
  /** Operators written as they stand, after the text. */
  readonly operators?: string;
  readonly rotate?: 0 | 90 | 180 | 270;
  /** Free-text notes. */
  readonly notes?: readonly string[];
  /** Text fields of a form: label and value. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A document. */
export interface PdfContent {
  readonly pages: readonly PdfPageContent[];
  /** Bookmarks: title and page, the first being 0. */
  readonly outline?: readonly { readonly title: string; readonly page: number }[];
  /** Width and height in points; A4 unless given. */
  readonly size?: readonly [number, number];
  readonly isCompressed?: boolean;
  readonly passwords?: Passwords;
  /** Entries of the catalog, as they stand. */
  readonly catalog?: string;
}

const A4 = [595, 842] as const;
const FONTS = ["Helvetica", "Helvetica-Bold", "Courier"] as const;

/**
 * A page of running text in Helvetica, from the top left.
 *
 * @param lines - one text a line
 */
export function textPage(lines: readonly string[], options: Partial<PdfText> = {}): PdfPageContent {
  return { texts: lines.map((text, i) => ({ text, x: 72, y: 770 - 15 * i, ...options })) };
}

/** Bytes of a document. */
export function writePdf(content: PdfContent): Uint8Array<ArrayBuffer> {
  const file = new ObjectWriter(content);
  const catalog = file.reserve();
  const pages = file.reserve();
  const fonts = FONTS.map((name) =>
    file.add(`<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`)
  );
  const fontList = fonts.map((font, i) => `/F${i} ${font} 0 R`).join(" ");
  const fields: number[] = [];
  const kids = content.pages.map((page) => writePage(file, page, { parent: pages, fontList, fields }));
  const outline = content.outline ? writeOutline(file, content.outline, kids) : "";
  const form = fields.length > 0
    ? `/AcroForm << /Fields [${references(fields)}] /DR << /Font << ${fontList} >> >> >>`
    : "";
  const [width, height] = content.size ?? A4;
  file.set(catalog, `<< /Type /Catalog /Pages ${pages} 0 R ${outline} ${form} ${content.catalog ?? ""} >>`);
  // inherited by every page
  const tree = `<< /Type /Pages /Count ${kids.length} /Kids [${
    references(kids)
  }] /MediaBox [0 0 ${width} ${height}] >>`;
  file.set(pages, tree);
  return file.finish(catalog);
}

function writePage(
  file: ObjectWriter,
  page: PdfPageContent,
  { parent, fontList, fields }: { parent: number; fontList: string; fields: number[] },
): number {
  const images = (page.images ?? []).map((image) => writeImage(file, image));
  const drawn = (page.images ?? []).map(({ place }, i) => `q ${place.join(" ")} cm /I${i} Do Q`);
  const written = (page.texts ?? []).map(({ text, x, y, size = 12, font = "Helvetica" }) =>
    `BT /F${FONTS.indexOf(font)} ${size} Tf 1 0 0 1 ${x} ${y} Tm (${escape(text)}) Tj ET`
  );
  const stream = file.addStream("", [...drawn, ...written, page.operators ?? ""].join("\n"));
  const self = file.reserve();
  const notes = (page.notes ?? []).map((note) =>
    file.add(
      `<< /Type /Annot /Subtype /FreeText /Rect [50 50 200 90] /DA (/F0 12 Tf) /Contents ${
        file.text(note)
      } >>`,
    )
  );
  const boxes = Object.entries(page.fields ?? {}).map(([label, value]) =>
    file.add(
      `<< /Type /Annot /Subtype /Widget /FT /Tx /T ${file.text(label)} /TU ${file.text(label)} ` +
        `/V ${file.text(value)} /Rect [50 100 200 120] /DA ${file.text("/F0 12 Tf")} /P ${self} 0 R >>`,
    )
  );
  fields.push(...boxes);
  const xobjects = images.map((image, i) => `/I${i} ${image} 0 R`).join(" ");
  file.set(
    self,
    `<< /Type /Page /Parent ${parent} 0 R /Rotate ${page.rotate ?? 0} /Contents ${stream} 0 R ` +
      `/Annots [${references([...notes, ...boxes])}] ` +
      `/Resources << /Font << ${fontList} >> /XObject << ${xobjects} >> >> >>`,
  );
  return self;
}

function writeImage(file: ObjectWriter, image: PdfImage): number {
  const { width, height, bits = 8, isMask, isJpeg } = image;
  const color = isMask ? "/ImageMask true" : "/ColorSpace /DeviceGray";
  const filter = isJpeg ? "/Filter /DCTDecode" : "";
  return file.addStream(
    `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /BitsPerComponent ${bits} ${color} ${filter}`,
    image.data,
    isJpeg,
  );
}

function writeOutline(
  file: ObjectWriter,
  titles: NonNullable<PdfContent["outline"]>,
  pages: readonly number[],
): string {
  const root = file.reserve();
  const items = titles.map(() => file.reserve());
  for (const [i, { title, page }] of titles.entries()) {
    const next = i + 1 < items.length ? `/Next ${items[i + 1]} 0 R` : "";
    const dest = `/Dest [${pages[page]} 0 R /XYZ 0 800 0]`;
    file.set(items[i], `<< /Title ${file.text(title)} /Parent ${root} 0 R ${next} ${dest} >>`);
  }
  file.set(root, `<< /First ${items[0]} 0 R /Last ${items[items.length - 1]} 0 R /Count ${items.length} >>`);
  return `/Outlines ${root} 0 R`;
}

/** Numbered objects and, at the end, the table of where they stand. */
class ObjectWriter {
  readonly #isCompressed: boolean;
  readonly #encryption: ReturnType<typeof encryptionOf> | undefined;
  readonly #objects: (Uint8Array | undefined)[] = [];

  constructor({ isCompressed = false, passwords }: PdfContent) {
    this.#isCompressed = isCompressed;
    this.#encryption = passwords && encryptionOf(passwords);
  }

  /** @returns the number of an object that is set later */
  reserve(): number {
    return this.#objects.push(undefined);
  }

  add(body: string): number {
    const number = this.reserve();
    this.set(number, body);
    return number;
  }

  set(number: number, body: string): void {
    this.#objects[number - 1] = latin1(body);
  }

  addStream(entries: string, content: string | Uint8Array, isPacked = false): number {
    const number = this.reserve();
    const plain = typeof content === "string" ? latin1(content) : content;
    const isDeflated = this.#isCompressed && !isPacked;
    const packed = isDeflated ? new Uint8Array(deflateSync(plain)) : plain;
    const bytes = this.#encryption?.encrypt(packed, number) ?? packed;
    const head = `<< ${entries} /Length ${bytes.length} ${
      isDeflated ? "/Filter /FlateDecode" : ""
    } >>\nstream\n`;
    this.#objects[number - 1] = joinBytes([latin1(head), bytes, latin1("\nendstream")]);
    return number;
  }

  /** A text string as UTF-16; not encrypted, so not for documents with a password. */
  text(value: string): string {
    const units = Array.from(
      { length: value.length },
      (_, i) => value.charCodeAt(i).toString(16).padStart(4, "0"),
    );
    return `<feff${units.join("")}>`;
  }

  finish(root: number): Uint8Array<ArrayBuffer> {
    const encrypt = this.#encryption ? `/Encrypt ${this.add(this.#encryption.dictionary)} 0 R` : "";
    const id = this.#encryption ? `/ID [<${this.#encryption.id}> <${this.#encryption.id}>]` : "";
    const parts = [latin1("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")];
    const offsets: number[] = [];
    let at = parts[0].length;
    for (const [i, body] of this.#objects.entries()) {
      const object = joinBytes([latin1(`${i + 1} 0 obj\n`), body ?? latin1("null"), latin1("\nendobj\n")]);
      offsets.push(at);
      at += object.length;
      parts.push(object);
    }
    const rows = offsets.map((offset) => `${`${offset}`.padStart(10, "0")} 00000 n \n`).join("");
    const size = offsets.length + 1;
    const trailer =
      `trailer\n<< /Size ${size} /Root ${root} 0 R ${encrypt} ${id} >>\nstartxref\n${at}\n%%EOF\n`;
    parts.push(latin1(`xref\n0 ${size}\n0000000000 65535 f \n${rows}${trailer}`));
    return joinBytes(parts);
  }
}

function references(numbers: readonly number[]): string {
  return numbers.map((number) => `${number} 0 R`).join(" ");
}

function escape(text: string): string {
  return text.replace(/[\\()]/g, "\\$&");
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
