import { assert, assertEquals } from "@std/assert";
import { specShape } from "../../support/gpt_spec.ts";
import { bytesPerTurn } from "./measure_decoding.ts";
import { measureRounds } from "./measure_rounds.ts";
import { MODELS } from "./model_sizes.ts";
import { ANSWERS, readAnswers } from "./probe_numbers.ts";
import { readLanes } from "./probe_workgroups.ts";

Deno.test("bytesPerTurn() counts every weight once, and keys and values of every sequence", () => {
  const shape = specShape(MODELS.gpt2_124m.full);
  // 124,439,808 parameters, of which 1024 rows of positions are read as one.
  const weights = 124_439_808 - 1023 * 768;
  assertEquals(bytesPerTurn(shape, { context: 0, batch: 8 }), 4 * weights);
  const cached = bytesPerTurn(shape, { context: 100, batch: 3 }) - 4 * weights;
  assertEquals(cached, 4 * 2 * 12 * 768 * 100 * 3);
});

Deno.test("measureRounds() fills a round with runs and waits once for each", async () => {
  let [queued, waits] = [0, 0];
  const { runs, rounds, bestMs, medianMs } = await measureRounds({
    queue: () => queued++,
    wait: () => new Promise((resolve) => setTimeout(resolve, 5, waits++)),
    roundMs: 1000,
    rounds: 3,
    maxRuns: 7,
  });
  assertEquals([runs, rounds, waits, queued], [7, 3, 5, 2 + 3 * 7]);
  assert(bestMs <= medianMs && bestMs > 5 / 7 - 0.3);
});

Deno.test("readAnswers() reads bits as what they are asked for", () => {
  const words = new Uint32Array(ANSWERS.length);
  const floats = new Float32Array(words.buffer);
  const place = (name: string) => ANSWERS.findIndex(([other]) => other === name);
  words[place("nan_seen_by_bits")] = 1;
  floats[place("exp_of_100")] = Infinity;
  floats[place("subnormal_kept")] = 1e-40;
  floats[place("third_is_rounded_to_nearest")] = 1 / 3;
  floats[place("exp_of_1_error_ulp")] = Math.E;
  const answers = readAnswers(words);
  assertEquals(
    [answers.nan_seen_by_bits, answers.nan_differs_from_itself, answers.exp_of_100, answers.tanh_of_100],
    [true, false, Infinity, 0],
  );
  assertEquals([answers.subnormal_kept, answers.fused_multiply_add], [true, false]);
  assertEquals(answers.third_is_rounded_to_nearest, true);
  assert(Number(answers.exp_of_1_error_ulp) < 0.5);
});

Deno.test("readLanes() sees lanes out of order and subgroups that are not whole", () => {
  const inOrder = Uint32Array.from({ length: 4 * 8 }, (_, i) => [(i >> 2) % 4, 4, (i >> 2) ^ 1, 4][i % 4]);
  assertEquals(readLanes(inOrder, 8), {
    subgroup_sizes: [4],
    lane_is_index_modulo_size: true,
    shuffle_finds_neighbour: true,
    sum_counts_all_lanes: true,
  });
  const reversed = inOrder.slice();
  for (let i = 0; i < 8; i++) reversed[4 * i] = 3 - i % 4;
  reversed[4 * 7 + 3] = 3;
  const { lane_is_index_modulo_size, sum_counts_all_lanes } = readLanes(reversed, 8);
  assertEquals([lane_is_index_modulo_size, sum_counts_all_lanes], [false, false]);
});
