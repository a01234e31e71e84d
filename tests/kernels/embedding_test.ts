import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { copy } from "../../kernels/copy/copy.ts";
import { embedding, sinusoidalPositions } from "../../kernels/embedding/embedding.ts";
import { LONG_SEGMENT, sortSegments } from "../../kernels/embedding/segments.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  randomIntegers,
  type Subject,
} from "../support/operation_checks.ts";

interface Sizes {
  B: number;
  T: number;
  C: number;
  V: number;
  /** Positions of the table; T where left out. */
  P?: number;
  tokens?: Uint32Array;
}

function embeddingOf({ B, T, C, V, P = T, tokens }: Sizes): () => Subject {
  return () => {
    const N = B * T;
    const ids = tokens ?? randomIntegers(N, 1, V);
    const data = new Map<Tensor, Float32Array | Uint32Array>();
    const input = (name: string, shape: number[], values: Float32Array | Uint32Array) => {
      const tensor = inputTensor(name, shape, { dtype: values instanceof Uint32Array ? "u32" : "f32" });
      data.set(tensor, values);
      return tensor;
    };
    const tokenTable = input("token_table", [V, C], randomFloats(V * C, 2));
    const positionTable = input("position_table", [P, C], randomFloats(P * C, 3));
    const sorted = sortSegments(ids);
    const gradients = [tokenTable, positionTable].map((table) =>
      [table, createTensor(`d_${table.name}`, table.shape, { lifetime: "gradient" })] as const
    );
    const tape = new Tape({ parameterGradients: new Map(gradients) });
    const y = embedding(tape, {
      tokens: input("tokens", [N], ids),
      positions: input("positions", [N], Uint32Array.from({ length: N }, (_, n) => n % T)),
      tokenTable,
      positionTable,
      segments: {
        order: input("order", [N], sorted.order),
        starts: input("starts", [N + 1], sorted.starts),
        ids: input("ids", [N], sorted.ids),
      },
    });
    return { tape, inputs: data, outputs: [y] };
  };
}

Deno.test("embedding() has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(embeddingOf({ B: 2, T: 5, C: 3, V: 4 }));
});

const SIZES: Sizes[] = [
  { B: 1, T: 1, C: 1, V: 1 },
  { B: 4, T: 16, C: 64, V: 65 },
  { B: 5, T: 7, C: 123, V: 300 },
  { B: 1, T: 5, C: 8, V: 10, P: 9 },
  // Several tokens occur more than LONG_SEGMENT times.
  { B: 8, T: 128, C: 36, V: 5 },
];
for (const sizes of SIZES) {
  Deno.test(`embedding() on the GPU matches the reference for ${JSON.stringify(sizes)}`, async () => {
    await assertGpuMatchesReference(embeddingOf(sizes));
  });
}

Deno.test("embedding() on the GPU sums segments of about the length of long ones", async () => {
  const tokens = new Uint32Array(3 * LONG_SEGMENT);
  tokens.fill(7, 0, LONG_SEGMENT - 1).fill(2, LONG_SEGMENT - 1, 2 * LONG_SEGMENT - 1).fill(
    9,
    2 * LONG_SEGMENT - 1,
  );
  await assertGpuMatchesReference(embeddingOf({ B: 3, T: LONG_SEGMENT, C: 12, V: 10, tokens }));
});

Deno.test("embedding() sums a batch of one token beyond the loop cap of software adapters", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const N = 70_000;
  const C = 8;
  const tokens = new Uint32Array(N).fill(1);
  const sorted = sortSegments(tokens);
  const tensors = Object.entries({ tokens, positions: new Uint32Array(N), ...sorted }).map(([name, data]) => {
    const tensor = createTensor(name, [data.length], { dtype: "u32", lifetime: "input" });
    gpu.write(tensor, data);
    return tensor;
  });
  const [tokenIds, positions, order, starts, ids] = tensors;
  const tokenTable = createTensor("token_table", [3, C], { lifetime: "parameter", requiresGradient: true });
  const positionTable = createTensor("position_table", [1, C], { lifetime: "persistent" });
  const gradient = createTensor("d_token_table", [3, C], { lifetime: "gradient" });
  const tape = new Tape({ parameterGradients: new Map([[tokenTable, gradient]]) });
  const segments = { order, starts, ids };
  const y = embedding(tape, { tokens: tokenIds, positions, tokenTable, positionTable, segments });
  const seed = createTensor("seed", y.shape, { lifetime: "persistent" });
  gpu.write(seed, new Float32Array(N * C).fill(1));
  tape.passGradient(y, seed);
  tape.backward();
  gpu.write(gradient, new Float32Array(3 * C).fill(5));
  gpu.compile(tape.calls, "embedding").replay();
  const expected = new Float32Array(3 * C).fill(5).fill(5 + N, C, 2 * C);
  assertEquals(await gpu.read(gradient), expected);
});

