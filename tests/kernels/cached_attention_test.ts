import { assert, assertEquals, assertThrows } from "@std/assert";
import { attentionForwardReference } from "../../kernels/attention/attention_reference.ts";
import {
  appendToCache,
  cachedAttention,
  type CachedAttentionTensors,
  PADDING_POSITION,
} from "../../kernels/cached_attention/cached_attention.ts";
import { copy } from "../../kernels/copy/copy.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import type { Call } from "../../kernels/program/call.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, randomFloats } from "../support/operation_checks.ts";
import { withoutSubgroups } from "../support/other_device.ts";

interface Sizes {
  readonly heads: number;
  readonly D: number;
  readonly S: number;
  readonly slots?: number;
}

/** A cache and a program that appends n rows and attends with them. */
function openCache(
  backend: Backend,
  sizes: Sizes & { n: number; append?: boolean; oneSlot?: boolean },
  adapt: (calls: readonly Call[]) => readonly Call[] = (calls) => calls,
): {
  tensors: CachedAttentionTensors;
  attend(rows: { qkv: Float32Array; positions: number[]; slots?: number[] }): Promise<Float32Array>;
} {
  const { heads, D, S, n } = sizes;
  const C = heads * D;
  const kept = { lifetime: "persistent" } as const;
  const integers = { lifetime: "input", dtype: "u32" } as const;
  const tensors = {
    qkv: createTensor("qkv", [n, 3 * C], kept),
    keys: createTensor("keys", [sizes.slots ?? 1, S, C], kept),
    values: createTensor("values", [sizes.slots ?? 1, S, C], kept),
    positions: createTensor("positions", [n], integers),
    slots: createTensor("slots", [n], integers),
  };
  const result = createTensor("result", [n, C], kept);
  const tape = new Tape();
  const { append, oneSlot } = sizes;
  if (!append) appendToCache(tape, tensors);
  copy(tape, cachedAttention(tape, tensors, { heads, append, oneSlot }), result);
  const program = backend.compile(adapt(tape.calls), "decode");
  return {
    tensors,
    async attend({ qkv, positions, slots }): Promise<Float32Array> {
      backend.write(tensors.qkv, qkv);
      backend.write(tensors.positions, Uint32Array.from(positions));
      backend.write(tensors.slots, Uint32Array.from(slots ?? positions.map(() => 0)));
      program.replay();
      return await backend.read(result) as Float32Array;
    },
  };
}

