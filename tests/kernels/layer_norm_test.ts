import { assertAlmostEquals, assertThrows } from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { layerNorm } from "../../kernels/layer_norm/layer_norm.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, viewOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertClose,
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

function normOf(shape: number[], options: { hasBeta?: boolean; residual?: boolean } = {}): () => Subject {
  return () => {
    const tape = new Tape();
    const C = shape[shape.length - 1];
    const x = inputTensor("x", shape);
    const gamma = inputTensor("gamma", [C]);
    const beta = inputTensor("beta", [C]);
    const inputs = new Map([[x, randomFloats(shape.reduce((a, b) => a * b), 1, 3)], [
      gamma,
      randomFloats(C, 2),
    ]]);
    if (options.hasBeta ?? true) inputs.set(beta, randomFloats(C, 3));
    const y = layerNorm(tape, x, gamma, inputs.has(beta) ? beta : undefined, { epsilon: 1e-5 });
    return { tape, inputs, outputs: [options.residual ? add(tape, x, y) : y] };
  };
}

Deno.test("layerNorm() has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(normOf([3, 5]));
});

Deno.test("layerNorm() without beta has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(normOf([3, 5], { hasBeta: false }));
});

// [200, 132] has several blocks of rows and two groups of columns in the sums over rows.
for (const shape of [[3, 1], [1, 4], [4, 64], [5, 123], [2, 5, 7], [200, 132], [130, 256]]) {
  Deno.test(`layerNorm() on the GPU matches the reference for [${shape}]`, async () => {
    await assertGpuMatchesReference(normOf(shape));
  });
}

Deno.test("layerNorm() on the GPU adds to the gradient of a residual stream", async () => {
  await assertGpuMatchesReference(normOf([9, 64], { residual: true }));
});

Deno.test("layerNorm() on the GPU matches the reference without beta", async () => {
  await assertGpuMatchesReference(normOf([9, 64], { hasBeta: false }));
});

Deno.test("layerNorm() keeps its precision where the mean dwarfs the deviation", async () => {
  await assertGpuMatchesReference(() => {
    const tape = new Tape();
    const x = inputTensor("x", [3, 64], { requiresGradient: false });
    const gamma = inputTensor("gamma", [64], { requiresGradient: false });
    const y = layerNorm(tape, x, gamma, undefined, { epsilon: 1e-5 });
    const rows = randomFloats(192, 1).map((value) => 256 + value);
    return { tape, inputs: new Map([[x, rows], [gamma, new Float32Array(64).fill(1)]]), outputs: [y] };
  }, { tolerance: 1e-3 });
});

Deno.test("layerNorm() adds to parameter gradients that are views of one arena", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const rows = 300;
  const x = createTensor("x", [rows, 64], { lifetime: "persistent" });
  const parameters = createTensor("parameters", [128], { lifetime: "parameter", requiresGradient: true });
  const gradients = createTensor("gradients", [128], { lifetime: "gradient" });
  const [gamma, beta] = [0, 64].map((offset) => viewOf(parameters, { offset, shape: [64] }));
  const [dGamma, dBeta] = [0, 64].map((offset) => viewOf(gradients, { offset, shape: [64] }));
  const tape = new Tape({ parameterGradients: new Map([[gamma, dGamma], [beta, dBeta]]) });
  const y = layerNorm(tape, x, gamma, beta, { epsilon: 1e-5 });
  const seed = createTensor("seed", y.shape, { lifetime: "persistent" });
  tape.passGradient(y, seed);
  tape.backward();
  gpu.write(x, randomFloats(rows * 64, 1));
  gpu.write(seed, new Float32Array(rows * 64).fill(1));
  gpu.write(gradients, new Float32Array(128).fill(5));
  const program = gpu.compile(tape.calls, "layer_norm");
  program.replay();
  program.replay();
  const after = (await gpu.read(gradients)) as Float32Array;
  assertClose(after.subarray(64), new Float32Array(64).fill(5 + 2 * rows), { name: "d_beta" });
  // Rows of xhat sum to zero, so do all columns of d_gamma together.
  assertAlmostEquals(after.subarray(0, 64).reduce((a, b) => a + b, 0), 5 * 64, 1e-2);
});

Deno.test("layerNorm() refuses parameters of another width", () => {
  const [x, gamma, beta] = [[2, 3], [3], [4]].map((shape, i) =>
    inputTensor("x gamma beta".split(" ")[i], shape)
  );
  assertThrows(
    () => layerNorm(new Tape(), x, gamma, beta, { epsilon: 1e-5 }),
    TypeError,
    "must have 3 elements",
  );
});
