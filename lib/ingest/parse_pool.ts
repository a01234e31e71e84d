// Parsing children side by side: hands files out in the order they come and replaces a child that was killed, that has
// parsed many files, or that has grown. A small file is sent to a child that is still busy with another small one, so that
// no child waits while the parent writes.

import type { Config } from "../config/config.ts";
import { findPackageFolder } from "./package_folder.ts";
import { type FileToParse, type Parsed, ParserProcess } from "./parser_process.ts";

/** Files a child parses before a fresh one takes over, when packages parse them: what they leak stays bounded. */
const MOST_PACKAGE_FILES = 50;

/** A file in the queue. */
interface Waiting {
  readonly file: FileToParse;
  readonly resolve: (parsed: Parsed) => void;
}

/** A child and what it has to do. */
interface Place {
  readonly process: ParserProcess;
  readonly hasPackages: boolean;
  /** Files handed to it and not finished, at most two. */
  readonly files: Set<FileToParse>;
}

/** A bounded number of children. */
export class ParsePool implements AsyncDisposable {
  readonly #data: Config["data"];
  readonly #packageFolder: string;
  readonly #places = new Set<Place>();
  readonly #ending = new Set<Promise<void>>();
  readonly #queue: Waiting[] = [];
  #isOpen = true;

  private constructor(data: Config["data"], packageFolder: string) {
    this.#data = data;
    this.#packageFolder = packageFolder;
  }

  /**
   * Opens a pool; no child is started before there is a file.
   *
   * @param data - settings of the run
   */
  static async open(data: Config["data"]): Promise<ParsePool> {
    return new ParsePool(data, await findPackageFolder());
  }

  /** Children at work at most. */
  get size(): number {
    return this.#data.workers === 0 ? navigator.hardwareConcurrency : this.#data.workers;
  }

  /** Parses a file as soon as a child is free. */
  parse(file: FileToParse): Promise<Parsed> {
    return new Promise((resolve) => {
      this.#queue.push({ file, resolve });
      this.#handOut();
    });
  }

  /** Ends all children. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    for (const place of this.#places) this.#end(place);
    await Promise.all(this.#ending);
  }

  #handOut(): void {
    while (this.#isOpen && this.#queue.length > 0) {
      const place = this.#findPlace(this.#queue[0].file);
      if (place === undefined) return;
      void this.#serve(this.#queue.shift()!, place);
    }
  }

  /** An idle child, a new one, or for a small file one that is busy with a small file. */
  #findPlace(file: FileToParse): Place | undefined {
    const fitting = [...this.#places].filter((place) =>
      place.hasPackages === file.needsPackages && this.#isFit(place)
    );
    const busy = [...this.#places].filter(({ files }) => files.size > 0);
    if (busy.length < this.size) return fitting.find(({ files }) => files.size === 0) ?? this.#start(file);
    if (!file.isSmall) return undefined;
    return fitting.find(({ files }) => files.size === 1 && [...files].every(({ isSmall }) => isSmall));
  }

  #start({ needsPackages }: FileToParse): Place {
    const readable = needsPackages ? [this.#packageFolder] : [];
    const process = new ParserProcess(this.#data, { readable, needsPackages });
    const place = { process, hasPackages: needsPackages, files: new Set<FileToParse>() };
    this.#places.add(place);
    return place;
  }

  async #serve({ file, resolve }: Waiting, place: Place): Promise<void> {
    place.files.add(file);
    const parsed = await place.process.parse(file);
    place.files.delete(file);
    // The child ended while it was busy with another file: this one has its turn again.
    if (parsed === undefined) this.#queue.unshift({ file, resolve });
    if (!this.#isFit(place) && place.files.size === 0) this.#end(place);
    this.#handOut();
    if (parsed !== undefined) resolve(parsed);
  }

  #isFit({ process, hasPackages }: Place): boolean {
    return process.isAlive && process.rssBytes < this.#data.parserMemory / 2 &&
      (!hasPackages || process.files < MOST_PACKAGE_FILES);
  }

  #end(place: Place): void {
    this.#places.delete(place);
    const ended = place.process[Symbol.asyncDispose]().then(() => {
      this.#ending.delete(ended);
    });
    this.#ending.add(ended);
  }
}
