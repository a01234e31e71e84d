// Extracts the documents of one file into the splits and says what became of the file.

import { sha256 } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import { type DecodedText, decodeText, type NotText } from "./decode_text.ts";
import { type LineCount, splitDocuments } from "./documents.ts";
import { leftOut, type ManifestEntry, reasonOf, type SplitName } from "./manifest.ts";
import type { SplitWriter } from "./split_writer.ts";
import type { FoundFile } from "./walk.ts";

/** What is left out of the files that are read, added up over all of them. */
export interface DocumentCounts {
  /** Documents equal to an earlier one. */
  duplicates: number;
  /** Documents below `data.min_length`. */
  shortDocuments: number;
  /** JSONL lines that are not JSON. */
  badLines: number;
}

/** What one file gave. */
interface Yield extends DocumentCounts {
  documents: number;
  characters: number;
  readonly splits: Set<SplitName>;
}

/**
 * Reads a file and hands its documents to the writer.
 *
 * @param file - found by a walk
 * @param options.counts - added to
 * @returns its manifest line; a file that cannot be read is `failed`, one without a document `skipped`
 */
export async function readDocuments(
  file: FoundFile,
  options: { readonly data: Config["data"]; readonly writer: SplitWriter; readonly counts: DocumentCounts },
): Promise<ManifestEntry> {
  const { path, kind = "text" } = file;
  const { data, writer, counts } = options;
  const content = await readText(file, data);
  const about = { kind, bytes: content.bytes, sha256: content.sha256 };
  if ("error" in content) {
    return leftOut(path, { ...about, status: "failed", reason: reasonOf(content.error) });
  }
  if ("reason" in content) return leftOut(path, { ...about, reason: content.reason });
  const lineCount: LineCount = { lines: 0, bad: 0, firstBad: 0 };
  const documents = splitDocuments(content.text, { ...data, kind, lineCount });
  const found = addDocuments(documents, { path, writer, minLength: data.minLength });
  found.badLines = lineCount.bad;
  counts.duplicates += found.duplicates;
  counts.shortDocuments += found.shortDocuments;
  counts.badLines += found.badLines;
  if (found.documents === 0) {
    const isBroken = lineCount.lines > 0 && lineCount.bad === lineCount.lines;
    return leftOut(path, { ...about, status: isBroken ? "failed" : "skipped", reason: emptyReason(found) });
  }
  return {
    path,
    ...about,
    parser: null,
    pages: null,
    language: null,
    elapsedMs: 0,
    status: "ok",
    reason: lineCount.bad === 0
      ? null
      : `${lineCount.bad} lines are not JSON, first line ${lineCount.firstBad}`,
    documents: found.documents,
    characters: found.characters,
    split: found.splits.size === 2 ? "both" : [...found.splits][0],
    invalidBytes: content.invalidBytes,
  };
}

type Content =
  & { readonly bytes: number; readonly sha256: string | null }
  & (DecodedText | NotText | { error: unknown });

async function readText(file: FoundFile, data: Config["data"]): Promise<Content> {
  try {
    const bytes = await Deno.readFile(file.location);
    return { bytes: bytes.length, sha256: sha256(bytes), ...decodeText(bytes, data) };
  } catch (error) {
    return { bytes: file.bytes, sha256: null, error };
  }
}

function addDocuments(
  documents: Iterable<string>,
  options: { readonly path: string; readonly writer: SplitWriter; readonly minLength: number },
): Yield {
  const { path, writer } = options;
  const minLength = Math.max(1, options.minLength);
  const found: Yield = {
    documents: 0,
    characters: 0,
    duplicates: 0,
    shortDocuments: 0,
    badLines: 0,
    splits: new Set(),
  };
  for (const text of documents) {
    if (text.trim().length < minLength) {
      found.shortDocuments++;
      continue;
    }
    const { split, characters } = writer.add({ path, text });
    if (split === "duplicate") {
      found.duplicates++;
      continue;
    }
    found.documents++;
    found.characters += characters;
    found.splits.add(split);
  }
  return found;
}

function emptyReason(found: Yield): string {
  if (found.duplicates > 0) return "duplicate of an earlier document";
  if (found.shortDocuments > 0) return "shorter than data.min_length";
  return found.badLines > 0 ? "no line is JSON" : "no text in it";
}
