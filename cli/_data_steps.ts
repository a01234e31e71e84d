// The two steps from files to token files as the commands show them: progress while they run, a summary
// after.

import type { Config } from "../lib/config/config.ts";
import { type TokenDataset, tokenize, type TokenizeProgress } from "../lib/dataset/tokenize.ts";
import { ingest, type IngestProgress, type TextDataset } from "../lib/ingest/ingest.ts";
import { formatBytes, formatColumns, formatCount } from "./_columns.ts";
import { ProgressLine } from "./progress.ts";

/** Reads the files into the text dataset, showing how far it is. */
export async function ingestShown(config: Config): Promise<TextDataset> {
  using progress = new ProgressLine();
  return await ingest(config, { onProgress: (event) => progress.update(formatIngestProgress(event)) });
}

/** Reads the files if needed, then turns their text into token files, showing how far it is. */
export async function tokenizeShown(config: Config): Promise<TokenDataset> {
  const text = await ingestShown(config);
  using progress = new ProgressLine();
  return await tokenize(config, text, {
    onProgress: (event) => progress.update(formatTokenizeProgress(event)),
  });
}

/** What `tokenize` prints. */
export function formatTokenSummary({ dir, upToDate, info }: TokenDataset): string[] {
  const rows = [info.train, info.validation].map((split, i) => [
    i === 0 ? "train" : "validation",
    formatCount(split.documents),
    formatCount(split.tokens),
    formatBytes(split.bytes),
  ]);
  return [
    `Vocabulary: ${formatCount(info.vocabSize)} tokens`,
    ...formatColumns([["split", "documents", "tokens", "text"], ...rows], { right: [1, 2, 3] }),
    `${upToDate ? "Up to date" : "Written"}: ${dir}`,
  ];
}

function formatIngestProgress({ stage, files, totalFiles, bytes }: IngestProgress): string {
  const of = totalFiles > 0 ? ` of ${formatCount(totalFiles)}` : "";
  return `${stage === "scan" ? "Finding files" : "Reading files"}: ${formatCount(files)}${of}, ${
    formatBytes(bytes)
  }`;
}

function formatTokenizeProgress({ stage, documents, totalDocuments }: TokenizeProgress): string {
  const what = stage === "train" ? "Making the tokenizer" : "Turning text into tokens";
  return `${what}: ${formatCount(documents)} of ${formatCount(totalDocuments)} documents`;
}
