// Looks through the runs of the levels and dictionary indices of a page before they are decoded: a run of a few bytes can
// say that a value is repeated billions of times. Encodings: https://parquet.apache.org/docs/file-format/data-pages.

/** What is needed of a page's header. */
export interface PageShape {
  readonly encoding: string;
  readonly numValues: number;
  /** Highest levels of the column; 0 when the page has none of the kind. */
  readonly maxRepetition: number;
  readonly maxDefinition: number;
  /** Lengths of the levels in a page of the second kind, which has them in front of the compressed part. */
  readonly levelBytes?: { readonly repetition: number; readonly definition: number };
  readonly isBoolean: boolean;
}

/**
 * Checks the levels of a page of the second kind.
 *
 * @param page - as it is in the file
 * @throws {Error} when a run is longer than the page has values
 */
export function checkLevels(page: Uint8Array, shape: PageShape): void {
  const { levelBytes = { repetition: 0, definition: 0 }, numValues, maxRepetition, maxDefinition } = shape;
  const { repetition, definition } = levelBytes;
  if (!(repetition >= 0 && definition >= 0 && repetition + definition <= page.length)) throw damaged();
  const levels = page.subarray(repetition, repetition + definition);
  if (maxRepetition > 0) {
    checkRuns(page.subarray(0, repetition), { width: widthOf(maxRepetition), numValues });
  }
  if (maxDefinition > 0) checkRuns(levels, { width: widthOf(maxDefinition), numValues });
}

/**
 * Checks the decompressed part of a page.
 *
 * @throws {Error} when a run is longer than the page has values
 */
export function checkValues(page: Uint8Array, shape: PageShape): void {
  const { encoding, numValues, isBoolean } = shape;
  let rest = page;
  if (shape.levelBytes === undefined) {
    for (const max of [shape.maxRepetition, shape.maxDefinition]) {
      if (max > 0) rest = checkPrefixedRuns(rest, { width: widthOf(max), numValues });
    }
  }
  if (isBoolean && encoding === "RLE") checkPrefixedRuns(rest, { width: 1, numValues });
  else if (encoding.endsWith("DICTIONARY") || encoding === "RLE") {
    if (rest.length > 0) checkRuns(rest.subarray(1), { width: rest[0], numValues });
  }
}

/** Runs behind their length in four bytes; returns what follows. */
function checkPrefixedRuns(
  bytes: Uint8Array,
  options: { readonly width: number; readonly numValues: number },
): Uint8Array {
  if (bytes.length < 4) throw damaged();
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (length > bytes.length - 4) throw damaged();
  checkRuns(bytes.subarray(4, 4 + length), options);
  return bytes.subarray(4 + length);
}

function checkRuns(bytes: Uint8Array, options: { readonly width: number; readonly numValues: number }): void {
  const { width, numValues } = options;
  if (width > 32) throw damaged();
  let seen = 0;
  for (let at = 0; seen < numValues && at < bytes.length;) {
    let header = 0;
    let shift = 0;
    for (;; shift += 7) {
      if (at >= bytes.length || shift > 28) throw damaged();
      const byte = bytes[at++];
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const count = isPacked ? 8 * Math.floor(header / 2) : header / 2;
    // packed values come in eights, of which the last ones may mean nothing
    if (count === 0 || seen + count > numValues + (isPacked ? 7 : 0)) throw damaged();
    at += isPacked ? count / 8 * width : (width + 7) >> 3;
    seen += count;
  }
}

function widthOf(max: number): number {
  return 32 - Math.clz32(max);
}

function damaged(): Error {
  return new Error("Cannot read the runs of a page");
}
