// One parsing child: a second process of this program with no permission but to read its own packages. It parses one file at a
// time and is killed when that file takes more memory, time or text than the settings allow; the file then has that as
// its reason and nothing else is lost.

import { Buffer } from "node:buffer";
import type { Config } from "../config/config.ts";
import { childCommand, type ChildOptions } from "./_child_command.ts";
import {
  collectFiles,
  type ParsedFile,
  type ParseLine,
  type ParseRequest,
  unreadOutcome,
} from "./parse_lines.ts";

/** A file for a child. */
export interface FileToParse {
  /** File name without folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Our own code does not suffice for it. */
  readonly needsPackages: boolean;
  /** It takes no longer than a moment. */
  readonly isSmall: boolean;
  /** Told of every page. */
  readonly onPages?: (done: number, total: number) => void;
}

/** Milliseconds between two looks at the clocks. */
const LOOK_INTERVAL_MS = 50;

/** What came of a file. */
export interface Parsed {
  /** Members of an archive and, last, the file itself. */
  readonly files: ParsedFile[];
  /** Milliseconds it took, waiting not counted. */
  readonly elapsedMs: number;
}

interface Job {
  readonly file: FileToParse;
  readonly lines: ParseLine[];
  readonly resolve: (parsed: Parsed | undefined) => void;
  startedAt: number;
  pageAt: number;
  outputBytes: number;
}

/** A running child. */
export class ParserProcess implements AsyncDisposable {
  readonly #data: Config["data"];
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #done: Promise<unknown>;
  /** The file that is parsed, and those sent after it. */
  readonly #jobs: Job[] = [];
  /** Why it was killed. */
  #verdict: string | undefined;
  #isAlive = true;
  #files = 0;
  #rssBytes = 0;
  readonly #clock = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
  #lastWords = "";

  /**
   * Starts a child.
   *
   * @param data - settings of the run
   * @param options - what it may do
   */
  constructor(data: Config["data"], options: ChildOptions) {
    this.#data = data;
    this.#child = childCommand(data, options).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#done = Promise.all([this.#readOutput(), this.#readWords(), this.#child.status]).then(() =>
      this.#end()
    );
    this.#write(new TextEncoder().encode(JSON.stringify({ data }) + "\n"));
  }

  /** Whether it can take another file. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Files it has finished. */
  get files(): number {
    return this.#files;
  }

  /** Memory it takes, by its own last report. */
  get rssBytes(): number {
    return this.#rssBytes;
  }

  /**
   * Parses a file, after those it was given before.
   *
   * @returns what came of it; undefined when the child ended before it came to this file. Never rejects for anything a file does
   */
  parse(file: FileToParse): Promise<Parsed | undefined> {
    return new Promise((resolve) => {
      if (!this.#isAlive) return resolve(undefined);
      const now = performance.now();
      this.#jobs.push({ file, lines: [], resolve, startedAt: now, pageAt: now, outputBytes: 0 });
      const { name, bytes } = file;
      const request: ParseRequest = { name, size: bytes.length };
      this.#write(Buffer.concat([Buffer.from(JSON.stringify(request) + "\n"), bytes]));
    });
  }

  /** Ends the child at once. */
  kill(): void {
    this.#isAlive = false;
    clearInterval(this.#clock);
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended already
    }
  }

  /** Ends the child and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#done;
  }

  /** A child that is gone takes nothing more: its end is told by its output. */
  #write(bytes: Uint8Array): void {
    this.#writer.write(bytes).catch(() => {});
  }

  async #readOutput(): Promise<void> {
    const decoder = new TextDecoder();
    let line = "";
    for await (const chunk of this.#child.stdout) {
      this.#countOutput(chunk.length);
      const text = decoder.decode(chunk, { stream: true });
      let start = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        this.#take(line + text.slice(start, end));
        line = "";
        start = end + 1;
      }
      line += text.slice(start);
      if (this.#verdict !== undefined) line = "";
    }
  }

  /** Reports of memory, and what the runtime says when it gives up. */
  async #readWords(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      const text = decoder.decode(chunk, { stream: true });
      const report = /rss (\d+)\n(?![^]*rss \d+\n)/.exec(text);
      if (report !== null) this.#report(Number(report[1]));
      this.#lastWords = (this.#lastWords + text.replace(/rss \d+\n/g, "")).slice(-2000);
      this.#look();
    }
  }

  /** The first report says that the child is up, packages and all: only now its clocks start. */
  #report(rssBytes: number): void {
    const [job] = this.#jobs;
    if (this.#rssBytes === 0 && job !== undefined) job.startedAt = job.pageAt = performance.now();
    this.#rssBytes = rssBytes;
  }

  #take(line: string): void {
    const [job] = this.#jobs;
    if (job === undefined || this.#verdict !== undefined) return;
    const parsed = JSON.parse(line) as ParseLine;
    if ("pages" in parsed) {
      job.pageAt = performance.now();
      job.file.onPages?.(parsed.pages.done, parsed.pages.total);
      return;
    }
    job.lines.push(parsed);
    if ("file" in parsed && parsed.file.member === "") this.#finish(collectFiles(job.lines).files);
  }

  #finish(files: ParsedFile[]): void {
    const job = this.#jobs.shift()!;
    this.#files++;
    const now = performance.now();
    const [next] = this.#jobs;
    if (next !== undefined) next.startedAt = next.pageAt = now;
    job.resolve({ files, elapsedMs: now - job.startedAt });
  }

  #countOutput(bytes: number): void {
    const [job] = this.#jobs;
    if (job === undefined) return;
    job.outputBytes += bytes;
    if (job.outputBytes > this.#data.maxOutput) this.#stop("text larger than data.max_output");
  }

  #look(): void {
    const { parserMemory, fileTimeout, pageTimeout } = this.#data;
    const [job] = this.#jobs;
    if (job === undefined || this.#rssBytes === 0) return;
    const now = performance.now();
    // The bytes of the file itself are held twice, as bytes and as text.
    if (this.#rssBytes > parserMemory + 4 * job.file.bytes.length) {
      this.#stop("took more memory than data.parser_memory");
    } else if (now - job.startedAt > 1000 * fileTimeout) {
      this.#stop("took longer than data.file_timeout");
    } else if (now - job.pageAt > 1000 * pageTimeout) {
      this.#stop("took longer than data.page_timeout for a page");
    }
  }

  #stop(reason: string): void {
    this.#verdict ??= reason;
    this.kill();
  }

  /** The child is gone: the file it had gets that as its reason, and keeps what came of it before. */
  #end(): void {
    this.kill();
    const [job, ...others] = this.#jobs;
    if (job === undefined) return;
    const reason = this.#verdict ??
      (/out of memory/i.test(this.#lastWords)
        ? "took more memory than data.parser_memory"
        : "the parser crashed");
    const { files, rest } = collectFiles(job.lines);
    const status = files.length > 0 || rest.documents.length > 0 ? "partial" : "failed";
    const outcome = { ...unreadOutcome("", job.file.bytes.length), status, reason } as const;
    this.#finish([...files, { ...outcome, ...rest }]);
    for (const { resolve } of others) resolve(undefined);
  }
}