/** Causal attention over T rows of one sequence, as training computes it. */
function attended(qkv: Float32Array, { heads, D, T }: { heads: number; D: number; T: number }): Float64Array {
  const y = new Float64Array(T * heads * D);
  const probabilities = new Float64Array(heads * T * T);
  const lse = new Float64Array(heads * T);
  const tensors = { qkv: Float64Array.from(qkv), factors: undefined, probabilities, lse, y };
  attentionForwardReference(tensors, { B: 1, T, H: heads, D });
  return y;
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

for (
  const { T, heads, D } of [
    { T: 1, heads: 1, D: 1 },
    { T: 7, heads: 3, D: 5 },
    { T: 40, heads: 2, D: 4 },
    { T: 33, heads: 2, D: 16 },
    { T: 70, heads: 1, D: 41 },
    { T: 130, heads: 2, D: 64 },
    { T: 9, heads: 1, D: 132 },
  ]
) {
  Deno.test(`cachedAttention() gives by rows what attention gives at once for T=${T} H=${heads} D=${D}`, async () => {
    const qkv = randomFloats(T * 3 * heads * D, T, 2);
    const expected = attended(qkv, { heads, D, T });
    const compare = async (backend: Backend, adapt?: (calls: readonly Call[]) => readonly Call[]) => {
      const all = openCache(backend, { heads, D, S: T + 3, n: T }, adapt);
      assertClose(await all.attend({ qkv, positions: upTo(T) }), expected, { name: "prefill" });
      const inSlot = openCache(backend, { heads, D, S: T + 3, n: T, slots: 2, oneSlot: true }, adapt);
      const slots = upTo(T).map(() => 1);
      const block = await inSlot.attend({ qkv, positions: upTo(T), slots });
      assertClose(block, expected, { name: "prefill of one slot" });
      const half = await inSlot.attend({
        qkv,
        positions: upTo(T).map((t) => t % 2 ? PADDING_POSITION : t),
        slots,
      });
      const rowOf = (t: number) => [t * heads * D, (t + 1) * heads * D] as const;
      for (const t of upTo(T)) {
        const row = t % 2 ? new Float32Array(heads * D) : expected.slice(...rowOf(t));
        assertClose(half.slice(...rowOf(t)), row, { name: `row ${t}, every second padding` });
      }
      const one = openCache(backend, { heads, D, S: T + 3, n: 1 }, adapt);
      const width = heads * D;
      for (const t of upTo(Math.min(T, 40))) {
        const row = await one.attend({ qkv: qkv.slice(t * 3 * width, (t + 1) * 3 * width), positions: [t] });
        assertClose(row, expected.slice(t * width, (t + 1) * width), { name: `decoded row ${t}` });
      }
    };
    await using reference = openReferenceBackend();
    await compare(reference);
    await using gpu = await openTestGpu();
    if (!gpu) return;
    await compare(gpu);
    await compare(gpu, withoutSubgroups);
  });
}

Deno.test("cachedAttention() keeps slots apart, whatever the order of their rows", async () => {
  const sizes = { heads: 2, D: 8, S: 24, slots: 3 };
  const T = 20;
  const width = 3 * 16;
  const sequences = [0, 1, 2].map((slot) => randomFloats(T * width, 50 + slot));
  const expected = sequences.map((qkv) => attended(qkv, { heads: 2, D: 8, T }));
  await using gpu = await openTestGpu();
  await using reference = openReferenceBackend();
  for (const backend of gpu ? [reference, gpu] : [reference]) {
    const cache = openCache(backend, { ...sizes, n: 3 });
    for (const t of upTo(T)) {
      const slots = [[0, 1, 2], [2, 0, 1], [1, 2, 0]][t % 3];
      const qkv = new Float32Array(3 * width);
      slots.forEach((slot, i) => qkv.set(sequences[slot].subarray(t * width, (t + 1) * width), i * width));
      const rows = await cache.attend({ qkv, positions: [t, t, t], slots });
      slots.forEach((slot, i) => {
        const name = `slot ${slot} at ${t}`;
        assertClose(rows.slice(i * 16, (i + 1) * 16), expected[slot].slice(t * 16, (t + 1) * 16), { name });
      });
    }
  }
});

for (
  const { heads, D, S } of [{ heads: 1, D: 1, S: 3 }, { heads: 3, D: 5, S: 40 }, { heads: 2, D: 64, S: 1100 }]
) {
  Deno.test(`cachedAttention() appends rows of different slots itself for H=${heads} D=${D} S=${S}`, async () => {
    const [n, C] = [3, heads * D];
    const sizes = { heads, D, S, slots: n, n, append: true };
    const expected: Float32Array[] = [];
    const run = async (
      backend: Backend,
      check: (name: string, values: Float32Array) => void,
      adapt?: (calls: readonly Call[]) => readonly Call[],
    ) => {
      const cache = openCache(backend, sizes, adapt);
      const kept = [cache.tensors.keys, cache.tensors.values];
      kept.forEach((tensor, i) => backend.write(tensor, randomFloats(n * S * C, 60 + i)));
      // Each part of a long cache in turn holds the new key; one row is padding.
      for (const position of [0, 1, Math.floor(S / 3), Math.floor(S / 2), S - 1]) {
        const positions = [position, PADDING_POSITION, Math.floor(position / 2)];
        const qkv = randomFloats(n * 3 * C, 70 + position, 2);
        check(`y at ${position}`, await cache.attend({ qkv, positions, slots: [2, 0, 1] }));
      }
      for (const tensor of kept) check(tensor.name, await backend.read(tensor) as Float32Array);
    };
    await using reference = openReferenceBackend();
    await run(reference, (_, values) => expected.push(values));
    await using gpu = await openTestGpu();
    if (!gpu) return;
    for (const adapt of [undefined, withoutSubgroups]) {
      let i = 0;
      await run(gpu, (name, values) => assertClose(values, expected[i++], { name }), adapt);
    }
  });
}

Deno.test("cachedAttention() gives padding 0 and writes nothing for it", async () => {
  await using gpu = await openTestGpu();
  await using reference = openReferenceBackend();
  for (const backend of gpu ? [reference, gpu] : [reference]) {
    const cache = openCache(backend, { heads: 1, D: 4, S: 8, n: 3, slots: 2 });
    const { keys, values } = cache.tensors;
    backend.write(keys, new Float32Array(64).fill(NaN));
    backend.write(values, new Float32Array(64).fill(NaN));
    const rows = await cache.attend({ qkv: randomFloats(36, 1), positions: [0, PADDING_POSITION, 8] });
    assertEquals(rows.slice(4), new Float32Array(8));
    assert(rows.slice(0, 4).every(Number.isFinite), "keys and values past the position are not used");
    for (const tensor of [keys, values]) {
      const kept = await backend.read(tensor);
      assert(kept.slice(4).every(Number.isNaN), "only row 0 is written");
    }
  }
});

Deno.test("cachedAttention() attends to a cache of 8192 rows", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const sizes = { heads: 2, D: 4, S: 8192, n: 1 };
  const cache = openCache(gpu, sizes);
  const keys = randomFloats(8192 * 8, 5, 3);
  const values = randomFloats(8192 * 8, 6);
  gpu.write(cache.tensors.keys, keys);
  gpu.write(cache.tensors.values, values);
  const qkv = randomFloats(24, 7, 3);
  const rows = await cache.attend({ qkv, positions: [8191] });
  await using reference = openReferenceBackend();
  const same = openCache(reference, sizes);
  reference.write(same.tensors.keys, keys);
  reference.write(same.tensors.values, values);
  assertClose(rows, await same.attend({ qkv, positions: [8191] }), { name: "y" });
});

