// Brings a model into a backend: lays its parameters out, and fills them with first values or those of a checkpoint.

import { sinusoidalPositions } from "../../kernels/embedding/embedding.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { layoutParameters, type ParameterSpec } from "../../kernels/program/parameter_table.ts";
import { createTensor, sizeOf } from "../../kernels/program/tensor.ts";
import { checkTensors } from "../checkpoint/tensor_check.ts";
import { fillGaussian } from "../common/random.ts";
import { UsageError } from "../common/errors.ts";
import type { Gpt } from "./gpt.ts";
import { gptParameters, type ModelShape } from "./gpt_parameters.ts";
import { createQuantizedMatrices, type Quantization, writeQuantized } from "./quantized_weights.ts";

/** A named array of numbers, as checkpoints hold them. */
export interface NamedWeights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint32Array;
}

/** Streams 1.. of the run's seed belong to initial parameters, by position in the list. */
const INIT_STREAM = 1;

/**
 * Lays out the parameters of `shape` for the backend; their contents are undefined.
 *
 * @param options.quantize keeps matrices in fewer bits, for a model that is not trained
 * @param options.inPieces takes a vocabulary larger than a binding, for a model that only generates
 */
export function openModel(
  backend: Backend,
  shape: ModelShape,
  options: { trainable: boolean; quantize?: Quantization; inPieces?: boolean },
): Gpt {
  const specs = gptParameters(shape);
  const quantized = createQuantizedMatrices(specs, options.quantize ?? "none");
  const table = layoutParameters(specs.filter(({ name }) => !quantized.has(name)), {
    maxElements: backend.maxArenaElements,
    maxTensorElements: options.inPieces ? backend.maxTensorElements : undefined,
    trainable: options.trainable,
  });
  let sinusoids: Gpt["sinusoids"];
  if (shape.position === "sinusoidal") {
    sinusoids = createTensor("sinusoids", [shape.maxSeqLen, shape.dModel], { lifetime: "persistent" });
    backend.write(sinusoids, sinusoidalPositions(shape.maxSeqLen, shape.dModel));
  }
  return { shape, table, quantized, sinusoids };
}

/**
 * Lays out a model that is only run.
 *
 * @param options.inPieces as openModel() takes it
 * @throws {UsageError} when a tensor is larger than the adapter can bind
 */
export function openForInference(
  backend: Backend,
  shape: ModelShape,
  options: { quantize: Quantization; inPieces?: boolean },
): Gpt {
  try {
    return openModel(backend, shape, { trainable: false, ...options });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `Cannot run this model on ${backend.description}: ${error.message}, use --quantize q8 or q4, or another adapter`,
      { cause: error },
    );
  }
}

/** Opens a second model in the backend with the weights of `gpt`, quantised. */
export async function openQuantized(backend: Backend, gpt: Gpt, quantize: Quantization): Promise<Gpt> {
  const copy = openModel(backend, gpt.shape, { trainable: false, quantize });
  loadWeights(backend, copy, await readWeights(backend, gpt));
  return copy;
}

/** Fills the parameters with first values drawn from `seed`: the same on every device. */
export function initializeModel(backend: Backend, gpt: Gpt, seed: number): void {
  gpt.table.specs.forEach((spec, index) => {
    backend.write(
      gpt.table.parameters.get(spec.name)!,
      firstValues(spec, { seed, stream: INIT_STREAM + index }),
    );
  });
  backend.refreshParameters();
}

function firstValues(spec: ParameterSpec, stream: { seed: number; stream: number }): Float32Array {
  const values = new Float32Array(spec.shape.reduce((a, b) => a * b, 1));
  if (spec.init.kind === "ones") values.fill(1);
  if (spec.init.kind === "normal") fillGaussian(values, { ...stream, std: spec.init.std });
  return values;
}

/**
 * Fills the parameters with given weights, quantising those that are to be.
 *
 * @throws {UsageError} naming the tensors that are missing, unexpected, of another shape, or not to be quantised
 */
export function loadWeights(backend: Backend, gpt: Gpt, weights: readonly NamedWeights[]): void {
  const specs = gptParameters(gpt.shape);
  checkTensors(weights, { expected: specs, what: "the weights" });
  const byName = new Map(weights.map((weight) => [weight.name, weight]));
  for (const { name } of specs) {
    const weight = byName.get(name)!;
    const matrix = gpt.quantized.get(name);
    if (matrix) writeQuantized(backend, matrix, weight);
    else backend.write(gpt.table.parameters.get(name)!, weight.data);
  }
  backend.refreshParameters();
}

/** Copies the parameters of a model that is not quantised out of the backend. */
export async function readWeights(backend: Backend, gpt: Gpt): Promise<NamedWeights[]> {
  const flat = new Map<unknown, Float32Array>();
  for (const { parameter } of gpt.table.windows) {
    flat.set(parameter, (await backend.read(parameter)) as Float32Array);
  }
  return gpt.table.specs.map(({ name, shape }) => {
    const parameter = gpt.table.parameters.get(name)!;
    const window = flat.get(parameter.base)!;
    return { name, shape, data: window.slice(parameter.offset, parameter.offset + sizeOf(parameter)) };
  });
}
