// Deals documents out to the training and the validation split as they come, and writes them down. Which
// split a document goes to depends on its own text only, so adding files never moves the others. A few
// documents of unequal size can turn out lopsided that way; then the end of the longest one becomes
// validation data, as is usual for a corpus of a single file.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { sha256File } from "../common/hash.ts";
import { countCharacters } from "./count_characters.ts";
import type { SplitName, SplitSummary } from "./manifest.ts";
import { NearDuplicates } from "./near_duplicates.ts";
import { changeRow, openRowWriter, type RowWriter, type TextRow } from "./text_rows.ts";

/** Where a document went. */
export interface Placement {
  /** A duplicate went nowhere. */
  readonly split: SplitName | "duplicate";
  /** Of a duplicate: path of the document it repeats, whether they are equal, and how alike they are, up to 1. */
  readonly duplicateOf?: { readonly path: string; readonly isEqual: boolean; readonly similarity: number };
}

/** The finished splits. */
export interface SplitReport {
  /** The training split. */
  readonly train: SplitSummary;
  /** The validation split. */
  readonly validation: SplitSummary;
  /** Path of the document moved whole from validation to training; null when none was. */
  readonly movedDocument: string | null;
  /** Path of the document whose end became validation data; null when none was cut. */
  readonly cutDocument: string | null;
}

interface Split {
  readonly file: string;
  documents: number;
  characters: number;
  longest: { readonly index: number; readonly path: string; readonly characters: number } | undefined;
}

// kept as dealt while validation has a quarter of its share and takes at most half of training's
const MIN_SHARE = 1 / 4;
const MAX_SHARE = 1 / 2;

/** Writes train.jsonl and validation.jsonl into a folder. */
export class SplitWriter implements Disposable {
  readonly #dir: string;
  readonly #validationFraction: number;
  /** Path of every document by the hash of its text. */
  readonly #seen = new Map<string, string>();
  readonly #near: NearDuplicates;
  /** Paths by the number under which #near knows a document. */
  readonly #nearPaths: string[] = [];
  readonly #splits: Record<SplitName, Split> = {
    train: newSplit("train"),
    validation: newSplit("validation"),
  };
  readonly #writers: Record<SplitName, RowWriter>;

  /**
   * Starts both files, empty.
   *
   * @param dir - folder to write into
   * @param options.validationFraction - share of validation, 0 (none) to below 1
   * @param options.nearDuplicateSimilarity - documents at least so alike are duplicates, 0 turns that off
   */
  constructor(
    dir: string,
    options: { readonly validationFraction: number; readonly nearDuplicateSimilarity: number },
  ) {
    this.#dir = dir;
    this.#near = new NearDuplicates(options.nearDuplicateSimilarity);
    this.#validationFraction = options.validationFraction;
    this.#writers = {
      train: openRowWriter(join(dir, this.#splits.train.file)),
      validation: openRowWriter(join(dir, this.#splits.validation.file)),
    };
  }

  /**
   * Writes a document to its split unless an equal or almost equal one came before.
   *
   * @param about.characters - code points of the document
   * @param about.signature - of MinHash; null for a document that is compared for equality only
   */
  add(
    row: TextRow,
    about: { readonly characters: number; readonly signature: Uint32Array | null },
  ): Placement {
    const { characters, signature } = about;
    const digest = createHash("sha256").update(row.text).digest();
    const key = digest.toString("latin1", 0, 16);
    const equal = this.#seen.get(key);
    if (equal !== undefined) {
      return { split: "duplicate", duplicateOf: { path: equal, isEqual: true, similarity: 1 } };
    }
    this.#seen.set(key, row.path);
    const duplicateOf = this.#findNear(row.path, signature);
    if (duplicateOf !== undefined) return { split: "duplicate", duplicateOf };
    const name = digest.readUIntBE(0, 6) / 2 ** 48 < this.#validationFraction ? "validation" : "train";
    this.#append(name, { row, characters, writer: this.#writers[name] });
    return { split: name };
  }

  /** Evens the splits out where needed and closes the files. */
  async finish(): Promise<SplitReport> {
    this[Symbol.dispose]();
    const { train, validation } = this.#splits;
    const total = train.characters + validation.characters;
    const wanted = total * this.#validationFraction;
    let movedDocument: string | null = null;
    let cutDocument: string | null = null;
    if (validation.longest !== undefined && validation.characters - wanted > (total - wanted) * MAX_SHARE) {
      movedDocument = validation.longest.path;
      await this.#transfer("validation", "train", () => 0);
    }
    const tail = Math.min(Math.ceil(wanted - validation.characters), (train.longest?.characters ?? 0) >> 1);
    if (validation.characters < wanted * MIN_SHARE && tail > 0) {
      cutDocument = train.longest!.path;
      await this.#transfer("train", "validation", (text) => cutPosition(text, tail));
    }
    const summaries = { train: await this.#summary("train"), validation: await this.#summary("validation") };
    return { ...summaries, movedDocument, cutDocument };
  }

  /** Writes what is buffered and closes the files. */
  [Symbol.dispose](): void {
    this.#writers.train[Symbol.dispose]();
    this.#writers.validation[Symbol.dispose]();
  }

  #findNear(path: string, signature: Uint32Array | null): Placement["duplicateOf"] {
    if (signature === null) return undefined;
    const near = this.#near.add(this.#nearPaths.length, signature);
    if (near !== undefined) {
      return { path: this.#nearPaths[near.id], isEqual: false, similarity: near.similarity };
    }
    this.#nearPaths.push(path);
    return undefined;
  }

  #append(name: SplitName, document: { row: TextRow; characters: number; writer: RowWriter }): void {
    const split = this.#splits[name];
    const { row, characters, writer } = document;
    writer.write(row);
    if (characters > (split.longest?.characters ?? -1)) {
      split.longest = { index: split.documents, path: row.path, characters };
    }
    split.documents++;
    split.characters += characters;
  }

  /** Moves the longest document, from the position that `cut` finds to its end, to the other split. */
  async #transfer(from: SplitName, to: SplitName, cut: (text: string) => number): Promise<void> {
    const source = this.#splits[from];
    const moved: TextRow[] = [];
    await changeRow(join(this.#dir, source.file), {
      index: source.longest!.index,
      change: ({ path, text }) => {
        const at = cut(text);
        moved.push({ path, text: text.slice(at) });
        if (at === 0) source.documents--;
        return at === 0 ? undefined : { path, text: text.slice(0, at) };
      },
    });
    using writer = openRowWriter(join(this.#dir, this.#splits[to].file));
    for (const row of moved) {
      const characters = countCharacters(row.text);
      source.characters -= characters;
      this.#append(to, { row, characters, writer });
    }
  }

  async #summary(name: SplitName): Promise<SplitSummary> {
    const { file, documents, characters } = this.#splits[name];
    const path = join(this.#dir, file);
    const { size } = await Deno.stat(path);
    return { file, documents, characters, fileBytes: size, sha256: await sha256File(path) };
  }
}

function newSplit(name: SplitName): Split {
  return { file: `${name}.jsonl`, documents: 0, characters: 0, longest: undefined };
}

/** Where the last `tail` characters begin, moved to a start of a line where one is near; inside no pair. */
function cutPosition(text: string, tail: number): number {
  const at = text.length - tail;
  const lineEnd = text.indexOf("\n", at);
  if (lineEnd >= 0 && lineEnd - at <= tail / 10 && lineEnd + 1 < text.length) return lineEnd + 1;
  const isInsidePair = (text.charCodeAt(at) & 0xfc00) === 0xdc00 &&
    (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return isInsidePair ? at - 1 : at;
}
