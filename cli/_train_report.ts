// Shows the events of a training run: what happened as lines that stay, how far it is as one line that is rewritten.

import type { TrainEvent, TrainProgress } from "../lib/training/train_events.ts";
import { formatBytes, formatCount, formatDuration } from "./_columns.ts";
import { OutputClosed, print } from "./print.ts";
import { ProgressLine } from "./progress.ts";

const BAR_CELLS = 24;

export class TrainReport implements Disposable {
  readonly #progress: ProgressLine;
  #write: (line: string) => void;
  #compiling: ReturnType<typeof setInterval> | undefined;

  constructor(options: { progress?: ProgressLine; write?: (line: string) => void } = {}) {
    this.#progress = options.progress ?? new ProgressLine();
    this.#write = options.write ?? ((line) => print(`${line}\n`));
  }

  show(event: TrainEvent): void {
    if (event.kind !== "opened") this.#endCompiling();
    switch (event.kind) {
      case "ingestProgress":
        return this.#progress.update(`Reading files: ${formatCount(event.progress.files)}`);
      case "tokenizeProgress":
        return this.#progress.update(
          `Making tokens: ${formatCount(event.documents)} of ${formatCount(event.totalDocuments)}`,
        );
      case "progress":
        return this.#progress.update(formatProgress(event));
      case "opened":
        this.#line(formatOpened(event));
        return this.#startCompiling();
      default:
        return this.#line(formatEvent(event));
    }
  }

  /** A line for standard error that stays. */
  note(text: string): void {
    this.#progress.print(text);
  }

  [Symbol.dispose](): void {
    this.#endCompiling();
    this.#progress.clear();
  }

  #line(text: string): void {
    this.#progress.clear();
    if (!text) return;
    try {
      this.#write(text);
    } catch (error) {
      // The reader is gone (`sheepop train | head`), and training is worth more than being read about.
      if (!(error instanceof OutputClosed)) throw error;
      this.#write = () => {};
    }
  }

  /** The first step compiles every kernel: seconds without a step to report. */
  #startCompiling(): void {
    const startedAt = performance.now();
    this.#compiling = setInterval(() => {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      this.#progress.update(`Compiling kernels: ${seconds} s (a few seconds the first time)`);
    }, 200);
  }

  #endCompiling(): void {
    clearInterval(this.#compiling);
    this.#compiling = undefined;
  }
}

/** `[######------] 120/300  loss 2.31  lr 9.1e-4  grad norm 0.82  1,890 tokens/s  1:23 left` */
export function formatProgress(progress: TrainProgress): string {
  const { step, maxSteps, loss, learningRate, gradNorm, tokensPerSecond, etaMs } = progress;
  const filled = Math.round(BAR_CELLS * step / maxSteps);
  const bar = "#".repeat(filled) + "-".repeat(BAR_CELLS - filled);
  const speed = etaMs === undefined
    ? ""
    : `  ${formatCount(Math.round(tokensPerSecond))} tokens/s  ${formatDuration(etaMs)} left`;
  const lr = learningRate.toExponential(1);
  return `[${bar}] ${formatCount(step)}/${formatCount(maxSteps)}  loss ${loss.toFixed(3)}  lr ${lr}  ` +
    `grad norm ${gradNorm.toFixed(2)}${speed}`;
}

function formatOpened(event: Extract<TrainEvent, { kind: "opened" }>): string {
  const { parameters, device, maxSteps, firstStep, tokensPerStep, stepsPerEpoch, runDir } = event;
  const from = firstStep > 0 ? `, from step ${formatCount(firstStep)}` : "";
  return `Model: ${formatCount(parameters)} parameters on ${device}\n` +
    `Run: ${formatCount(maxSteps)} steps of ${formatCount(tokensPerStep)} tokens${from}, ` +
    `${(maxSteps / stepsPerEpoch).toFixed(1)} epochs, into ${runDir}`;
}

function formatEvent(event: TrainEvent): string {
  switch (event.kind) {
    case "ingested": {
      const { files, train, validation } = event.summary;
      const left = files.skipped + files.failed > 0
        ? `, ${formatCount(files.skipped + files.failed)} left out`
        : "";
      return `Files: ${formatCount(files.ok)} read${left}, ${
        formatCount(train.documents + validation.documents)
      } documents, ` +
        `${formatBytes(train.fileBytes + validation.fileBytes)}${event.upToDate ? " (up to date)" : ""}`;
    }
    case "tokenized": {
      const { train, validation, vocabSize } = event.info;
      return `Tokens: ${formatCount(train.tokens)} to learn from, ${
        formatCount(validation.tokens)
      } to measure with, ` +
        `vocabulary ${formatCount(vocabSize)}${event.upToDate ? " (up to date)" : ""}`;
    }
    case "validation":
      return `step ${formatCount(event.step)}: validation loss ${event.loss.toFixed(4)}, perplexity ` +
        `${event.perplexity.toFixed(2)}, ${event.bitsPerByte.toFixed(3)} bits/byte${
          event.isBest ? ", best so far" : ""
        }`;
    case "checkpoint":
      return `step ${formatCount(event.step)}: saved ${event.path}`;
    case "warning":
      return `Warning: ${event.message}`;
    case "plots":
      return `Plots: ${event.files.join(", ")}`;
    case "sample":
      return `\nA sample, continuing ${JSON.stringify(event.prompt)}:\n${event.prompt}${event.text}\n`;
    case "finished":
      return event.upToDate ? `Up to date: trained ${formatCount(event.step)} steps before` : "";
    default:
      return "";
  }
}
