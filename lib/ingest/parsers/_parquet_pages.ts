// Loads hyparquet, and looks through the headers of the pages before it decodes them: it reserves memory for what a header
// promises, and a few bytes can promise billions of values.

import { checkLevels, checkValues, type PageShape } from "./_parquet_runs.ts";
import { ParseFailure } from "./parser.ts";

/** Bytes that may still be decoded from a file. */
export interface DecodedBudget {
  bytes: number;
}

/** What is used of the packages. */
export type Hyparquet = Awaited<ReturnType<typeof importHyparquet>>;

/** The end of a file: its columns and its groups of rows. */
export type FileMetaData = ReturnType<Hyparquet["parquetMetadata"]>;

type PageHeader = ReturnType<Hyparquet["parquetHeader"]>;
type Chunk = FileMetaData["row_groups"][number]["columns"][number];

const MAX_PAGE_BYTES = 256 << 20;
const MAX_GROUP_VALUES = 32 << 20;

let loading: Promise<Hyparquet> | undefined;

/** Loads the packages, once. */
export function loadHyparquet(): Promise<Hyparquet> {
  return loading ??= importHyparquet();
}

async function importHyparquet() {
  const [{ parquetMetadata, parquetRead, parquetSchema }, column, schema, datapage, codecs] = await Promise
    .all([
      import("npm:hyparquet@1.31.5"),
      import("npm:hyparquet@1.31.5/src/column.js"),
      import("npm:hyparquet@1.31.5/src/schema.js"),
      import("npm:hyparquet@1.31.5/src/datapage.js"),
      import("npm:hyparquet-compressors@1.1.2"),
    ]);
  const decompressZstd = codecs.decompressZstd as (input: Uint8Array, output: Uint8Array) => Uint8Array;
  const compressors = {
    ...codecs.compressors,
    // without the output it reserves what the compressed bytes ask for
    ZSTD: (input: Uint8Array, length: number) => decompressZstd(input, new Uint8Array(length)),
  };
  const { parquetHeader } = column;
  const { decompressPage } = datapage;
  const { getSchemaPath, getMaxDefinitionLevel, getMaxRepetitionLevel, isFlatColumn } = schema;
  return {
    ...{ parquetMetadata, parquetRead, parquetSchema, parquetHeader, decompressPage, compressors },
    ...{ getSchemaPath, getMaxDefinitionLevel, getMaxRepetitionLevel, isFlatColumn },
  };
}

/**
 * Checks the pages of the columns that are read in a group of rows.
 *
 * @param table.columns - names of those columns
 * @param options.budget - reduced by what the pages decode to
 * @throws {ParseFailure} when the file expands beyond its budget
 * @throws {Error} when the group is damaged
 */
export async function checkPages(
  table: { readonly bytes: Uint8Array; readonly metadata: FileMetaData; readonly columns: readonly string[] },
  options: { readonly group: number; readonly budget: DecodedBudget },
): Promise<void> {
  const { bytes, metadata, columns } = table;
  const { columns: chunks, num_rows } = metadata.row_groups[options.group];
  if (num_rows < 0n || num_rows > MAX_GROUP_VALUES) throw new Error("Cannot read a group of that many rows");
  for (const chunk of chunks) {
    const name = chunk.meta_data?.path_in_schema[0];
    if (name === undefined || !columns.includes(name)) continue;
    const column = new Column(await loadHyparquet(), { metadata, chunk });
    column.check(chunkBytes(bytes, chunk), options.budget);
  }
}

/** The pages of a column in a group of rows. */
class Column {
  readonly #library: Hyparquet;
  readonly #chunk: NonNullable<Chunk["meta_data"]>;
  readonly #isFlat: boolean;
  readonly #levels: Pick<PageShape, "maxRepetition" | "maxDefinition">;