Deno.test("cachedAttention() refuses caches whose loops a CPU adapter would cut short", async () => {
  await using gpu = await openTestGpu();
  if (!gpu?.device.traits.isSoftware) return;
  assertThrows(() => openCache(gpu, { heads: 1, D: 131, S: 8192, n: 1 }), Error, "need fewer positions");
});

Deno.test("cachedAttention() is exact for scores that would overflow exp()", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const qkv = randomFloats(100 * 12, 3, 60);
  const cache = openCache(gpu, { heads: 1, D: 4, S: 100, n: 100 });
  const rows = await cache.attend({ qkv, positions: upTo(100) });
  assertClose(rows, attended(qkv, { heads: 1, D: 4, T: 100 }), { name: "y", tolerance: 1e-3 });
});

Deno.test("cachedAttention() refuses caches and heads that do not fit", () => {
  const integers = { dtype: "u32" } as const;
  const tensors = {
    qkv: createTensor("qkv", [2, 24]),
    keys: createTensor("keys", [1, 5, 8]),
    values: createTensor("values", [1, 5, 8]),
    positions: createTensor("positions", [2], integers),
    slots: createTensor("slots", [2], integers),
  };
  assertThrows(() => cachedAttention(new Tape(), tensors, { heads: 3 }), TypeError, "multiple of 3 heads");
  const narrow = { ...tensors, keys: createTensor("keys", [1, 5, 4]) };
  assertThrows(() => appendToCache(new Tape(), narrow), TypeError, "need [slots, S, C] twice");
  const short = { ...tensors, slots: createTensor("slots", [1], integers) };
  assertThrows(
    () => cachedAttention(new Tape(), short, { heads: 2 }),
    TypeError,
    "with 2 positions and 1 slots",
  );
});
