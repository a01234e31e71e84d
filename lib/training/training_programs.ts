// The three programs of training and the tensors they share. micro_step: forward, backward, gradients +=. update: check,
// norm, clip, AdamW, clear. evaluation: forward and loss. Recorded once, replayed for ever.

import { adamw } from "../../kernels/adamw/adamw.ts";
import { attention } from "../../kernels/attention/attention.ts";
import { createGradNorm, gradNorm } from "../../kernels/grad_norm/grad_norm.ts";
import { linearCrossEntropy } from "../../kernels/linear_cross_entropy/linear_cross_entropy.ts";
import type { Backend, Program } from "../../kernels/program/backend.ts";
import {
  createStepControl,
  createStepRing,
  createTrainingState,
  INITIAL_TRAINING_STATE,
  packTrainingState,
} from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../kernels/program/tensor.ts";
import { advanceTrainingStep } from "../../kernels/training_step/training_step.ts";
import type { Config } from "../config/config.ts";
import { type Gpt, gptForward, type GptInputs, headWeight } from "../model/gpt.ts";

/** Tensors the host writes before a replay. */
export interface BatchTensors {
  /** u32 [B, T]. */
  readonly tokens: Tensor;
  readonly positions: Tensor;
  /** u32 [B, T]; 0xffffffff is not counted. */
  readonly targets: Tensor;
  /** Rows of the batch sorted by token, for the gradient of the embedding. */
  readonly segments: { readonly order: Tensor; readonly starts: Tensor; readonly ids: Tensor };
  readonly control: Tensor;
}

export interface TrainingPrograms {
  readonly batch: BatchTensors;
  readonly microStep: Program;
  readonly update: Program;
  readonly evaluation: Program;
  /** Counters, loss scale and clipping that live on the device. */
  readonly state: Tensor;
  readonly ring: Tensor;
  /** f32 [1], sum of the losses of the evaluation batches since it was cleared. */
  readonly evaluationLoss: Tensor;
}

/** Records and compiles the programs for micro-batches of `training.batchSize` sequences. */
export function compileTraining(backend: Backend, gpt: Gpt, config: Config): TrainingPrograms {
  const batch = createBatchTensors(config);
  const loss = createTensor("loss", [1], { lifetime: "persistent" });
  const evaluationLoss = createTensor("evaluation_loss", [1], { lifetime: "persistent" });
  const state = createTrainingState();
  const ring = createStepRing();
  backend.write(batch.positions, packedPositions(config));
  backend.write(state, packTrainingState(INITIAL_TRAINING_STATE));
  for (const window of gpt.table.windows) backend.write(window.decay, window.decayRows);
  return {
    batch,
    state,
    ring,
    evaluationLoss,
    microStep: backend.compile(microStepTape(gpt, config, { batch, loss }).calls, "micro_step"),
    update: backend.compile(
      updateTape(gpt, config, { loss, state, ring, control: batch.control }).calls,
      "update",
    ),
    evaluation: backend.compile(
      evaluationTape(gpt, config, { batch, loss: evaluationLoss }).calls,
      "evaluation",
    ),
  };
}

function createBatchTensors({ training, model }: Config): BatchTensors {
  const rows = training.batchSize * model.maxSeqLen;
  const shape = [training.batchSize, model.maxSeqLen];
  const integers = (name: string, ...shape: number[]) =>
    createTensor(name, shape, { dtype: "u32", lifetime: "input" });
  return {
    tokens: integers("tokens", ...shape),
    positions: integers("positions", ...shape),
    targets: integers("targets", ...shape),
    segments: {
      order: integers("segment_order", rows),
      starts: integers("segment_starts", rows + 1),
      ids: integers("segment_ids", rows),
    },
    control: createStepControl(),
  };
}

/** Every sequence of a packed batch starts at position 0. */
function packedPositions({ training, model }: Config): Uint32Array {
  return Uint32Array.from(
    { length: training.batchSize * model.maxSeqLen },
    (_, row) => row % model.maxSeqLen,
  );
}

/** Forward, loss and backward pass; exported for the tests that compare devices gradient by gradient. */
export function microStepTape(
  gpt: Gpt,
  config: Config,
  tensors: { batch: BatchTensors; loss: Tensor },
): Tape {
  const { batch } = tensors;
  const { dropout: probability } = config.model;
  const tape = new Tape({ parameterGradients: gpt.table.gradients });
  const dropout = probability > 0 ? { probability, control: batch.control } : undefined;
  const inputs: GptInputs = { ...batch, dropout };
  recordLoss(tape, gpt, config, { batch, inputs, loss: tensors.loss, training: true });
  tape.backward();
  return tape;
}

function evaluationTape(gpt: Gpt, config: Config, tensors: { batch: BatchTensors; loss: Tensor }): Tape {
  const { batch, loss } = tensors;
  const tape = new Tape();
  const inputs = { tokens: batch.tokens, positions: batch.positions };
  recordLoss(tape, gpt, config, { batch, inputs, loss, training: false });
  return tape;
}

function recordLoss(
  tape: Tape,
  gpt: Gpt,
  config: Config,
  options: { batch: BatchTensors; inputs: GptInputs; loss: Tensor; training: boolean },
): void {
  const { batch, inputs } = options;
  const heads = { batch: config.training.batchSize, heads: gpt.shape.numHeads, dropout: inputs.dropout };
  const hidden = gptForward(tape, gpt, { inputs, attend: (_, qkv) => attention(tape, qkv, heads) });
  linearCrossEntropy(tape, {
    x: hidden,
    weight: headWeight(gpt),
    targets: batch.targets,
    control: batch.control,
    accumulator: options.loss,
    training: options.training,
  });
}

function updateTape(
  gpt: Gpt,
  { training }: Config,
  tensors: { loss: Tensor; state: Tensor; ring: Tensor; control: Tensor },
): Tape {
  const { windows } = gpt.table;
  const { state, control } = tensors;
  const tape = new Tape();
  const norm = createGradNorm();
  gradNorm(tape, windows.map((window) => window.gradient), norm);
  const { maxGradNorm, beta1, beta2, weightDecay } = training;
  advanceTrainingStep(tape, { ...tensors, norm, accumulator: tensors.loss }, { maxGradNorm, beta1, beta2 });
  for (const window of windows) {
    adamw(tape, { ...window, state, control }, { beta1, beta2, epsilon: training.adamEps, weightDecay });
  }
  return tape;
}
