// `sheepop generate`: continues prompts and prints the texts: one as it comes, several one after another, each when it and
// those before it are whole.

import type { GenerateEvent } from "../lib/inference/generate.ts";
import type { GenerateStats } from "../lib/inference/generator.ts";
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
  const given = call.texts("prompt");
  const prompts = given.length > 0 ? given : [""];
  const options = {
    checkpoint: call.text("checkpoint") ?? config.training.runDir,
    prompt: prompts,
    maxLength: call.number("max-length"),
  };
  using progress = new ProgressLine();
  progress.update(`Loading ${options.checkpoint}`);
  const { quantize } = config.generate;
  const ofSamples = prompts.flatMap((prompt) =>
    Array.from({ length: config.generate.numSamples }, () => prompt)
  );
  const show = ofSamples.length === 1 ? showOne(progress, ofSamples[0]) : showAll(progress, ofSamples);
  const onEvent = (event: GenerateEvent) => {
    progress.clear();
    if (event.kind === "warning") return progress.print(`Warning: ${event.message}`);
    if (event.kind === "loaded" && quantize !== "none") {
      progress.print(formatWeights(quantize, event.weights));
    }
    show(event);
  };
  const outcome = await runEngine<GenerateEvent, string[]>({ name: "generate", config, options }, {
    onEvent,
    onSignal: () => {},
  });
  if (outcome.signal) return signalStatus(outcome.signal);
}

type Show = (event: Exclude<GenerateEvent, { kind: "warning" }>) => void;

/** Prints a text as it comes, behind its prompt. */
function showOne(progress: ProgressLine, prompt: string): Show {
  return (event) => {
    if (event.kind === "loaded") return print(prompt);
    if (event.kind === "text") return print(event.text);
    print("\n");
    const { newTokens, decodeMs, prefillMs, endedBy } = event.stats;
    progress.print(`${rateOf(newTokens, decodeMs + prefillMs)}, ended by ${endedBy}`);
  };
}

/** Prints whole texts under a line with their number, in order, though they come side by side. */
function showAll(progress: ProgressLine, prompts: readonly string[]): Show {
  const texts = prompts.slice();
  const ended = new Map<number, GenerateStats>();
  let [printed, tokens, startedAt] = [0, 0, performance.now()];
  return (event) => {
    if (event.kind === "loaded") startedAt = performance.now();
    if (event.kind === "text") texts[event.sample] += event.text;
    if (event.kind !== "end") return progress.update(`Writing ${prompts.length} texts, ${ended.size} done`);
    ended.set(event.sample, event.stats);
    tokens += event.stats.newTokens;
    for (; ended.has(printed); printed++) {
      print(`--- ${printed + 1} of ${prompts.length} ---\n${texts[printed]}\n`);
    }
    if (ended.size === prompts.length) {
      progress.print(`${prompts.length} texts, ${rateOf(tokens, performance.now() - startedAt)}`);
    }
  };
}

function rateOf(tokens: number, elapsedMs: number): string {
  const rate = Math.round(tokens / Math.max(1, elapsedMs) * 1000);
  return `${formatCount(tokens)} tokens, ${formatCount(rate)} tokens/s`;
}