Deno.test("embedding() clamps ids beyond its tables", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const tape = new Tape();
  const tables = ["token_table", "position_table"].map((name) =>
    inputTensor(name, [2, 4], { requiresGradient: false })
  );
  const [tokens, positions] = ["tokens", "positions"].map((name) => inputTensor(name, [2], { dtype: "u32" }));
  const [tokenTable, positionTable] = tables;
  const kept = createTensor("kept", [2, 4], { lifetime: "persistent" });
  copy(tape, embedding(tape, { tokens, positions, tokenTable, positionTable, segments: undefined }), kept);
  gpu.write(tokenTable, Float32Array.of(0, 0, 0, 0, 1, 2, 3, 4));
  gpu.write(positionTable, new Float32Array(8));
  gpu.write(tokens, Uint32Array.of(0xffffffff, 2));
  gpu.write(positions, Uint32Array.of(0xffffffff, 2));
  gpu.compile(tape.calls, "embedding").replay();
  assertEquals(await gpu.read(kept), Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4));
});

Deno.test("embedding() refuses tables, positions and segments that do not fit", () => {
  const inputs = {
    tokens: inputTensor("tokens", [6], { dtype: "u32" }),
    positions: inputTensor("positions", [6], { dtype: "u32" }),
    tokenTable: inputTensor("token_table", [5, 4]),
    positionTable: inputTensor("position_table", [6, 4]),
    segments: undefined,
  };
  const tape = new Tape();
  const wide = inputTensor("position_table", [6, 3]);
  assertThrows(() => embedding(tape, { ...inputs, positionTable: wide }), TypeError, "must be of one length");
  const few = inputTensor("positions", [5], { dtype: "u32" });
  assertThrows(() => embedding(tape, { ...inputs, positions: few }), TypeError, "must be of 6 rows");
  const order = inputTensor("order", [6], { dtype: "u32" });
  const segments = { order, starts: inputTensor("starts", [7], { dtype: "u32" }), ids: order };
  const short = inputTensor("position_table", [4, 4]);
  assertThrows(
    () => embedding(tape, { ...inputs, positionTable: short, segments }),
    TypeError,
    "not whole sequences",
  );
});

Deno.test("sortSegments() groups rows by token in order", () => {
  const { order, starts, ids } = sortSegments(Uint32Array.of(3, 1, 3, 200_000, 1, 3));
  assertEquals([...order], [1, 4, 0, 2, 5, 3]);
  assertEquals([...starts], [0, 2, 5, 6, 6, 6, 6]);
  assertEquals([...ids], [1, 3, 200_000, 0, 0, 0]);
});

Deno.test("sortSegments() puts long segments first", () => {
  const tokens = new Uint32Array(LONG_SEGMENT + 3).fill(9);
  tokens[4] = 2;
  tokens[5] = 11;
  const { order, starts, ids } = sortSegments(tokens);
  assertEquals([...ids.slice(0, 3)], [9, 2, 11]);
  assertEquals([...starts.slice(0, 4)], [0, LONG_SEGMENT + 1, LONG_SEGMENT + 2, LONG_SEGMENT + 3]);
  assertEquals([...order.slice(-2)], [4, 5]);
});

Deno.test("sinusoidalPositions() holds sines and cosines of falling frequency", () => {
  const table = sinusoidalPositions(3, 4);
  assertEquals([...table.slice(0, 4)], [0, 1, 0, 1]);
  assertAlmostEquals(table[4], Math.sin(1), 1e-6);
  assertAlmostEquals(table[9], Math.cos(2), 1e-6);
  assertAlmostEquals(table[10], Math.sin(2 / 100), 1e-6);
  assert(sinusoidalPositions(2, 3).every(Number.isFinite));
});
