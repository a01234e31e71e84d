// `sheepop ingest`: reads files and folders into a text dataset.

import { join } from "@std/path";
import { writeFileAtomic } from "../lib/common/atomic_file.ts";
import { EXIT_STATUS } from "../lib/common/errors.ts";
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
  flags: [
    { name: "strict", doc: "End with status 7 when a file could not be read, or not all of it" },
    {
      name: "dry-run",
      doc: "Show what would be read and what would not, and read nothing",
      conflicts: ["strict", "report"],
    },
    {
      name: "report",
      value: "FILE",
      isValueOptional: true,
      doc:
        "Write a page that shows what became of the files; report.html beside the documents where FILE is left out",
    },
  ],
  aliases: { data: "paths" },
  examples: [
    { line: "sheepop ingest data/samples", doc: "read every file of a folder" },
    { line: "sheepop ingest books notes.txt --extensions .txt,.md", doc: "text and Markdown files only" },
    { line: "sheepop ingest papers --dry-run", doc: "show what would be read" },
    { line: "sheepop ingest papers --report", doc: "read everything and draw what became of it" },
    { line: "sheepop ingest books --mode line --max-files 100", doc: "one document a line, of 100 files" },
  ],
  run,
};

async function run(call: CommandCall): Promise<number> {
  const { config } = await call.loadConfig();
  const { ingestShown, scanShown } = await import("./_data_steps.ts");
  const { formatIngestSummary, formatScan } = await import("./_ingest_summary.ts");
  if (call.isSet("dry-run")) {
    printLines(formatScan(await scanShown(config)));
    return EXIT_STATUS.success;
  }
  const dataset = await ingestShown(config);
  printLines(formatIngestSummary(dataset));
  if (call.isSet("report")) {
    const { formatIngestReport } = await import("../lib/ingest/ingest_report.ts");
    const path = call.text("report") || join(dataset.dir, "report.html");
    await writeFileAtomic(path, formatIngestReport({ ...dataset, paths: config.data.paths }));
    printLines([`Report: ${path}`]);
  }
  const { failed, partial } = dataset.summary.files;
  return call.isSet("strict") && failed + partial > 0 ? EXIT_STATUS.incomplete : EXIT_STATUS.success;
}
