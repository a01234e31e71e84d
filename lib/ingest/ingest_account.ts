// Keeps the account while files are read: a line for every file, and what is told of all of them together.

import { Buffer } from "node:buffer";
import type { Config } from "../config/config.ts";
import { ARCHIVE_KINDS } from "./file_kinds.ts";
import {
  countEntries,
  type DroppedSample,
  type DuplicateCluster,
  type IngestSummary,
  leftOut,
  lengthBin,
  type ManifestEntry,
  type SplitName,
} from "./manifest.ts";
import type { FileResult } from "./parse_files.ts";
import type { ParsedDocument, ParsedFile } from "./parse_lines.ts";
import type { Placement, SplitReport, SplitWriter } from "./split_writer.ts";

/** Samples of what was left out and clusters of duplicates that are told, and paths of a cluster. */
const MOST_SAMPLES = 50;
const MOST_CLUSTERS = 50;
const MOST_CLUSTER_PATHS = 20;
/** Samples of one reason: a frequent one must not hide the others. */
const MOST_SAMPLES_OF_REASON = 5;
const TOO_SHORT = "shorter than data.min_length";

/** What one file gave. */
interface Yield {
  documents: number;
  characters: number;
  duplicates: number;
  readonly reasons: Set<string>;
  readonly splits: Set<SplitName>;
  readonly languages: Map<string, number>;
}

/** The account of one ingest. */
export class IngestAccount {
  readonly #data: Config["data"];
  readonly #writer: SplitWriter;
  readonly #entries: ManifestEntry[];
  readonly #counts = { duplicates: 0, nearDuplicates: 0, shortDocuments: 0 };
  readonly #filtered = new Map<string, number>();
  readonly #secrets = new Map<string, number>();
  readonly #languages = new Map<string, number>();
  readonly #clusters = new Map<string, { dropped: string[]; size: number; similarity: number }>();
  readonly #samples: DroppedSample[] = [];
  readonly #samplesOf = new Map<string, number>();
  readonly #lengthHistogram: number[] = [];

  /**
   * Starts an account.
   *
   * @param data - settings of the run
   * @param options.writer - takes the documents
   * @param options.others - lines about what is not parsed
   */
  constructor(
    data: Config["data"],
    options: { readonly writer: SplitWriter; readonly others: readonly ManifestEntry[] },
  ) {
    this.#data = data;
    this.#writer = options.writer;
    this.#entries = [...options.others];
  }

