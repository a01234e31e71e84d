import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Backend } from "../../kernels/program/backend.ts";
import type { Call } from "../../kernels/program/call.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { createTokenRing, sample } from "../../kernels/sampling/sampling.ts";
import {
  createSamplingControl,
  packSamplingControl,
  type SamplingControl,
} from "../../kernels/sampling/sampling_control.ts";
import { tokenWeights } from "../../kernels/sampling/sampling_reference.ts";
import { openTestGpu } from "../support/gpu.ts";
import { randomFloats } from "../support/operation_checks.ts";
import { withoutSubgroups } from "../support/other_device.ts";

const PLAIN: SamplingControl = { temperature: 1, topK: 0, topP: 1, seed: 42, stream: 0 };

interface Drawn {
  readonly tokens: number[];
  readonly positions: number[];
  /** Rows of the ring, counter first. */
  readonly ring: number[][];
}

interface Draw {
  /** Rows of equal length, the pitch. */
  readonly logits: readonly Float32Array[];
  /** Settings of all rows, or of each. */
  readonly control: Partial<SamplingControl> | readonly Partial<SamplingControl>[];
  readonly vocabSize?: number;
  readonly positions?: readonly number[];
  readonly replays?: number;
  readonly ringSize?: number;
}

async function draw(
  backend: Backend,
  options: Draw,
  adapt: (calls: readonly Call[]) => readonly Call[] = (calls) => calls,
): Promise<Drawn> {
  const { logits: rows, control, ringSize = 4, replays = 1 } = options;
  const n = rows.length;
  const pitch = rows[0].length;
  const logits = createTensor("logits", [n, pitch], { lifetime: "persistent" });
  const tensors = {
    logits,
    control: createSamplingControl(n),
    tokens: createTensor("tokens", [n], { dtype: "u32", lifetime: "input" }),
    positions: createTensor("positions", [n], { dtype: "u32", lifetime: "input" }),
    ring: createTokenRing(n, ringSize),
  };
  const tape = new Tape();
  sample(tape, tensors, { vocabSize: options.vocabSize ?? pitch });
  const program = backend.compile(adapt(tape.calls), "sample");
  rows.forEach((row, i) => {
    backend.write(logits, row, i * pitch);
    const settings = Array.isArray(control) ? control[i] : control;
    backend.write(tensors.control, packSamplingControl({ ...PLAIN, ...settings }), i * 8);
  });
  backend.write(tensors.positions, Uint32Array.from(options.positions ?? rows.map(() => 0)));
  for (let i = 0; i < replays; i++) program.replay();
  const [tokens, positions, ring] = [
    await backend.read(tensors.tokens),
    await backend.read(tensors.positions),
    await backend.read(tensors.ring),
  ].map((values) => Array.from(values));
  const columns = 1 + ringSize;
  return { tokens, positions, ring: rows.map((_, i) => ring.slice(i * columns, (i + 1) * columns)) };
}

/** Runs a check on the reference, the test GPU, and the test GPU in the form for GPUs without subgroups. */
async function onAll(check: (run: (options: Draw) => Promise<Drawn>) => Promise<void>): Promise<void> {
  await using reference = openReferenceBackend();
  await check((options) => draw(reference, options));
  await using gpu = await openTestGpu();
  if (!gpu) return;
  await check((options) => draw(gpu, options));
  await check((options) => draw(gpu, options, withoutSubgroups));
}

/** Draws `count` times from one row of logits, with positions and streams all different. */
async function drawMany(
  run: (options: Draw) => Promise<Drawn>,
  options: { logits: Float32Array; control: Partial<SamplingControl>; count: number; vocabSize?: number },
): Promise<number[]> {
  const { logits, control, count, vocabSize } = options;
  const rows = Array.from({ length: count }, () => logits);
  const positions = rows.map((_, i) => i);
  return (await run({ logits: rows, control, positions, vocabSize })).tokens;
}

Deno.test("sample() at temperature 0 takes the highest logit, the lowest id among equals", async () => {
  await onAll(async (run) => {
    const high = new Float32Array(300).fill(-2);
    high[299] = 5;
    const equal = new Float32Array(300).fill(-3);
    for (const id of [7, 150, 299]) equal[id] = -1.5;
    const zeros = new Float32Array(300).fill(-1);
    zeros[33] = 0;
    zeros[12] = -0;
    const drawn = await run({
      logits: [high, equal, new Float32Array(300), zeros],
      control: { temperature: 0 },
    });
    assertEquals(drawn.tokens, [299, 7, 0, 12]);
  });
});

