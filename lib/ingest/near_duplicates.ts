// Finds documents that say almost the same as an earlier one, by locality-sensitive hashing of MinHash signatures: places
// are grouped into bands, and only documents that agree in a whole band are compared (Leskovec, Rajaraman and Ullman, Mining
// of Massive Datasets, chapter 3, http://www.mmds.org). The first of the documents stays; the order they come in decides
// alone, so the same documents in the same order give the same result.
//
// Memory: 512 bytes a document for its signature, the rest for the index of 21 bands at a similarity of 0.8: 850 bytes
// measured, twice that while a table grows, and with MOST_DOCUMENTS below 4 GB. Duplicates take none.

import { SIGNATURE_LENGTH } from "./minhash.ts";

/** An earlier document. */
export interface NearDuplicate {
  /** Number it was added under. */
  readonly id: number;
  /** Estimated Jaccard similarity, from the threshold to 1. */
  readonly similarity: number;
}

/** Documents after these are compared with them and not with each other. */
const MOST_DOCUMENTS = 2_000_000;
/** Documents that share boilerplate must not make the search quadratic. */
const MOST_COMPARISONS = 200;
/** Where more documents share a band, the later ones are found by their other bands. */
const MOST_PROBES = 256;
/** Documents exactly as alike as the threshold are found with at least this probability. */
const MIN_RECALL = 0.99;
const NONE = -1;

/** Remembers signatures and finds the earlier one most like a new one. */
export class NearDuplicates {
  readonly #similarity: number;
  readonly #rows: number;
  readonly #bands: number;
  /** Signatures one after another. */
  #signatures = new Uint32Array(64 * SIGNATURE_LENGTH);
  #ids: number[] = [];
  /** Open addressing from the hash of a band to the number of a signature, for all bands together. */
  #table = new Int32Array(1 << 12).fill(NONE);
  #entries = 0;

  /** @param similarity - documents at least so alike are duplicates, above 0 to 1; 0 finds none */
  constructor(similarity: number) {
    this.#similarity = similarity;
    this.#rows = rowsFor(similarity);
    this.#bands = Math.floor(SIGNATURE_LENGTH / this.#rows);
  }

  /**
   * Looks for an earlier document like this one, and remembers this one when there is none.
   *
   * @param id - number of the document
   * @param signature - from minhash()
   * @returns the most similar earlier document, the first of several; undefined when none is similar enough
   */
  add(id: number, signature: Uint32Array): NearDuplicate | undefined {
    if (this.#similarity === 0) return undefined;
    const hashes = this.#bandHashes(signature);
    const found = this.#find(signature, hashes);
    if (found !== undefined) return found;
    if (this.#ids.length < MOST_DOCUMENTS) this.#remember(id, { signature, hashes });
    return undefined;
  }

  #find(signature: Uint32Array, hashes: Uint32Array): NearDuplicate | undefined {
    const compared = new Set<number>();
    let best = NONE;
    let most = Math.ceil(this.#similarity * SIGNATURE_LENGTH - 1e-9) - 1;
    const mask = this.#table.length - 1;
    for (let band = 0; band < this.#bands && compared.size < MOST_COMPARISONS; band++) {
      for (let slot = hashes[band] & mask; this.#table[slot] !== NONE; slot = (slot + 1) & mask) {
        const other = this.#table[slot];
        if (compared.has(other) || !this.#sharesBand(other, { signature, band })) continue;
        if (compared.size === MOST_COMPARISONS) break;
        compared.add(other);
        const equal = this.#countEqual(other, signature);
        if (equal > most || (equal === most && best !== NONE && other < best)) [best, most] = [other, equal];
      }
    }
    return best === NONE ? undefined : { id: this.#ids[best], similarity: most / SIGNATURE_LENGTH };
  }

  #sharesBand(other: number, band: { readonly signature: Uint32Array; readonly band: number }): boolean {
    const start = band.band * this.#rows;
    const at = other * SIGNATURE_LENGTH;
    for (let row = start; row < start + this.#rows; row++) {
      if (this.#signatures[at + row] !== band.signature[row]) return false;
    }
    return true;
  }

  #countEqual(other: number, signature: Uint32Array): number {
    const at = other * SIGNATURE_LENGTH;
    let equal = 0;
    for (let place = 0; place < SIGNATURE_LENGTH; place++) {
      if (this.#signatures[at + place] === signature[place]) equal++;
    }
    return equal;
  }

  #remember(id: number, one: { readonly signature: Uint32Array; readonly hashes: Uint32Array }): void {
    const number = this.#ids.length;
    const at = number * SIGNATURE_LENGTH;
    if (at === this.#signatures.length) {
      const larger = new Uint32Array((number + (number >> 1)) * SIGNATURE_LENGTH);
      larger.set(this.#signatures);
      this.#signatures = larger;
    }
    this.#signatures.set(one.signature, at);
    this.#ids.push(id);
    if ((this.#entries + this.#bands) * 2 > this.#table.length) this.#grow();
    for (const hash of one.hashes) this.#insert(hash, number);
  }

  #insert(hash: number, number: number): void {
    const mask = this.#table.length - 1;
    for (let walked = 0; walked < MOST_PROBES; walked++) {
      const slot = (hash + walked) & mask;
      if (this.#table[slot] !== NONE) continue;
      this.#table[slot] = number;
      this.#entries++;
      return;
    }
  }

  #grow(): void {
    this.#table = new Int32Array(2 * this.#table.length).fill(NONE);
    this.#entries = 0;
    for (let number = 0; number < this.#ids.length; number++) {
      const at = number * SIGNATURE_LENGTH;
      const signature = this.#signatures.subarray(at, at + SIGNATURE_LENGTH);
      if (number < this.#ids.length - 1) {
        for (const hash of this.#bandHashes(signature)) this.#insert(hash, number);
      }
    }
  }

  #bandHashes(signature: Uint32Array): Uint32Array {
    const hashes = new Uint32Array(this.#bands);
    for (let band = 0; band < this.#bands; band++) {
      let hash = Math.imul(band + 1, 0x9e3779b1);
      for (let row = band * this.#rows; row < (band + 1) * this.#rows; row++) {
        hash = Math.imul(hash ^ signature[row], 0x85ebca6b);
        hash ^= hash >>> 15;
      }
      hashes[band] = hash;
    }
    return hashes;
  }
}

/** The most rows a band can have for the recall: more rows mean fewer needless comparisons. */
function rowsFor(similarity: number): number {
  for (let rows = 16; rows > 1; rows--) {
    const bands = Math.floor(SIGNATURE_LENGTH / rows);
    if (1 - (1 - similarity ** rows) ** bands >= MIN_RECALL) return rows;
  }
  return 1;
}
