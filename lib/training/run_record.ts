// What a run leaves behind: rows of metrics, the best validation, checkpoints. Rows and checkpoints are functions of the
// step (their time fields aside), so that a resumed run leaves what an uninterrupted one does.

import { type Checkpoint, saveCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Config } from "../config/config.ts";
import type { TokenDataset } from "../dataset/tokenize.ts";
import { type MetricsWriter, openMetrics, writeMetricsSummary } from "../monitor/metrics.ts";
import { VERSION } from "../version.ts";
import { type LoadedRun, type RunState, stateOf, writeRunFiles } from "./run_folder.ts";
import type { TrainEvent } from "./train_events.ts";
import type { EvaluationResult } from "../evaluation/evaluator.ts";
import type { StepResult, Trainer } from "./trainer.ts";

export interface RunRecordOptions {
  readonly dataset: TokenDataset;
  /** Text of tokenizer.json, kept in every checkpoint. */
  readonly tokenizer: string;
  /** The run this one continues. */
  readonly run: LoadedRun | undefined;
  /** Adapter, or the reference. */
  readonly device: string;
  /** Variants of kernels its programs were lowered to. */
  readonly variants: ReadonlyMap<string, string>;
  /** Steps in one pass over the training split. */
  readonly stepsPerEpoch: number;
  readonly onEvent: (event: TrainEvent) => void;
}

export class RunRecord implements Disposable {
  readonly #config: Config;
  readonly #options: RunRecordOptions;
  readonly #metrics: MetricsWriter;
  readonly #elapsedBefore: number;
  readonly #startedAt = performance.now();
  #best: { loss: number; step: number } | undefined;
  #lastSaved: number;
  /** Updates skipped since the first step of the run. */
  #skipped: number;

  /** Writes the run's files and opens its metrics; rows past the checkpoint of a continued run are dropped. */
  static async open(config: Config, options: RunRecordOptions): Promise<RunRecord> {
    const { device, dataset, variants } = options;
    const { seed } = config.training;
    await writeRunFiles(config, {
      seed,
      version: VERSION,
      deno: Deno.version.deno,
      device,
      dataset: dataset.hash,
      variants: Object.fromEntries(variants),
    });
    return new RunRecord(config, options);
  }

  private constructor(config: Config, options: RunRecordOptions) {
    this.#config = config;
    this.#options = options;
    const { run } = options;
    this.#metrics = openMetrics(config.training.runDir, { resumeStep: run?.step });
    this.#lastSaved = run?.step ?? -1;
    this.#elapsedBefore = run ? stateOf(run).elapsedMs : 0;
    this.#skipped = run ? stateOf(run).skipped : 0;
    const { bestLoss = null, bestStep = null } = run ? stateOf(run) : {};
    if (bestLoss !== null && bestStep !== null) this.#best = { loss: bestLoss, step: bestStep };
  }

  writeStep({ step, loss, gradNorm, learningRate, skipped }: StepResult, speed: {
    tokensPerStep: number;
    tokensPerSecond: number;
  }): void {
    if (skipped) this.#skipped++;
    this.#metrics.write({
      kind: "train",
      step: step + 1,
      epoch: (step + 1) / this.#options.stepsPerEpoch,
      loss,
      learningRate,
      gradNorm,
      tokens: (step + 1) * speed.tokensPerStep,
      tokensPerSecond: speed.tokensPerSecond,
      elapsedMs: this.#elapsedMs(),
      skipped: this.#skipped,
    });
  }

  /** @returns whether it is the best so far */
  writeValidation(step: number, { loss, tokens }: EvaluationResult): boolean {
    const { validation } = this.#options.dataset.info;
    const bitsPerByte = loss / Math.LN2 * validation.tokens / Math.max(1, validation.bytes);
    const perplexity = Math.exp(loss);
    const isBest = loss < (this.#best?.loss ?? Infinity);
    if (isBest) this.#best = { loss, step };
    this.#metrics.write({ kind: "validation", step, loss, perplexity, bitsPerByte, tokens });
    this.#options.onEvent({ kind: "validation", step, loss, perplexity, bitsPerByte, isBest });
    return isBest;
  }

  /** Saves a checkpoint, unless this step is saved already. */
  async save(trainer: Trainer): Promise<void> {
    const { step } = trainer;
    if (this.#lastSaved === step) return;
    const { keepLast, keepBest } = this.#config.checkpoint;
    const checkpoint: Checkpoint = {
      step,
      ...await trainer.snapshot(),
      state: { ...this.#state(trainer) },
      config: this.#config,
      tokenizer: this.#options.tokenizer,
    };
    const path = await saveCheckpoint(this.#config.training.runDir, checkpoint, {
      keepLast,
      keep: keepBest && this.#best ? [this.#best.step] : [],
      onWarning: (message) => this.#options.onEvent({ kind: "warning", message }),
    });
    this.#lastSaved = step;
    this.#options.onEvent({ kind: "checkpoint", step, path });
  }

  /** Writes metrics.json from the rows. */
  async summarize(): Promise<void> {
    await writeMetricsSummary(this.#config.training.runDir);
  }

  /** Closes the metrics, whatever became of the run. */
  [Symbol.dispose](): void {
    this.#metrics[Symbol.dispose]();
  }

  #state(trainer: Trainer): RunState {
    return {
      datasetHash: this.#options.dataset.hash,
      tokensSeen: trainer.step * trainer.tokensPerStep,
      elapsedMs: this.#elapsedMs(),
      bestLoss: this.#best?.loss ?? null,
      bestStep: this.#best?.step ?? null,
      skipped: this.#skipped,
      device: this.#options.device,
      version: VERSION,
    };
  }

  #elapsedMs(): number {
    return this.#elapsedBefore + performance.now() - this.#startedAt;
  }
}
