import { assertEquals, assertMatch } from "@std/assert";
import { formatEvaluation } from "../../cli/evaluate.ts";
import type { Evaluation } from "../../lib/evaluation/evaluate.ts";
import { TINY_FILES, tinyFlags } from "../support/tiny_corpus.ts";
import { runProgram, withFolder } from "../support/program.ts";

const EVALUATION: Evaluation = {
  checkpoint: "data/runs/a/checkpoints/step-00000100",
  step: 100,
  text: "validation split",
  tokens: 24909,
  device: "an adapter",
  measurements: [
    { weights: "f32", loss: 2, perplexity: Math.exp(2), bitsPerByte: 2.885, weightBytes: 4 << 20 },
    { weights: "q4", loss: 2.01, perplexity: Math.exp(2.01), bitsPerByte: 2.9, weightBytes: 1 << 19 },
  ],
  cost: { loss: 0.01, perplexityRatio: Math.exp(0.01) },
};

Deno.test("formatEvaluation() sets f32 and quantised weights side by side, with the cost", () => {
  assertEquals(formatEvaluation(EVALUATION), [
    "Checkpoint: data/runs/a/checkpoints/step-00000100, on an adapter",
    "Text: validation split, 24,909 tokens predicted",
    "weights     memory    loss  perplexity  bits/byte",
    "f32        4.0 MiB  2.0000       7.389     2.8850",
    "q4       512.0 KiB  2.0100       7.463     2.9000",
    "Cost of q4: loss +0.0100, perplexity times 1.0101, for 8.0 times less memory",
  ]);
});

Deno.test("formatEvaluation() says nothing of a cost where nothing is quantised", () => {
  const [f32] = EVALUATION.measurements;
  assertEquals(formatEvaluation({ ...EVALUATION, measurements: [f32], cost: null }).length, 4);
});

Deno.test("sheepop evaluate and generate take --quantize", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    const device = ["--device", "reference"];
    const trained = await runProgram(["train", "texts", ...tinyFlags(), ...device], { cwd });
    assertEquals(trained.code, 0, trained.stderr);
    const { code, stdout } = await runProgram(
      ["evaluate", "--checkpoint", "run", "--quantize", "q8", "--eval-batches", "1", "--json", ...device],
      { cwd },
    );
    const report = JSON.parse(stdout);
    assertEquals([code, report.step, report.tokens, report.text], [0, 6, 32, "validation split"]);
    assertEquals(Object.keys(report.measurements[1]), [
      "weights",
      "loss",
      "perplexity",
      "bits_per_byte",
      "weight_bytes",
    ]);
    assertEquals(report.cost.loss, report.measurements[1].loss - report.measurements[0].loss);
    const generated = await runProgram(["generate", "--checkpoint", "run", "--quantize", "q4", ...device], {
      cwd,
    });
    assertEquals(generated.code, 0);
    assertMatch(generated.stderr, /Weights: [\d.]+ KiB as q4, [\d.]+ KiB as f32, [\d.]+ times (less|more)/);
    const wrong = await runProgram(["evaluate", "--checkpoint", "run", "--quantize", "q5"], { cwd });
    assertEquals(wrong.code, 2);
    assertMatch(wrong.stderr, /q8/);
  });
});
