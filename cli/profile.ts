// `sheepop profile`: where the time of a training step and of a decoded token goes, kernel by kernel.

import { dirname } from "@std/path";
import { loadCheckpoint } from "../lib/checkpoint/checkpoint.ts";
import { writeFileAtomic } from "../lib/common/atomic_file.ts";
import { UsageError } from "../lib/common/errors.ts";
import type { Config } from "../lib/config/config.ts";
import { didYouMean } from "../lib/config/nearest.ts";
import type { Profile, ProfileEvent } from "../lib/profile/profile.ts";
import { drawProfile } from "../lib/profile/profile_chart.ts";
import { parseTokenizer } from "../lib/tokenizer/tokenizer_file.ts";
import { runEngine, signalStatus } from "./_engine.ts";
import { formatJson } from "./print.ts";
import { formatProfile, GROUPINGS } from "./_profile_report.ts";
import type { Command, CommandCall } from "./command.ts";
import { printLines } from "./print.ts";
import { ProgressLine } from "./progress.ts";

const ROUNDS = 5;
const STEPS = 5;
const PARTS = ["step", "token"] as const;

/** Command `profile`. */
export const profileCommand: Command = {
  name: "profile",
  doc:
    "Measures where the time of a training step and of a decoded token goes, kernel by kernel, and how near each " +
    "kernel is to what the adapter reaches at best. Tokens are made up and nothing is trained or saved.",
  settings: ["model", "training", "generate", "resources"],
  flags: [
    {
      name: "checkpoint",
      value: "RUN",
      doc: "Run folder or step folder whose configuration is taken instead of the defaults",
    },
    {
      name: "by",
      value: "WHAT",
      doc: `Rows of the tables: ${GROUPINGS.join(", ")} (default ${GROUPINGS[0]})`,
    },
    { name: "only", value: "PART", doc: `Profile one of the two: ${PARTS.join(", ")}` },
    {
      name: "rounds",
      value: "N",
      kind: "integer",
      min: 1,
      doc: `Time every dispatch this often and keep the best (default ${ROUNDS})`,
    },
    {
      name: "steps",
      value: "N",
      kind: "integer",
      min: 1,
      doc: `Time this many whole steps and runs of tokens (default ${STEPS})`,
    },
    { name: "json", value: "FILE", doc: "Write everything that was measured" },
    { name: "svg", value: "FILE", doc: "Draw it: step, phases, operations, kernels; width is time" },
  ],
  examples: [
    { line: "sheepop profile", doc: "the default model on this machine" },
    { line: "sheepop profile --checkpoint data/runs/books --svg profile.svg", doc: "the model of a run" },
    {
      line: "sheepop profile --d-model 256 --num-layers 4 --batch-size 8 --max-seq-len 256 --by shape",
      doc: "another model, every shape on its own",
    },
  ],
  run,
};

async function run(call: CommandCall): Promise<number | void> {
  const by = choice(call, "by", GROUPINGS) ?? GROUPINGS[0];
  const only = choice(call, "only", PARTS);
  for (const flag of ["json", "svg"]) await checkFolder(flag, call.text(flag));
  const { config } = await call.loadConfig({ base: await baseOf(call) });
  const load = { average: Deno.loadavg()[0], cores: navigator.hardwareConcurrency };
  const options = { only, rounds: call.number("rounds") ?? ROUNDS, steps: call.number("steps") ?? STEPS };
  using progress = new ProgressLine();
  const { result, signal } = await runEngine<ProfileEvent, Profile>({ name: "profile", config, options }, {
    onEvent: ({ text }) => progress.update(text),
    onSignal: (name) => Deno.exit(signalStatus(name)),
  });
  if (signal) return signalStatus(signal);
  progress.clear();
  printLines(formatProfile(result, { by, load }));
  const files = { json: formatJson, svg: drawProfile };
  for (const [flag, format] of Object.entries(files)) {
    const path = call.text(flag);
    if (!path) continue;
    await writeFileAtomic(path, format(result));
    progress.print(`Written: ${path}`);
  }
}

/** Configuration of the run, with its vocabulary. */
async function baseOf(call: CommandCall): Promise<Config | undefined> {
  const path = call.text("checkpoint");
  if (!path) return undefined;
  const { config, tokenizer } = await loadCheckpoint(path, { weightsOnly: true });
  config.model.vocabSize = parseTokenizer(tokenizer).vocabSize;
  return config;
}

function choice<Choice extends string>(
  call: CommandCall,
  flag: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = call.text(flag);
  const chosen = choices.find((choice) => choice === text);
  if (text === undefined || chosen) return chosen;
  throw new UsageError(
    `Cannot use --${flag} ${text}: it must be ${choices.join(" or ")}${didYouMean(text, choices)}`,
  );
}

/** Said before anything is measured. */
async function checkFolder(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const folder = dirname(path);
  if (path !== "" && await Deno.stat(folder).then((stat) => stat.isDirectory, () => false)) return;
  throw new UsageError(
    `Cannot write --${flag} ${path}: there is no folder ${folder}, make it or name another file`,
  );
}
