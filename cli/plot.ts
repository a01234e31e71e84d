// `sheepop plot`: draws the training curves of a run from its metrics.

import type { Command, CommandCall } from "./command.ts";
import { printLines } from "./print.ts";

/** Command `plot`. */
export const plotCommand: Command = {
  name: "plot",
  doc: "Draws the training curves of a run, finished or not, from its metrics.",
  settings: ["training.run_dir", "monitor.png"],
  positional: { name: "RUN", doc: "Run folder; the same as --run-dir", max: 1, key: "training.run_dir" },
  examples: [
    { line: "sheepop plot", doc: "draw the default run" },
    { line: "sheepop plot data/runs/books --no-png", doc: "SVG only" },
  ],
  run,
};

async function run(call: CommandCall): Promise<void> {
  const { config } = await call.loadConfig();
  const { drawPlots } = await import("../lib/monitor/plots.ts");
  const files = await drawPlots(config.training.runDir, {
    png: config.monitor.png,
    onWarning: (message) => console.error(`sheepop: ${message}`),
  });
  printLines(
    files.length > 0 ? files.map((file) => `Wrote ${file}`) : [`Up to date: ${config.training.runDir}`],
  );
}
