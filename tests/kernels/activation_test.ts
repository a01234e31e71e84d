import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { activation } from "../../kernels/activation/activation.ts";
import {
  activationDerivative,
  type ActivationKind,
  activationValue,
} from "../../kernels/activation/activation_reference.ts";
import { add } from "../../kernels/add/add.ts";
import { copy } from "../../kernels/copy/copy.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

const KINDS: ActivationKind[] = ["gelu", "relu"];

function activationOf(
  shape: number[],
  kind: ActivationKind,
  options: { residual?: boolean } = {},
): () => Subject {
  return () => {
    const tape = new Tape();
    const x = inputTensor("x", shape);
    const y = activation(tape, x, kind);
    const inputs = new Map([[x, randomFloats(shape.reduce((a, b) => a * b), 1, 4)]]);
    return { tape, inputs, outputs: [options.residual ? add(tape, x, y) : y] };
  };
}

for (const kind of KINDS) {
  Deno.test(`activation() ${kind} has the gradient of its numerical derivative`, async () => {
    await assertGradientMatchesDifferences(activationOf([4, 7], kind));
  });

  for (const shape of [[1], [4, 64], [5, 123], [2, 5, 7], [50, 100]]) {
    Deno.test(`activation() ${kind} on the GPU matches the reference for [${shape}]`, async () => {
      await assertGpuMatchesReference(activationOf(shape, kind));
    });
  }

  Deno.test(`activation() ${kind} on the GPU adds to the gradient of a residual stream`, async () => {
    await assertGpuMatchesReference(activationOf([3, 5], kind, { residual: true }));
  });
}

/** f(x) and f'(x) as the GPU computes them. */
async function onGpu(
  x: Float32Array,
  kind: ActivationKind,
): Promise<[Float32Array, Float32Array] | undefined> {
  await using gpu = await openTestGpu();
  if (!gpu) return undefined;
  const tape = new Tape();
  const [input, value, ones, slope] = ["x", "value", "ones", "slope"].map((name) =>
    createTensor(name, [x.length], { lifetime: "persistent", requiresGradient: name === "x" })
  );
  const y = activation(tape, input, kind);
  copy(tape, y, value);
  tape.passGradient(y, ones);
  tape.backward();
  copy(tape, tape.gradientOf(input)!, slope);
  gpu.write(input, x);
  gpu.write(ones, new Float32Array(x.length).fill(1));
  gpu.compile(tape.calls, "activation").replay();
  return [await gpu.read(value) as Float32Array, await gpu.read(slope) as Float32Array];
}

Deno.test("activation() gelu stays exact and finite where exp would overflow", async () => {
  const x = Float32Array.of(-1e20, -1000, -50, -12, -10, 10, 12, 50, 1000, 1e20, 3e38, 0);
  const results = await onGpu(x, "gelu");
  if (!results) return;
  const expected = x.map((value) => value < 0 ? 0 : value);
  results[0].forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-6 * (1 + expected[i])));
  results[1].forEach((value, i) => assertAlmostEquals(value, x[i] === 0 ? 0.5 : x[i] < 0 ? 0 : 1, 1e-6));
});

Deno.test("activationDerivative() stays finite for huge numbers", () => {
  assertEquals([-1e300, 1e300].map((x) => activationDerivative("gelu", x)), [0, 1]);
  assertEquals(activationValue("none", 3), 3);
  assertEquals(activationDerivative("none", 3), 1);
});

for (const kind of KINDS) {
  Deno.test(`activation() ${kind} does not hide NaN`, async () => {
    const results = await onGpu(Float32Array.of(NaN, 1, NaN, 2), kind);
    if (!results) return;
    assert(Number.isNaN(results[0][0]) && Number.isNaN(results[0][2]), `${results[0]}`);
  });
}

Deno.test("activation() refuses an unknown kind", () => {
  const kind = "swish" as ActivationKind;
  assertThrows(() => activation(new Tape(), inputTensor("x", [2]), kind), RangeError, "gelu or relu");
});
