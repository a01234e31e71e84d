// What became of every file: the lines of manifest.jsonl and the counts made from them.

import type { StrangeCounts } from "./clean_text.ts";
import type { FileKind } from "./file_kinds.ts";

/** Name of a part of the data set. */
export type SplitName = "train" | "validation";

/**
 * What became of a file: all of it was read, some of it was, a rule or its content left it out, or an error did.
 */
export type FileStatus = "ok" | "partial" | "skipped" | "failed";

/** Statuses from good to bad, the order of tables and charts. */
export const FILE_STATUSES = ["ok", "partial", "skipped", "failed"] as const satisfies readonly FileStatus[];

/** Name among the kinds of what has none: folders, and names that no text has. */
export const NO_KIND = "other";

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
  /** Name and version of what read it, `pdf 1`; null when nothing did. */
  readonly parser: string | null;
  /** Pages, images, sheets or tables that were read; null for what has none. */
  readonly pages: number | null;
  /** Language of most of its text as a code of ISO 639-1; null when it is not known. */
  readonly language: string | null;
  /** `partial` when something in it could not be read, `skipped` by a rule or for its content, `failed` by an error. */
  readonly status: FileStatus;
  /** Why it is not `ok`, the same words for the same cause. */
  readonly reason: string | null;
  /** How much is missing of a `partial` file, and where that begins: `3, the first in line 17`. */
  readonly detail?: string;
  /** Documents kept, after removal of duplicates and of short ones. */
  readonly documents: number;
  /** Code points of those documents. */
  readonly characters: number;
  /** Where they went; null when there are none. */
  readonly split: SplitName | "both" | null;
  /** Bytes that had no meaning in the encoding and were read as another one. */
  readonly invalidBytes: number;
  /** Characters cleaned away and others that hide something, by sort; left out where there are none. */
  readonly strange?: Partial<StrangeCounts>;
  /** Milliseconds that parsing took; 0 for an unchanged file, and not in the file, which is the same every time. */
  readonly elapsedMs: number;
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

/** Files, and excluded folders, by status; each is counted once: `seen` is the sum of the others. */
export type StatusCounts = { readonly [status in "seen" | FileStatus]: number };

/** What the files of one kind came to. */
export interface KindCounts extends StatusCounts {
  /** Size of the files. */
  readonly bytes: number;
  /** Documents kept. */
  readonly documents: number;
  /** Code points of those. */
  readonly characters: number;
}

/** Documents that say the same; all but one were left out. */
export interface DuplicateCluster {
  /** Path of the document that was kept, the first. */
  readonly kept: string;
  /** Number of documents left out. */
  readonly size: number;
  /** Paths of some of them; one that occurs twice gave two documents. */
  readonly dropped: readonly string[];
  /** How alike the least alike of them is to the kept one: 1 for equal texts, else from `data.near_duplicate_similarity`. */
  readonly similarity: number;
}

/** A document that was left out, for people to judge the rule by. */
export interface DroppedSample {
  /** Where it came from. */
  readonly path: string;
  /** Equal words for equal causes. */
  readonly reason: string;
  /** Its first characters. */
  readonly sample: string;
}

/** What an ingest found, for people and for dataset.json. */
export interface IngestSummary {
  /** All files. */
  readonly files: StatusCounts;
  /** The same for each kind, the most frequent first; `other` is what has no kind. */
  readonly kinds: Readonly<Record<string, KindCounts>>;
  /** Number of partial, skipped and failed files for each reason, most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Documents left out because an equal one came before. */
  readonly duplicates: number;
  /** Documents left out because one almost equal came before. */
  readonly nearDuplicates: number;
  /** Documents left out because they are shorter than `data.min_length`. */
  readonly shortDocuments: number;
  /** Documents left out by a filter or for a secret, by reason. */
  readonly filtered: Readonly<Record<string, number>>;
  /** Bytes that had no meaning in the encoding and were read as another one. */
  readonly invalidBytes: number;
  /** Secrets found by rule; null when nobody looked. */
  readonly secrets: Readonly<Record<string, number>> | null;
  /** Characters kept by language, an ISO 639-1 code. */
  readonly languages: Readonly<Record<string, number>>;
  /** Some of the groups of equal and almost equal documents, the largest first. */
  readonly clusters: readonly DuplicateCluster[];
  /** Some of the documents left out. */
  readonly dropped: readonly DroppedSample[];
  /** Documents kept by length: item i counts those of 2^i to 2^(i+1) - 1 characters ({@linkcode lengthBin}). */
  readonly lengthHistogram: readonly number[];
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
    parser: null,
    pages: null,
    language: null,
    status: "skipped",
    documents: 0,
    characters: 0,
    split: null,
    invalidBytes: 0,
    elapsedMs: 0,
    ...options,
  };
}

/** Counts files by status and by kind, and the reasons of those that are not `ok`. */
export function countEntries(
  entries: readonly ManifestEntry[],
): Pick<IngestSummary, "files" | "kinds" | "reasons"> {
  const files = newCounts();
  const kinds = new Map<string, ReturnType<typeof newCounts>>();
  const reasons = new Map<string, number>();
  for (const entry of entries) {
    const { status, reason } = entry;
    const kind = entry.kind ?? NO_KIND;
    if (!kinds.has(kind)) kinds.set(kind, newCounts());
    for (const counts of [files, kinds.get(kind)!]) {
      counts.seen++;
      counts[status]++;
      counts.bytes += entry.bytes;
      counts.documents += entry.documents;
      counts.characters += entry.characters;
    }
    if (status !== "ok" && reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const { seen, ok, partial, skipped, failed } = files;
  const byCount = <T>(pairs: Iterable<[string, T]>, count: (value: T) => number): Record<string, T> =>
    Object.fromEntries([...pairs].sort(([a, m], [b, n]) => count(n) - count(m) || (a < b ? -1 : 1)));
  return {
    files: { seen, ok, partial, skipped, failed },
    kinds: byCount(kinds, (counts) => counts.seen),
    reasons: byCount(reasons, (count) => count),
  };
}

/** Item of `lengthHistogram` that counts a document of so many characters. */
export function lengthBin(characters: number): number {
  return characters < 1 ? 0 : Math.floor(Math.log2(characters));
}

/**
 * One phrase about what was left out: `9 seen, 4 skipped and 3 failed (4 empty, 3 damaged PDF)`.
 *
 * @param counts - from {@linkcode countEntries}
 */
export function formatReasons(counts: Pick<IngestSummary, "files" | "reasons">): string {
  const { seen, partial, skipped, failed } = counts.files;
  const reasons = Object.entries(counts.reasons).map(([reason, count]) => `${count} ${reason}`);
  const detail = reasons.length === 0 ? "" : ` (${reasons.slice(0, 6).join(", ")})`;
  const read = partial === 0 ? "" : `${partial} read in part, `;
  return `${seen} seen, ${read}${skipped} skipped and ${failed} failed${detail}`;
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
  if (code === "ENAMETOOLONG") return "its path is longer than the system allows";
  return typeof code === "string" ? `cannot be read: ${code}` : "cannot be read";
}

function newCounts(): { -readonly [name in keyof KindCounts]: number } {
  return { seen: 0, ok: 0, partial: 0, skipped: 0, failed: 0, bytes: 0, documents: 0, characters: 0 };
}
