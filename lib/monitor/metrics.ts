// Metrics of a run: metrics.jsonl, a JSON object a line, appended while training; metrics.json, its summary.
// Knows nothing of training or plots. A killed run leaves at most one torn line, at the end.

import { basename, dirname, join, resolve } from "node:path";
import { writeFileAtomic } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";

/** Training between two rows. A number that is not finite is stored as null and read as NaN. */
export interface TrainRow {
  readonly kind: "train";
  /** Optimizer updates made. */
  readonly step: number;
  /** Passes over the training data made, with the fraction of the current one: 1.25. */
  readonly epoch: number;
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  readonly learningRate: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Tokens trained on since the first step. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** Training time since the first step. */
  readonly elapsedMs: number;
  /** Updates skipped since the first step because a gradient was not finite. */
  readonly skipped: number;
}

/** One measurement on the validation data. */
export interface ValidationRow {
  readonly kind: "validation";
  readonly step: number;
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  readonly perplexity: number;
  readonly bitsPerByte: number;
  /** Tokens it was measured on. */
  readonly tokens: number;
}

/** One line of metrics.jsonl. */
export type MetricsRow = TrainRow | ValidationRow;

/** An open metrics.jsonl. */
export interface MetricsWriter extends Disposable {
  /** Appends a row in one write: it is there or it is not. */
  write(row: MetricsRow): void;
}

const ROWS_FILE = "metrics.jsonl";
const SUMMARY_FILE = "metrics.json";
const TRAIN_FIELDS = [
  "step",
  "epoch",
  "loss",
  "learningRate",
  "gradNorm",
  "tokens",
  "tokensPerSecond",
  "elapsedMs",
  "skipped",
];
const VALIDATION_FIELDS = ["step", "loss", "perplexity", "bitsPerByte", "tokens"];

/**
 * Opens metrics.jsonl for appending.
 *
 * @param runDir - made if missing
 * @param options.resumeStep - step the run goes on from: later rows and a torn line are cut off. Without it
 *   the run is a new one and the file begins empty
 * @throws {UsageError} when the file cannot be written
 *
 * @example
 * ```ts ignore
 * using metrics = openMetrics("data/runs/default", { resumeStep: 500 });
 * metrics.write({ kind: "validation", step: 600, loss: 1.7, perplexity: 5.5, bitsPerByte: 2.4, tokens: 99 });
 * ```
 */
export function openMetrics(runDir: string, options: { readonly resumeStep?: number } = {}): MetricsWriter {
  const path = join(runDir, ROWS_FILE);
  const file = openForAppending(path, options.resumeStep);
  let length = file.seekSync(0, Deno.SeekMode.End);
  return {
    write(row: MetricsRow): void {
      const line = new TextEncoder().encode(formatRow(row) + "\n");
      try {
        for (let done = 0; done < line.length;) done += file.writeSync(line.subarray(done));
        length += line.length;
      } catch (error) {
        // a full disk may have taken half of the line, and the next row must not be glued to it
        file.truncateSync(length);
        file.seekSync(length, Deno.SeekMode.Start);
        throw new UsageError(`Cannot write ${path}: ${(error as Error).message}; free disk space`, {
          cause: error,
        });
      }
    },
    [Symbol.dispose](): void {
      file.syncSync();
      file.close();
    },
  };
}

/**
 * Reads metrics.jsonl. A torn last line, as a killed run leaves it, is left out.
 *
 * @returns the rows in the order they were written; none when the run has not logged yet
 * @throws {UsageError} when the folder does not exist or another line is damaged
 */
export async function readMetrics(runDir: string): Promise<MetricsRow[]> {
  const path = join(runDir, ROWS_FILE);
  const lines = splitLines(await readTextOrEmpty(runDir, path));
  const rows: MetricsRow[] = [];
  for (const [i, line] of lines.entries()) {
    const row = parseRow(line);
    if (row) rows.push(row);
    else if (i < lines.length - 1) {
      throw new UsageError(`Cannot read ${path}: line ${i + 1} is not a row of metrics; delete the line`);
    }
  }
  return rows;
}

/**
 * Writes metrics.json: totals, best and final values, and every row as columns.
 *
 * @returns path of the file
 * @throws {UsageError} as `readMetrics()`
 */
