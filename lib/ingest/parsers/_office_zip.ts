// The XML parts of an office file: a ZIP archive whose names are looked up, and the reasons why one cannot be read.

import { openZip, type ZipEntries } from "./_zip_entries.ts";
import { type MarkupEvents, walkMarkup } from "./_markup_walk.ts";
import { ParseFailure } from "./parser.ts";

/** One part unpacked; the XML of a book of 5,000 pages is smaller. */
const MAX_PART_BYTES = 1 << 28;
/** OLE compound file: the container of old office formats, and of new ones behind a password. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0];

/** An open office file. */
export interface OfficeZip {
  /** Names of all parts. */
  names(): string[];
  /** Whether a part of that name is there. */
  has(name: string): boolean;
  /**
   * Unpacks a part.
   *
   * @returns undefined when there is none of that name
   * @throws {ParseFailure} when it is refused or damaged
   */
  read(name: string): Uint8Array | undefined;
  /**
   * Walks through the XML of a part; one that is not there has none.
   *
   * @throws {ParseFailure} as `read`
   */
  walk(name: string, events: MarkupEvents): Promise<void>;
}

/**
 * Opens an office file.
 *
 * @param bytes - the whole file
 * @throws {ParseFailure} when it is no ZIP archive, is encrypted, or has entries that no office program writes
 */
export async function openOffice(bytes: Uint8Array): Promise<OfficeZip> {
  if (COMPOUND_FILE.every((byte, at) => bytes[at] === byte)) {
    throw new ParseFailure(
      "failed",
      isEncrypted(bytes) ? "encrypted: a password is needed" : "office document of an old format",
    );
  }
  const zip = await openZip(bytes);
  const hostile = zip.entries.find((entry) => entry.refusal?.includes("a name that leaves"));
  if (hostile !== undefined) throw new ParseFailure("failed", hostile.refusal!);
  return new OpenedZip(zip);
}

class OpenedZip implements OfficeZip {
  readonly #zip: ZipEntries;
  readonly #byName: Map<string, ZipEntries["entries"][number]>;

  constructor(zip: ZipEntries) {
    this.#zip = zip;
    this.#byName = new Map(zip.entries.map((entry) => [entry.name, entry]));
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  read(name: string): Uint8Array | undefined {
    const entry = this.#byName.get(name);
    return entry === undefined ? undefined : this.#zip.read(entry, MAX_PART_BYTES);
  }

  async walk(name: string, events: MarkupEvents): Promise<void> {
    const bytes = this.read(name);
    if (bytes === undefined) return;
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const encoding = !isUtf16 ? "utf-8" : bytes[0] === 0xff ? "utf-16le" : "utf-16be";
    await walkMarkup(new TextDecoder(encoding).decode(bytes), "xml", events);
  }
}

/** A name of a prefixed element without its prefix; producers are free to choose that. */
export function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Whether the directory of a compound file names the stream that holds an encrypted document. */
function isEncrypted(bytes: Uint8Array): boolean {
  const name = [..."EncryptedPackage"].flatMap((char) => [char.charCodeAt(0), 0]);
  for (let at = bytes.indexOf(name[0]); at >= 0; at = bytes.indexOf(name[0], at + 1)) {
    if (name.every((byte, next) => bytes[at + next] === byte)) return true;
  }
  return false;
}
