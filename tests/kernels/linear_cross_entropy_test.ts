import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { linearCrossEntropy } from "../../kernels/linear_cross_entropy/linear_cross_entropy.ts";
import { IGNORED_TARGET } from "../../kernels/linear_cross_entropy/linear_cross_entropy_reference.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { copy } from "../../kernels/copy/copy.ts";
import type { KernelFamily } from "../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { createStepControl, packStepControl } from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor, viewOf } from "../../kernels/program/tensor.ts";
import {
  createQuantizedMatrix,
  dequantizeMatrix,
  quantizeMatrix,
} from "../../kernels/quantized_matmul/quantized_matrix.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, inputTensor, randomFloats, randomIntegers } from "../support/operation_checks.ts";

interface Size {
  N: number;
  C: number;
  V: number;
  chunkBytes?: number;
  /** How often the program runs; once where left out. */
  replays?: number;
  /** Whether the weight's gradient is one that accumulates; true where left out. */
  isParameter?: boolean;
}

interface Result {
  loss: number;
  dX: Float32Array;
  dWeight: Float32Array;
}

interface Data {
  x: Float32Array;
  weight: Float32Array;
  targets: Uint32Array;
}

function randomData({ N, C, V }: Size): Data {
  const targets = randomIntegers(N, 3, V);
  if (N > 2) targets[1] = IGNORED_TARGET;
  return { x: randomFloats(N * C, 1), weight: randomFloats(V * C, 2), targets };
}

async function run(backend: Backend, size: Size, data: Data): Promise<Result> {
  const { N, C, V, chunkBytes, replays = 1, isParameter = true } = size;
  const flat = createTensor("parameters", [V * C], { lifetime: "parameter" });
  const flatGradient = createTensor("gradients", [V * C], { lifetime: "gradient" });
  const weight = viewOf(flat, { offset: 0, shape: [V, C], name: "weight", requiresGradient: true });
  const dWeight = viewOf(flatGradient, { offset: 0, shape: [V, C] });
  const tape = new Tape({ parameterGradients: new Map(isParameter ? [[weight, dWeight]] : []) });
  const x = inputTensor("x", [N, C]);
  const targets = inputTensor("targets", [N], { dtype: "u32" });
  const accumulator = inputTensor("accumulator", [1]);
  const control = createStepControl();
  linearCrossEntropy(tape, { x, weight, targets, control, accumulator, training: true, chunkBytes });
  tape.backward();
  const dX = inputTensor("d_x_kept", [N, C]);
  copy(tape, tape.gradientOf(x)!, dX);
  if (!isParameter) copy(tape, tape.gradientOf(weight)!, dWeight);
  backend.write(x, data.x);
  backend.write(flat, data.weight);
  backend.write(targets, data.targets);
  const divisor = data.targets.filter((target) => target !== IGNORED_TARGET).length;
  backend.write(
    control,
    packStepControl({ step: 0, seed: 0, firstSample: 0, lossDivisor: divisor, learningRate: 0 }),
  );
  const program = backend.compile(tape.calls, "loss");
  for (let i = 0; i < replays; i++) program.replay();
  return {
    loss: (await backend.read(accumulator))[0],
    dX: (await backend.read(dX)) as Float32Array,
    dWeight: (await backend.read(dWeight)) as Float32Array,
  };
}

for (const kernels of ["wave", "tile"] as KernelFamily[]) {
  const sizes: Size[] = [{ N: 1, C: 1, V: 1 }, { N: 5, C: 12, V: 65 }, { N: 130, C: 20, V: 322 }, {
    N: 70,
    C: 15,
    V: 7,
  }];
  for (const size of sizes) {
    const title = `${JSON.stringify(size)} (${kernels})`;
    Deno.test(`linearCrossEntropy() on the GPU matches the reference for ${title}`, async () => {
      await using gpu = await openTestGpu({ kernels });
      if (!gpu) return;
      await using reference = openReferenceBackend();
      const data = randomData(size);
      const [actual, expected] = [await run(gpu, size, data), await run(reference, size, data)];
      assertClose([actual.loss], [expected.loss], { name: "loss" });
      assertClose(actual.dX, expected.dX, { name: "d_x" });
      assertClose(actual.dWeight, expected.dWeight, { name: "d_weight" });
    });
  }
}

