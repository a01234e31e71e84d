// Takes delimited text apart into rows of cells. Quotes as in RFC 4180, https://www.rfc-editor.org/rfc/rfc4180: a cell that
// begins with a quote ends at the next single one, two of them are one; elsewhere a quote is an ordinary character.

/** Rows of a text, and what was left when it ended. */
export interface CsvRows {
  /** The next row; undefined at the end of the text or before a quoted cell that does not end in it. */
  next(): string[] | undefined;
  /** Position after the last row; less than the text's length when a quoted cell does not end. */
  readonly position: number;
  /** Rows so far in which a quote never ends; they are read as if it were an ordinary character. */
  readonly openQuotes: number;
}

const QUOTE = '"';
// each costs a look through the whole text; a file with more of them does not use quotes for quoting
const MAX_OPEN_QUOTES = 100;

/**
 * Reads rows; an empty line is a row of one empty cell.
 *
 * @param text - line ends LF
 * @param options.delimiter - one character; empty when every line is one cell
 * @param options.start - position of the first row
 * @param options.isLast - there is no more text after this one, so a quote that does not end in it never does
 */
export function openCsvRows(
  text: string,
  options: { readonly delimiter: string; readonly isLast: boolean; readonly start?: number },
): CsvRows {
  const { delimiter, isLast, start = 0 } = options;
  let at = start;
  let openQuotes = 0;
  // position of the next quote, looked up once
  let quote = text.indexOf(QUOTE, start);
  const plainRow = (end: number): string[] => {
    const line = text.slice(at, end);
    at = Math.min(end + 1, text.length);
    return delimiter === "" ? [line] : line.split(delimiter);
  };
  return {
    next() {
      if (at >= text.length) return undefined;
      const lineEnd = text.indexOf("\n", at);
      const end = lineEnd < 0 ? text.length : lineEnd;
      if (quote >= 0 && quote < at) quote = text.indexOf(QUOTE, at);
      if (quote < 0 || quote >= end || delimiter === "" || openQuotes >= MAX_OPEN_QUOTES) {
        if (lineEnd < 0 && !isLast) return undefined;
        return plainRow(end);
      }
      const row = quotedRow(text, { start: at, delimiter });
      if (row === undefined) {
        if (!isLast) return undefined;
        openQuotes++;
        return plainRow(end);
      }
      at = Math.min(row.end + 1, text.length);
      return row.cells;
    },
    get position() {
      return at;
    },
    get openQuotes() {
      return openQuotes;
    },
  };
}

/** A row with quotes in it; `end` is the position of its line end. Undefined when a quoted cell does not end. */
function quotedRow(
  text: string,
  options: { readonly start: number; readonly delimiter: string },
): { cells: string[]; end: number } | undefined {
  const { delimiter } = options;
  const cells: string[] = [];
  for (let at = options.start;;) {
    let cell = "";
    if (text[at] === QUOTE) {
      const quoted = quotedCell(text, at + 1);
      if (quoted === undefined) return undefined;
      cell = quoted.cell;
      at = quoted.end;
    }
    // what follows the closing quote belongs to the cell, as other readers have it
    const [end, isRowEnd] = cellEnd(text, { at, delimiter });
    cells.push(end === at ? cell : cell + text.slice(at, end));
    if (isRowEnd) return { cells, end };
    at = end + 1;
  }
}

function quotedCell(text: string, start: number): { cell: string; end: number } | undefined {
  let cell = "";
  for (let at = start;;) {
    const quote = text.indexOf(QUOTE, at);
    if (quote < 0) return undefined;
    if (text[quote + 1] !== QUOTE) return { cell: cell + text.slice(at, quote), end: quote + 1 };
    cell += text.slice(at, quote + 1);
    at = quote + 2;
  }
}

function cellEnd(
  text: string,
  options: { readonly at: number; readonly delimiter: string },
): [end: number, isRowEnd: boolean] {
  const delimiter = options.delimiter.charCodeAt(0);
  for (let at = options.at; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === delimiter) return [at, false];
    if (character === 10) return [at, true];
  }
  return [text.length, true];
}
