// Runs one trial in a process of its own, ends it at its time limit, and turns what it wrote into a result.

import { type Figures, formatLine, type Trial, type TrialLine, type TrialResult } from "./trial.ts";

/** Characters of the error stream kept for the reason of a crash. */
const KEPT_ERRORS = 4000;
/** Length of a reason in the report. */
const REASON_LENGTH = 400;

/** Everything read from a trial so far. */
interface Reading {
  readonly figures: Figures;
  readonly errors: string[];
  skip?: string;
}

/**
 * Runs a trial. Never throws for what the trial does.
 *
 * @param limitS time limit, seconds; the trial's own where left out
 */
export async function runTrial(trial: Trial, limitS: number = trial.limitS): Promise<TrialResult> {
  const { part, name } = trial;
  if (trial.skip) return { part, name, status: "skipped", reason: trial.skip, elapsedS: 0, figures: {} };
  const startedAt = performance.now();
  const elapsedS = () => Math.round((performance.now() - startedAt) / 10) / 100;
  let child: Deno.ChildProcess;
  try {
    child = startTrial(trial);
  } catch (error) {
    const reason = `${trial.command[0]} does not start: ${(error as Error).message}`;
    return { part, name, status: "failed", reason, elapsedS: elapsedS(), figures: {} };
  }
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    child.kill("SIGKILL");
  }, limitS * 1000);
  const reading: Reading = { figures: {}, errors: [] };
  const readLine = trial.output === "lines" ? readTrialLine : readReportLine;
  const [errors, status] = await Promise.all([
    readTail(child.stderr),
    child.status,
    readLines(child.stdout, (line) => readLine(line, reading)),
  ]);
  clearTimeout(timer);
  const found = { part, name, elapsedS: elapsedS(), figures: reading.figures };
  if (isTimedOut) return { ...found, status: "timed out", reason: `ended after ${limitS} s` };
  if (reading.skip) return { ...found, status: "skipped", reason: reading.skip };
  if (status.success && reading.errors.length === 0) return { ...found, status: "ok" };
  return { ...found, status: "failed", reason: failureReason(reading, errors, status) };
}

function startTrial({ command, env }: Trial): Deno.ChildProcess {
  return new Deno.Command(command[0], {
    args: command.slice(1),
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A line that is no {@link TrialLine} is not ours: programs greet, and warn. */
function readTrialLine(text: string, reading: Reading): void {
  let line: TrialLine;
  try {
    line = JSON.parse(text);
  } catch {
    return;
  }
  if ("figure" in line) reading.figures[line.figure] = line.value;
  else if ("skip" in line) reading.skip = line.skip;
  else if ("error" in line) reading.errors.push(line.error);
}

/** Counts, and names of failed tests, from the report of `deno test`. */
function readReportLine(text: string, reading: Reading): void {
  const [, passed, failed] = /\| (\d+) passed.* \| (\d+) failed/.exec(text) ?? [];
  if (passed !== undefined) {
    Object.assign(reading.figures, { passed: Number(passed), failed: Number(failed) });
  }
  const [, test] = /^(.*) => \S+:\d+:\d+$/.exec(text) ?? [];
  if (test === undefined) return;
  const failures = (reading.figures.failures ??= []) as string[];
  if (!failures.includes(test)) failures.push(test);
}

function failureReason(reading: Reading, errors: string, { code, signal }: Deno.CommandStatus): string {
  if (reading.errors.length > 0) return shorten(reading.errors.join("; "));
  const failures = reading.figures.failures as string[] | undefined;
  if (failures) return shorten(`failed: ${failures.join("; ")}`);
  const lines = errors.trim().split("\n");
  const telling = lines.find((line) => /\berror\b|panicked/i.test(line)) ?? lines.slice(-3).join(" ");
  return shorten(`${signal ?? `exit status ${code}`}${telling && `: ${telling}`}`);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > REASON_LENGTH ? `${line.slice(0, REASON_LENGTH)}...` : line;
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
  if (rest) onLine(rest);
}

async function readTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    tail = (tail + text).slice(-KEPT_ERRORS);
  }
  return tail;
}

/** Writes a line of a trial, in the trial's own process. */
export function writeLine(line: TrialLine): void {
  console.log(formatLine(line));
}
