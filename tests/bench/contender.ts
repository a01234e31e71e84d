// Something that can be timed beside others: a process that is started once, says when it is ready and then runs a round
// whenever it is asked (contending.ts is its side). What cannot be started is skipped, with the reason and a remedy.

import { toLines } from "./to_lines.ts";

/** What a contender found out before the first round. */
export interface Facts {
  /** Adapter or processor it computes on. */
  readonly adapter: string;
  /** From the beginning of its process to the end of the first unit of work, milliseconds. */
  readonly firstUnitMs: number;
  /** Losses of the steps of warm-up, in order. */
  readonly losses?: readonly number[];
  /** Ids it generated first. */
  readonly tokens?: readonly number[];
  /** Largest error of the elements that were checked. */
  readonly maxError?: number;
  readonly version?: string;
}

/** How long each unit of work of one round took, and what else was counted in it, per unit. */
export interface Round {
  readonly unitMs: readonly number[];
  readonly counts?: Readonly<Record<string, number>>;
  /** Processors it kept busy; undefined where its processor time is not known. */
  readonly cores?: number;
}

/** How to start a contender. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Why a contender takes no part, and what would change that. */
export interface Skip {
  readonly reason: string;
  readonly remedy: string;
}

export interface Contender {
  readonly name: string;
  /** Arithmetic of a unit of work, where contenders differ in it. */
  readonly flops?: number;
  /** Makes ready what it needs. */
  launch(): Promise<Launch | Skip>;
}

/** A contender whose process runs and is ready. */
export interface OpenContender extends AsyncDisposable {
  readonly facts: Facts;
  /** @throws {Error} when the process ended or did not answer in time */
  round(): Promise<Round>;
}

/** Longest wait for one answer. */
const ANSWER_MS = 600_000;

/** Lines of an error that say something. */
const REASON_LENGTH = 160;

/** Starts a contender and waits until it is ready. */
export async function openContender(contender: Contender): Promise<OpenContender | Skip> {
  const launch = await contender.launch();
  if ("reason" in launch) return launch;
  const process = new Process(launch);
  try {
    const facts = (await process.answer()).ready as Facts;
    const round = async () => {
      await process.ask();
      return (await process.answer()).round as Round;
    };
    return { facts, round, [Symbol.asyncDispose]: () => process.end() };
  } catch (error) {
    await process.end();
    return { reason: (error as Error).message, remedy: `to see more: ${commandLine(launch)}` };
  }
}

/** A child that is asked by lines and answers by lines of JSON; its other lines are ignored. */
class Process {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;
  /** The end of what it wrote to standard error. */
  #complaint = "";
  readonly #complained: Promise<void>;

  constructor({ program, args, env }: Launch) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = toLines(this.#child.stdout)[Symbol.asyncIterator]();
    this.#complained = this.#collectComplaint();
  }

  async ask(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  async answer(): Promise<Record<string, unknown>> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no answer in ${ANSWER_MS / 1000} seconds`)),
      ANSWER_MS,
    );
    try {
      while (true) {
        const { value, done } = await Promise.race([this.#lines.next(), late.promise]);
        if (done) throw new Error(await this.#lastWords());
        const message = parseAnswer(value);
        if (message) return message;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets it end, and ends it when it does not. */
  async end(): Promise<void> {
    await this.#input.close().catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    while (!(await this.#lines.next()).done);
    await this.#child.status;
    clearTimeout(timer);
    await this.#complained;
  }

  async #collectComplaint(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#complaint = (this.#complaint + text).slice(-8192);
    }
  }

  async #lastWords(): Promise<string> {
    const { code } = await this.#child.status;
    await this.#complained;
    return reasonOf(this.#complaint) || `ended with status ${code}`;
  }
}

/** @returns the message of a line; undefined when the line is something a framework printed */
export function parseAnswer(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const message = JSON.parse(line);
    return "ready" in message || "round" in message ? message : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the line of an error output that says what was wrong: the last that names an error, or the last */
export function reasonOf(complaint: string): string {
  // deno-lint-ignore no-control-regex
  const lines = complaint.replace(/\x1b\[[0-9;]*m/g, "").split("\n").map((line) => line.trim()).filter(
    Boolean,
  );
  const line = lines.findLast((line) => /^(?:[\w.]*(?:Error|Exception)\b|error\b)/i.test(line)) ??
    lines.at(-1);
  return (line ?? "").slice(0, REASON_LENGTH);
}

/** How to start it by hand, from the root of the repository. */
function commandLine({ program, args, env = {} }: Launch): string {
  const root = new URL("../../", import.meta.url).pathname;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = [
    program === Deno.execPath() ? "deno" : program,
    ...args.map((word) => word.replace(root, "")),
  ];
  return [...variables, ...words.map((word) => /^[\w=:./@,-]+$/.test(word) ? word : `'${word}'`)].join(" ");
}
