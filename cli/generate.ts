// `sheepop generate`: continues a prompt and prints the text as it comes.

import type { GenerateEvent } from "../lib/inference/generate.ts";
import { formatCount, formatWeights } from "./_columns.ts";
import { runEngine, signalStatus } from "./_engine.ts";
import { generateDeclaration } from "./_generate_declaration.ts";
import type { Command, CommandCall } from "./command.ts";
import { print } from "./print.ts";
import { ProgressLine } from "./progress.ts";

/** Command `generate`. */
export const generateCommand: Command = { ...generateDeclaration, run };

async function run(call: CommandCall): Promise<number | void> {
  const { config } = await call.loadConfig();
  const options = {
    checkpoint: call.text("checkpoint") ?? config.training.runDir,
    prompt: call.text("prompt") ?? "",
    maxLength: call.number("max-length"),
  };
  using progress = new ProgressLine();
  progress.update(`Loading ${options.checkpoint}`);
  const { quantize } = config.generate;
  const onEvent = (event: GenerateEvent) => show(event, { progress, prompt: options.prompt, quantize });
  const outcome = await runEngine<GenerateEvent, string>({ name: "generate", config, options }, {
    onEvent,
    onSignal: () => {},
  });
  if (outcome.signal) return signalStatus(outcome.signal);
}

function show(
  event: GenerateEvent,
  options: { progress: ProgressLine; prompt: string; quantize: string },
): void {
  const { progress, prompt, quantize } = options;
  progress.clear();
  switch (event.kind) {
    case "warning":
      return progress.print(`Warning: ${event.message}`);
    case "loaded":
      if (quantize !== "none") progress.print(formatWeights(quantize, event.weights));
      return print(prompt);
    case "text":
      return print(event.text);
    case "end": {
      print("\n");
      const { newTokens, decodeMs, prefillMs, endedBy } = event.stats;
      const rate = newTokens / Math.max(1, decodeMs + prefillMs) * 1000;
      return progress.print(
        `${formatCount(newTokens)} tokens, ${formatCount(Math.round(rate))} tokens/s, ended by ${endedBy}`,
      );
    }
  }
}
