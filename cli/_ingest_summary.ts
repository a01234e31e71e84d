// What `sheepop ingest` prints in the end: what became of the files and of the documents in them. Knows counts only.

import type { TextDataset } from "../lib/ingest/ingest.ts";
import type { Scan } from "../lib/ingest/scan_files.ts";
import { FILE_STATUSES, type KindCounts } from "../lib/ingest/manifest.ts";
import { fitText, formatBytes, formatColumns, formatCount, plainText } from "./_columns.ts";

/** No line of a summary is longer, but for the folder at its end. */
const COLUMNS = 100;
const MAX_KINDS = 20;
const MAX_REASONS = 12;

/** What `ingest` prints: what became of the files and of the documents in them, and where the text is. */
export function formatIngestSummary({ dir, upToDate, summary }: TextDataset): string[] {
  const { files, train, validation, cutDocument } = summary;
  const rows = [train, validation].map((split, i) => [
    i === 0 ? "train" : "validation",
    formatCount(split.documents),
    formatCount(split.characters),
    formatBytes(split.fileBytes),
  ]);
  const statuses = FILE_STATUSES.map((status) => `${formatCount(files[status])} ${status}`);
  return [
    `Files: ${formatCount(files.seen)} seen, ${statuses.join(", ")}`,
    ...formatKinds(summary),
    ...formatCounts("Why files are not ok:", Object.entries(summary.reasons)),
    ...formatCounts("Documents left out:", [
      ["equal to an earlier one", summary.duplicates],
      ["almost equal to an earlier one", summary.nearDuplicates],
      ["shorter than data.min_length", summary.shortDocuments],
      ...Object.entries(summary.filtered),
    ]),
    ...formatSecrets(summary.secrets),
    ...(cutDocument === null ? [] : [
      `Validation is the end of ${fitText(plainText(cutDocument), 40)}, for want of documents`,
    ]),
    ...formatColumns([["split", "documents", "characters", "size"], ...rows], { right: [1, 2, 3] }),
    `${upToDate ? "Up to date" : "Written"}: ${dir}`,
  ];
}

/** What `ingest --dry-run` prints: every file with its kind and size, or why it would not be read. */
export function formatScan({ files, others }: Scan): string[] {
  const rows = [
    ...files.map(({ path, kind, bytes }) => ({ path, row: ["read", kind, formatBytes(bytes)] })),
    ...others.map(({ path, status, kind, bytes, reason }) => ({
      path,
      row: [status, kind ?? "-", bytes === 0 ? "-" : formatBytes(bytes), reason ?? ""],
    })),
  ].sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  const lines = formatColumns(
    rows.map((
      { path, row },
    ) => [...row.slice(0, 3), row.length > 3 ? `${plainText(path)}: ${row[3]}` : plainText(path)]),
    { right: [2] },
  );
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    ...lines,
    `Would read ${formatCount(files.length)} files, ${formatBytes(bytes)}; ${
      formatCount(others.length)
    } left out`,
  ];
}

/** Files by kind and status; nothing where all are of one kind. */
function formatKinds({ kinds, files, train, validation }: TextDataset["summary"]): string[] {
  const list = Object.entries(kinds);
  if (list.length < 2) return [];
  const rest = list.slice(MAX_KINDS).map(([, counts]) => counts);
  const sum = (of: (counts: KindCounts) => number) => rest.reduce((total, counts) => total + of(counts), 0);
  const columns = ["seen", ...FILE_STATUSES, "documents", "characters"] as const;
  const row = (name: string, count: (column: typeof columns[number]) => number) => [
    name,
    ...columns.map((column) => count(column) === 0 ? "-" : formatCount(count(column))),
  ];
  const all = {
    ...files,
    documents: train.documents + validation.documents,
    characters: train.characters + validation.characters,
  };
  return formatColumns([
    ["kind", "files", ...columns.slice(1)],
    ...list.slice(0, MAX_KINDS).map(([kind, counts]) => row(plainText(kind), (column) => counts[column])),
    ...(rest.length === 0 ? [] : [row("more kinds", (column) => sum((counts) => counts[column]))]),
    row("all", (column) => all[column]),
  ], { right: columns.map((_, i) => i + 1), indent: "  " });
}

/** A heading and counts under it, those that are 0 left out; nothing where all are. */
function formatCounts(
  heading: string,
  counts: readonly (readonly [what: string, count: number])[],
): string[] {
  const list = counts.filter(([, count]) => count > 0);
  if (list.length === 0) return [];
  const shown = list.slice(0, MAX_REASONS).map(([what, count]) => [formatCount(count), plainText(what)]);
  const rest = list.slice(MAX_REASONS).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) shown.push([formatCount(rest), "for other reasons: see manifest.jsonl"]);
  return [
    heading,
    ...formatColumns(shown, { indent: "  ", right: [0] }).map((line) => fitText(line, COLUMNS)),
  ];
}

function formatSecrets(secrets: Readonly<Record<string, number>> | null): string[] {
  if (secrets === null) return [];
  const found = Object.entries(secrets).filter(([, count]) => count > 0);
  if (found.length === 0) return ["Secrets: none found"];
  const total = found.reduce((sum, [, count]) => sum + count, 0);
  const rules = found.map(([rule, count]) => `${formatCount(count)} ${plainText(rule)}`).join(", ");
  return [fitText(`Secrets: ${formatCount(total)} found, ${rules}`, COLUMNS)];
}
