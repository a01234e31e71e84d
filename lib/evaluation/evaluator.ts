// Measures the loss of a model over batches, forward pass only: the model may be quantised, and nothing of training is
// compiled or kept.

import { attention } from "../../kernels/attention/attention.ts";
import { linearCrossEntropy } from "../../kernels/linear_cross_entropy/linear_cross_entropy.ts";
import type { Backend, Program } from "../../kernels/program/backend.ts";
import { createStepControl, packStepControl } from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../kernels/program/tensor.ts";
import { type Gpt, gptForward, headWeight } from "../model/gpt.ts";

/** Batches to measure on, filled into [B, T] arrays. */
export interface EvaluationSource {
  readonly evaluationBatches: number;
  /** @returns targets that count; 0 past the end */
  evaluationBatch(index: number, tokens: Uint32Array, targets: Uint32Array): number;
}

export interface EvaluationResult {
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  /** Targets it is the mean of. */
  readonly tokens: number;
}

/** Losses are added up on the device for so many batches, then in f64 on the host: f32 would lose digits of a long text. */
const BATCHES_PER_READ = 16;

export class Evaluator {
  readonly #backend: Backend;
  readonly #program: Program;
  readonly #batch: { readonly tokens: Tensor; readonly targets: Tensor };
  readonly #loss: Tensor;
  readonly #tokens: Uint32Array;
  readonly #targets: Uint32Array;

  /** Compiles the forward pass of `gpt` for `batchSize` sequences of its context. */
  constructor(backend: Backend, gpt: Gpt, options: { batchSize: number }) {
    const { batchSize: B } = options;
    const T = gpt.shape.maxSeqLen;
    const integers = (name: string) => createTensor(name, [B, T], { dtype: "u32", lifetime: "input" });
    const [tokens, targets, positions] = ["tokens", "targets", "positions"].map(integers);
    const control = createStepControl();
    this.#backend = backend;
    this.#batch = { tokens, targets };
    this.#loss = createTensor("evaluation_loss", [1], { lifetime: "persistent" });
    this.#tokens = new Uint32Array(B * T);
    this.#targets = new Uint32Array(B * T);
    backend.write(positions, Uint32Array.from({ length: B * T }, (_, row) => row % T));
    const step = { step: 0, seed: 0, learningRate: 0, firstSample: 0, lossDivisor: 1 };
    backend.write(control, packStepControl(step));
    const tape = new Tape();
    const heads = { batch: B, heads: gpt.shape.numHeads };
    const hidden = gptForward(tape, gpt, {
      inputs: { tokens, positions },
      attend: (_, qkv) => attention(tape, qkv, heads),
    });
    const weight = headWeight(gpt);
    linearCrossEntropy(tape, {
      x: hidden,
      weight,
      targets,
      control,
      accumulator: this.#loss,
      training: false,
    });
    this.#program = backend.compile(tape.calls, "evaluation");
  }

  /**
   * Mean loss over all batches, or over `evalBatches` of them spread evenly.
   *
   * @param options.onProgress called now and then with batches done
   * @param options.shouldStop asked now and then; true ends the measurement early
   */
  async evaluate(
    source: EvaluationSource,
    options: {
      evalBatches?: number;
      onProgress?: (batches: number, totalBatches: number) => void;
      shouldStop?: () => boolean;
    } = {},
  ): Promise<EvaluationResult> {
    const total = source.evaluationBatches;
    const count = Math.min(options.evalBatches || total, total);
    let [sum, tokens] = [0, 0];
    for (let first = 0; first < count && !options.shouldStop?.(); first += BATCHES_PER_READ) {
      const last = Math.min(count, first + BATCHES_PER_READ);
      this.#backend.write(this.#loss, new Float32Array(1));
      for (let i = first; i < last; i++) tokens += this.#queue(source, Math.floor(i * total / count));
      sum += (await this.#backend.read(this.#loss))[0];
      options.onProgress?.(last, count);
    }
    return { loss: sum / tokens, tokens };
  }

  /** @returns targets that count */
  #queue(source: EvaluationSource, index: number): number {
    const count = source.evaluationBatch(index, this.#tokens, this.#targets);
    this.#backend.write(this.#batch.tokens, this.#tokens);
    this.#backend.write(this.#batch.targets, this.#targets);
    this.#program.replay();
    return count;
  }
}
