// The file format of extracted text: JSON Lines, one document a row, {"path": ..., "text": ...}.
// Rows are written and read one after another; a file is never held in memory as a whole.

/** One document and where it comes from. */
export interface TextRow {
  /** Path of the file as in the manifest. */
  readonly path: string;
  /** The whole document. */
  readonly text: string;
}

/** Appends rows to a file. */
export interface RowWriter extends Disposable {
  /** Appends one document. */
  write(row: TextRow): void;
}

const BUFFER_BYTES = 1 << 20;

/**
 * Opens a file for appending rows; disposing writes what is buffered and closes it.
 *
 * @param path - made if missing
 */
export function openRowWriter(path: string): RowWriter {
  const file = Deno.openSync(path, { create: true, append: true });
  const encoder = new TextEncoder();
  const pieces: string[] = [];
  let size = 0;
  let isOpen = true;
  const flush = (): void => {
    const bytes = encoder.encode(pieces.join(""));
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    pieces.length = 0;
    size = 0;
  };
  return {
    write(row): void {
      const line = JSON.stringify(row) + "\n";
      if (size + line.length > BUFFER_BYTES) flush();
      pieces.push(line);
      size += line.length;
    },
    [Symbol.dispose](): void {
      if (!isOpen) return;
      isOpen = false;
      try {
        flush();
      } finally {
        file.close();
      }
    },
  };
}

/**
 * Reads the rows of a file in order.
 *
 * @param path - written by {@linkcode openRowWriter}
 * @throws {Error} when a row is damaged, naming the file and the line
 */
export async function* readRows(path: string): AsyncGenerator<TextRow> {
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    yield parseRow(line, { path, number });
  }
}

/**
 * Rewrites a file of rows with one row changed.
 *
 * @param path - file of rows
 * @param options.index - row counted from 0
 * @param options.change - its replacement; undefined removes it
 */
export async function changeRow(
  path: string,
  options: { readonly index: number; readonly change: (row: TextRow) => TextRow | undefined },
): Promise<void> {
  const changed = `${path}.changed`;
  {
    using writer = openRowWriter(changed);
    let at = 0;
    for await (const row of readRows(path)) {
      const next = at++ === options.index ? options.change(row) : row;
      if (next !== undefined) writer.write(next);
    }
  }
  await Deno.rename(changed, path);
}

async function* readLines(path: string): AsyncGenerator<string> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const chunk = new Uint8Array(BUFFER_BYTES);
  let line = "";
  for (let count = await file.read(chunk); count !== null; count = await file.read(chunk)) {
    const text = decoder.decode(chunk.subarray(0, count), { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      yield line + text.slice(start, end);
      line = "";
      start = end + 1;
    }
    line += text.slice(start);
  }
  if (line !== "") yield line;
}

function parseRow(line: string, options: { readonly path: string; readonly number: number }): TextRow {
  const { path, number } = options;
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (cause) {
    throw new Error(`Cannot read ${path}: line ${number} is not JSON; remove its folder and ingest again`, {
      cause,
    });
  }
  const { path: from, text } = (row ?? {}) as { path?: unknown; text?: unknown };
  if (typeof from === "string" && typeof text === "string") return { path: from, text };
  throw new Error(
    `Cannot read ${path}: line ${number} has no path and text; remove its folder and ingest again`,
  );
}
