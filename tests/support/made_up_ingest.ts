// Ingests that never were, for the tests of what is shown of them: an ordinary one, a large one, none, a hostile one.

import type { IngestReport } from "../../lib/ingest/ingest_report.ts";
import {
  countEntries,
  type IngestSummary,
  leftOut,
  lengthBin,
  type ManifestEntry,
} from "../../lib/ingest/manifest.ts";

/** A line of the manifest; documents and characters as for a text file unless told otherwise. */
export function madeUpEntry(path: string, options: Partial<ManifestEntry> = {}): ManifestEntry {
  return leftOut(path, { reason: null, ...options });
}

/** A summary with what the entries say and the given extras. */
export function madeUpSummary(
  entries: readonly ManifestEntry[],
  options: Partial<IngestSummary> = {},
): IngestSummary {
  const documents = entries.reduce((sum, entry) => sum + entry.documents, 0);
  const characters = entries.reduce((sum, entry) => sum + entry.characters, 0);
  const validation = { documents: Math.floor(documents / 10), characters: Math.floor(characters / 10) };
  const lengthHistogram: number[] = [];
  for (const entry of entries) {
    if (entry.documents === 0) continue;
    const bin = lengthBin(entry.characters / entry.documents);
    while (lengthHistogram.length <= bin) lengthHistogram.push(0);
    lengthHistogram[bin] += entry.documents;
  }
  const file = { fileBytes: 2 * characters, sha256: "0".repeat(64) };
  return {
    ...countEntries(entries),
    duplicates: 0,
    nearDuplicates: 0,
    shortDocuments: 0,
    filtered: {},
    invalidBytes: 0,
    secrets: null,
    languages: {},
    clusters: [],
    dropped: [],
    lengthHistogram,
    cutDocument: null,
    train: {
      ...file,
      file: "train.jsonl",
      documents: documents - validation.documents,
      characters: characters - validation.characters,
    },
    validation: { ...file, file: "validation.jsonl", ...validation },
    ...options,
  };
}

const FAILURES = [
  ["pdf", "encrypted: a password is needed"],
  ["pdf", "damaged PDF"],
  ["image", "larger than data.max_pixels"],
  ["text", "permission denied"],
] as const;
const OMISSIONS = [["pdf", "more pages than data.max_pages"], ["jsonl", "some lines are not JSON"]] as const;
const OTHERS = [
  ["text", "empty"],
  [null, "excluded by data.exclude"],
  [null, "extension is not read"],
  ["text", "duplicate of an earlier document"],
  ["image", "no text on it"],
] as const;
const READ = [
  "text",
  "markdown",
  "text",
  "code",
  "html",
  "code",
  "pdf",
  "text",
  "image",
  "jsonl",
  "code",
  "docx",
] as const;
const FOLDERS = [
  "letters",
  "letters/1998",
  "manuals",
  "scans",
  "web/pages",
  "src/fold",
  "src/shear",
  "src/wool",
];

/** Files of every kind and status; the same for the same number. */
export function madeUpEntries(count: number): ManifestEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const chance = (i * 7919 % 1000) / 1000;
    const size = Math.round(40 * 2 ** (14 * ((i * 104_729 % 997) / 997) ** 1.6));
    const path = (kind: string) => `archive/${FOLDERS[(i * 31) % FOLDERS.length]}/${kind}_${i}.${kind}`;
    const known = { sha256: "0".repeat(64), bytes: size, elapsedMs: 0.2 + size / 4000 };
    if (chance < 0.012) return madeUpProblem(FAILURES, { i, path, known, status: "failed" });
    if (chance < 0.1) return madeUpProblem(OTHERS, { i, path, known, status: "skipped" });
    const [kind] = chance < 0.13 ? OMISSIONS[i % 2] : [READ[i % READ.length]];
    const isPaged = kind === "pdf" || kind === "image";
    const bytes = isPaged ? size * 40 : size;
    const about = { ...known, bytes, elapsedMs: isPaged ? 20 + bytes / 800 : known.elapsedMs };
    const read = {
      ...about,
      kind: kind as ManifestEntry["kind"],
      parser: `${kind} 1`,
      pages: isPaged ? 1 + Math.floor(size / 3000) : null,
      language: i % 9 === 0 ? "de" : "en",
      documents: 1,
      characters: Math.max(12, size - size % 7),
      split: "train" as const,
    };
    if (chance >= 0.13) return madeUpEntry(path(kind), { ...read, status: "ok" });
    return madeUpEntry(path(kind), { ...read, status: "partial", reason: OMISSIONS[i % 2][1] });
  }).sort((a, b) => a.path < b.path ? -1 : 1);
}

