// `sheepop evaluate`: how well a model predicts a text, and what quantising it costs.

import type { EvaluateEvent, Evaluation } from "../lib/evaluation/evaluate.ts";
import { formatBytes, formatColumns, formatCount, plainText } from "./_columns.ts";
import { runEngine, signalStatus } from "./_engine.ts";
import type { Command, CommandCall } from "./command.ts";
import { formatJson, print, printLines } from "./print.ts";
import { ProgressLine } from "./progress.ts";

/** Command `evaluate`. */
export const evaluateCommand: Command = {
  name: "evaluate",
  doc:
    "Measures loss, perplexity and bits per byte of a trained model over the validation split of its run or " +
    "any text; with --quantize also those of the quantised model over the same tokens, and the cost.",
  settings: ["generate.quantize", "resources", "training.run_dir"],
  flags: [
    {
      name: "checkpoint",
      value: "RUN",
      doc: "Run folder, whose newest checkpoint is taken, or one step folder of it; --run-dir where left out",
      conflicts: ["run-dir"],
    },
    {
      name: "data",
      value: "PATH",
      doc: "File or folder of text to measure on instead of the validation split; may be given several times",
      isRepeatable: true,
    },
    {
      name: "eval-batches",
      value: "N",
      kind: "integer",
      min: 1,
      doc: "Measure this many batches, spread evenly over the text, instead of all of it",
    },
    { name: "json", doc: "Print JSON" },
  ],
  examples: [
    { line: "sheepop evaluate", doc: "the default run over its whole validation split" },
    { line: "sheepop evaluate --quantize q4", doc: "and what four bits a weight cost" },
    {
      line: "sheepop evaluate --checkpoint data/runs/books --data letters.txt --json",
      doc: "another run over another text, for a program",
    },
  ],
  run,
};

async function run(call: CommandCall): Promise<number | void> {
  const { config } = await call.loadConfig();
  const data = call.texts("data");
  const options = {
    checkpoint: call.text("checkpoint") ?? config.training.runDir,
    data: data.length > 0 ? data : undefined,
    evalBatches: call.number("eval-batches"),
  };
  using progress = new ProgressLine();
  progress.update(`Loading ${options.checkpoint}`);
  const { result, signal } = await runEngine<EvaluateEvent, Evaluation | undefined>(
    { name: "evaluate", config, options },
    { onEvent: (event) => show(event, progress), onSignal: () => {} },
  );
  progress.clear();
  if (signal || !result) return signal && signalStatus(signal);
  if (call.isSet("json")) print(formatJson(result));
  else printLines(formatEvaluation(result));
}

function show(event: EvaluateEvent, progress: ProgressLine): void {
  if (event.kind === "warning") return progress.print(`Warning: ${event.message}`);
  const { weights, batches, totalBatches } = event;
  progress.update(`Measuring ${weights}: ${formatCount(batches)} of ${formatCount(totalBatches)} batches`);
}

/** What `evaluate` prints. */
export function formatEvaluation(evaluation: Evaluation): string[] {
  const { checkpoint, text, tokens, device, measurements, cost } = evaluation;
  const rows = measurements.map(({ weights, loss, perplexity, bitsPerByte, weightBytes }) => [
    weights,
    formatBytes(weightBytes),
    loss.toFixed(4),
    perplexity.toFixed(3),
    bitsPerByte.toFixed(4),
  ]);
  const lines = [
    `Checkpoint: ${checkpoint}, on ${device}`,
    `Text: ${plainText(text)}, ${formatCount(tokens)} tokens predicted`,
    ...formatColumns([["weights", "memory", "loss", "perplexity", "bits/byte"], ...rows], {
      right: [1, 2, 3, 4],
    }),
  ];
  if (!cost) return lines;
  const [f32, quantized] = measurements;
  const saved = f32.weightBytes / quantized.weightBytes;
  return [
    ...lines,
    `Cost of ${quantized.weights}: loss ${cost.loss < 0 ? "" : "+"}${
      cost.loss.toFixed(4)
    }, perplexity times ` +
    `${cost.perplexityRatio.toFixed(4)}, for ${saved.toFixed(1)} times less memory`,
  ];
}
