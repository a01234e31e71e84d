import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UsageError } from "../../../lib/common/errors.ts";
import { evaluateCheckpoint, type EvaluateEvent } from "../../../lib/evaluation/evaluate.ts";
import { trainFromFiles } from "../../../lib/training/pipeline.ts";
import type { TrainEvent } from "../../../lib/training/train_events.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { withFolder } from "../../support/program.ts";
import { TINY_FILES, tinyRunConfig } from "../../support/tiny_corpus.ts";

Deno.test("evaluateCheckpoint() gives the validation loss of the run, over the whole split", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { training: { evalBatches: 0 } });
    const measured: Extract<TrainEvent, { kind: "validation" }>[] = [];
    await trainFromFiles(config, { onEvent: (event) => event.kind === "validation" && measured.push(event) });
    const evaluation = await evaluateCheckpoint(config, { checkpoint: config.training.runDir });
    const [{ weights, loss, perplexity, bitsPerByte }] = evaluation!.measurements;
    const expected = measured.at(-1)!;
    assertEquals([weights, evaluation!.step, evaluation!.cost], ["f32", expected.step, null]);
    assertAlmostEquals(loss, expected.loss, 1e-5);
    assertAlmostEquals(perplexity, expected.perplexity, 1e-4);
    assertAlmostEquals(bitsPerByte, expected.bitsPerByte, 1e-5);
  });
});

Deno.test("evaluateCheckpoint() measures a text of its own and leaves nothing behind", async () => {
  const files = { ...TINY_FILES, "other/poem.txt": "The sheep sees the gate.\nThe gate sees the sheep.\n" };
  await withFolder(files, async (folder) => {
    const config = tinyRunConfig(folder);
    await trainFromFiles(config);
    const before = Array.from(Deno.readDirSync(join(folder, "cache/text")), ({ name }) => name);
    const measure = (evalBatches?: number) =>
      evaluateCheckpoint(config, {
        checkpoint: config.training.runDir,
        data: [join(folder, "other")],
        evalBatches,
      });
    const whole = await measure();
    assertEquals(
      [whole!.text, whole!.tokens],
      [join(folder, "other"), 50],
      "every token but the first, and the end",
    );
    assertEquals((await measure(1))!.tokens, 32);
    assertEquals(Array.from(Deno.readDirSync(join(folder, "cache/text")), ({ name }) => name), before);
  });
});

Deno.test("evaluateCheckpoint() says what a trained model loses: under 1 % in q8, under 3 % in q4", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, {
      model: { dModel: 64, numLayers: 1, numHeads: 2, maxSeqLen: 32 },
      training: { maxSteps: 120, batchSize: 4, learningRate: 5e-3, evalInterval: 120 },
      resources: { device: "auto" },
    });
    await trainFromFiles(config);
    const events: EvaluateEvent[] = [];
    for (const [quantize, bound] of [["q8", 1.01], ["q4", 1.03]] as const) {
      config.generate.quantize = quantize;
      const evaluation = await evaluateCheckpoint(config, {
        checkpoint: config.training.runDir,
        data: config.data.paths,
        onEvent: (event) => events.push(event),
      });
      const [full, quantized] = evaluation!.measurements;
      const { loss, perplexityRatio } = evaluation!.cost!;
      assert(full.perplexity < 5, `trained to a perplexity of ${full.perplexity}`);
      assert(loss !== 0, "the quantised model is another one");
      assert(perplexityRatio > 1 / bound && perplexityRatio < bound, `${quantize} costs ${perplexityRatio}`);
      assertAlmostEquals(Math.log(perplexityRatio), quantized.loss - full.loss, 1e-9);
      assert(quantized.weightBytes < full.weightBytes / 3);
    }
    assertEquals([...new Set(events.map((event) => event.kind === "progress" ? event.weights : ""))], [
      "f32",
      "q8",
      "q4",
    ]);
  });
});

Deno.test("evaluateCheckpoint() says what to do when token files or text are missing", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder);
    await trainFromFiles(config);
    const checkpoint = config.training.runDir;
    await Deno.mkdir(join(folder, "empty"));
    const empty = { checkpoint, data: [join(folder, "empty")] };
    await assertRejects(() => evaluateCheckpoint(config, empty), UsageError, "Cannot find text");
    await Deno.remove(join(folder, "cache"), { recursive: true });
    await assertRejects(
      () => evaluateCheckpoint(config, { checkpoint }),
      UsageError,
      "sheepop tokenize --config",
    );
    await assertRejects(
      () => evaluateCheckpoint(config, { checkpoint: join(folder, "no") }),
      UsageError,
      "Cannot load",
    );
  });
});