Deno.test("linearCrossEntropy() has the gradient of its numerical derivative", async () => {
  await using backend = openReferenceBackend();
  const size = { N: 3, C: 4, V: 5 };
  const data = randomData(size);
  const { dX, dWeight } = await run(backend, size, data);
  const differenceIn = async (values: Float32Array, i: number) => {
    const before = values[i];
    const losses = [];
    for (const sign of [1, -1]) {
      values[i] = before + sign / 256;
      losses.push((await run(openReferenceBackend(), size, data)).loss);
    }
    values[i] = before;
    return (losses[0] - losses[1]) * 128;
  };
  for (let i = 0; i < dX.length; i++) assertAlmostEquals(dX[i], await differenceIn(data.x, i), 1e-4);
  for (let i = 0; i < dWeight.length; i++) {
    assertAlmostEquals(dWeight[i], await differenceIn(data.weight, i), 1e-4);
  }
});

Deno.test("linearCrossEntropy() of uniform logits is ln V", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = { N: 64, C: 4, V: 50257 };
  const data = { ...randomData(size), weight: new Float32Array(size.V * size.C) };
  assertAlmostEquals((await run(gpu, size, data)).loss, Math.log(size.V), 1e-4);
});

Deno.test("linearCrossEntropy() in chunks equals linearCrossEntropy() at once", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = { N: 192, C: 8, V: 20 };
  const data = randomData(size);
  const whole = await run(gpu, size, data);
  const chunked = await run(gpu, { ...size, chunkBytes: 64 * 20 * 4 }, data);
  assertEquals(chunked.loss, whole.loss);
  assertEquals(chunked.dX, whole.dX);
  assertClose(chunked.dWeight, whole.dWeight, { name: "d_weight" });
});

Deno.test("linearCrossEntropy() adds to accumulator and weight gradient, not to that of x", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = { N: 5, C: 8, V: 20 };
  const data = randomData(size);
  const once = await run(gpu, size, data);
  const twice = await run(gpu, { ...size, replays: 2 }, data);
  assertClose([twice.loss], [2 * once.loss], { name: "loss" });
  assertClose(twice.dWeight, once.dWeight.map((value) => 2 * value), { name: "d_weight" });
  assertEquals(twice.dX, once.dX);
});

Deno.test("linearCrossEntropy() overwrites a weight gradient that does not accumulate", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = { N: 130, C: 8, V: 20, chunkBytes: 64 * 20 * 4 };
  const data = randomData(size);
  const expected = await run(gpu, size, data);
  const actual = await run(gpu, { ...size, isParameter: false, replays: 2 }, data);
  assertEquals(actual.dWeight, expected.dWeight);
});

Deno.test("linearCrossEntropy() does not count ignored targets", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = { N: 4, C: 8, V: 20 };
  const data = randomData(size);
  const first = await run(gpu, size, data);
  data.x.fill(9, 8, 16);
  const second = await run(gpu, size, data);
  assertEquals(second.loss, first.loss);
  assertEquals(second.dX.subarray(8, 16), new Float32Array(8));
});

Deno.test("linearCrossEntropy() on a GPU gives each long row a workgroup", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  await using reference = openReferenceBackend();
  Object.assign(gpu.device.traits, { isSoftware: false });
  const size = { N: 5, C: 4, V: 4099 };
  const data = randomData(size);
  const [actual, expected] = [await run(gpu, size, data), await run(reference, size, data)];
  assertClose([actual.loss], [expected.loss], { name: "loss" });
  assertClose(actual.dX, expected.dX, { name: "d_x" });
  assertClose(actual.dWeight, expected.dWeight, { name: "d_weight" });
});

