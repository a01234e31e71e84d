import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { attention, type AttentionForm } from "../../kernels/attention/attention.ts";
import { attentionWave } from "../../kernels/attention/attention_wave.ts";
import { copy } from "../../kernels/copy/copy.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { type ChosenFamily, Recorder } from "../../kernels/program/lowering.ts";
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
  options: { dropout?: number; isUsedTwice?: boolean; scale?: number; form?: AttentionForm } = {},
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
    const { form } = options;
    const y = attention(tape, qkv, { batch: B, heads: H, dropout, form });
    // A second use of qkv, whose gradient is then added to.
    const outputs = [
      options.isUsedTwice ? add(tape, y, attention(tape, qkv, { batch: B, heads: H, form })) : y,
    ];
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

/** Every set of kernels the test adapter can run. */
const FORMS = [
  { kernels: "wave", form: "flash" },
  { kernels: "tile", form: "flash" },
  { kernels: "wave", form: "materialised" },
  { kernels: "tile", form: "materialised" },
  { kernels: "plain", form: "auto" },
] as const;
const FLASH = FORMS.slice(0, 2);

for (
  const sizes of [
    { B: 1, T: 1, H: 1, D: 1 },
    { B: 1, T: 1, H: 1, D: 4 },
    { B: 2, T: 5, H: 3, D: 20 },
    { B: 3, T: 7, H: 2, D: 5 },
    { B: 2, T: 64, H: 2, D: 8 },
    { B: 1, T: 72, H: 3, D: 41 },
    { B: 2, T: 123, H: 1, D: 12 },
    { B: 2, T: 17, H: 3, D: 33 },
    { B: 5, T: 1, H: 2, D: 64 },
    { B: 2, T: 136, H: 2, D: 64 },
    { B: 1, T: 40, H: 2, D: 128 },
  ]
) {
  for (const { kernels, form } of FORMS) {
    const name = `B=${sizes.B} T=${sizes.T} H=${sizes.H} D=${sizes.D}, ${form}, by ${kernels} kernels`;
    Deno.test(`attention() on the GPU matches the reference for ${name}`, async () => {
      await assertGpuMatchesReference(attentionOf(sizes, { scale: 3, form }), { kernels });
    });
  }
}

