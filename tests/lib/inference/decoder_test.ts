import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { copy } from "../../../kernels/copy/copy.ts";
import { openDevice } from "../../../kernels/device/device.ts";
import { openReadback } from "../../../kernels/device/readback.ts";
import type { Backend } from "../../../kernels/program/backend.ts";
import { GpuBackend } from "../../../kernels/program/gpu_backend.ts";
import type { KernelFamily } from "../../../kernels/program/lowering.ts";
import type { Call } from "../../../kernels/program/call.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../../kernels/program/tensor.ts";
import { Decoder } from "../../../lib/inference/decoder.ts";
import { compileLogits, openRandomModel } from "../../support/fixed_model.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { assertClose, randomIntegers } from "../../support/operation_checks.ts";
import { watchBackend } from "../../support/watched_backend.ts";

const V = 13;
/** More than one chunk of prefill, and not a multiple of it. */
const T = 150;
const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 1, stream: 0 };
const RANDOM = { temperature: 1, topK: 0, topP: 1, seed: 1, stream: 0 };

/** A random model with its decoder, the logits of the decoder's last step and those of the forward pass of training. */
function openSubject(backend: Backend) {
  let kept: Tensor | undefined;
  const watched = watchBackend(backend, (calls, label) => {
    if (label !== "decode") return calls;
    kept = createTensor("decoded_logits", [V], { lifetime: "persistent" });
    return [...calls, copyCall(calls, kept)];
  });
  const gpt = openRandomModel(backend, { vocabSize: V, model: { maxSeqLen: T, dModel: 16, numHeads: 2 } });
  const decoder = new Decoder(watched, gpt);
  return {
    watched,
    decoder,
    decodedLogits: async () => await backend.read(kept!) as Float32Array,
    forward: compileLogits(backend, gpt),
  };
}

function copyCall(calls: readonly Call[], to: Tensor): Call {
  const outputs = calls.flatMap((call) => Object.values(call.outputs));
  const tape = new Tape();
  copy(tape, outputs.find(({ name }) => name === "logits")!, to);
  return tape.calls[0];
}

/** Ids filled up to a whole sequence. */
function filled(ids: readonly number[]): Uint32Array {
  const all = new Uint32Array(T);
  all.set(ids);
  return all;
}

for (const name of ["reference", "gpu"]) {
  const open = () => name === "gpu" ? openTestGpu() : Promise.resolve(openReferenceBackend());
  // The reference sums in another order too: padded chunks add nothing but zeros.
  const tolerance = 1e-4;

  Deno.test(`Decoder.start() reads prompts of every length as the forward pass does (${name})`, async () => {
    await using backend = await open();
    if (!backend) return;
    const { decoder, decodedLogits, forward } = openSubject(backend);
    const ids = randomIntegers(T, 9, V);
    const expected = await forward(ids);
    for (const length of [1, 2, 63, 64, 65, 66, 128, 129, 130, T]) {
      decoder.start(ids.slice(0, length), GREEDY);
      const [[next]] = await decoder.decode(1);
      const row = expected.slice((length - 1) * V, length * V);
      assertClose(await decodedLogits(), row, { name: `prompt of ${length}`, tolerance });
      assertEquals(next, row.indexOf(Math.max(...row)), "the likeliest token");
    }
  });

  Deno.test(`Decoder.decode() gives, position by position, the logits of the forward pass (${name})`, async () => {
    await using backend = await open();
    if (!backend) return;
    const { decoder, decodedLogits, forward } = openSubject(backend);
    const known = Array.from(randomIntegers(60, 4, V));
    decoder.start(Uint32Array.from(known), RANDOM);
    const steps: Float32Array[] = [];
    while (known.length < 75) {
      known.push(...(await decoder.decode(1))[0]);
      steps.push(await decodedLogits());
    }
    const expected = await forward(filled(known));
    steps.forEach((logits, i) => {
      const row = 59 + i;
      assertClose(logits, expected.slice(row * V, (row + 1) * V), { name: `position ${row}`, tolerance });
    });
    assert(new Set(known.slice(60)).size > 1, "not the same token again and again");
  });
}