export async function writeMetricsSummary(runDir: string): Promise<string> {
  const rows = await readMetrics(runDir);
  const path = join(runDir, SUMMARY_FILE);
  await writeFileAtomic(path, formatSummary(basename(resolve(runDir)), rows));
  return path;
}

/** The validation row of the lowest loss, the earliest of equals. */
export function bestValidation(rows: readonly MetricsRow[]): ValidationRow | undefined {
  let best: ValidationRow | undefined;
  for (const row of rows) {
    if (row.kind === "validation" && row.loss < (best?.loss ?? Infinity)) best = row;
  }
  return best;
}

function openForAppending(path: string, resumeStep: number | undefined): Deno.FsFile {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    if (resumeStep !== undefined) cutAfter(path, resumeStep);
    return Deno.openSync(path, { create: true, write: true, truncate: resumeStep === undefined });
  } catch (error) {
    const reason = (error as Error).message;
    throw new UsageError(`Cannot write ${path}: ${reason}; choose another training.run_dir`, {
      cause: error,
    });
  }
}

function formatRow(row: MetricsRow): string {
  return JSON.stringify({ kind: row.kind, ...snakeFields(row) });
}

/** A row without its kind, keys in snake_case. */
function snakeFields(row: MetricsRow): Record<string, unknown> {
  const values = row as unknown as Record<string, unknown>;
  return Object.fromEntries(fieldsOf(row.kind).map((name) => [snakeCase(name), values[name]]));
}

/** A row, or undefined when the line is none. */
function parseRow(line: string): MetricsRow | undefined {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const kind = json?.kind;
  if (kind !== "train" && kind !== "validation") return undefined;
  const row: Record<string, unknown> = { kind };
  for (const name of fieldsOf(kind)) {
    const value = json[snakeCase(name)];
    if (value !== null && typeof value !== "number") return undefined;
    row[name] = value ?? NaN;
  }
  if (!Number.isSafeInteger(row.step)) return undefined;
  return row as unknown as MetricsRow;
}

function fieldsOf(kind: MetricsRow["kind"]): readonly string[] {
  return kind === "train" ? TRAIN_FIELDS : VALIDATION_FIELDS;
}

/** Rewrites the file without the rows of later steps and without lines that are no rows. */
function cutAfter(path: string, step: number): void {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const kept = splitLines(text).filter((line) => (parseRow(line)?.step ?? Infinity) <= step);
  const keptText = kept.map((line) => `${line}\n`).join("");
  if (keptText === text) return;
  const temporary = `${path}.tmp`;
  {
    using file = Deno.openSync(temporary, { create: true, write: true, truncate: true });
    const bytes = new TextEncoder().encode(keptText);
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    file.syncSync();
  }
  Deno.renameSync(temporary, path);
}

async function readTextOrEmpty(runDir: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (await Deno.stat(runDir).then((stat) => stat.isDirectory, () => false)) return "";
  throw new UsageError(
    `Cannot read the metrics of ${runDir}: there is no such folder; train first or correct the path`,
  );
}

/** Lines without their ends; text after the last line end is a line too. */
function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function formatSummary(run: string, rows: readonly MetricsRow[]): string {
  const train = rows.filter((row) => row.kind === "train");
  const validation = rows.filter((row) => row.kind === "validation");
  const last = train.at(-1);
  const best = bestValidation(rows);
  const members = {
    run,
    steps: last?.step ?? 0,
    tokens: last?.tokens ?? 0,
    epochs: last?.epoch ?? 0,
    elapsed_ms: last?.elapsedMs ?? 0,
    best_validation: best ? snakeFields(best) : null,
    final: {
      train: last ? snakeFields(last) : null,
      validation: validation.length > 0 ? snakeFields(validation[validation.length - 1]) : null,
    },
    train: columnsOf("train", train),
    validation: columnsOf("validation", validation),
  };
  const lines = Object.entries(members).map(([key, value]) =>
    `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}

function columnsOf(kind: MetricsRow["kind"], rows: readonly MetricsRow[]): Record<string, unknown[]> {
  const fields = rows.map(snakeFields);
  return Object.fromEntries(
    fieldsOf(kind).map(snakeCase).map((name) => [name, fields.map((row) => row[name])]),
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