Deno.test("sample() with top-k 1 is greedy when no logits are equal", async () => {
  await onAll(async (run) => {
    const logits = Array.from({ length: 20 }, (_, i) => randomFloats(123, i + 1, 4));
    const greedy = await run({ logits, control: { temperature: 0 } });
    const top = await run({ logits, control: { temperature: 1.3, topK: 1 } });
    assertEquals(top.tokens, greedy.tokens);
  });
});

Deno.test("sample() draws tokens as often as their probabilities say", async () => {
  const logits = randomFloats(12, 5, 2);
  const weights = tokenWeights(Float64Array.from(logits), { ...PLAIN, temperature: 0.7 });
  const sum = weights.reduce((a, b) => a + b);
  const count = 4000;
  await onAll(async (run) => {
    const tokens = await drawMany(run, { logits, control: { temperature: 0.7 }, count });
    let chiSquare = 0;
    weights.forEach((weight, id) => {
      const expected = count * weight / sum;
      chiSquare += (tokens.filter((token) => token === id).length - expected) ** 2 / expected;
    });
    // 11 degrees of freedom: 31.3 is exceeded once in a thousand; the seed is fixed.
    assert(chiSquare < 31.3, `chi-square is ${chiSquare}`);
  });
});

Deno.test("sample() draws on the GPU what the reference draws", async () => {
  await using reference = openReferenceBackend();
  await using gpu = await openTestGpu();
  if (!gpu) return;
  for (
    const [vocabSize, pitch] of [[1, 1], [2, 5], [65, 68], [123, 123], [5003, 5004]]
  ) {
    const logits = Array.from({ length: 24 }, (_, i) => randomFloats(pitch, 7 + i, 5));
    const control = logits.map((_, i) => ({
      temperature: [0.5, 1, 1.7][i % 3],
      topK: [0, 5, 40, 1][i % 4],
      topP: [1, 0.9, 0.4][Math.floor(i / 3) % 3],
      stream: i,
    }));
    const options = { logits, control, vocabSize };
    const expected = await draw(reference, options);
    assert(expected.tokens.every((token) => token < vocabSize));
    assertEquals(await draw(gpu, options), expected, `${vocabSize} of ${pitch}`);
    assertEquals(
      await draw(gpu, options, withoutSubgroups),
      expected,
      `${vocabSize} of ${pitch} without subgroups`,
    );
  }
});

Deno.test("sample() with top-k keeps the k highest and what equals the last of them", async () => {
  await onAll(async (run) => {
    const logits = new Float32Array([0, 3, 1, 2, 1, 1, -4, 0]);
    const seen = async (topK: number) => {
      const tokens = await drawMany(run, { logits, control: { temperature: 2, topK }, count: 400 });
      return [...new Set(tokens)].sort((a, b) => a - b);
    };
    assertEquals(await seen(2), [1, 3]);
    assertEquals(await seen(3), [1, 2, 3, 4, 5]);
    assertEquals(await seen(5), [1, 2, 3, 4, 5]);
    assertEquals(await seen(6), [0, 1, 2, 3, 4, 5, 7]);
    assertEquals(await seen(100), await seen(0));
  });
});

Deno.test("sample() with top-p keeps the fewest most likely and what equals the last of them", async () => {
  await onAll(async (run) => {
    // probabilities 0.5, 0.25, 0.125, 0.0625, 0.0625 at temperature 1
    const logits = new Float32Array([0.0625, 0.25, 0.5, 0.0625, 0.125].map(Math.log));
    const seen = async (control: Partial<SamplingControl>) => {
      const tokens = await drawMany(run, { logits, control, count: 600 });
      return [...new Set(tokens)].sort();
    };
    assertEquals(await seen({ topP: 1e-9 }), [2]);
    assertEquals(await seen({ topP: 0.49 }), [2]);
    assertEquals(await seen({ topP: 0.51 }), [1, 2]);
    assertEquals(await seen({ topP: 0.8 }), [1, 2, 4]);
    assertEquals(await seen({ topP: 0.9 }), [0, 1, 2, 3, 4]);
    // of the two that top-k leaves, the first has 2/3
    assertEquals(await seen({ topP: 0.6, topK: 2 }), [2]);
    assertEquals(await seen({ topP: 0.7, topK: 2 }), [1, 2]);
    // a high temperature makes them more alike: 0.27, 0.23, 0.19 and so on
    assertEquals(await seen({ topP: 0.48, temperature: 4 }), [1, 2]);
  });
});

