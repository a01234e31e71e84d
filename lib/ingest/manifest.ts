// What became of every file: the lines of manifest.jsonl and the counts made from them.

import type { FileKind } from "./file_kinds.ts";

/** Name of a part of the data set. */
export type SplitName = "train" | "validation";

/** One file or left-out folder, a line of manifest.jsonl. */
export interface ManifestEntry {
  /** Name of the root it was found under and the path below it, separated by `/`. */
  readonly path: string;
  /** SHA-256 of the content; null when it was not read. */
  readonly sha256: string | null;
  /** Size of the file. */
  readonly bytes: number;
  /** Null for a name that no text has, and for folders. */
  readonly kind: FileKind | null;
  /** `skipped` by a rule or for its content, `failed` by an error. */
  readonly status: "ok" | "skipped" | "failed";
  /** Why it is not `ok`, the same words for the same cause; for an `ok` file what was left out of it. */
  readonly reason: string | null;
  /** Documents kept, after removal of duplicates and of short ones. */
  readonly documents: number;
  /** Code points of those documents. */
  readonly characters: number;
  /** Where they went; null when there are none. */
  readonly split: SplitName | "both" | null;
  /** Bytes that were not UTF-8 and were read as Windows-1252. */
  readonly invalidBytes: number;
}

/** Counts of one part of the data set. */
export interface SplitSummary {
  /** File of rows inside the data set's folder. */
  readonly file: string;
  /** Documents of this part. */
  readonly documents: number;
  /** Code points. */
  readonly characters: number;
  /** Size of the file of rows. */
  readonly fileBytes: number;
  /** SHA-256 of the file of rows. */
  readonly sha256: string;
}

/** What an ingest found, for people and for dataset.json. */
export interface IngestSummary {
  /** Files seen, and excluded folders, each counted once: `seen` is the sum of the others. */
  readonly files: {
    readonly seen: number;
    readonly ok: number;
    readonly skipped: number;
    readonly failed: number;
  };
  /** Number of skipped and failed files for each reason, most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Documents left out because an equal one came before. */
  readonly duplicates: number;
  /** Documents left out because they are shorter than `data.min_length`. */
  readonly shortDocuments: number;
  /** Lines of JSONL files that are not JSON. */
  readonly badLines: number;
  /** Bytes that were not UTF-8 and were read as Windows-1252. */
  readonly invalidBytes: number;
  /** The document whose end is validation data, as whole documents would not do; null when none was cut. */
  readonly cutDocument: string | null;
  /** What the model learns from. */
  readonly train: SplitSummary;
  /** What its loss is measured on. */
  readonly validation: SplitSummary;
}

/**
 * A line for something that was not read.
 *
 * @param path - as in the manifest
 * @param options.reason - equal words for equal causes
 */
export function leftOut(
  path: string,
  options: Pick<ManifestEntry, "reason"> & Partial<ManifestEntry>,
): ManifestEntry {
  return {
    path,
    sha256: null,
    bytes: 0,
    kind: null,
    status: "skipped",
    documents: 0,
    characters: 0,
    split: null,
    invalidBytes: 0,
    ...options,
  };
}

/** Counts files by status and the reasons of those that are not `ok`. */
export function countEntries(entries: readonly ManifestEntry[]): Pick<IngestSummary, "files" | "reasons"> {
  const files = { seen: entries.length, ok: 0, skipped: 0, failed: 0 };
  const counts = new Map<string, number>();
  for (const { status, reason } of entries) {
    files[status]++;
    if (status !== "ok" && reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { files, reasons: Object.fromEntries(sorted) };
}

/**
 * One phrase about what was left out: `7 skipped or failed (4 empty, 3 extension is not read)`.
 *
 * @param counts - from {@linkcode countEntries}
 */
export function formatReasons(counts: Pick<IngestSummary, "files" | "reasons">): string {
  const { seen, skipped, failed } = counts.files;
  const reasons = Object.entries(counts.reasons).map(([reason, count]) => `${count} ${reason}`);
  const detail = reasons.length === 0 ? "" : ` (${reasons.slice(0, 6).join(", ")})`;
  return `${seen} seen, ${skipped} skipped and ${failed} failed${detail}`;
}

/**
 * A short reason for an error of the file system.
 *
 * @returns words without the path, `permission denied`
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "vanished while being read";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "read permission not granted to this program";
  if (error instanceof Deno.errors.FilesystemLoop) return "symbolic link loop";
  const code = (error as { code?: unknown })?.code;
  return typeof code === "string" ? `cannot be read: ${code}` : "cannot be read";
}
