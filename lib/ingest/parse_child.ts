// The program of a parsing child: reads files from standard input and writes what they hold as JSON lines to standard
// output. It has no permission but to read its own packages. A second thread tells the parent on standard error how much
// memory the process takes, also while a parser computes.

import { Buffer } from "node:buffer";
import { parseFile } from "./parse_file.ts";
import type { ParseLine, ParseRequest, ParseSetup } from "./parse_lines.ts";

/** Milliseconds between two reports of memory. */
const WATCH_INTERVAL_MS = 25;
const WATCH = `
const encoder = new TextEncoder();
const tell = () => Deno.stderr.writeSync(encoder.encode("rss " + Deno.memoryUsage().rss + "\\n"));
tell();
self.postMessage("started");
setInterval(tell, ${WATCH_INTERVAL_MS});
`;

/** Serves requests until standard input ends. */
export async function runParseChild(): Promise<void> {
  await watchMemory();
  const input = new StandardInput();
  const { data } = JSON.parse(input.readLine() ?? "null") as ParseSetup;
  for (let line = input.readLine(); line !== undefined; line = input.readLine()) {
    const { name, size } = JSON.parse(line) as ParseRequest;
    const bytes = input.readBytes(size);
    for await (const answer of parseFile({ name, bytes, data })) writeLine(answer);
  }
}

/** Starts the thread that tells how much memory this process takes. */
export async function watchMemory(): Promise<void> {
  const url = URL.createObjectURL(new Blob([WATCH], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  await new Promise((resolve) => worker.onmessage = resolve);
}

function writeLine(line: ParseLine): void {
  const bytes = Buffer.from(JSON.stringify(line) + "\n");
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Standard input as lines and counted bytes, read when asked for. */
class StandardInput {
  #held = new Uint8Array(1 << 16);
  #start = 0;
  #end = 0;

  /** The next line without its end, undefined at the end of the input. */
  readLine(): string | undefined {
    for (let seen = this.#start;;) {
      const at = this.#held.subarray(0, this.#end).indexOf(10, seen);
      if (at >= 0) {
        const line = new TextDecoder().decode(this.#held.subarray(this.#start, at));
        this.#start = at + 1;
        return line;
      }
      seen = this.#end - this.#start;
      if (!this.#fill()) return undefined;
      seen += this.#start;
    }
  }

  readBytes(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    const held = Math.min(size, this.#end - this.#start);
    bytes.set(this.#held.subarray(this.#start, this.#start + held));
    this.#start += held;
    for (let at = held; at < size;) {
      const count = Deno.stdin.readSync(bytes.subarray(at));
      if (count === null) throw new Error("Internal: the request ends early");
      at += count;
    }
    return bytes;
  }

  /** Reads more behind what is held; false at the end. */
  #fill(): boolean {
    if (this.#start > 0) {
      this.#held.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#held.length) {
      const larger = new Uint8Array(2 * this.#held.length);
      larger.set(this.#held);
      this.#held = larger;
    }
    const count = Deno.stdin.readSync(this.#held.subarray(this.#end));
    this.#end += count ?? 0;
    return count !== null;
  }
}

if (import.meta.main) await runParseChild();
