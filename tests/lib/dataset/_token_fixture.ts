// Small token files for tests.

import { join } from "node:path";
import { openTokenFile, type TokenFile } from "../../../lib/dataset/token_file.ts";
import { openTokenFileWriter } from "../../../lib/dataset/token_file_writer.ts";
import { openTempFolder } from "../common/temp_folder.ts";

/** Writes documents; text bytes count as one a token. */
export function writeTokens(
  path: string,
  options: { readonly documents: readonly (readonly number[])[]; readonly vocabSize: number },
): void {
  using writer = openTokenFileWriter(path, { vocabSize: options.vocabSize, endOfTextId: 0 });
  for (const ids of options.documents) writer.write(Uint32Array.from(ids), ids.length);
  writer.finish();
}

/** Opens a file of `numTokens` tokens, each its own position plus one except the end-of-text that ends it. */
export async function openCountingTokens(numTokens: number): Promise<TokenFile & AsyncDisposable> {
  const temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  const ids = Array.from({ length: numTokens - 1 }, (_, at) => at + 1);
  writeTokens(path, { documents: numTokens > 0 ? [ids] : [], vocabSize: numTokens + 1 });
  const file = openTokenFile(path);
  return Object.assign(file, {
    async [Symbol.asyncDispose](): Promise<void> {
      file[Symbol.dispose]();
      await temp[Symbol.asyncDispose]();
    },
  });
}
