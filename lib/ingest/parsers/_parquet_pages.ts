// Loads hyparquet, and looks through the headers of the pages before it decodes them: it reserves memory for what a header
// promises, and a few bytes can promise billions of values.

import { ParseFailure } from "./parser.ts";

/** Bytes that may still be decoded from a file. */
export interface DecodedBudget {
  bytes: number;
}

/** What is used of the packages. */
export type Hyparquet = Awaited<ReturnType<typeof importHyparquet>>;

/** The end of a file: its columns and its groups of rows. */
export type FileMetaData = ReturnType<Hyparquet["parquetMetadata"]>;

type Chunk = FileMetaData["row_groups"][number]["columns"][number];

const MAX_PAGE_BYTES = 256 << 20;
const MAX_GROUP_VALUES = 32 << 20;

let loading: Promise<Hyparquet> | undefined;

/** Loads the packages, once. */
export function loadHyparquet(): Promise<Hyparquet> {
  return loading ??= importHyparquet();
}

async function importHyparquet() {
  const [{ parquetMetadata, parquetRead, parquetSchema }, { parquetHeader }, codecs] = await Promise.all([
    import("npm:hyparquet@1.31.5"),
    import("npm:hyparquet@1.31.5/src/column.js"),
    import("npm:hyparquet-compressors@1.1.2"),
  ]);
  const decompressZstd = codecs.decompressZstd as (input: Uint8Array, output: Uint8Array) => Uint8Array;
  const compressors = {
    ...codecs.compressors,
    // without the output it reserves what the compressed bytes ask for
    ZSTD: (input: Uint8Array, length: number) => decompressZstd(input, new Uint8Array(length)),
  };
  return { parquetMetadata, parquetRead, parquetSchema, parquetHeader, compressors };
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
  const { parquetHeader } = await loadHyparquet();
  const { columns: chunks, num_rows } = metadata.row_groups[options.group];
  if (num_rows < 0n || num_rows > MAX_GROUP_VALUES) throw new Error("Cannot read a group of that many rows");
  for (const chunk of chunks) {
    const meta = chunk.meta_data;
    if (meta === undefined || !columns.includes(meta.path_in_schema[0])) continue;
    let values = Number(meta.num_values);
    const pages = chunkBytes(bytes, chunk);
    const reader = { view: new DataView(pages.buffer, pages.byteOffset, pages.byteLength), offset: 0 };
    // as the decoder goes from page to page
    while (values > 0 && reader.offset < pages.length - 1) {
      const header = parquetHeader(reader);
      values -= checkPage(header, { values, budget: options.budget });
      reader.offset += header.compressed_page_size;
    }
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
function checkPage(
  header: ReturnType<Hyparquet["parquetHeader"]>,
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