Deno.test("sample() never draws padding columns, NaN or minus infinity", async () => {
  await onAll(async (run) => {
    const logits = new Float32Array(68).fill(100);
    logits.fill(-1, 0, 65);
    logits[3] = NaN;
    logits[9] = -Infinity;
    const control = { temperature: 1.5 };
    const tokens = await drawMany(run, { logits, control, count: 500, vocabSize: 65 });
    assert(tokens.every((token) => token < 65 && token !== 3 && token !== 9));
    assert(new Set(tokens).size > 55);
    const broken = await drawMany(run, {
      logits: new Float32Array(5).fill(NaN),
      control,
      count: 9,
      vocabSize: 3,
    });
    assert(broken.every((token) => token < 3));
    const infinite = new Float32Array([0, Infinity, 0]);
    assertEquals(new Set(await drawMany(run, { logits: infinite, control, count: 9 })), new Set([1]));
  });
});

Deno.test("sample() repeats itself for one seed and stream, whichever row it is in", async () => {
  await onAll(async (run) => {
    const logits = Array.from({ length: 40 }, () => new Float32Array(1000));
    const positions = logits.map((_, i) => i % 20);
    const control = logits.map((_, i) => ({ stream: i < 20 ? 1 : 2 }));
    const first = await run({ logits, control, positions });
    assertEquals(await run({ logits, control, positions }), first);
    const swapped = await run({ logits, control: control.toReversed(), positions: positions.toReversed() });
    assertEquals(swapped.tokens, first.tokens.toReversed());
    const same = first.tokens.slice(0, 20).filter((token, i) => token === first.tokens[20 + i]);
    assert(same.length < 3, "streams differ");
    const other = await run({ logits, control: control.map((row) => ({ ...row, seed: 43 })), positions });
    assert(other.tokens.filter((token, i) => token === first.tokens[i]).length < 3, "seeds differ");
  });
});

Deno.test("sample() advances positions, fills the ring and leaves padding alone", async () => {
  await onAll(async (run) => {
    const peak = (id: number) => Float32Array.from({ length: 9 }, (_, i) => i === id ? 9 : 0);
    const positions = [5, 0xffffffff, 0];
    const options = { logits: [peak(3), peak(4), peak(8)], control: { temperature: 0 }, positions };
    const drawn = await run({ ...options, replays: 6 });
    assertEquals(drawn.positions, [11, 0xffffffff, 6]);
    assertEquals(drawn.ring, [[6, 3, 3, 3, 3], [0, 0, 0, 0, 0], [6, 8, 8, 8, 8]]);
    assertEquals(drawn.tokens, [3, 0, 8]);
    const few = await run({ ...options, replays: 3 });
    assertEquals(few.ring[2], [3, 8, 8, 8, 0]);
  });
});

Deno.test("sample() chooses from 50257 tokens as the reference does", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  await using reference = openReferenceBackend();
  const logits = [1, 2, 3, 4].map((seed) => randomFloats(50260, seed, 8));
  const control = [{}, { topK: 50, topP: 0.95, temperature: 0.8 }, { topP: 0.9 }, { topK: 40_000 }];
  const options = { logits, control, vocabSize: 50257 };
  assertEquals(await draw(gpu, options), await draw(reference, options));
});

Deno.test("packSamplingControl() makes tiny temperatures 0 and refuses what is out of range", () => {
  assertEquals(packSamplingControl({ ...PLAIN, temperature: 1e-9 })[0], 0);
  assertThrows(() => packSamplingControl({ ...PLAIN, temperature: -1 }), RangeError, "temperature -1");
  assertThrows(() => packSamplingControl({ ...PLAIN, topK: 1.5 }), RangeError, "top-k 1.5");
  assertThrows(() => packSamplingControl({ ...PLAIN, topP: 0 }), RangeError, "top-p 0");
});

Deno.test("sample() refuses shapes that do not fit", () => {
  const integers = { dtype: "u32" } as const;
  const tensors = {
    logits: createTensor("logits", [2, 8]),
    control: createSamplingControl(2),
    tokens: createTensor("tokens", [2], integers),
    positions: createTensor("positions", [2], integers),
    ring: createTokenRing(2, 4),
  };
  assertThrows(() => sample(new Tape(), tensors, { vocabSize: 9 }), RangeError, "vocabulary of 9");
  const narrow = { ...tensors, ring: createTensor("ring", [2, 1], integers) };
  assertThrows(() => sample(new Tape(), narrow, { vocabSize: 8 }), TypeError, "ring [2,1]");
  const single = { ...tensors, control: createSamplingControl(1) };
  assertThrows(() => sample(new Tape(), single, { vocabSize: 8 }), TypeError, "control [1,8]");
});
