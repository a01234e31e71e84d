// The two proofs every operation owes: its backward pass on the reference equals the numerical derivative of its forward
// pass, and the GPU computes what the reference computes, outputs and gradients alike.

import { assert, assertEquals } from "@std/assert";
import { copy } from "../../kernels/copy/copy.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import type { GpuBackendOptions } from "../../kernels/program/gpu_backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import type { Tape } from "../../kernels/program/tape.ts";
import { createTensor, sizeOf, type Tensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "./gpu.ts";

/** A forward computation to be checked. */
export interface Subject {
  readonly tape: Tape;
  /** Every input with its data; those that require a gradient are differentiated. */
  readonly inputs: ReadonlyMap<Tensor, Float32Array | Uint32Array>;
  /** Outputs compared; each gets a random gradient. */
  readonly outputs: readonly Tensor[];
}

/** Makes an input tensor that outlives the program. */
export function inputTensor(
  name: string,
  shape: readonly number[],
  options: { dtype?: "f32" | "u32"; requiresGradient?: boolean } = {},
): Tensor {
  const dtype = options.dtype ?? "f32";
  const requiresGradient = options.requiresGradient ?? dtype === "f32";
  return createTensor(name, shape, { dtype, lifetime: "persistent", requiresGradient });
}

/** Uniform numbers in [-scale, scale), the same for the same seed. */
export function randomFloats(count: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0 || 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** Random integers in [0, limit). */
export function randomIntegers(count: number, seed: number, limit: number): Uint32Array {
  return Uint32Array.from(
    randomFloats(count, seed),
    (x) => Math.min(limit - 1, Math.floor((x + 1) / 2 * limit)),
  );
}

interface Differentiated extends Subject {
  readonly seeds: ReadonlyMap<Tensor, Float32Array>;
  /** What is compared, kept beyond the program: outputs, then gradients of inputs. */
  readonly kept: readonly Tensor[];
}

function differentiate(subject: Subject): Differentiated {
  const { tape, inputs, outputs } = subject;
  const seeds = new Map<Tensor, Float32Array>();
  const kept: Tensor[] = [];
  const keep = (tensor: Tensor, name: string) => {
    const y = createTensor(name, tensor.shape, { lifetime: "persistent" });
    copy(tape, tensor, y);
    kept.push(y);
  };
  const forwardCalls = tape.calls.length;
  outputs.forEach((output, i) => {
    if (!output.requiresGradient) return;
    const seed = createTensor(`seed_${output.name}`, output.shape, { lifetime: "persistent" });
    seeds.set(seed, randomFloats(sizeOf(output), 1000 + i));
    tape.passGradient(output, seed);
  });
  for (const output of outputs) keep(output, output.name);
  assertEquals(tape.calls.length, forwardCalls + outputs.length, "seeding records nothing");
  tape.backward();
  for (const input of inputs.keys()) {
    const gradient = tape.gradientOf(input);
    if (gradient) keep(gradient, `d_${input.name}`);
  }
  return { ...subject, seeds, kept };
}

async function run(backend: Backend, subject: Differentiated): Promise<Map<string, Float32Array>> {
  for (const [tensor, data] of [...subject.inputs, ...subject.seeds]) backend.write(tensor, data);
  backend.refreshParameters();
  backend.compile(subject.tape.calls, "subject").replay();
  const results = new Map<string, Float32Array>();
  for (const tensor of subject.kept) results.set(tensor.name, (await backend.read(tensor)) as Float32Array);
  return results;
}

/** Checks that outputs and gradients on the GPU equal those of the reference: |d| <= tolerance * (0.1 + |expected|). */
export async function assertGpuMatchesReference(
  make: () => Subject,
  options: { tolerance?: number } & GpuBackendOptions = {},
): Promise<void> {
  await using gpu = await openTestGpu(options);
  if (!gpu) return;
  const subject = differentiate(make());
  await using reference = openReferenceBackend();
  const expected = await run(reference, subject);
  const actual = await run(gpu, subject);
  for (const [name, values] of expected) assertClose(actual.get(name)!, values, { name, ...options });
}

/** Element by element; names the worst element. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  options: { name: string; tolerance?: number },
): void {
  const tolerance = options.tolerance ?? 1e-4;
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    assert(
      difference <= tolerance * (0.1 + Math.abs(expected[i])),
      `${options.name}[${i}] is ${actual[i]}, expected ${expected[i]}`,
    );
  }
}

/** Checks the reference's backward pass against central differences of its forward pass. */
export async function assertGradientMatchesDifferences(make: () => Subject, tolerance = 1e-5): Promise<void> {
  const subject = differentiate(make());
  await using backend = openReferenceBackend();
  const { values } = backend;
  const gradients = await run(backend, subject);
  const outputs = subject.kept.filter((tensor) => !tensor.name.startsWith("d_"));
  const program = backend.compile(subject.tape.calls, "differences");
  const objective = () => {
    program.replay();
    let sum = 0;
    for (const output of outputs) {
      const seed = [...subject.seeds].find(([tensor]) => tensor.name === `seed_${output.name}`)?.[1];
      if (seed) (values.get(output) as Float64Array).forEach((value, i) => sum += value * seed[i]);
    }
    return sum;
  };
  for (const input of subject.inputs.keys()) {
    const gradient = gradients.get(`d_${input.name}`);
    if (!gradient) continue;
    const x = values.get(input) as Float64Array;
    const step = 1e-4;
    for (let i = 0; i < x.length; i++) {
      const before = x[i];
      x[i] = before + step;
      const above = objective();
      x[i] = before - step;
      const below = objective();
      x[i] = before;
      const numerical = (above - below) / (2 * step);
      assert(
        Math.abs(numerical - gradient[i]) <= tolerance * (1 + Math.abs(numerical)),
        `d_${input.name}[${i}] is ${gradient[i]}, numerically ${numerical}`,
      );
    }
  }
}
