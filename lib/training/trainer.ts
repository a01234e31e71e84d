// One run's training state on a backend and the moves on it: a step, an evaluation, a snapshot, a restore. What happens
// in which order is train.ts; what the numbers are is decided by config, data and seed alone.

import { sortSegments } from "../../kernels/embedding/segments.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import {
  packStepControl,
  RING_FIELDS,
  RING_STEPS,
  TRAINING_STATE_SIZE,
  unpackTrainingState,
} from "../../kernels/program/step_control.ts";
import { sizeOf } from "../../kernels/program/tensor.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import type { EvaluationResult } from "../evaluation/evaluator.ts";
import type { Gpt } from "../model/gpt.ts";
import { loadWeights, type NamedWeights, readWeights } from "../model/open_model.ts";
import { lrSchedule } from "./lr_schedule.ts";
import { compileTraining, type TrainingPrograms } from "./training_programs.ts";

/** Where batches come from: pure functions of their number, filled into [B, T] arrays. */
export interface BatchSource {
  trainingBatch(microStep: number, tokens: Uint32Array, targets: Uint32Array): void;
  /** Batches of the validation split. */
  readonly evaluationBatches: number;
  /** @returns targets that count; 0 past the end */
  evaluationBatch(index: number, tokens: Uint32Array, targets: Uint32Array): number;
}

/** What became of one update. */
export interface StepResult {
  /** Updates attempted before it. */
  readonly step: number;
  /** Mean cross-entropy of the global batch, nats per token. */
  readonly loss: number;
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** A gradient was not finite: nothing was updated. */
  readonly skipped: boolean;
}

/** Weights and optimizer state of a run between two updates. */
export interface Snapshot {
  readonly weights: NamedWeights[];
  readonly optimizer: NamedWeights[];
}

const STATE_NAME = "training_state";

export class Trainer {
  /** Updates attempted so far, skipped ones included. */
  step = 0;
  readonly programs: TrainingPrograms;
  readonly #backend: Backend;
  readonly #gpt: Gpt;
  readonly #config: Config;
  readonly #tokens: Uint32Array;
  readonly #targets: Uint32Array;
  #drained = 0;

  constructor(backend: Backend, gpt: Gpt, config: Config) {
    this.#backend = backend;
    this.#gpt = gpt;
    this.#config = config;
    this.programs = compileTraining(backend, gpt, config);
    const rows = config.training.batchSize * config.model.maxSeqLen;
    this.#tokens = new Uint32Array(rows);
    this.#targets = new Uint32Array(rows);
  }

  /** Tokens one update learns from. */
  get tokensPerStep(): number {
    return this.#tokens.length * this.#config.training.gradientAccumulationSteps;
  }