Deno.test("linearCrossEntropy() keeps the loss of logits that exp would overflow", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const data = {
    x: Float32Array.of(1, 0, 0, 0),
    weight: Float32Array.of(1000, 0, 0, 0, 990, 0, 0, 0, -1000, 0, 0, 0),
    targets: Uint32Array.of(1),
  };
  const { loss, dX } = await run(gpu, { N: 1, C: 4, V: 3 }, data);
  assertAlmostEquals(loss, 10 + Math.log1p(Math.exp(-10)), 1e-4);
  assertAlmostEquals(dX[0], 10 / (1 + Math.exp(-10)), 1e-3);
});

Deno.test("linearCrossEntropy() computes no gradient outside training or for a frozen weight", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const control = createStepControl();
  const accumulator = inputTensor("accumulator", [1]);
  const x = inputTensor("x", [2, 4]);
  const targets = inputTensor("targets", [2], { dtype: "u32" });
  const weight = inputTensor("weight", [3, 4]);
  const frozen = inputTensor("weight", [3, 4], { requiresGradient: false });
  const record = (weight: Tensor, training: boolean) => {
    const tape = new Tape();
    linearCrossEntropy(tape, { x, weight, targets, control, accumulator, training });
    return tape;
  };
  assertEquals(Object.keys(record(weight, true).calls[0].outputs), ["accumulator", "d_x", "d_weight"]);
  assertEquals(Object.keys(record(frozen, true).calls[0].outputs), ["accumulator", "d_x"]);
  assertEquals(Object.keys(record(weight, false).calls[0].outputs), ["accumulator"]);
  backend.write(
    control,
    packStepControl({ step: 0, seed: 0, firstSample: 0, lossDivisor: 2, learningRate: 0 }),
  );
  backend.compile(record(weight, false).calls, "evaluation").replay();
  assertAlmostEquals((await backend.read(accumulator))[0], Math.log(3), 1e-6);
});

Deno.test("linearCrossEntropy() refuses shapes that do not fit", () => {
  const x = inputTensor("x", [2, 3]);
  const targets = inputTensor("targets", [2], { dtype: "u32" });
  const tensors = {
    x,
    targets,
    weight: inputTensor("w", [4, 5]),
    control: createStepControl(),
    training: false,
  };
  const accumulator = inputTensor("accumulator", [1]);
  assertThrows(
    () => linearCrossEntropy(new Tape(), { ...tensors, accumulator }),
    TypeError,
    "need [N, C], [V, C] and [N]",
  );
});

for (const kernels of ["wave", "tile"] as KernelFamily[]) {
  Deno.test(`linearCrossEntropy() of a quantised weight is that of the numbers it stands for (${kernels})`, async () => {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    await using reference = openReferenceBackend();
    for (const { N, C, V } of [{ N: 1, C: 1, V: 1 }, { N: 70, C: 36, V: 65 }, { N: 130, C: 15, V: 7 }]) {
      const data = randomData({ N, C, V });
      const matrix = createQuantizedMatrix("weight", { bits: 4, K: C, N: V });
      const words = quantizeMatrix(data.weight, { ...matrix, transposed: true });
      const dequantized = Float32Array.from(dequantizeMatrix(words, matrix, { transposed: true }));
      const expected = await run(reference, { N, C, V }, { ...data, weight: dequantized });
      for (const backend of [gpu, reference]) {
        const x = inputTensor("x", [N, C], { requiresGradient: false });
        const targets = inputTensor("targets", [N], { dtype: "u32" });
        const accumulator = createTensor("loss", [1], { lifetime: "persistent" });
        const control = createStepControl();
        const tape = new Tape();
        linearCrossEntropy(tape, { x, weight: matrix, targets, control, accumulator, training: false });
        backend.write(x, data.x);
        backend.write(targets, data.targets);
        backend.write(matrix.packed, words);
        const lossDivisor = data.targets.filter((target) => target !== IGNORED_TARGET).length;
        backend.write(
          control,
          packStepControl({ step: 0, seed: 0, firstSample: 0, lossDivisor, learningRate: 0 }),
        );
        backend.write(accumulator, new Float32Array(1));
        backend.compile(tape.calls, "loss").replay();
        assertClose(await backend.read(accumulator), [expected.loss], { name: "loss" });
      }
    }
  });
}
