// `sheepop ingest`: reads files and folders into a text dataset.

import type { Command, CommandCall } from "./command.ts";
import { printLines } from "./print.ts";

/** Command `ingest`. */
export const ingestCommand: Command = {
  name: "ingest",
  doc: "Reads files and folders into a text dataset below --output-dir: documents for training and " +
    "validation, and a manifest that says for every file what became of it. Unchanged files are not " +
    "read again.",
  settings: ["data"],
  positional: {
    name: "PATH",
    doc: "Files and folders to read; the same as --paths",
    max: Infinity,
    key: "data.paths",
  },
  aliases: { data: "paths" },
  examples: [
    { line: "sheepop ingest data/samples", doc: "read every file of a folder" },
    { line: "sheepop ingest books notes.txt --extensions .txt,.md", doc: "text and Markdown files only" },
    { line: "sheepop ingest books --mode line --max-files 100", doc: "one document a line, of 100 files" },
  ],
  run,
};

async function run(call: CommandCall): Promise<void> {
  const { config } = await call.loadConfig();
  const { ingestShown } = await import("./_data_steps.ts");
  const { formatIngestSummary } = await import("./_ingest_summary.ts");
  printLines(formatIngestSummary(await ingestShown(config)));
}