  /** Hands the documents of a file to the writer and notes what became of it. */
  add({ file, parsed, elapsedMs }: FileResult): void {
    if ("path" in parsed) {
      this.#entries.push(parsed);
      return;
    }
    for (const one of parsed) {
      const isFile = one.member === "";
      this.#entries.push(this.#addOne(one, {
        path: isFile ? file.path : `${file.path}/${one.member}`,
        kind: one.kind ?? (isFile ? file.kind : null),
        sha256: isFile ? file.sha256 : one.sha256,
        bytes: isFile ? file.bytes : one.bytes,
        elapsedMs: isFile ? elapsedMs : 0,
      }));
    }
  }

  /**
   * Closes the account.
   *
   * @param report - of the writer, which has finished
   * @returns lines sorted by path, and the summary
   */
  finish(report: SplitReport): { entries: ManifestEntry[]; summary: IngestSummary } {
    const { movedDocument, cutDocument, train, validation } = report;
    const entries = this.#entries.map((entry) => {
      if (entry.path === cutDocument) return { ...entry, split: "both" as const };
      return entry.path === movedDocument && entry.documents === 1
        ? { ...entry, split: "train" as const }
        : entry;
    }).sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
    const summary: IngestSummary = {
      ...countEntries(entries),
      ...this.#counts,
      filtered: byCount(this.#filtered),
      invalidBytes: entries.reduce((sum, entry) => sum + entry.invalidBytes, 0),
      secrets: this.#data.scanSecrets === "off" ? null : byCount(this.#secrets),
      languages: byCount(this.#languages),
      clusters: this.#largestClusters(),
      dropped: this.#samples,
      lengthHistogram: Array.from(this.#lengthHistogram, (count) => count ?? 0),
      cutDocument,
      train,
      validation,
    };
    return { entries, summary };
  }

  #addOne(
    one: ParsedFile,
    about: Pick<ManifestEntry, "path" | "kind" | "sha256" | "bytes" | "elapsedMs">,
  ): ManifestEntry {
    for (const [rule, count] of Object.entries(one.secrets)) add(this.#secrets, rule, count);
    const found: Yield = {
      documents: 0,
      characters: 0,
      duplicates: 0,
      reasons: new Set(),
      splits: new Set(),
      languages: new Map(),
    };
    for (const { reason, sample } of one.dropped) {
      found.reasons.add(reason);
      if (reason === TOO_SHORT) this.#counts.shortDocuments++;
      else add(this.#filtered, reason, 1);
      this.#addSample({ path: about.path, reason, sample });
    }
    for (const document of one.documents) this.#addDocument(document, { path: about.path, found });
    const { parser, pages, invalidBytes, strange } = one;
    const isStrange = Object.keys(strange).length > 0;
    const line = {
      ...about,
      parser,
      pages: pages === 0 ? null : pages,
      invalidBytes,
      ...(isStrange && { strange }),
    };
    if (about.kind !== null && ARCHIVE_KINDS.has(about.kind)) {
      return leftOut(about.path, { ...line, status: one.status, reason: one.reason });
    }
    if (found.documents === 0) {
      const status = one.status === "failed" ? "failed" : "skipped";
      return leftOut(about.path, { ...line, status, reason: emptyReason(one, found) });
    }
    return {
      ...line,
      language: mostOf(found.languages),
      status: one.status === "ok" ? "ok" : "partial",
      reason: one.reason,
      ...(one.detail !== undefined && { detail: one.detail }),
      documents: found.documents,
      characters: found.characters,
      split: found.splits.size === 2 ? "both" : [...found.splits][0],
    };
  }

  #addDocument(document: ParsedDocument, context: { readonly path: string; readonly found: Yield }): void {
    const { path, found } = context;
    const { text, characters, language } = document;
    const { split, duplicateOf } = this.#writer.add({ path, text }, {
      characters,
      signature: signatureOf(document),
    });
    if (split === "duplicate") {
      found.duplicates++;
      this.#addDuplicate(path, duplicateOf!);
      return;
    }
    found.documents++;
    found.characters += characters;
    found.splits.add(split);
    if (language !== null) {
      add(found.languages, language, characters);
      add(this.#languages, language, characters);
    }
    const bin = lengthBin(characters);
    this.#lengthHistogram[bin] = (this.#lengthHistogram[bin] ?? 0) + 1;
  }

  #addDuplicate(path: string, original: NonNullable<Placement["duplicateOf"]>): void {
    this.#counts[original.isEqual ? "duplicates" : "nearDuplicates"]++;
    const cluster = this.#clusters.get(original.path) ?? { dropped: [], size: 0, similarity: 1 };
    cluster.size++;
    cluster.similarity = Math.min(cluster.similarity, original.similarity);
    if (cluster.dropped.length < MOST_CLUSTER_PATHS) cluster.dropped.push(path);
    this.#clusters.set(original.path, cluster);
  }

  #addSample(sample: DroppedSample): void {
    const count = this.#samplesOf.get(sample.reason) ?? 0;
    if (count === MOST_SAMPLES_OF_REASON || this.#samples.length === MOST_SAMPLES) return;
    this.#samplesOf.set(sample.reason, count + 1);
    this.#samples.push(sample);
  }

  #largestClusters(): DuplicateCluster[] {
    const sorted = [...this.#clusters].sort(([a, m], [b, n]) => n.size - m.size || (a < b ? -1 : 1));
    return sorted.slice(0, MOST_CLUSTERS).map(([kept, found]) => ({ kept, ...found }));
  }
}

function signatureOf({ signature }: ParsedDocument): Uint32Array | null {
  if (signature === null) return null;
  const bytes = Uint8Array.from(Buffer.from(signature, "base64"));
  return new Uint32Array(bytes.buffer);
}

function emptyReason(one: ParsedFile, found: Yield): string {
  if (one.reason !== null) return one.reason;
  if (found.duplicates > 0) return "duplicate of an earlier document";
  const [reason] = found.reasons;
  return reason ?? "no text in it";
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function byCount(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function mostOf(counts: ReadonlyMap<string, number>): string | null {
  return Object.keys(byCount(counts))[0] ?? null;
}