  /** Queues one update: forward and backward of every micro-batch, then the optimizer. */
  queueStep(batches: BatchSource): void {
    const { training } = this.#config;
    const K = training.gradientAccumulationSteps;
    for (let micro = 0; micro < K; micro++) {
      const microStep = this.step * K + micro;
      batches.trainingBatch(microStep, this.#tokens, this.#targets);
      this.#writeBatch({ sorted: true });
      this.#writeControl({ firstSample: microStep * training.batchSize, lossDivisor: this.tokensPerStep });
      this.programs.microStep.replay();
    }
    this.programs.update.replay();
    this.#backend.refreshParameters();
    this.step++;
  }

  /** Whether the ring would forget a step unless drain() is called. */
  get ringIsFull(): boolean {
    return this.step - this.#drained >= RING_STEPS;
  }

  /** Waits for everything queued and returns the steps since the last call. */
  async drain(): Promise<StepResult[]> {
    const ring = await this.#backend.read(this.programs.ring);
    const results: StepResult[] = [];
    for (; this.#drained < this.step; this.#drained++) {
      const row = (this.#drained % RING_STEPS) * RING_FIELDS;
      results.push({
        step: this.#drained,
        loss: ring[row],
        gradNorm: ring[row + 1],
        learningRate: lrSchedule(this.#drained, this.#config.training),
        skipped: ring[row + 2] !== 0,
      });
    }
    return results;
  }

  /** Loss over the validation split, or `training.evalBatches` batches spread evenly over it. */
  async evaluate(batches: BatchSource): Promise<EvaluationResult> {
    const { evalBatches } = this.#config.training;
    this.#backend.write(this.programs.evaluationLoss, new Float32Array(1));
    let tokens = 0;
    const total = batches.evaluationBatches;
    const count = evalBatches === 0 ? total : Math.min(evalBatches, total);
    for (let i = 0; i < count; i++) {
      tokens += batches.evaluationBatch(Math.floor(i * total / count), this.#tokens, this.#targets);
      this.#writeBatch({ sorted: false });
      this.#writeControl({ firstSample: 0, lossDivisor: 1 });
      this.programs.evaluation.replay();
    }
    const [sum] = await this.#backend.read(this.programs.evaluationLoss);
    return { loss: sum / tokens, tokens };
  }

  /** Copies weights, moments and counters out: all a resumed run needs beside config, data and step. */
  async snapshot(): Promise<Snapshot> {
    const weights = await readWeights(this.#backend, this.#gpt);
    const state = await this.#backend.read(this.programs.state);
    const optimizer: NamedWeights[] = [{ name: STATE_NAME, shape: [TRAINING_STATE_SIZE], data: state }];
    for (const { parameter, moment1, moment2 } of this.#gpt.table.windows) {
      const first = await this.#backend.read(moment1);
      const second = await this.#backend.read(moment2);
      for (const [name, tensor] of this.#gpt.table.parameters) {
        if (tensor.base !== parameter) continue;
        const range = [tensor.offset, tensor.offset + sizeOf(tensor)] as const;
        optimizer.push({ name: `${name}.moment1`, shape: tensor.shape, data: first.slice(...range) });
        optimizer.push({ name: `${name}.moment2`, shape: tensor.shape, data: second.slice(...range) });
      }
    }
    return { weights, optimizer };
  }

  /**
   * Continues from a snapshot taken after `step` updates.
   *
   * @throws {UsageError} when a tensor is missing or of another shape
   */
  restore(snapshot: Snapshot, step: number): void {
    loadWeights(this.#backend, this.#gpt, snapshot.weights);
    const byName = new Map(snapshot.optimizer.map((tensor) => [tensor.name, tensor.data]));
    const take = (name: string) => {
      const data = byName.get(name);
      if (!data) {
        throw new UsageError(
          `Cannot resume: ${name} is missing from the optimizer state, train from the start`,
        );
      }
      return data;
    };
    for (const [parameter, [moment1, moment2]] of this.#gpt.table.moments) {
      this.#backend.write(moment1, take(`${parameter.name}.moment1`));
      this.#backend.write(moment2, take(`${parameter.name}.moment2`));
    }
    const state = take(STATE_NAME) as Uint32Array;
    this.#backend.write(this.programs.state, state);
    if (unpackTrainingState(state).appliedUpdates > step) {
      throw new UsageError(
        `Cannot resume: the optimizer state is ahead of step ${step}, use another checkpoint`,
      );
    }
    this.step = step;
    this.#drained = step;
  }

  #writeBatch(options: { sorted: boolean }): void {
    const { batch } = this.programs;
    this.#backend.write(batch.tokens, this.#tokens);
    this.#backend.write(batch.targets, this.#targets);
    if (!options.sorted) return;
    const segments = sortSegments(this.#tokens);
    this.#backend.write(batch.segments.order, segments.order);
    this.#backend.write(batch.segments.starts, segments.starts);
    this.#backend.write(batch.segments.ids, segments.ids);
  }

  #writeControl(values: { firstSample: number; lossDivisor: number }): void {
    const learningRate = lrSchedule(this.step, this.#config.training);
    const { seed } = this.#config.training;
    this.#backend.write(
      this.programs.batch.control,
      packStepControl({ step: this.step, seed, learningRate, ...values }),
    );
  }
}
