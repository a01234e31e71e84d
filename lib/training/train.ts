// The training loop over token files: which step, when to measure, when to save, when to stop. Everything it decides is a
// function of config and step; time decides only how often it looks at the device and what it reports.

import { join } from "node:path";
import type { Backend } from "../../kernels/program/backend.ts";
import { saveCheckpoint } from "../checkpoint/checkpoint.ts";
import { openRunLock } from "../checkpoint/run_lock.ts";
import { EXIT_STATUS, UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { Batches } from "../dataset/batches.ts";
import { openTokenFile } from "../dataset/token_file.ts";
import type { TokenDataset } from "../dataset/tokenize.ts";
import type { Gpt } from "../model/gpt.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { initializeModel, openModel } from "../model/open_model.ts";
import { type MetricsWriter, openMetrics, writeMetricsSummary } from "../monitor/metrics.ts";
import { VERSION } from "../version.ts";
import { findRun, type LoadedRun, type Resume, type RunState, stateOf, writeRunFiles } from "./run_folder.ts";
import type { TrainEvent } from "./train_events.ts";
import { type StepResult, Trainer } from "./trainer.ts";

/** How a run is started and watched. */
export interface TrainOptions {
  /** What becomes of a run that the folder holds: refused, continued, or replaced. */
  readonly resume: Resume;
  /** Told everything that happens. */
  readonly onEvent: (event: TrainEvent) => void;
  /** Asked between steps; true saves a checkpoint and ends. */
  readonly shouldStop: () => boolean;
}

/** How far a run came. */
export interface TrainOutcome {
  /** Updates made since the first step of the run. */
  readonly step: number;
  /** Ended before `training.maxSteps` because asked to. */
  readonly stopped: boolean;
  /** The run was finished already and nothing was trained. */
  readonly upToDate: boolean;
}

/** How far a run came, and the model it left in the backend. */
export interface TrainResult extends TrainOutcome {
  readonly gpt: Gpt;
}

/** The device is looked at this often: for progress, and so that it is never far behind the host. */
const LOOK_INTERVAL_MS = 250;
/** Time per step is averaged over about this long for the estimate of what is left. */
const RATE_WINDOW_MS = 5000;
/** So many updates skipped one after the other end the run: a single bad batch does not. */
const MOST_SKIPPED = 10;

/**
 * Trains, or continues, the run of `config.training.runDir`; the backend holds the model afterwards.
 *
 * @throws {UsageError} when the folder holds another run, is locked, or the loss is not finite for good
 */
export async function train(
  backend: Backend,
  config: Config,
  options: TrainOptions & { dataset: TokenDataset },
): Promise<TrainResult> {
  const { dataset, onEvent } = options;
  const { runDir, maxSteps } = config.training;
  await Deno.mkdir(runDir, { recursive: true });
  using _lock = openRunLock(runDir);
  const onRejected = (dir: string, reason: string) => {
    onEvent({ kind: "warning", message: `Checkpoint ${dir} is damaged and was passed over: ${reason}` });
  };
  const run = await findRun(config, { resume: options.resume, datasetHash: dataset.hash, onRejected });
  const gpt = openModel(backend, modelShape(config.model, dataset.info.vocabSize), { trainable: true });
  const upToDate = run !== undefined && run.step >= maxSteps;
  using files = openSplits(config, dataset);
  const loop = new Loop(backend, gpt, config, { ...options, run, ...files });
  try {
    if (!upToDate) await loop.start();
    while (!upToDate && loop.trainer.step < maxSteps && !options.shouldStop()) await loop.advance();
    if (!upToDate) await loop.finish();
  } finally {
    loop.close();
  }
  const { step } = loop.trainer;
  const stopped = step < maxSteps;
  onEvent({ kind: "finished", step, stopped, upToDate });
  return { gpt, step, stopped, upToDate };
}

interface Splits extends Disposable {
  readonly training: Batches;
  readonly validation: Batches;
}

function openSplits(config: Config, { dir, info }: TokenDataset): Splits {
  const { batchSize, seed } = config.training;
  const options = { batchSize, maxSeqLen: config.model.maxSeqLen, seed };
  const train = openTokenFile(join(dir, info.train.file));
  const validation = openTokenFile(join(dir, info.validation.file));
  return {
    training: new Batches(train, options),
    validation: new Batches(validation, options),
    [Symbol.dispose](): void {
      train[Symbol.dispose]();
      validation[Symbol.dispose]();
    },
  };
}

/** One run of the loop. Public members in the order of a run: start, advance until done, finish. */
class Loop {
  readonly trainer: Trainer;
  readonly #backend: Backend;
  readonly #config: Config;
  readonly #options:
    & TrainOptions
    & { dataset: TokenDataset; run: LoadedRun | undefined }
    & Omit<Splits, symbol>;
  #metrics: MetricsWriter | undefined;
  #best: { loss: number; step: number } | undefined;
  #tokenizer = "";
  #elapsedBefore = 0;
  #startedAt = 0;
  #lookedAt = 0;
  #lastSaved = -1;
  #rate = { steps: 0, ms: 0 };
  #last: StepResult | undefined;
  /** Updates skipped since the first step, and since the last one that was not. */
  #skipped = 0;
  #skippedInARow = 0;

  constructor(
    backend: Backend,
    gpt: Gpt,
    config: Config,
    options: TrainOptions & { dataset: TokenDataset; run: LoadedRun | undefined } & Omit<Splits, symbol>,
  ) {
    this.#backend = backend;
    this.#config = config;
    this.#options = options;
    this.trainer = new Trainer(backend, gpt, config);
    if (options.run) this.#restore(options.run);
    else initializeModel(backend, gpt, config.training.seed);
    this.#announce(gpt);
  }

  /** Opens the files of the run and runs the first step, which also compiles the kernels. */
  async start(): Promise<void> {
    const { dataset, run, onEvent } = this.#options;
    this.#tokenizer = await Deno.readTextFile(join(dataset.dir, dataset.info.tokenizer));
    const { description: device } = this.#backend;
    const { seed, runDir } = this.#config.training;
    await writeRunFiles(this.#config, {
      seed,
      version: VERSION,
      deno: Deno.version.deno,
      device,
      dataset: dataset.hash,
    });
    this.#metrics = openMetrics(runDir, { resumeStep: run?.step });
    const before = performance.now();
    await this.#look();
    const compiledMs = performance.now() - before;
    this.#startedAt = this.#lookedAt = performance.now();
    if (this.trainer.step >= this.#config.training.maxSteps) return;
    this.trainer.queueStep(this.#options.training);
    await this.#look();
    onEvent({ kind: "compiled", elapsedMs: compiledMs, firstStepMs: performance.now() - this.#startedAt });
    await this.#atBoundary();
  }

  async advance(): Promise<void> {
    this.trainer.queueStep(this.#options.training);
    const due = performance.now() - this.#lookedAt > LOOK_INTERVAL_MS || this.trainer.ringIsFull;
    if (due) await this.#look();
    await this.#atBoundary();
  }

  /** Saves what is not saved and closes the files. */
  async finish(): Promise<void> {
    await this.#look();
    if (this.#lastSaved !== this.trainer.step) await this.#save();
    this.close();
    await writeMetricsSummary(this.#config.training.runDir);
  }

  /** Closes the files, whatever became of the run. */
  close(): void {
    this.#metrics?.[Symbol.dispose]();
    this.#metrics = undefined;
  }

  /** What happens after every n-th step, in a fixed order: metrics, validation, checkpoint. */
  async #atBoundary(): Promise<void> {
    const { training, monitor, checkpoint } = this.#config;
    const { step } = this.trainer;
    const isLast = step === training.maxSteps;
    const logs = step % monitor.logInterval === 0 || step === 1 || isLast;
    const isMeasurable = this.#options.validation.evaluationBatches > 0;
    const evaluates = isMeasurable && (step % training.evalInterval === 0 || isLast);
    const saves = step % checkpoint.saveInterval === 0 || isLast;
    if (!logs && !evaluates && !saves) return;
    await this.#look();
    if (logs && this.#last && !this.#last.skipped) this.#writeRow(this.#last);
    if (evaluates) await this.#evaluate();
    if (saves) await this.#save();
  }

  /** Waits for the device, remembers what the steps were and reports progress. */
  async #look(): Promise<void> {
    const results = await this.trainer.drain();
    const now = performance.now();
    if (results.length === 0) return;
    this.#last = results[results.length - 1];
    this.#rate.steps += results.length;
    this.#rate.ms += now - this.#lookedAt;
    if (this.#rate.ms > 2 * RATE_WINDOW_MS) {
      this.#rate = { steps: this.#rate.steps / 2, ms: this.#rate.ms / 2 };
    }
    this.#lookedAt = now;
    this.#reportProgress(results);
    for (const result of results) this.#countSkipped(result);
  }

  /** A skipped update has a row of its own, whatever the interval. */
  #countSkipped(result: StepResult): void {
    this.#skippedInARow = result.skipped ? this.#skippedInARow + 1 : 0;
    if (!result.skipped) return;
    this.#skipped++;
    this.#writeRow(result);
    if (this.#skippedInARow === MOST_SKIPPED) this.#diverged(result);
  }

  #reportProgress(results: readonly StepResult[]): void {
    const { maxSteps } = this.#config.training;
    const last = this.#last!;
    const msPerStep = this.#rate.ms / this.#rate.steps;
    this.#options.onEvent({
      kind: "progress",
      step: this.trainer.step,
      maxSteps,
      loss: meanLoss(results),
      learningRate: last.learningRate,
      gradNorm: last.gradNorm,
      tokensPerSecond: this.trainer.tokensPerStep / msPerStep * 1000,
      etaMs: (maxSteps - this.trainer.step) * msPerStep,
    });
  }

  #diverged({ step, learningRate }: StepResult): void {
    const { runDir } = this.#config.training;
    const first = step + 2 - MOST_SKIPPED;
    throw new UsageError(
      `Cannot go on training ${runDir}: loss or gradient is not finite since step ${first}, at learning rate ` +
        `${learningRate}, lower training.learning_rate and continue with --resume from the last checkpoint`,
      { exitStatus: EXIT_STATUS.diverged },
    );
  }

  /** A row is a function of its step alone, so that a resumed run writes the rows of an uninterrupted one. */
  #writeRow({ step, loss, gradNorm, learningRate }: StepResult): void {
    this.#metrics!.write({
      kind: "train",
      step: step + 1,
      epoch: this.#epochAt(step + 1),
      loss,
      learningRate,
      gradNorm,
      tokens: (step + 1) * this.trainer.tokensPerStep,
      tokensPerSecond: this.trainer.tokensPerStep * this.#rate.steps / this.#rate.ms * 1000,
      elapsedMs: this.#elapsedMs(),
      skipped: this.#skipped,
    });
  }

  async #evaluate(): Promise<void> {
    const { validation, dataset, onEvent } = this.#options;
    const { step } = this.trainer;
    const { loss, tokens } = await this.trainer.evaluate(validation);
    this.#lookedAt = performance.now();
    const { info } = dataset;
    const bitsPerByte = loss / Math.LN2 * info.validation.tokens / Math.max(1, info.validation.bytes);
    const isBest = loss < (this.#best?.loss ?? Infinity);
    if (isBest) this.#best = { loss, step };
    const perplexity = Math.exp(loss);
    this.#metrics!.write({ kind: "validation", step, loss, perplexity, bitsPerByte, tokens });
    onEvent({ kind: "validation", step, loss, perplexity, bitsPerByte, isBest });
  }

  async #save(): Promise<void> {
    const { runDir } = this.#config.training;
    const { keepLast, keepBest } = this.#config.checkpoint;
    const { step } = this.trainer;
    const { weights, optimizer } = await this.trainer.snapshot();
    const checkpoint = {
      step,
      weights,
      optimizer,
      state: this.#state(),
      config: this.#config,
      tokenizer: this.#tokenizer,
    };
    const keep = keepBest && this.#best ? [this.#best.step] : [];
    const onWarning = (message: string) => this.#options.onEvent({ kind: "warning", message });
    const path = await saveCheckpoint(runDir, checkpoint as Parameters<typeof saveCheckpoint>[1], {
      keepLast,
      keep,
      onWarning,
    });
    this.#lastSaved = step;
    this.#lookedAt = performance.now();
    this.#options.onEvent({ kind: "checkpoint", step, path });
  }

  #state(): Record<string, unknown> {
    const state: RunState = {
      datasetHash: this.#options.dataset.hash,
      tokensSeen: this.trainer.step * this.trainer.tokensPerStep,
      elapsedMs: this.#elapsedMs(),
      bestLoss: this.#best?.loss ?? null,
      bestStep: this.#best?.step ?? null,
      skipped: this.#skipped,
      device: this.#backend.description,
      version: VERSION,
    };
    return { ...state };
  }

  #restore(run: LoadedRun): void {
    this.trainer.restore(run, run.step);
    const { bestLoss, bestStep, elapsedMs, skipped } = stateOf(run);
    this.#elapsedBefore = elapsedMs;
    this.#skipped = skipped;
    this.#lastSaved = run.step;
    if (bestLoss !== null && bestStep !== null) this.#best = { loss: bestLoss, step: bestStep };
  }

  #announce(gpt: Gpt): void {
    const { training } = this.#config;
    this.#options.onEvent({
      kind: "opened",
      device: this.#backend.description,
      parameters: gpt.table.count,
      tokensPerStep: this.trainer.tokensPerStep,
      stepsPerEpoch: this.#samplesPerEpoch() / this.#samplesPerStep(),
      firstStep: this.trainer.step,
      maxSteps: training.maxSteps,
      runDir: training.runDir,
    });
  }

  #samplesPerStep(): number {
    return this.#config.training.batchSize * this.#config.training.gradientAccumulationSteps;
  }

  #samplesPerEpoch(): number {
    return this.#options.training.windowsPerEpoch;
  }

  #epochAt(step: number): number {
    return step * this.#samplesPerStep() / this.#samplesPerEpoch();
  }

  #elapsedMs(): number {
    return this.#elapsedBefore + performance.now() - this.#startedAt;
  }
}

function meanLoss(results: readonly StepResult[]): number {
  return results.reduce((sum, { loss }) => sum + loss, 0) / results.length;
}
