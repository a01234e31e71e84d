// Parsing children side by side: hands files out in the order they come and replaces a child that was killed, that has
// parsed many files, or that has grown.

import type { Config } from "../config/config.ts";
import type { ParsedFile } from "./parse_lines.ts";
import { type FileToParse, ParserProcess } from "./parser_process.ts";

/** Files a child parses before a fresh one takes over, when a package parses them: what it leaks stays bounded. */
const MOST_FILES = 50;

/** A file in the queue. */
interface Waiting {
  readonly file: FileToParse;
  readonly resolve: (files: ParsedFile[]) => void;
}

/** A bounded number of children. */
export class ParsePool implements AsyncDisposable {
  readonly #data: Config["data"];
  readonly #readable: readonly string[];
  readonly #idle: ParserProcess[] = [];
  readonly #all = new Set<ParserProcess>();
  readonly #queue: Waiting[] = [];
  #busy = 0;
  #isOpen = true;

  /**
   * Starts no child before there is a file.
   *
   * @param data - settings of the run
   * @param options.readable - folders every child may read
   */
  constructor(data: Config["data"], options: { readonly readable: readonly string[] }) {
    this.#data = data;
    this.#readable = options.readable;
  }

  /** Children at most. */
  get size(): number {
    return this.#data.workers === 0 ? navigator.hardwareConcurrency : this.#data.workers;
  }

  /** Parses a file as soon as a child is free. */
  parse(file: FileToParse): Promise<ParsedFile[]> {
    return new Promise((resolve) => {
      this.#queue.push({ file, resolve });
      this.#next();
    });
  }

  /** Ends all children. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await Promise.all([...this.#all].map((child) => child[Symbol.asyncDispose]()));
  }

  #next(): void {
    if (!this.#isOpen || this.#busy === this.size) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) return;
    this.#busy++;
    void this.#serve(waiting);
  }

  async #serve({ file, resolve }: Waiting): Promise<void> {
    const isOwn = file.location !== undefined;
    const child = isOwn ? this.#start([...this.#readable, file.location]) : this.#idle.pop() ?? this.#start(this.#readable);
    const files = await child.parse(file);
    if (!isOwn && this.#isFit(child)) this.#idle.push(child);
    else void this.#end(child);
    this.#busy--;
    resolve(files);
    this.#next();
  }

  #isFit(child: ParserProcess): boolean {
    return child.isAlive && child.packageFiles < MOST_FILES && child.rssBytes < this.#data.parserMemory / 2;
  }

  #start(readable: readonly string[]): ParserProcess {
    const child = new ParserProcess(this.#data, { readable });
    this.#all.add(child);
    return child;
  }

  async #end(child: ParserProcess): Promise<void> {
    await child[Symbol.asyncDispose]();
    this.#all.delete(child);
  }
}