Deno.test("Decoder.decode() gives the same tokens however many at a time, with one readback each time", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const { decoder, watched } = openSubject(backend);
  const texts: number[][] = [];
  for (const [at, count] of [1, 5, 30].entries()) {
    decoder.start(Uint32Array.of(1, 2, 3), RANDOM);
    const reads = watched.reads;
    const ids: number[] = [];
    while (ids.length < 30) ids.push(...(await decoder.decode(count))[0]);
    assertEquals(watched.reads - reads, 30 / count);
    assertEquals(
      watched.replays.get("decode"),
      30 * (at + 1),
      "one replay a token: nothing is computed again",
    );
    texts.push(ids);
  }
  assertEquals(texts[1], texts[0]);
  assertEquals(texts[2], texts[0]);
  decoder.start(Uint32Array.of(1, 2, 3), { ...RANDOM, seed: 2 });
  assert((await decoder.decode(30))[0].join() !== texts[0].join(), "another seed");
});

Deno.test("Decoder draws with the probabilities of the logits", async () => {
  await using backend = openReferenceBackend();
  const { decoder, decodedLogits } = openSubject(backend);
  const counts = new Float64Array(V);
  for (let seed = 0; seed < 2000; seed++) {
    decoder.start(Uint32Array.of(5), { ...RANDOM, temperature: 4, seed });
    counts[(await decoder.decode(1))[0][0]]++;
  }
  const weights = Array.from(await decodedLogits(), (logit) => Math.exp(logit / 4));
  const total = weights.reduce((a, b) => a + b);
  // Three standard deviations of a share of 2,000 draws are at most 0.034.
  counts.forEach((count, id) => assertAlmostEquals(count / 2000, weights[id] / total, 0.034));
});

Deno.test("Decoder with 8 slots gives every sequence the tokens it gets alone", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const gpt = openRandomModel(backend, { vocabSize: V, model: { maxSeqLen: T, dModel: 16, numHeads: 2 } });
  const alone = new Decoder(backend, gpt);
  const together = new Decoder(backend, gpt, { slots: 8 });
  const prompts = [1, 2, 70, 3, 65, 1, 149, 5].map((length, i) => randomIntegers(length, 20 + i, V));
  const controlOf = (i: number) => ({ ...RANDOM, seed: 1 + i % 3, stream: i });
  const expected: number[][] = [];
  for (const [i, prompt] of prompts.entries()) {
    alone.start(prompt, controlOf(i));
    expected.push(Array.from((await alone.decode(12))[0]));
  }
  prompts.forEach((prompt, i) => together.start(prompt, controlOf(i), i));
  const first = await together.decode(5);
  // One sequence ends, and another begins in its slot while the others go on.
  together.stop(3);
  const others = await together.decode(3);
  assertEquals(others[3].length, 0, "nothing runs there");
  together.start(prompts[3], controlOf(3), 3);
  const last = await together.decode(4);
  const rest = await together.decode(8);
  expected.forEach((ids, i) => {
    if (i === 3) return assertEquals([...last[i], ...rest[i]], ids);
    const all = [first, others, last].flatMap((pieces) => Array.from(pieces[i]));
    assertEquals(all, ids.slice(0, T + 1 - prompts[i].length), `sequence ${i}, as far as there is room`);
  });
});

/** A backend that binds at most `maxBindingBytes` at once. */
async function openNarrow(kernels: KernelFamily, maxBindingBytes: number): Promise<GpuBackend> {
  const device = await openDevice();
  const narrow = { ...device, traits: { ...device.traits, maxBindingBytes } };
  return new GpuBackend(narrow, await openReadback(device.gpu, 1 << 22), { kernels });
}

for (const kernels of ["wave", "tile"] as const) {
  Deno.test(`Decoder runs a vocabulary larger than a binding (${kernels})`, async () => {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    // [500, 16] are 32,000 bytes in three pieces; every other tensor fits.
    await using narrow = await openNarrow(kernels, 17_000);
    const ids = Uint32Array.of(1, 499, 250, 130);
    const texts: number[][] = [];
    for (const backend of [gpu, narrow]) {
      const gpt = openRandomModel(backend, {
        vocabSize: 500,
        model: { maxSeqLen: 40, dModel: 16, numHeads: 2 },
      });
      const decoder = new Decoder(backend, gpt);
      decoder.start(ids, RANDOM);
      texts.push(Array.from((await decoder.decode(30))[0]));
    }
    assertEquals(texts[1], texts[0]);
    assert(texts[0].some((id) => id < 200) && texts[0].some((id) => id >= 300), texts[0].join());
  });
}
