// Finds out how a delimited file is written: which character separates its cells and whether its first row names its
// columns. A guess from the first rows; knows nothing of what becomes of them.

import { openCsvRows } from "./_csv_rows.ts";

/** How a file is written. */
export interface CsvDialect {
  /** One character; empty when every line is one cell. */
  readonly delimiter: string;
  /** Names of the columns; empty when the first row is one like all others. */
  readonly names: readonly string[];
  /** Position of the first character that belongs to the table. */
  readonly start: number;
}

const DELIMITERS = [",", ";", "\t", "|"];
const SAMPLE_CHARACTERS = 1 << 16;
const SAMPLE_ROWS = 100;
const MAX_NAME_LENGTH = 100;
const NUMBER = /^[+-]?[$\u20ac\u00a3]?\s?[\d.,\s]*\d\s?%?$|^[+-]?\d*[.,]?\d+[eE][+-]?\d+$/;
const DATE = /^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ]\d{1,2}:\d{2}.*)?$|^\d{1,2}:\d{2}(:\d{2})?$/;
const ONE_COLUMN_NAMES = ["text", "content", "prompt", "sentence", "quote", "comment", "title", "body"];

/**
 * Guesses the dialect.
 *
 * @param text - beginning of the file, line ends LF
 * @param options.fileName - `.tsv` prefers tabs
 * @param options.isWhole - nothing follows
 */
export function guessCsvDialect(
  text: string,
  options: { readonly fileName: string; readonly isWhole: boolean },
): CsvDialect {
  // spreadsheets write the delimiter into a line of its own
  const told = /^sep=([,;\t|])\n/i.exec(text.slice(0, 8));
  const start = told === null ? 0 : told[0].length;
  const isWhole = options.isWhole && text.length <= start + SAMPLE_CHARACTERS;
  const sample = text.slice(start, start + SAMPLE_CHARACTERS);
  const candidates = /\.(tsv|tab)$/i.test(options.fileName) ? ["\t", ...DELIMITERS] : DELIMITERS;
  const delimiter = told?.[1] ?? guessDelimiter(sample, { candidates, isWhole });
  const rows = sampleRows(sample, { delimiter, isWhole });
  return { delimiter, start, names: isHeader(rows) ? rows[0] : [] };
}

/** The delimiter by which most rows have the same number of cells; the first one in doubt, none when no row has two. */
function guessDelimiter(
  sample: string,
  options: { readonly candidates: readonly string[]; readonly isWhole: boolean },
): string {
  let best = { delimiter: "", score: 0 };
  for (const delimiter of options.candidates) {
    if (!sample.includes(delimiter)) continue;
    const lengths = sampleRows(sample, { delimiter, isWhole: options.isWhole }).map((row) => row.length);
    const counts = new Map<number, number>();
    for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
    let [usual, count] = [1, 0];
    for (const [length, times] of counts) if (length > 1 && times > count) [usual, count] = [length, times];
    // among those that fit as well, more columns make chance less likely
    const score = count / lengths.length + Math.min(usual, 20) / 100;
    if (count >= lengths.length / 2 && score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

function sampleRows(
  sample: string,
  options: { readonly delimiter: string; readonly isWhole: boolean },
): string[][] {
  const read = openCsvRows(sample, { delimiter: options.delimiter, isLast: options.isWhole });
  const rows: string[][] = [];
  for (let row = read.next(); row !== undefined && rows.length < SAMPLE_ROWS; row = read.next()) {
    if (row.length > 1 || row[0].trim() !== "") rows.push(row);
  }
  if (rows.length > 0 || sample === "") return rows;
  return [sample.slice(0, sample.indexOf("\n") + 1 || sample.length).split(options.delimiter || "\n")];
}

/** Names are short, different from each other, and neither numbers nor dates; only the first may be missing. */
function isHeader(rows: readonly string[][]): boolean {
  const [first, ...others] = rows;
  if (first === undefined) return false;
  const names = first.map((name) => name.trim());
  if (names.length === 1) return ONE_COLUMN_NAMES.includes(names[0].toLowerCase());
  const filled = names.filter((name) => name !== "");
  const isNamed = filled.length >= names.length - 1 && new Set(filled).size === filled.length &&
    filled.every((name) => name.length <= MAX_NAME_LENGTH && !name.includes("\n") && !isValue(name));
  if (!isNamed || others.length === 0) return isNamed;
  // a number below a word, a name that never occurs as a value, or names written like identifiers
  const column = names.findIndex((_, at) => others.some((row) => isValue(row[at]?.trim() ?? "")));
  if (column >= 0) return true;
  const isRepeated = names.some((name, at) => name !== "" && others.some((row) => row[at]?.trim() === name));
  return !isRepeated && filled.every((name) => /^[\p{L}_][\p{L}\p{N}_ .()/#%:?-]{0,40}$/u.test(name));
}

function isValue(cell: string): boolean {
  return NUMBER.test(cell) || DATE.test(cell);
}
