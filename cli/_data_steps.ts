// The two steps from files to token files as the commands show them: progress while they run, a summary
// after.

import type { Config } from "../lib/config/config.ts";
import { type TokenDataset, tokenize, type TokenizeProgress } from "../lib/dataset/tokenize.ts";
import { ingest, type IngestProgress, type TextDataset } from "../lib/ingest/ingest.ts";
import { fitText, formatBytes, formatColumns, formatCount, formatDuration, plainText } from "./_columns.ts";
import { type Scan, scanFiles } from "../lib/ingest/scan_files.ts";
import { ProgressLine } from "./progress.ts";

/** A rate is shown from here on: before, it says little. */
const RATE_AFTER_MS = 1000;

/** Reads the files into the text dataset, showing how far it is. */
export async function ingestShown(config: Config): Promise<TextDataset> {
  using progress = new ProgressLine();
  let startedAt: number | undefined;
  return await ingest(config, {
    onProgress: (event) => {
      if (event.stage === "read") startedAt ??= performance.now();
      progress.update(formatIngestProgress(event, performance.now() - (startedAt ?? performance.now())));
    },
  });
}

/** Finds the files without parsing any, showing how far it is. */
export async function scanShown(config: Config): Promise<Scan> {
  using progress = new ProgressLine();
  return await scanFiles(config, (files, bytes) => {
    progress.update(formatIngestProgress({ stage: "scan", files, totalFiles: 0, bytes, totalBytes: 0 }, 0));
  });
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

/** `Reading files: 120 of 400, 3.1 MiB of 9.0 MiB, 1.2 MiB/s, 0:05 left`. */
export function formatIngestProgress(event: IngestProgress, elapsedMs: number): string {
  const { stage, files, totalFiles, bytes, totalBytes } = event;
  if (stage === "scan") return `Finding files: ${formatCount(files)}, ${formatBytes(bytes)}`;
  if (event.pages !== undefined && event.pages.total > 1) {
    const { path, done, total } = event.pages;
    const name = fitText(plainText(path), 40);
    return `Reading files: ${formatCount(files)} of ${formatCount(totalFiles)}, page ${
      formatCount(done)
    } of ${formatCount(total)} of ${name}`;
  }
  const done = `${formatCount(files)} of ${formatCount(totalFiles)}, ${formatBytes(bytes)} of ${
    formatBytes(totalBytes)
  }`;
  if (elapsedMs < RATE_AFTER_MS || bytes === 0) return `Reading files: ${done}`;
  const bytesPerMs = bytes / elapsedMs;
  const left = formatDuration((totalBytes - bytes) / bytesPerMs);
  return `Reading files: ${done}, ${formatBytes(1000 * bytesPerMs)}/s, ${left} left`;
}

function formatTokenizeProgress({ stage, documents, totalDocuments }: TokenizeProgress): string {
  const what = stage === "train" ? "Making the tokenizer" : "Turning text into tokens";
  return `${what}: ${formatCount(documents)} of ${formatCount(totalDocuments)} documents`;
}
