import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { judgeBars } from "./bars.ts";
import { compareWithTorch } from "./compare_with_torch.ts";
import type { Figures, Part, TrialResult } from "./trial.ts";

function ok(id: string, figures: Figures): TrialResult {
  const [part, name] = id.split("/") as [Part, string];
  return { part, name, status: "ok", elapsedS: 1, figures };
}

const CEILINGS = ok("matmul/ceilings", { f32_gflops: 1000, copy_gb_per_second: 200 });
const PRODUCT = ok("matmul/square_4096", { gflops: 650 });
const TRAINING = ok("train/gpt2_124m", { tokens_per_second: 600, size: { B: 8 } });
const torch = (mode: string, rate: number, device = "GPU X", B = 8) =>
  ok(`pytorch/train_gpt2_124m_${mode}`, {
    torch: "2.5.1",
    device,
    size: { B },
    f32: { tokens_per_second: rate },
    bf16: { tokens_per_second: 4 * rate },
  });

Deno.test("judgeBars() divides by the ceilings of the same run", () => {
  const decoding = ok("decode/gpt2_124m_batch_1", { gb_per_second: 100 });
  const [product, , decode] = judgeBars([CEILINGS, PRODUCT, decoding]);
  assertEquals([product.verdict, product.value, product.note], ["reached", 0.65, "650 of 1000 GFLOP/s"]);
  assertEquals([decode.verdict, decode.value], ["missed", 0.5]);
});

Deno.test("judgeBars() says why a bar has no value", () => {
  const failed: TrialResult = { ...CEILINGS, status: "timed out", reason: "ended after 30 s" };
  const [product, training, , torchlette] = judgeBars([PRODUCT, failed, TRAINING]);
  assertEquals([product.verdict, product.value], ["not run", null]);
  assertStringIncludes(product.note, "matmul/ceilings timed out: ended after 30 s");
  assertEquals(training.note, "pytorch/train_gpt2_124m_eager was not run");
  assertEquals(torchlette.note, "train/distilgpt2_81m was not run");
});

Deno.test("judgeBars() judges nothing of a software adapter", () => {
  const bars = judgeBars([CEILINGS, PRODUCT], "software adapter");
  for (const { value, verdict, note } of bars) {
    assertEquals([value, verdict, note], [null, "not run", "software adapter"]);
  }
});

Deno.test("judgeBars() takes the faster PyTorch in f32, on CUDA and at the same batch", () => {
  const [, bar] = judgeBars([TRAINING, torch("eager", 750), torch("compiled", 1000)]);
  assertEquals([bar.value, bar.verdict], [0.6, "missed"]);
  const [, faster] = judgeBars([TRAINING, torch("eager", 750)]);
  assertEquals([faster.value, faster.verdict], [0.8, "reached"]);
  assertEquals(judgeBars([TRAINING, torch("eager", 750, "cpu")])[1].verdict, "not run");
  assertEquals(
    judgeBars([TRAINING, torch("eager", 750, "GPU X", 4)])[1].note,
    "ours ran at batch 8, PyTorch at 4",
  );
});

Deno.test("compareWithTorch() gives the ratio of each precision, like with like", () => {
  const both = [TRAINING, torch("eager", 750), torch("compiled", 1000)];
  const ratios = compareWithTorch(both, false).map(({ torch, ratio }) => [torch, ratio]);
  assertEquals(ratios, [
    ["2.5.1 eager f32", 0.8],
    ["2.5.1 eager bf16", 0.2],
    ["2.5.1 compiled f32", 0.6],
    ["2.5.1 compiled bf16", 0.15],
  ]);
  assertEquals(compareWithTorch(both, true), [], "a software adapter and CUDA");
  assertEquals(compareWithTorch([TRAINING, torch("eager", 750, "cpu")], false), [], "a GPU and a CPU");
  assertEquals(compareWithTorch([TRAINING, torch("eager", 750, "GPU X", 4)], false), [], "other batch");
});

Deno.test("compareWithTorch() sets f16 operands beside every precision too", () => {
  const half = ok("train/gpt2_124m_f16", { tokens_per_second: 1500, size: { B: 8 } });
  const pairs = compareWithTorch([half, torch("eager", 750)], false).map(({ trial, torch, ratio }) => {
    return [trial, torch, ratio];
  });
  assertEquals(pairs, [
    ["train/gpt2_124m_f16", "2.5.1 eager f32", 2],
    ["train/gpt2_124m_f16", "2.5.1 eager bf16", 0.5],
  ]);
});

Deno.test("compareWithTorch() pairs decoding by batch", () => {
  const theirs = ok("pytorch/decode_gpt2_124m_batch_8", {
    ...{ torch: "2.5.1", device: "cpu", size: { B: 8 } },
    f32: { tokens_per_second: 300 },
  });
  const ours = ok("decode/gpt2_124m_batch_8", { tokens_per_second: 100, size: { B: 8 } });
  const [{ trial, torch, ratio }] = compareWithTorch([ours, theirs], true);
  assertEquals([trial, torch], ["decode/gpt2_124m_batch_8", "2.5.1 eager f32"]);
  assertAlmostEquals(ratio, 1 / 3);
});
