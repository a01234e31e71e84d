// One line that says how far a command is, on standard error. A terminal sees one line rewritten in place;
// anything else (a file, a pipe, TERM=dumb) sees a plain line every few seconds. No colours and no escape
// codes.

import { fitText, plainText, textWidth } from "./_columns.ts";

/** A terminal's line changes at most this often, so that drawing never costs more than working. */
const TERMINAL_INTERVAL_MS = 100;

/** A log gets a line at most this often. */
const LOG_INTERVAL_MS = 5000;

/** Where and how a progress line is written; everything has a default. */
export interface ProgressOptions {
  /** Rewrites one line; where left out, standard error is a terminal that can. */
  readonly isTerminal?: boolean;
  /** Columns of the terminal. */
  readonly columns?: () => number;
  readonly write?: (text: string) => void;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/**
 * A progress line, held with `using`.
 *
 * @example
 * ```ts ignore
 * using progress = new ProgressLine();
 * for (const file of files) progress.update(`Read ${file}`);
 * progress.print("Read all files");
 * ```
 */
export class ProgressLine {
  readonly #isTerminal: boolean;
  readonly #columns: () => number;
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  /** Columns now covered by the rewritten line. */
  #drawn = 0;
  #lastMs: number;

  constructor(options: ProgressOptions = {}) {
    this.#isTerminal = options.isTerminal ?? isRewritable();
    this.#columns = options.columns ?? terminalColumns;
    this.#write = options.write ?? writeToStderr;
    this.#now = options.now ?? (() => performance.now());
    // A terminal shows the first update at once, a log only what takes long.
    this.#lastMs = this.#isTerminal ? -Infinity : this.#now();
  }

  /** Shows a text, unless the last one is too recent. */
  update(text: string): void {
    const now = this.#now();
    if (now - this.#lastMs < (this.#isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.#lastMs = now;
    if (this.#isTerminal) this.#draw(text);
    else this.#write(`${plainText(text)}\n`);
  }

  /** Writes a line that stays, above the progress line. */
  print(text: string): void {
    this.clear();
    this.#write(`${plainText(text)}\n`);
  }

  /** Removes the progress line. */
  clear(): void {
    if (this.#drawn === 0) return;
    this.#write(`\r${" ".repeat(this.#drawn)}\r`);
    this.#drawn = 0;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  // The last column stays free: writing there makes some terminals go to the next line.
  #draw(text: string): void {
    const fitted = fitText(plainText(text), Math.max(1, this.#columns() - 1));
    const width = textWidth(fitted);
    this.#write(`\r${fitted}${" ".repeat(Math.max(0, this.#drawn - width))}`);
    this.#drawn = width;
  }
}

function isRewritable(): boolean {
  return Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

// Progress is never worth an error: a closed standard error is ignored.
function writeToStderr(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
