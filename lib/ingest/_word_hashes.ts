// A text as a list of numbers, one a word, for measures that only ask which words are equal. Words are runs of letters and
// digits, capital or small alike in ASCII; a character of a script without spaces is a word of its own.

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const OTHER = 0, LETTER = 1, ALONE = 2;

const ASCII_KIND = Uint8Array.from(
  { length: 0x80 },
  (_, code) => /[A-Za-z0-9]/.test(String.fromCharCode(code)) ? LETTER : OTHER,
);

/**
 * Hashes the words of a text in order.
 *
 * @param text - a finished document
 * @param most - words after these are left out
 */
export function wordHashes(text: string, most = Infinity): Int32Array {
  let hashes = new Int32Array(64 + (text.length >> 2));
  let words = 0;
  let word = FNV_OFFSET;
  for (let at = 0; at <= text.length && words < most; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0x20;
    const kind = code < 0x80 ? ASCII_KIND[code] : kindOf(code);
    if (kind === LETTER) {
      // FNV-1a; the bit makes ASCII capitals small
      word = Math.imul(word ^ (code < 0x80 ? code | 0x20 : code), FNV_PRIME);
      continue;
    }
    if (words + 2 > hashes.length) hashes = grow(hashes);
    if (word !== FNV_OFFSET) {
      hashes[words++] = mix(word);
      word = FNV_OFFSET;
    }
    if (kind === ALONE) hashes[words++] = mix(Math.imul(code ^ FNV_OFFSET, FNV_PRIME));
  }
  return hashes.subarray(0, Math.min(words, most));
}

/** Finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Of a UTF-16 unit beyond ASCII. */
function kindOf(code: number): number {
  if (code < 0x0e00) return code < 0xc0 && code !== 0xaa && code !== 0xb5 && code !== 0xba ? OTHER : LETTER;
  // Thai, Lao; Burmese; Khmer
  if (code < 0x0f00 || (code >= 0x1000 && code < 0x10a0) || (code >= 0x1780 && code < 0x1800)) return ALONE;
  if (code < 0x2000) return LETTER;
  // punctuation, symbols; CJK punctuation; full-width punctuation
  if (code < 0x2c00 || (code >= 0x3000 && code < 0x3040) || (code >= 0xff00 && code < 0xff10)) return OTHER;
  // kana, Han; compatibility Han
  if ((code >= 0x3040 && code < 0xa000) || (code >= 0xf900 && code < 0xfb00)) return ALONE;
  return LETTER;
}

function grow(hashes: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * hashes.length);
  larger.set(hashes);
  return larger;
}
