// Trains a tiny model one micro-step on a backend and on the reference and compares loss and every gradient: does this
// adapter, with its driver, compute what it should? Takes a second or two; `sheepop doctor` runs it.

import { sortSegments } from "../../kernels/embedding/segments.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { packStepControl } from "../../kernels/program/step_control.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { randomU32 } from "../common/random.ts";
import { type Config, defaultConfig } from "../config/config.ts";
import { compileTraining, microStepTape } from "./training_programs.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { initializeModel, openModel } from "../model/open_model.ts";

export interface SelfTestResult {
  /** Kernel passes the micro-step went through. */
  readonly passes: number;
  /** Largest difference of loss or gradient from the reference, relative to the largest gradient of the tensor. */
  readonly worst: number;
  /** Tensor with that difference. */
  readonly worstTensor: string;
  readonly ok: boolean;
}

const VOCAB_SIZE = 37;
/** By operands. f32 sums of a few hundred terms stay well below it; f16 rounds each weight by up to 5e-4. */
const TOLERANCE = { f32: 1e-3, f16: 1e-2 };

/** Compares `backend` with the reference. */
export async function selfTest(
  backend: Backend,
  operands: Config["resources"]["operands"] = "f32",
): Promise<SelfTestResult> {
  await using reference = openReferenceBackend();
  const expected = await microStep(reference);
  const actual = await microStep(backend);
  let worst = 0;
  let worstTensor = "";
  for (const [name, values] of expected.tensors) {
    const scale = values.reduce((highest, value) => Math.max(highest, Math.abs(value)), 1e-6);
    const found = actual.tensors.get(name)!;
    values.forEach((value, i) => {
      const difference = Number.isFinite(found[i]) ? Math.abs(found[i] - value) / scale : Infinity;
      if (difference > worst) [worst, worstTensor] = [difference, name];
    });
  }
  return { passes: expected.passes, worst, worstTensor, ok: worst < TOLERANCE[operands] };
}

async function microStep(backend: Backend): Promise<{ passes: number; tensors: Map<string, Float32Array> }> {
  const config = defaultConfig();
  Object.assign(config.model, { dModel: 32, numLayers: 2, numHeads: 4, maxSeqLen: 16, dropout: 0.1 });
  config.training.batchSize = 2;
  const gpt = openModel(backend, modelShape(config.model, VOCAB_SIZE), { trainable: true });
  initializeModel(backend, gpt, 1);
  const { batch } = compileTraining(backend, gpt, config);
  const loss = createTensor("loss", [1], { lifetime: "persistent" });
  const rows = config.training.batchSize * config.model.maxSeqLen;
  const random = (stream: number) => {
    return Uint32Array.from({ length: rows }, (_, i) => randomU32({ seed: 1, stream }, i) % VOCAB_SIZE);
  };
  const tokens = random(1001);
  const segments = sortSegments(tokens);
  backend.write(batch.tokens, tokens);
  backend.write(batch.targets, random(1002));
  for (const part of ["order", "starts", "ids"] as const) backend.write(batch.segments[part], segments[part]);
  const control = { step: 0, seed: 1, firstSample: 0, lossDivisor: rows, learningRate: 0 };
  backend.write(batch.control, packStepControl(control));
  const { calls } = microStepTape(gpt, config, { batch, loss });
  backend.compile(calls, "self_test").replay();
  const tensors = new Map([["loss", (await backend.read(loss)) as Float32Array]]);
  for (const [parameter, gradient] of gpt.table.gradients) {
    tensors.set(parameter.name, (await backend.read(gradient)) as Float32Array);
  }
  return { passes: calls.length, tensors };
}
