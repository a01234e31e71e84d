// `sheepop tokenize`: turns a text dataset into token files and a tokenizer.

import type { Command, CommandCall } from "./command.ts";
import { printLines } from "./print.ts";

/** Command `tokenize`. */
export const tokenizeCommand: Command = {
  name: "tokenize",
  doc:
    "Turns text into token files below --output-dir and writes the tokenizer beside them. Reads the files " +
    "first where that was not done; unchanged text is not tokenized again.",
  settings: ["data", "tokenizer"],
  positional: {
    name: "PATH",
    doc: "Files and folders to read; the same as --paths",
    max: Infinity,
    key: "data.paths",
  },
  aliases: { data: "paths" },
  examples: [
    { line: "sheepop tokenize data/samples", doc: "read a folder and turn its text into tokens" },
    { line: "sheepop tokenize --config data/configs/sample.yaml", doc: "with the settings of a file" },
  ],
  run,
};

async function run(call: CommandCall): Promise<void> {
  const { config } = await call.loadConfig();
  const { formatTokenSummary, tokenizeShown } = await import("./_data_steps.ts");
  printLines(formatTokenSummary(await tokenizeShown(config)));
}
