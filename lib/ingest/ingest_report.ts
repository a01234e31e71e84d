// The ingest as one page for a browser: what became of every file, in pictures. It stands alone, without a script or
// anything from elsewhere, and its content security policy forbids both, as names and samples come from files that
// nobody has looked at.

import { createHash } from "node:crypto";
import { VERSION } from "../version.ts";
import { escapeXml } from "../monitor/svg_text.ts";
import {
  droppedSection,
  duplicatesSection,
  keptSection,
  languagesSection,
  lengthsSection,
} from "./_report_documents.ts";
import {
  foldersSection,
  kindsSection,
  largestSection,
  parsersSection,
  reasonsSection,
  sizesSection,
  slowestSection,
} from "./_report_files.ts";
import {
  countOf,
  formatCount,
  formatDuration,
  formatLarge,
  formatShare,
  formatSize,
  legend,
  pathHtml,
  STATUS_MEANING,
  statusBar,
} from "./_report_parts.ts";
import { FILE_STATUSES, type IngestSummary, type ManifestEntry } from "./manifest.ts";
import style from "./ingest_report.css" with { type: "text" };

/** What the page is made of. */
export interface IngestReport {
  /** What was read: `data.paths`. */
  readonly paths: readonly string[];
  /** Folder of the text dataset; null when none was written. */
  readonly dir: string | null;
  /** Milliseconds from the first file to the last; null when the dataset was there already. */
  readonly elapsedMs: number | null;
  /** A line for every file. */
  readonly entries: readonly ManifestEntry[];
  /** Counts over them. */
  readonly summary: IngestSummary;
}

const MAX_PATHS = 5;

/**
 * Draws the page.
 *
 * @returns a complete HTML document in one piece
 */
export function formatIngestReport(report: IngestReport): string {
  const { entries, summary } = report;
  const sections = entries.length === 0 ? [] : [
    kindsSection(summary),
    lengthsSection(summary),
    languagesSection(summary),
    keptSection(summary),
    sizesSection(summary),
    reasonsSection(entries),
    foldersSection(entries),
    duplicatesSection(summary),
    droppedSection(summary),
    largestSection(entries),
    slowestSection(entries),
    parsersSection(entries),
  ];
  const policy = `default-src 'none'; style-src 'sha256-${
    createHash("sha256").update(style).digest("base64")
  }'; base-uri 'none'; form-action 'none'`;
  return [
    `<!DOCTYPE html>`,
    `<html lang="en">`,
    `<head>`,
    `<meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="color-scheme" content="light dark">`,
    `<meta name="referrer" content="no-referrer">`,
    `<title>Ingest of ${countOf(entries.length, "file")}</title>`,
    `<style>${style}</style>`,
    `</head>`,
    `<body>`,
    `<main>`,
    overview(report),
    ...sections.filter((part) => part !== ""),
    footer(report),
    `</main>`,
    `</body>`,
    `</html>\n`,
  ].join("\n");
}

function overview(report: IngestReport): string {
  const { paths, entries, summary, elapsedMs } = report;
  const from = paths.slice(0, MAX_PATHS).map(pathHtml).join(", ") +
    (paths.length > MAX_PATHS ? ` and ${formatCount(paths.length - MAX_PATHS)} more` : "");
  const head = `<h1>What became of ${countOf(entries.length, "file")}</h1>\n<p class="note">${from}</p>`;
  if (entries.length === 0) return `<section>${head}\n<p>There was no file there.</p></section>`;
  const { train, validation, files } = summary;
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const documents = train.documents + validation.documents;
  const characters = train.characters + validation.characters;
  const speed = elapsedMs === null
    ? ""
    : `${formatSize(Math.round(bytes / Math.max(elapsedMs, 1) * 1000))}/s`;
  const tiles = [
    tile("files", formatCount(entries.length), `${formatCount(files.ok + files.partial)} gave text`),
    tile("size", formatSize(bytes), `${formatSize(Math.round(bytes / entries.length))} a file`),
    tile("documents", formatCount(documents), `${formatCount(validation.documents)} to measure with`),
    tile(
      "characters",
      formatLarge(characters),
      documents === 0 ? "" : `${formatLarge(Math.round(characters / documents))} a document`,
    ),
    tile("time", elapsedMs === null ? "0 s" : formatDuration(elapsedMs), speed || "it was read before"),
  ];
  const key = legend(FILE_STATUSES.map((status) => ({
    color: status,
    text: `${formatCount(files[status])} ${status} (${formatShare(files[status], files.seen)}): ${
      STATUS_MEANING[status]
    }`,
  })));
  return `<section>${head}\n${statusBar(files, 34)}\n${key}\n<dl class="tiles">${
    tiles.join("")
  }</dl></section>`;
}

function tile(name: string, figure: string, note: string): string {
  return `<div class="tile"><dt>${escapeXml(name)}</dt><dd><div class="figure">${escapeXml(figure)}</div>` +
    `<div class="note">${escapeXml(note)}</div></dd></div>`;
}

function footer({ dir, summary }: IngestReport): string {
  const lines = [
    dir === null
      ? "No dataset was written."
      : `Dataset: ${pathHtml(dir)}. Its manifest.jsonl has a line for every file.`,
  ];
  if (summary.invalidBytes > 0) {
    lines.push(
      `Bytes without meaning in UTF-8, read as Windows-1252: ${formatCount(summary.invalidBytes)}.`,
    );
  }
  if (summary.cutDocument !== null) {
    lines.push(
      `Validation is the end of ${
        pathHtml(summary.cutDocument)
      }: too few documents to keep whole ones aside.`,
    );
  }
  return `<footer>${lines.join("<br>")}<br>sheepop ${escapeXml(VERSION)}</footer>`;
}
