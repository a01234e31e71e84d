// Parsing children side by side: hands files out in the order they come and replaces a child that was killed, that has
// parsed many files, or that has grown.

import type { Config } from "../config/config.ts";
import type { ParsedFile } from "./parse_lines.ts";
import { type FileToParse, ParserProcess } from "./parser_process.ts";

/** Files a child parses before a fresh one takes over, when packages parse them: what they leak stays bounded. */
const MOST_PACKAGE_FILES = 50;

/** A file in the queue. */
interface Waiting {
  readonly file: FileToParse;
  readonly resolve: (files: ParsedFile[]) => void;
}

/** A bounded number of children. */
export class ParsePool implements AsyncDisposable {
  readonly #data: Config["data"];
  /** Idle children without and with packages. */
  readonly #idle: Record<"own" | "packages", ParserProcess[]> = { own: [], packages: [] };
  readonly #all = new Set<ParserProcess>();
  readonly #queue: Waiting[] = [];
  #busy = 0;
  #packageFolder: Promise<string> | undefined;
  #isOpen = true;

  /**
   * Starts no child before there is a file.
   *
   * @param data - settings of the run
   */
  constructor(data: Config["data"]) {
    this.#data = data;
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
    const { needsPackages } = file;
    const idle = this.#idle[needsPackages ? "packages" : "own"];
    const child = idle.pop() ?? await this.#start(needsPackages);
    const files = await child.parse(file);
    if (this.#isFit(child, needsPackages)) idle.push(child);
    else void this.#end(child);
    this.#busy--;
    resolve(files);
    this.#next();
  }

  #isFit(child: ParserProcess, needsPackages: boolean): boolean {
    return child.isAlive && child.rssBytes < this.#data.parserMemory / 2 &&
      (!needsPackages || child.files < MOST_PACKAGE_FILES);
  }

  /** Idle children of the other sort make room, so that there are never more than `size`. */
  async #start(needsPackages: boolean): Promise<ParserProcess> {
    const other = this.#idle[needsPackages ? "own" : "packages"];
    while (other.length > 0 && this.#all.size >= this.size) void this.#end(other.pop()!);
    const readable = needsPackages ? [await (this.#packageFolder ??= findPackageFolder())] : [];
    const child = new ParserProcess(this.#data, { readable, needsPackages });
    this.#all.add(child);
    return child;
  }

  async #end(child: ParserProcess): Promise<void> {
    await child[Symbol.asyncDispose]();
    this.#all.delete(child);
  }
}

/** Where the runtime keeps npm packages. */
async function findPackageFolder(): Promise<string> {
  const args = ["info", "--json", "--no-config"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string }).npmCache;
}