  constructor(library: Hyparquet, options: { readonly metadata: FileMetaData; readonly chunk: Chunk }) {
    this.#library = library;
    this.#chunk = options.chunk.meta_data!;
    const path = library.getSchemaPath(options.metadata.schema, this.#chunk.path_in_schema);
    this.#isFlat = library.isFlatColumn(path);
    // the decoder looks for repetitions below the first level only
    const maxRepetition = path.length > 1 ? library.getMaxRepetitionLevel(path) : 0;
    this.#levels = { maxRepetition, maxDefinition: library.getMaxDefinitionLevel(path) };
  }

  /** Goes from page to page as the decoder does. */
  check(pages: Uint8Array, budget: DecodedBudget): void {
    const reader = { view: new DataView(pages.buffer, pages.byteOffset, pages.byteLength), offset: 0 };
    let values = Number(this.#chunk.num_values);
    while ((values > 0 || !this.#isFlat) && reader.offset < pages.length - 1) {
      const header = this.#library.parquetHeader(reader);
      const numValues = checkHeader(header, { values, budget });
      const end = reader.offset + header.compressed_page_size;
      if (end > pages.length) throw new Error("Cannot read beyond the column");
      if (numValues > 0) this.#checkRuns(pages.subarray(reader.offset, end), header);
      values -= numValues;
      reader.offset = end;
    }
  }

  #checkRuns(page: Uint8Array, header: PageHeader): void {
    const { data_page_header: first, data_page_header_v2: second, uncompressed_page_size } = header;
    const { encoding, num_values: numValues } = (first ?? second)!;
    if (encoding === undefined) throw new Error("Cannot read an unknown encoding");
    const isBoolean = this.#chunk.type === "BOOLEAN";
    const shape: PageShape = { encoding, numValues, isBoolean, ...this.#levels };
    if (second === undefined) {
      const needsLook = shape.maxDefinition > 0 || shape.maxRepetition > 0 || encoding !== "PLAIN";
      if (needsLook) checkValues(this.#decompressed(page, uncompressed_page_size), shape);
      return;
    }
    const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = second;
    const levelBytes = { repetition, definition };
    checkLevels(page, { ...shape, levelBytes });
    if (!(second.num_nulls >= 0 && second.num_nulls <= numValues)) {
      throw new Error("Cannot read more nulls than values");
    }
    if (!encoding.includes("DICTIONARY") && encoding !== "RLE") return;
    const start = repetition + definition;
    const values = page.subarray(start);
    const size = uncompressed_page_size - start;
    checkValues(second.is_compressed === false ? values : this.#decompressed(values, size), {
      ...shape,
      levelBytes,
    });
  }

  #decompressed(page: Uint8Array, size: number): Uint8Array {
    return this.#library.decompressPage(page, size, this.#chunk.codec, this.#library.compressors);
  }
}

function chunkBytes(bytes: Uint8Array, { meta_data }: Chunk): Uint8Array {
  const { dictionary_page_offset, data_page_offset, total_compressed_size, num_values } = meta_data!;
  const start = Number(dictionary_page_offset || data_page_offset);
  const end = start + Number(total_compressed_size);
  if (!(start >= 0 && end >= start && end <= bytes.length)) throw new Error("Cannot read beyond the file");
  if (num_values < 0n || num_values > MAX_GROUP_VALUES) throw new Error("Cannot read that many values");
  return bytes.subarray(start, end);
}

/** Number of values in a page of data. */
function checkHeader(
  header: PageHeader,
  options: { readonly values: number; readonly budget: DecodedBudget },
): number {
  const { values, budget } = options;
  const { uncompressed_page_size: size, compressed_page_size, dictionary_page_header: dictionary } = header;
  if (!(compressed_page_size >= 0 && size >= 0 && size <= MAX_PAGE_BYTES)) {
    throw new Error("Cannot read that page");
  }
  budget.bytes -= size;
  if (budget.bytes < 0) throw new ParseFailure("failed", "zip bomb: expands more than 100 times");
  const data = header.data_page_header ?? header.data_page_header_v2;
  if (dictionary !== undefined && !(dictionary.num_values >= 0 && dictionary.num_values <= 8 * size)) {
    throw new Error("Cannot read a dictionary larger than its page");
  }
  if (data === undefined) return 0;
  if (!(data.num_values >= 0 && data.num_values <= values)) {
    throw new Error("Cannot read more values than the column has");
  }
  return data.num_values;
}