Deno.test("attention() on the GPU matches the reference without subgroups", async () => {
  for (const form of ["flash", "materialised"] as const) {
    await assertGpuMatchesReference(() => {
      const subject = attentionOf({ B: 2, T: 72, H: 2, D: 8 }, { form })();
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

for (const { kernels, form } of FORMS) {
  Deno.test(`attention() on the GPU matches the reference with dropout and two uses, ${form}, ${kernels}`, async () => {
    for (
      const sizes of [{ B: 2, T: 72, H: 2, D: 8 }, { B: 3, T: 7, H: 3, D: 4 }, { B: 2, T: 9, H: 3, D: 6 }]
    ) {
      await assertGpuMatchesReference(attentionOf(sizes, { dropout: 0.3, isUsedTwice: true, form }), {
        kernels,
      });
    }
  });
}

for (const { kernels, form } of FLASH) {
  Deno.test(`attention() on the GPU matches the reference over 1024 positions, ${form}, ${kernels}`, async () => {
    await assertGpuMatchesReference(attentionOf({ B: 1, T: 1024, H: 1, D: 8 }, { form }), { kernels });
  });
}

Deno.test("attention() is exact for scores that would overflow exp()", async () => {
  for (const { kernels, form } of FORMS) {
    // Scores in the thousands leave four digits behind the point in f32.
    const tolerance = 2e-3;
    await assertGpuMatchesReference(attentionOf({ B: 1, T: 70, H: 1, D: 4 }, { scale: 25, form }), {
      kernels,
      tolerance,
    });
  }
});

/** Runs a forward pass over `data`. */
async function forward(
  backend: Backend,
  sizes: Sizes & { readonly form?: AttentionForm },
  data: Float32Array,
): Promise<Float32Array> {
  const { B, T, H, D, form } = sizes;
  const qkv = inputTensor("qkv", [B * T, 3 * H * D]);
  const y = createTensor("y", [B * T, H * D], { lifetime: "persistent" });
  const tape = new Tape();
  copy(tape, attention(tape, qkv, { batch: B, heads: H, form }), y);
  backend.write(qkv, data);
  backend.compile(tape.calls, "forward").replay();
  return await backend.read(y) as Float32Array;
}

/** Runs a backward pass over `data` for the gradient `dOut` of the output. */
async function gradient(
  backend: Backend,
  sizes: Sizes & { readonly form?: AttentionForm },
  { data, dOut }: { data: Float32Array; dOut: Float32Array },
): Promise<Float32Array> {
  const { B, T, H, D, form } = sizes;
  const qkv = inputTensor("qkv", [B * T, 3 * H * D]);
  const dY = inputTensor("d_y", [B * T, H * D]);
  const dQkv = createTensor("d_qkv", qkv.shape, { lifetime: "persistent" });
  const tape = new Tape();
  tape.passGradient(attention(tape, qkv, { batch: B, heads: H, form }), dY);
  tape.backward();
  copy(tape, tape.gradientOf(qkv)!, dQkv);
  backend.write(qkv, data);
  backend.write(dY, dOut);
  backend.compile(tape.calls, "gradient").replay();
  return await backend.read(dQkv) as Float32Array;
}

Deno.test("attention() at a position does not depend on what comes after it, to the bit", async () => {
  for (const { kernels, form } of FORMS) {
    const sizes = { B: 1, T: 72, H: 2, D: 8, form };
    const width = sizes.H * sizes.D;
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) continue;
    const data = randomFloats(72 * 3 * width, 4, 2);
    const y = await forward(gpu, sizes, data);
    for (const t of [1, 7, 8, 15, 31, 32, 33, 63, 64, 71]) {
      const changed = data.slice();
      changed.fill(1e3, t * 3 * width);
      const other = await forward(gpu, sizes, changed);
      assertEquals(other.slice(0, t * width), y.slice(0, t * width), `${form}, ${kernels}, before ${t}`);
      assert(other.slice(t * width).every((value, i) => value !== y[t * width + i]), `from ${t}`);
    }
  }
});

Deno.test("attention() gives positions after the last one that matters a gradient of exactly 0", async () => {
  for (const { kernels, form } of FORMS) {
    const sizes = { B: 1, T: 72, H: 2, D: 8, form };
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    const data = randomFloats(72 * 48, 4, 2);
    for (const t of [1, 8, 32, 33, 64]) {
      const dOut = randomFloats(72 * 16, 5).fill(0, t * 16);
      const dQkv = await gradient(gpu, sizes, { data, dOut });
      assert(dQkv.slice(t * 48).every((value) => value === 0), `${form}, ${kernels}, from ${t}`);
      assert(dQkv.slice(0, 48).some((value) => value !== 0));
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
  for (const { kernels, form } of FORMS) {
    const sizes = { B: 2, T: 72, H: 2, D: 8, form };
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) continue;
    const dOut = randomFloats(2 * 72 * 16, 5);
    const data = randomFloats(2 * 72 * 48, 4);
    const clean = await gradient(gpu, sizes, { data, dOut });
    assert(clean.every(Number.isFinite));
    await gradient(gpu, sizes, { data: new Float32Array(data.length).fill(NaN), dOut });
    assertEquals(await gradient(gpu, sizes, { data, dOut }), clean);
  }
});

for (const { kernels, form } of FLASH) {
  Deno.test(`attention() goes through 8192 positions to the last, ${form}, ${kernels}`, async () => {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    // Equal scores: y is the mean of the values so far, here half the position.
    const [T, D] = [8192, 4];
    const data = Float32Array.from(
      { length: T * 3 * D },
      (_, i) => i % (3 * D) < 2 * D ? 0 : Math.floor(i / 3 / D),
    );
    const y = await forward(gpu, { B: 1, T, H: 1, D, form }, data);
    for (const n of [0, 1, 33, 4096, 8191]) assertAlmostEquals(y[n * D], n / 2, 1e-6 * T, `y[${n}]`);
    const dQkv = await gradient(gpu, { B: 1, T, H: 1, D, form }, {
      data,
      dOut: new Float32Array(T * D).fill(1),
    });
    // Value j is a part 1 / (n + 1) of every y[n] from n = j on.
    let expected = 0;
    for (let j = T - 1; j >= 0; j--) {
      expected += 1 / (j + 1);
      assertAlmostEquals(dQkv[j * 3 * D + 2 * D], expected, 1e-4, `d_v[${j}]`);
    }
  });
}

/** Names of the kernels that compute a forward and a backward pass on a device. */
function kernelsOf(
  sizes: Sizes,
  device: { family: ChosenFamily; isSoftware: boolean },
  form?: AttentionForm,
): string[] {
  const tape = new Tape();
  const qkv = inputTensor("qkv", [sizes.B * sizes.T, 3 * sizes.H * sizes.D]);
  tape.passGradient(
    attention(tape, qkv, { batch: sizes.B, heads: sizes.H, form }),
    inputTensor("d_y", [sizes.B * sizes.T, sizes.H * sizes.D]),
  );
  tape.backward();
  const recorder = new Recorder({
    traits: {
      adapter: "imagined",
      isSoftware: device.isSoftware,
      subgroupSize: 8,
      hasTimestamps: false,
      hasF16: false,
      maxBindingBytes: 2 ** 27,
      maxBufferBytes: 2 ** 27,
      maxTextureRows: 16384,
      maxWorkgroupBytes: 16384,
      offsetAlignment: 256,
    },
    family: device.family,
    parameterTexture: (_, make) => make().texture,
  });
  for (const call of tape.calls) call.pass.lower(call, recorder);
  return recorder.dispatches.map(({ kernel }) => kernel).filter((kernel) => kernel !== "pack_texture");
}

Deno.test("attention() stores scores only where that is faster and possible", () => {
  const flash = (suffix: string) => [
    `attention_forward_${suffix}`,
    ...(suffix === "tile" ? ["attention_delta"] : []),
    `attention_backward_queries_${suffix}`,
    `attention_backward_keys_${suffix}`,
  ];
  const wave = { family: "wave", isSoftware: true } as const;
  const tile = { family: "tile", isSoftware: false } as const;
  const plain = { family: "plain", isSoftware: true } as const;
  const sizes = { B: 8, T: 256, H: 4, D: 32 };
  assertEquals(kernelsOf(sizes, wave), flash("wave"));
  assertEquals(kernelsOf(sizes, tile), flash("tile"));
  assertEquals(kernelsOf({ ...sizes, D: 64 }, tile), flash("tile"));
  assertEquals(kernelsOf({ ...sizes, D: 64 }, wave, "flash"), flash("wave"));
  assertEquals(kernelsOf({ ...sizes, T: 2048 }, plain), flash("tile"), "stored scores fit no binding");
  assertEquals(kernelsOf({ ...sizes, T: 2048, D: 64 }, wave), flash("wave"), "stored scores fit no binding");
  for (
    const stored of [
      kernelsOf({ ...sizes, D: 64 }, wave),
      kernelsOf(sizes, plain),
      kernelsOf(sizes, tile, "materialised"),
      kernelsOf({ ...sizes, D: 128 }, tile), // tiles of 20 KiB, workgroup memory of 16
      kernelsOf({ ...sizes, D: 129 }, wave),
      kernelsOf({ ...sizes, T: 4, D: 64 }, wave),
      kernelsOf({ ...sizes, B: 260, T: 64 }, wave), // more rows than a texture has
      kernelsOf({ ...sizes, D: 30 }, plain),
      kernelsOf({ B: 2 ** 20, T: 4, H: 1, D: 1 }, tile), // 48 MiB of qkv would become 192
      kernelsOf({ ...sizes, T: 20000, D: 4 }, { ...tile, isSoftware: true }), // more than 65,535 loop iterations
    ]
  ) {
    assertEquals(stored.filter((kernel) => kernel.startsWith("attention")), [
      "attention_softmax",
      "attention_softmax_backward",
    ]);
  }
});

Deno.test("attention() runs on flash kernels where stored scores would need the tile product of a CPU", () => {
  const wave = { family: "wave", isSoftware: true } as const;
  for (const T of [1, 5, 17, 127, 1001]) {
    const kernels = kernelsOf({ B: 2, T, H: 4, D: 64 }, wave);
    assert(kernels.every((kernel) => /^attention_.*_wave$/.test(kernel)), `T = ${T}: ${kernels}`);
  }
});

Deno.test("attention() widens heads that are not whole Vectors for flash kernels", () => {
  for (const family of ["wave", "tile"] as const) {
    for (const D of [1, 15, 25, 61, 99]) {
      const kernels = kernelsOf({ B: 2, T: 64, H: 7, D }, { family, isSoftware: family === "wave" });
      assertEquals(kernels, [
        "attention_pad",
        `attention_forward_${family}`,
        "attention_unpad",
        ...["attention_pad", "attention_pad", "attention_pad"],
        ...(family === "tile" ? ["attention_delta"] : []),
        `attention_backward_queries_${family}`,
        `attention_backward_keys_${family}`,
        "attention_unpad",
      ]);
    }
  }
});

Deno.test("attention() keeps no probabilities in kernels that never store the scores", async () => {
  for (const { kernels, form } of FLASH) {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    await gradient(gpu, { B: 1, T: 2048, H: 1, D: 4, form }, {
      data: new Float32Array(2048 * 12),
      dOut: new Float32Array(2048 * 4),
    });
    assert(gpu.memoryBytes < 2048 * 2048, `${gpu.memoryBytes} bytes`);
  }
});

Deno.test("attentionWave() bounds no loop from a constant by a uniform, which a driver would recompile for", () => {
  for (const kernel of ["forward", "queries", "keys"] as const) {
    const loops = attentionWave({ kernel, vectors: 1 }).match(/for \(var \w+ = 0u; [^;]*;/g)!;
    assert(loops.length >= 2 && loops.every((loop) => !/< shape\.\w+;/.test(loop)), loops.join("\n"));
  }
});

Deno.test("attentionWave() writes the golden kernel", async () => {
  const code = attentionWave({ kernel: "forward", vectors: 1 });
  assertEquals(
    code,
    await Deno.readTextFile(new URL("../golden/attention_forward_wave.wgsl", import.meta.url)),
  );
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
