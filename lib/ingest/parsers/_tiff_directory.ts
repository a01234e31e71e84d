// The directories of a TIFF file, one a page: a number of tags and the offset of the next. EXIF data has the same form.
// Every position is checked against the bytes there are. Format: TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/

/** Tags we look at. */
export const TAG = {
  kind: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planes: 284,
  predictor: 317,
  tileWidth: 322,
  jpegTables: 347,
} as const;

/** A field of a directory; its values lie at `position`. */
export interface TiffField {
  readonly tag: number;
  /** 1 byte, 3 short, 4 long, 7 undefined bytes. */
  readonly type: number;
  readonly count: number;
  readonly position: number;
  /** Where the 12 bytes of the entry itself lie. */
  readonly entry: number;
}

/** A directory: its fields, and where the next begins; 0 after the last. */
export interface TiffDirectory {
  readonly fields: ReadonlyMap<number, TiffField>;
  readonly next: number;
}

const ENTRY_BYTES = 12;
/** Real ones have some 20; directories may overlap, so that a small file could hold very many large ones. */
const MAX_FIELDS = 1000;
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4 };

/** Reads what it is asked for from the bytes of a TIFF file. */
export class TiffReader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Where the first directory begins. */
  readonly first: number;
  readonly #view: DataView;

  /** @throws {RangeError} when the bytes do not begin like a TIFF file of 32-bit offsets */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const order = this.#view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) throw new RangeError("Not a TIFF file");
    this.littleEndian = order === 0x4949;
    if (this.#view.getUint16(2, this.littleEndian) !== 42) throw new RangeError("Not a TIFF file");
    this.first = this.#view.getUint32(4, this.littleEndian);
  }

  /** @throws {RangeError} when the directory does not lie within the file */
  directory(offset: number): TiffDirectory {
    const count = this.#view.getUint16(offset, this.littleEndian);
    if (count > MAX_FIELDS) throw new RangeError("TIFF directory of too many fields");
    const end = offset + 2 + count * ENTRY_BYTES;
    const fields = new Map<number, TiffField>();
    for (let entry = offset + 2; entry < end; entry += ENTRY_BYTES) {
      const field = this.#field(entry);
      if (!fields.has(field.tag)) fields.set(field.tag, field);
    }
    // a directory cut off right after its entries is the last one
    const next = end + 4 <= this.bytes.length ? this.#view.getUint32(end, this.littleEndian) : 0;
    return { fields, next };
  }

  /**
   * @param options - `maxCount`: so many values at most
   * @returns the values of a field; empty when the directory has none of that tag
   * @throws {RangeError} when they are no whole numbers or do not lie within the file
   */
  numbers(directory: TiffDirectory, tag: number, options: { maxCount?: number } = {}): number[] {
    const field = directory.fields.get(tag);
    if (!field) return [];
    const size = TYPE_BYTES[field.type];
    const length = Math.min(field.count, options.maxCount ?? Infinity);
    if (!size || field.position + length * size > this.bytes.length) throw new RangeError("Damaged TIFF");
    return Array.from({ length }, (_, i) => this.#number(field.position + i * size, size));
  }

  /** The first value of a field, or `otherwise` when the directory has none of that tag. */
  number(directory: TiffDirectory, tag: number, otherwise: number): number {
    return this.numbers(directory, tag, { maxCount: 1 })[0] ?? otherwise;
  }

  #field(entry: number): TiffField {
    const tag = this.#view.getUint16(entry, this.littleEndian);
    const type = this.#view.getUint16(entry + 2, this.littleEndian);
    const count = this.#view.getUint32(entry + 4, this.littleEndian);
    const isInside = count * (TYPE_BYTES[type] ?? 8) <= 4;
    const position = isInside ? entry + 8 : this.#view.getUint32(entry + 8, this.littleEndian);
    return { tag, type, count, position, entry };
  }

  #number(position: number, size: number): number {
    if (size === 1) return this.#view.getUint8(position);
    if (size === 2) return this.#view.getUint16(position, this.littleEndian);
    return this.#view.getUint32(position, this.littleEndian);
  }
}

/** Orientation of a picture, 1 to 8; 1, which is upright, where there is none or one that does not exist. */
export function readOrientation(reader: TiffReader, directory: TiffDirectory): number {
  const orientation = reader.number(directory, TAG.orientation, 1);
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}
