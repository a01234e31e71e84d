// The training loop over token files: which step, when to measure, when to save, when to stop. Everything it decides is a
// function of config and step; time decides only how often it looks at the device and what it reports.

import { join } from "node:path";
import type { Backend } from "../../kernels/program/backend.ts";
import { openRunLock } from "../checkpoint/run_lock.ts";
import { EXIT_STATUS, UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { Batches } from "../dataset/batches.ts";
import { openTokenFile } from "../dataset/token_file.ts";
import type { TokenDataset } from "../dataset/tokenize.ts";
import type { Gpt } from "../model/gpt.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { initializeModel, openModel } from "../model/open_model.ts";
import { findRun, type Resume } from "./run_folder.ts";
import { RunRecord } from "./run_record.ts";
import type { TrainEvent } from "./train_events.ts";
import { type StepResult, Trainer } from "./trainer.ts";

/** How a run is started and watched. */
export interface TrainOptions {
  /** What becomes of a run that the folder holds: refused, continued, or replaced. */
  readonly resume: Resume;
  /** Step folder to continue from, giving up what came after it; the newest checkpoint where left out. */
  readonly from?: string;
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
  const { dataset, onEvent, shouldStop } = options;
  const { runDir, maxSteps, seed } = config.training;
  // Refused data leaves no folder behind.
  using splits = openSplits(config, dataset);
  const { windowsPerEpoch } = splits.training;
  using _lock = openRunLock(runDir);
  const onRejected = (dir: string, reason: string) => {
    onEvent({ kind: "warning", message: `Checkpoint ${dir} is damaged and was passed over: ${reason}` });
  };
  const { resume, from } = options;
  const run = await findRun(config, { resume, from, datasetHash: dataset.hash, onRejected });
  const { gpt, trainer } = openTrainer(backend, config, dataset.info.vocabSize);
  if (run) trainer.restore(run, run.step);
  else initializeModel(backend, gpt, seed);
  const stepsPerEpoch = windowsPerEpoch * config.model.maxSeqLen / trainer.tokensPerStep;
  const { description: device, variants } = backend;
  onEvent({
    kind: "opened",
    device,
    parameters: gpt.table.count,
    tokensPerStep: trainer.tokensPerStep,
    stepsPerEpoch,
    firstStep: trainer.step,
    maxSteps,
    runDir,
  });
  const upToDate = trainer.step >= maxSteps;
  if (!upToDate) {
    const tokenizer = await Deno.readTextFile(join(dataset.dir, dataset.info.tokenizer));
    using record = await RunRecord.open(config, {
      dataset,
      tokenizer,
      run,
      device,
      variants,
      stepsPerEpoch,
      onEvent,
    });
    const loop = new Loop(trainer, config, { splits, record, onEvent });
    while (trainer.step < maxSteps && !shouldStop()) await loop.advance();
    await loop.finish();
  }
  const stopped = trainer.step < maxSteps;
  onEvent({ kind: "finished", step: trainer.step, stopped, upToDate });
  return { gpt, step: trainer.step, stopped, upToDate };
}

/** @throws {UsageError} when a tensor is larger than the adapter can bind */
function openTrainer(backend: Backend, config: Config, vocabSize: number): { gpt: Gpt; trainer: Trainer } {
  try {
    const gpt = openModel(backend, modelShape(config.model, vocabSize), { trainable: true });
    return { gpt, trainer: new Trainer(backend, gpt, config) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `Cannot train this model on ${backend.description}: ${error.message}, lower training.batch_size, ` +
        "model.max_seq_len or model.d_model",
      { cause: error },
    );
  }
}

interface Splits extends Disposable {
  readonly training: Batches;
  readonly validation: Batches;
}

function openSplits(config: Config, { dir, info }: TokenDataset): Splits {
  const { batchSize, seed } = config.training;
  const options = { batchSize, maxSeqLen: config.model.maxSeqLen, seed };
  using opened = new DisposableStack();
  const open = (file: string) => new Batches(opened.use(openTokenFile(join(dir, file))), options);
  const splits = { training: open(info.train.file), validation: open(info.validation.file) };
  const files = opened.move();
  return { ...splits, [Symbol.dispose]: () => files.dispose() };
}

/** The device is looked at this often: for progress, and so that it is never far behind the host. */
const LOOK_INTERVAL_MS = 250;
/** Time per step is averaged over about this long for the estimate of what is left. */
const RATE_WINDOW_MS = 5000;

/** So many updates skipped one after the other end the run: a single bad batch does not. */
const MOST_SKIPPED = 10;

/** Steps of a run, with what belongs between them. */
class Loop {
  readonly #trainer: Trainer;
  readonly #config: Config;
  readonly #splits: Splits;
  readonly #record: RunRecord;
  readonly #onEvent: (event: TrainEvent) => void;
  #last: StepResult | undefined;
  #lookedAt = performance.now();
  #rate = { steps: 0, ms: 0 };
  #isCompiled = false;
  #skippedInARow = 0;

  constructor(
    trainer: Trainer,
    config: Config,
    options: { splits: Splits; record: RunRecord; onEvent: (event: TrainEvent) => void },
  ) {
    this.#trainer = trainer;
    this.#config = config;
    this.#splits = options.splits;
    this.#record = options.record;
    this.#onEvent = options.onEvent;
  }

  /** One step and what is due after it, in a fixed order: metrics, validation, checkpoint. */
  async advance(): Promise<void> {
    const { training, monitor, checkpoint } = this.#config;
    this.#trainer.queueStep(this.#splits.training);
    const { step, ringIsFull } = this.#trainer;
    const isDue = (interval: number) => step % interval === 0 || step === training.maxSteps;
    const logs = isDue(monitor.logInterval) || step === 1;
    const evaluates = isDue(training.evalInterval) && this.#splits.validation.evaluationBatches > 0;
    const saves = isDue(checkpoint.saveInterval);
    const looks = !this.#isCompiled || performance.now() - this.#lookedAt > LOOK_INTERVAL_MS || ringIsFull;
    if (logs || evaluates || saves || looks) await this.#look();
    if (logs && !this.#last!.skipped) this.#writeRow(this.#last!);
    const isBest = evaluates &&
      this.#record.writeValidation(step, await this.#trainer.evaluate(this.#splits.validation));
    if (saves || (isBest && checkpoint.keepBest)) await this.#record.save(this.#trainer);
    // Measuring and saving are no part of the speed of training.
    if (evaluates || saves) this.#lookedAt = performance.now();
  }

  /** Saves what is not saved and sums up the metrics. */
  async finish(): Promise<void> {
    await this.#look();
    await this.#record.save(this.#trainer);
    await this.#record.summarize();
  }

  /** Waits for the device, remembers what became of the steps and reports progress. */
  async #look(): Promise<void> {
    const results = await this.#trainer.drain();
    if (results.length === 0) return;
    const now = performance.now();
    const elapsedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#last = results[results.length - 1];
    if (this.#isCompiled) this.#learnRate(results.length, elapsedMs);
    else this.#onEvent({ kind: "compiled", firstStepMs: elapsedMs });
    this.#isCompiled = true;
    this.#reportProgress(results);
    for (const result of results) this.#countSkipped(result);
  }

  /** A skipped update has a row of its own, whatever the interval. */
  #countSkipped(result: StepResult): void {
    this.#skippedInARow = result.skipped ? this.#skippedInARow + 1 : 0;
    if (result.skipped) this.#writeRow(result);
    if (this.#skippedInARow === MOST_SKIPPED) this.#diverged(result);
  }

  #learnRate(steps: number, ms: number): void {
    const old = this.#rate.ms > RATE_WINDOW_MS ? 0.5 : 1;
    this.#rate = { steps: this.#rate.steps * old + steps, ms: this.#rate.ms * old + ms };
  }

  get #msPerStep(): number {
    return this.#rate.ms / this.#rate.steps;
  }

  get #tokensPerSecond(): number {
    return this.#rate.steps === 0 ? 0 : this.#trainer.tokensPerStep / this.#msPerStep * 1000;
  }

  #reportProgress(results: readonly StepResult[]): void {
    const { step } = this.#trainer;
    const { maxSteps } = this.#config.training;
    const { learningRate, gradNorm } = this.#last!;
    const loss = results.reduce((sum, result) => sum + result.loss, 0) / results.length;
    const etaMs = this.#rate.steps === 0 ? undefined : (maxSteps - step) * this.#msPerStep;
    const tokensPerSecond = this.#tokensPerSecond;
    this.#onEvent({ kind: "progress", step, maxSteps, loss, learningRate, gradNorm, tokensPerSecond, etaMs });
  }

  #writeRow(result: StepResult): void {
    const { tokensPerStep } = this.#trainer;
    this.#record.writeStep(result, { tokensPerStep, tokensPerSecond: this.#tokensPerSecond });
  }

  #diverged({ step, learningRate }: StepResult): void {
    const { runDir } = this.#config.training;
    throw new UsageError(
      `Cannot go on training ${runDir}: loss or gradient is not finite since step ${
        step + 2 - MOST_SKIPPED
      }, at ` +
        `learning rate ${learningRate}, lower training.learning_rate and continue with --resume from the last checkpoint`,
      { exitStatus: EXIT_STATUS.diverged },
    );
  }
}
