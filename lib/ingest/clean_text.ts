// Cleans one document: what no reader sees goes out and is counted, what an author wrote stays. Tabs, line ends and
// indentation are never touched; code is not tidied. Text is data here: what looks like an instruction, a disguise or a
// hidden message (https://www.unicode.org/reports/tr36, https://trojansource.codes) is neither obeyed nor refused.

import { normalizeText } from "./decode_text.ts";

/** What was found in a text; the first three kinds are removed, the others stay. */
export interface StrangeCounts {
  /** Control characters, terminal escapes, noncharacters. */
  control: number;
  /** Characters without width: spaces, joiners where nothing joins, tags, selectors. */
  zeroWidth: number;
  /** Marks that change the direction of writing. */
  bidi: number;
  /** Places where a letter of one script stands for the one of another that looks like it. */
  lookAlikes: number;
  /** U+FFFD: characters an earlier program or half a surrogate pair has lost. */
  replacements: number;
}

/** A clean text. */
export interface CleanedText {
  readonly text: string;
  readonly counts: StrangeCounts;
}

/** Anything below; most texts have none of it and are done after this one search. */
const STRANGE = new RegExp(
  "[\\0-\\x08\\v-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164" +
    "\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\uffff]|[\\udb40\\udb41][\\udc00-\\udfff]|\\ud834[\\udd73-\\udd7a]",
);
// ECMA-48: control sequences, and titles of windows up to the bell
// deno-lint-ignore no-control-regex
const TERMINAL_ESCAPE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\))/g;
const LINE_SEPARATOR = /[\v\x85\u2028\u2029]/g;
// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x08\x0e-\x1f\x7f-\x9f\ufff9-\ufffb\ufffe\uffff]/g;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const ZERO_WIDTH = /[\xad\u034f\u180e\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\u{1d173}-\u{1d17a}]/gu;
// word breaks of Thai, Lao, Burmese and Khmer, which are written without spaces
const ZERO_WIDTH_SPACE = /(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b/g;
// joiners shape Arabic and Indic letters and build emoji
const JOINER =
  /(?<!\p{Extended_Pictographic}\ufe0f?|[\p{Emoji_Modifier}\u0600-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff])[\u200c\u200d]/gu;
// one selector chooses a character's form, more can only hide something
const SELECTOR = /(?<=[\s\ufe00-\ufe0f\u{e0100}-\u{e01ef}]|^)[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
// flags of regions: a black flag, the letters of the region, an end
const TAGS = /(\u{1f3f4}[\u{e0030}-\u{e007a}]{3,6}\u{e007f})|[\u{e0000}-\u{e00ff}\u{e01f0}-\u{e07ff}]/gu;
// Cyrillic and Greek letters that look Latin, beside a Latin one
const LOOK_ALIKE =
  /[A-Za-z][\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d\u03bf\u03b1\u03bd\u0391\u0392\u0395\u0397\u0399-\u039a\u039c-\u039d\u039f\u03a1\u03a4\u03a7\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0405\u0406\u0408]|[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d\u03bf\u03b1\u03bd\u0391\u0392\u0395\u0397\u0399-\u039a\u039c-\u039d\u039f\u03a1\u03a4\u03a7\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0405\u0406\u0408][A-Za-z]/g;

/**
 * Cleans a document. Doing it twice changes nothing more.
 *
 * @param text - as a parser gave it
 * @param options.unicode - `data.unicode`
 * @param options.isProse - trailing blanks and runs of more than two empty lines go too
 * @param options.joinsHyphens - words divided at line ends are put together
 */
export function cleanText(
  text: string,
  options: {
    readonly unicode: "NFC" | "none";
    readonly isProse: boolean;
    readonly joinsHyphens: boolean;
  },
): CleanedText {
  const counts: StrangeCounts = { control: 0, zeroWidth: 0, bidi: 0, lookAlikes: 0, replacements: 0 };
  let clean = normalizeText(text, "none");
  if (STRANGE.test(clean)) clean = removeStrange(clean, { counts, isProse: options.isProse });
  clean = normalizeText(clean, options.unicode);
  counts.replacements = countMatches(clean, /\ufffd/g);
  if (/[\u0391-\u052f]/.test(clean)) counts.lookAlikes = countMatches(clean, LOOK_ALIKE);
  if (options.isProse) clean = tidy(clean);
  if (options.joinsHyphens) clean = joinHyphens(clean);
  return { text: clean, counts };
}

function removeStrange(
  text: string,
  options: { readonly counts: StrangeCounts; readonly isProse: boolean },
): string {
  const { counts, isProse } = options;
  let clean = text.replace(LINE_SEPARATOR, "\n");
  if (isProse) clean = clean.replaceAll("\f", "\n");
  const remove = (kind: "control" | "zeroWidth" | "bidi", pattern: RegExp): void => {
    const before = clean.length;
    clean = clean.replace(pattern, "");
    counts[kind] += before - clean.length;
  };
  remove("control", TERMINAL_ESCAPE);
  if (clean.includes("\b")) {
    const before = clean.length;
    clean = applyBackspaces(clean);
    counts.control += before - clean.length;
  }
  remove("control", CONTROL);
  remove("bidi", BIDI);
  remove("zeroWidth", ZERO_WIDTH);
  const before = clean.length;
  if (/\udb40|\udb41/.test(clean)) clean = clean.replace(TAGS, (_, flag?: string) => flag ?? "");
  counts.zeroWidth += before - clean.length;
  remove("zeroWidth", ZERO_WIDTH_SPACE);
  remove("zeroWidth", JOINER);
  remove("zeroWidth", SELECTOR);
  return clean;
}

/** What a printer would show: programs for terminals print a letter twice, or over an underscore, for bold. */
function applyBackspaces(text: string): string {
  return text.split("\n").map((line) => {
    if (!line.includes("\b")) return line;
    const shown: string[] = [];
    for (const character of line) {
      if (character === "\b") shown.pop();
      else shown.push(character);
    }
    return shown.join("");
  }).join("\n");
}

/** A word that occurs undivided with its hyphen elsewhere keeps it: `well-` and `known`. */
function joinHyphens(text: string): string {
  if (!text.includes("-\n")) return text;
  const compounds = new Set(text.match(/(?<!\p{L})\p{L}+-\p{L}+/gu));
  return text.replace(/(?<=\p{L})-\n(?=\p{Ll})/gu, (_, at: number) => {
    const before = text.slice(Math.max(0, at - 40), at).match(/\p{L}+$/u)?.[0] ?? "";
    const after = text.slice(at + 2, at + 42).match(/^\p{L}+/u)?.[0] ?? "";
    return compounds.has(`${before}-${after}`) ? "-" : "";
  });
}

/** The patterns look at every character once, however long a run of spaces is. */
function tidy(text: string): string {
  const trimmed = /[ \t](?:\n|$)/.test(text) ? text.replace(/(?<![ \t])[ \t]+$/gm, "") : text;
  return trimmed.includes("\n\n\n\n") ? trimmed.replace(/\n{4,}/g, "\n\n\n") : trimmed;
}

function countMatches(text: string, pattern: RegExp): number {
  pattern.lastIndex = 0;
  let count = 0;
  while (pattern.test(text)) count++;
  return count;
}
