import { assert, assertEquals, assertThrows } from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { attention } from "../../kernels/attention/attention.ts";
import { copy } from "../../kernels/copy/copy.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { createStepControl, packStepControl } from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, sizeOf, type Tensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";
import { withoutSubgroups } from "../support/other_device.ts";

interface Sizes {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly D: number;
}

function attentionOf(
  { B, T, H, D }: Sizes,
  options: { dropout?: number; isUsedTwice?: boolean; scale?: number } = {},
): () => Subject {
  return () => {
    const tape = new Tape();
    const qkv = inputTensor("qkv", [B * T, 3 * H * D]);
    const control = createStepControl();
    const inputs = new Map<Tensor, Float32Array | Uint32Array>([
      [qkv, randomFloats(sizeOf(qkv), 3, options.scale ?? 1)],
      [control, packStepControl({ step: 5, seed: 11, firstSample: 2, lossDivisor: 1, learningRate: 0 })],
    ]);
    const dropout = options.dropout ? { probability: options.dropout, control } : undefined;
    const y = attention(tape, qkv, { batch: B, heads: H, dropout });
    // A second use of qkv, whose gradient is then added to.
    const outputs = [options.isUsedTwice ? add(tape, y, attention(tape, qkv, { batch: B, heads: H })) : y];
    return { tape, inputs, outputs };
  };
}

Deno.test("attention() has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(attentionOf({ B: 2, T: 4, H: 2, D: 3 }));
});

Deno.test("attention() has the gradient of its numerical derivative with dropout and two uses", async () => {
  await assertGradientMatchesDifferences(
    attentionOf({ B: 2, T: 5, H: 2, D: 3 }, { dropout: 0.4, isUsedTwice: true }),
  );
});

for (
  const sizes of [
    { B: 1, T: 1, H: 1, D: 1 },
    { B: 2, T: 5, H: 3, D: 4 },
    { B: 3, T: 7, H: 2, D: 5 },
    { B: 2, T: 16, H: 2, D: 16 },
    { B: 2, T: 64, H: 2, D: 8 },
    { B: 1, T: 72, H: 3, D: 41 },
    { B: 2, T: 123, H: 1, D: 12 },
    { B: 2, T: 136, H: 2, D: 64 },
  ]
) {
  for (const kernels of ["wave", "tile"] as const) {
    const name = `B=${sizes.B} T=${sizes.T} H=${sizes.H} D=${sizes.D} by ${kernels} kernels`;
    Deno.test(`attention() on the GPU matches the reference for ${name}`, async () => {
      await assertGpuMatchesReference(attentionOf(sizes, { scale: 3 }), { kernels });
    });
  }
}

Deno.test("attention() on the GPU matches the reference with lanes in workgroup memory", async () => {
  for (const T of [5, 72]) {
    await assertGpuMatchesReference(() => {
      const subject = attentionOf({ B: 2, T, H: 2, D: 8 })();
      const { tape } = subject;
      const backward = tape.backward.bind(tape);
      tape.backward = () => {
        backward();
        tape.calls.splice(0, tape.calls.length, ...withoutSubgroups(tape.calls));
      };
      return subject;
    });
  }
});

Deno.test("attention() on the GPU matches the reference with dropout and with two uses", async () => {
  for (const sizes of [{ B: 2, T: 72, H: 2, D: 8 }, { B: 3, T: 7, H: 3, D: 5 }]) {
    await assertGpuMatchesReference(attentionOf(sizes, { dropout: 0.3, isUsedTwice: true }));
  }
});

Deno.test("attention() is exact for scores that would overflow exp()", async () => {
  await assertGpuMatchesReference(attentionOf({ B: 1, T: 70, H: 1, D: 4 }, { scale: 25 }), {
    tolerance: 2e-3,
  });
});

/** Runs a forward pass over `data`. */
async function forward(
  backend: Backend,
  sizes: Sizes,
  data: Float32Array,
): Promise<Float32Array> {
  const { B, T, H, D } = sizes;
  const qkv = inputTensor("qkv", [B * T, 3 * H * D]);
  const y = createTensor("y", [B * T, H * D], { lifetime: "persistent" });
  const tape = new Tape();
  copy(tape, attention(tape, qkv, { batch: B, heads: H }), y);
  backend.write(qkv, data);
  backend.compile(tape.calls, "forward").replay();
  return await backend.read(y) as Float32Array;
}

Deno.test("attention() at a position does not depend on what comes after it, to the bit", async () => {
  const sizes = { B: 1, T: 72, H: 2, D: 8 };
  const width = sizes.H * sizes.D;
  for (const kernels of ["wave", "tile"] as const) {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    const data = randomFloats(72 * 3 * width, 4, 2);
    const y = await forward(gpu, sizes, data);
    for (const t of [1, 15, 63, 64, 71]) {
      const changed = data.slice();
      changed.fill(1e3, t * 3 * width);
      const other = await forward(gpu, sizes, changed);
      assertEquals(other.slice(0, t * width), y.slice(0, t * width), `before ${t}`);
      assert(other.slice(t * width).every((value, i) => value !== y[t * width + i]), `from ${t}`);
    }
  }
});

Deno.test("attention() keeps sequences and heads apart", async () => {
  await using reference = openReferenceBackend();
  const data = randomFloats(2 * 6 * 3 * 8, 9);
  const both = await forward(reference, { B: 2, T: 6, H: 2, D: 4 }, data);
  const second = await forward(reference, { B: 1, T: 6, H: 2, D: 4 }, data.slice(6 * 24));
  assertEquals(both.slice(48), second);
});

Deno.test("attention() and its gradient are not disturbed by what their storage held before", async () => {
  for (const kernels of ["wave", "tile"] as const) {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    const gradient = async (data: Float32Array) => {
      const qkv = inputTensor("qkv", [2 * 72, 48]);
      const dY = inputTensor("d_y", [2 * 72, 16]);
      const dQkv = createTensor("d_qkv", qkv.shape, { lifetime: "persistent" });
      const tape = new Tape();
      tape.passGradient(attention(tape, qkv, { batch: 2, heads: 2 }), dY);
      tape.backward();
      copy(tape, tape.gradientOf(qkv)!, dQkv);
      gpu.write(qkv, data);
      gpu.write(dY, randomFloats(2 * 72 * 16, 5));
      gpu.compile(tape.calls, "gradient").replay();
      return await gpu.read(dQkv);
    };
    const data = randomFloats(2 * 72 * 48, 4);
    const clean = await gradient(data);
    assert(clean.every(Number.isFinite));
    await gradient(new Float32Array(data.length).fill(NaN));
    assertEquals(await gradient(data), clean);
  }
});

Deno.test("attention() refuses heads and batches that do not divide, and impossible dropout", () => {
  const qkv = inputTensor("qkv", [10, 24]);
  assertThrows(
    () => attention(new Tape(), qkv, { batch: 2, heads: 3 }),
    TypeError,
    "columns must be a multiple of 9",
  );
  assertThrows(() => attention(new Tape(), qkv, { batch: 3, heads: 2 }), TypeError, "rows of 3");
  const dropout = { probability: 1, control: createStepControl() };
  assertThrows(
    () => attention(new Tape(), qkv, { batch: 2, heads: 2, dropout }),
    RangeError,
    "probability is 1",
  );
});
