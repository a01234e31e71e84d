// From a parser's text to a document of the data set: cleaned, looked through for secrets, measured by the filters, with a
// guess of its language and a signature by which near duplicates are found. Runs in the parsing child; the parent decides
// about duplicates (near_duplicates.ts). Doing it twice gives what doing it once gives.

import type { Config } from "../config/config.ts";
import { cleanText, type StrangeCounts } from "./clean_text.ts";
import type { FileKind } from "./file_kinds.ts";
import { UNSURE } from "./check_languages.ts";
import { guessLanguage } from "./guess_language.ts";
import { minhash } from "./minhash.ts";
import { scanSecrets } from "./scan_secrets.ts";
import { repetitionShare, symbolShare } from "./text_filters.ts";

/** A document as it goes into the data set, or why it does not. */
export interface FinishedDocument {
  /** The clean text; of a dropped one without the secrets that were looked for. */
  readonly text: string;
  /** ISO 639-1 code; null when unsure and for source code. */
  readonly language: string | null;
  /** Why it stays out, equal words for equal causes; null when it goes in. */
  readonly dropped: string | null;
  /** What they were, and what else was strange. */
  readonly strange: StrangeCounts;
  /** Findings by rule. */
  readonly secrets: Readonly<Record<string, number>>;
  /** MinHash signature; null for what is too short, or not to be compared. */
  readonly signature: Uint32Array<ArrayBuffer> | null;
}

/** Kinds whose white space says nothing; not Markdown, where it breaks lines and indents code. */
const PROSE: ReadonlySet<string> = new Set(
  ["text", "rst", "latex", "html", "pdf", "image", "docx", "odt", "epub"],
);
/** Kinds that are data or code: their language is none of people's. */
const CODE: ReadonlySet<string> = new Set(["code"]);
/** Kinds read from pictures, whose parser leaves words divided at line ends. */
const PICTURES: ReadonlySet<string> = new Set(["image"]);
const MAX_REPLACEMENT_SHARE = 0.01;

/**
 * Finishes a document.
 *
 * @param text - as a parser gave it
 * @param about.kind - decides whether white space is tidied
 * @param about.data - settings of the run
 */
export function finishDocument(
  text: string,
  about: { readonly kind: FileKind; readonly data: Config["data"] },
): FinishedDocument {
  const { kind, data } = about;
  const clean = cleanText(text, {
    unicode: data.unicode,
    isProse: PROSE.has(kind),
    joinsHyphens: PICTURES.has(kind),
  });
  const { secrets, redacted } = data.scanSecrets === "off"
    ? { secrets: {}, redacted: clean.text }
    : scanSecrets(clean.text);
  const kept = data.scanSecrets === "flag" ? clean.text : redacted;
  const language = CODE.has(kind) ? null : guessLanguage(kept);
  const dropped = reasonToDrop(kept, {
    kind,
    data,
    language,
    hasSecret: Object.keys(secrets).length > 0,
  });
  return {
    text: dropped === null ? kept : redacted,
    language,
    dropped,
    strange: clean.counts,
    secrets,
    signature: dropped === null && isCompared(kind, data) ? minhash(kept) : null,
  };
}

function reasonToDrop(
  text: string,
  about: {
    readonly kind: FileKind;
    readonly data: Config["data"];
    readonly language: string | null;
    readonly hasSecret: boolean;
  },
): string | null {
  const { kind, data, language, hasSecret } = about;
  if (text.trim().length < Math.max(1, data.minLength)) return "shorter than data.min_length";
  if ((text.match(/\ufffd/g)?.length ?? 0) > text.length * MAX_REPLACEMENT_SHARE) {
    return "not text: more than 1 % replacement characters";
  }
  if (hasSecret && data.scanSecrets === "drop") return "holds a secret";
  if (data.languages.length > 0 && !CODE.has(kind) && !data.languages.includes(language ?? UNSURE)) {
    return language === null ? "language not sure" : "not in a language of data.languages";
  }
  if (data.maxRepetition < 1 && repetitionShare(text) > data.maxRepetition) {
    return "more repetition than data.max_repetition";
  }
  if (data.maxSymbolShare < 1 && symbolShare(text) > data.maxSymbolShare) {
    return "more symbols than data.max_symbol_share";
  }
  return null;
}

/** A line of a file is no document of its own, so lines are compared for equality only. */
function isCompared(kind: FileKind, data: Config["data"]): boolean {
  return data.nearDuplicateSimilarity > 0 && (data.mode === "document" || kind === "jsonl");
}