function madeUpProblem(
  problems: readonly (readonly [kind: string | null, reason: string])[],
  options: {
    readonly i: number;
    readonly path: (kind: string) => string;
    readonly known: Partial<ManifestEntry>;
    readonly status: ManifestEntry["status"];
  },
): ManifestEntry {
  const { i, path, known, status } = options;
  const [kind, reason] = problems[i % problems.length];
  return madeUpEntry(path(kind ?? "bin"), { ...known, kind: kind as ManifestEntry["kind"], status, reason });
}

/** An ordinary report of so many files. */
export function madeUpReport(count: number): IngestReport {
  const entries = madeUpEntries(count);
  const text = "The wind came over Bramble Fell and the ewes turned their backs to it.\n";
  return {
    paths: ["archive"],
    dir: "data/cache/text/0123456789ab",
    elapsedMs: count * 1.7,
    entries,
    summary: madeUpSummary(entries, {
      duplicates: Math.floor(count / 40),
      nearDuplicates: Math.floor(count / 90),
      shortDocuments: Math.floor(count / 70),
      filtered: {
        "repeats itself": Math.floor(count / 200),
        "not in data.languages": Math.floor(count / 150),
      },
      secrets: { "AWS access key": 2, "private key": 1 },
      languages: { en: count * 5120, de: count * 611, fr: count * 22, nl: count * 3, "": count * 40 },
      clusters: [
        {
          kept: entries[3].path,
          size: 40,
          dropped: entries.slice(4, 12).map(({ path }) => path),
          similarity: 1,
        },
        {
          kept: entries[20].path,
          size: 2,
          dropped: entries.slice(21, 23).map(({ path }) => path),
          similarity: 0.8671,
        },
        { kept: entries[30].path, size: 2, dropped: [entries[31].path, entries[31].path], similarity: 0.93 },
      ],
      dropped: Array.from({ length: 14 }, (_, i) => ({
        path: entries[(40 + i) % count].path,
        reason: ["almost equal to an earlier one", "shorter than data.min_length", "repeats itself"][i % 3],
        sample: i % 3 === 1 ? "Too\tshort" : text.repeat(i % 3 + 2),
      })),
    }),
  };
}

/** A report of nothing. */
export function emptyReport(): IngestReport {
  return { paths: ["nothing_there"], dir: null, elapsedMs: 3, entries: [], summary: madeUpSummary([]) };
}

/** What every place that shows text must survive. */
export const HOSTILE_TEXTS = [
  "<script>alert(1)</script>",
  "\"><img src=x onerror='alert(1)'>.txt",
  "</style><style>*{display:none}</style>",
  "</section></main>&lt;b&gt;",
  "javascript:alert(1)//.pdf",
  "new\nline\r\ttab.md",
  "\u202egnp.exe\u202c.txt",
  "zero\u200bwidth\u00ad\ufeff.txt",
  "\0\u001b[31mred\u0007",
  "lone \ud800 half",
  "\u05e9\u05dc\u05d5\u05dd.txt",
  "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301.txt",
  "x".repeat(4000),
  "&amp; {{7*7}} ${1+1} %s %n ../../etc/passwd",
  "__proto__",
  "",
];

/** A report in which everything that comes from files is hostile. */
export function hostileReport(): IngestReport {
  const entries = HOSTILE_TEXTS.map((text, i) =>
    madeUpEntry(text, {
      kind: "text",
      parser: i % 3 === 0 ? text : "text 1",
      language: text,
      status: (["ok", "partial", "skipped", "failed"] as const)[i % 4],
      reason: i % 4 === 0 ? null : text,
      bytes: 100 + i,
      elapsedMs: 5 + i,
      documents: i % 4 < 2 ? 1 : 0,
      characters: i % 4 < 2 ? 90 : 0,
    })
  );
  const names = Object.fromEntries(HOSTILE_TEXTS.map((text) => [text, 2]));
  return {
    paths: HOSTILE_TEXTS,
    dir: HOSTILE_TEXTS[0],
    elapsedMs: 5,
    entries,
    summary: madeUpSummary(entries, {
      duplicates: 5,
      invalidBytes: 3,
      filtered: names,
      secrets: names,
      languages: names,
      cutDocument: HOSTILE_TEXTS[2],
      clusters: HOSTILE_TEXTS.map((kept) => ({ kept, size: 16, dropped: HOSTILE_TEXTS, similarity: 0.999 })),
      dropped: HOSTILE_TEXTS.map((path) => ({ path, reason: path, sample: path })),
    }),
  };
}
