// Products for the tests of matmul kernels, on both backends: as layers make them, with gradients, and as attention does.

import { lowerMatmul, matmul } from "../../kernels/matmul/matmul.ts";
import { matmulReference } from "../../kernels/matmul/matmul_reference.ts";
import { type Call, floats, type Values } from "../../kernels/program/call.ts";
import type { Causality, MatmulMode, MatmulSpec } from "../../kernels/matmul/matmul_spec.ts";
import { wholeOperand } from "../../kernels/matmul/matmul_spec.ts";
import type { GpuBackendOptions } from "../../kernels/program/gpu_backend.ts";
import type { ChooseVariant, KernelFamily } from "../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { columnsOf, createTensor, type Lifetime, sizeOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "./gpu.ts";
import { assertClose, inputTensor, randomFloats, type Subject } from "./operation_checks.ts";

/** Size of a product. */
export interface Size {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** A layer y = activation(x W + bias), to be differentiated. */
export function product(
  size: Size,
  options: { bias?: boolean; activation?: "none" | "gelu" | "relu"; transposed?: boolean } = {},
): () => Subject {
  return () => {
    const tape = new Tape();
    const x = inputTensor("x", [size.M, size.K]);
    const weight = inputTensor("weight", options.transposed ? [size.N, size.K] : [size.K, size.N]);
    const bias = options.bias ? inputTensor("bias", [size.N]) : undefined;
    const y = matmul(tape, x, weight, { ...options, bias });
    const inputs = new Map([x, weight, ...(bias ? [bias] : [])].map((tensor, i) => {
      return [tensor, randomFloats(sizeOf(tensor), i + 1)];
    }));
    return { tape, inputs, outputs: [y] };
  };
}

/** A product of whole tensors; rows of C are `pitch` long. */
export function wholeProduct(
  mode: MatmulMode,
  { M, N, K }: Size,
  options: { pitch?: number; bias?: boolean; accumulate?: boolean; weight?: Lifetime } = {},
): MatmulSpec {
  const tensor = (name: string, shape: number[], lifetime: Lifetime = "persistent") =>
    createTensor(name, shape, { lifetime });
  return {
    mode,
    M,
    N,
    K,
    a: wholeOperand(tensor("a", mode === "TN" ? [K, M] : [M, K])),
    b: wholeOperand(tensor("b", mode === "NT" ? [N, K] : [K, N], options.weight)),
    c: wholeOperand(tensor("c", [M, options.pitch ?? N])),
    bias: options.bias ? tensor("bias", [N]) : undefined,
    accumulate: options.accumulate,
  };
}

/** Takes the named variant where it is offered, and knows whether it ever was. */
export function wanting(name: string): { chooseVariant: ChooseVariant; readonly wasOffered: boolean } {
  let wasOffered = false;
  return {
    chooseVariant({ variants }): string {
      wasOffered ||= variants.includes(name);
      return name;
    },
    get wasOffered(): boolean {
      return wasOffered;
    },
  };
}

/** Runs one product on both backends with a C that already holds numbers. */
export async function assertProductMatches(
  spec: MatmulSpec,
  kernels: KernelFamily,
  options: Omit<GpuBackendOptions, "kernels"> & { tolerance?: number } = {},
): Promise<void> {
  await using gpu = await openTestGpu({ ...options, kernels });
  if (!gpu) return;
  await using reference = openReferenceBackend();
  const pass = {
    name: "product",
    reference: (_: Call, values: Values) => matmulReference(spec, (tensor) => floats(values, tensor)),
    lower: (_: unknown, lowering: Parameters<typeof lowerMatmul>[0]) => lowerMatmul(lowering, spec),
  };
  const call = { pass, attributes: {}, inputs: {}, outputs: {}, site: 0 };
  const tensors = new Set([
    spec.a.tensor,
    spec.b.tensor,
    spec.c.tensor,
    ...(spec.bias ? [spec.bias] : []),
    ...(spec.residual ? [spec.residual] : []),
  ]);
  for (const backend of [gpu, reference]) {
    let seed = 1;
    for (const tensor of tensors) {
      const data = randomFloats(sizeOf(tensor), seed++);
      if (tensor === spec.a.tensor && (spec.causality === "upto" || spec.causality === "from")) {
        lowerTriangle(data, tensor.shape);
      }
      if (tensor === spec.a.tensor && !spec.batch) poisonPadding(data, spec);
      backend.write(tensor, data);
    }
    backend.compile([call], "product").replay();
  }
  const expected = await reference.read(spec.c.tensor);
  const actual = await gpu.read(spec.c.tensor);
  if (spec.causality === "skip") copyAboveDiagonal(expected, actual, spec);
  if (!spec.batch) copyPadding(expected, actual, spec);
  assertClose(actual, expected, { name: "c", tolerance: options.tolerance });
}

/** Rows of A longer than the matrix end in numbers that may be anything. */
function poisonPadding(data: Float32Array, { mode, M, K, a }: MatmulSpec): void {
  const pitch = columnsOf(a.tensor);
  data.forEach((_, i) => {
    if (i % pitch >= (mode === "TN" ? M : K)) data[i] = NaN;
  });
}

function lowerTriangle(data: Float32Array, shape: readonly number[]): void {
  const T = shape[shape.length - 1];
  data.forEach((_, i) => {
    if (i % T > Math.floor(i / T) % T) data[i] = 0;
  });
}

/** With "skip" the values above the diagonal are free. */
function copyAboveDiagonal(expected: ArrayLike<number>, actual: ArrayLike<number>, spec: MatmulSpec): void {
  for (let i = 0; i < expected.length; i++) {
    if (i % spec.N > Math.floor(i / spec.N) % spec.M) (expected as Float32Array)[i] = actual[i];
  }
}

/** Rows of C longer than N end in numbers nobody reads. */
function copyPadding(expected: ArrayLike<number>, actual: ArrayLike<number>, { N, c }: MatmulSpec): void {
  const pitch = columnsOf(c.tensor);
  for (let i = 0; i < expected.length; i++) {
    if (i % pitch >= N) (expected as Float32Array)[i] = actual[i];
  }
}

export interface HeadCase {
  mode: MatmulMode;
  causality: Causality;
}

/** Products as attention makes them: operands are slices of [B T, 3 C] and [B H T, T] tensors. */
export function headProduct(
  { mode, causality }: HeadCase,
  size: { B: number; H: number; T: number; D: number },
): MatmulSpec {
  const { B, H, T, D } = size;
  const C = H * D;
  const packed = (name: string, part: number) => ({
    tensor: createTensor(name, [B * T, 3 * C], { lifetime: "persistent" }),
    rowsPerBatch: T,
    rowsPerHead: 0,
    column: part * C,
    columnsPerHead: D,
  });
  const scores = (name: string) => ({
    tensor: createTensor(name, [B, H, T, T], { lifetime: "persistent" }),
    rowsPerBatch: H * T,
    rowsPerHead: T,
    column: 0,
    columnsPerHead: 0,
  });
  const common = { mode, causality, batch: B * H, heads: H };
  if (causality === "skip") {
    return { ...common, M: T, N: T, K: D, a: packed("q", 0), b: packed("k", 1), c: scores("s") };
  }
  return { ...common, M: T, N: D, K: T, a: scores("p"), b: packed("v", 2), c: packed("y", 1) };
}

export const HEAD_CASES: HeadCase[] = [
  { mode: "NT", causality: "skip" },
  { mode: "NN", causality: "upto" },
  { mode: "TN", causality: "from" },
];
