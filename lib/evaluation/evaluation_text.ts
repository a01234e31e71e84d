// The tokens a checkpoint is measured on: the validation split of its run, as it was, or any text, read by the rules of the
// run and encoded with its tokenizer.

import { join } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { openTokenFile, type TokenFile } from "../dataset/token_file.ts";
import { openTokenFileWriter } from "../dataset/token_file_writer.ts";
import { readTokenDataset } from "../dataset/tokenize.ts";
import { ingest } from "../ingest/ingest.ts";
import { readRows } from "../ingest/text_rows.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { stateOf } from "../training/run_folder.ts";

/** An open token file and what to call it. */
export interface EvaluationText extends AsyncDisposable {
  readonly name: string;
  readonly file: TokenFile;
}

/**
 * Opens the validation split of a checkpoint's run.
 *
 * @throws {UsageError} when its token files are gone or the split is empty
 */
export async function openValidationSplit(checkpoint: Checkpoint): Promise<EvaluationText> {
  const { data, training } = checkpoint.config;
  const dataset = await readTokenDataset(join(data.outputDir, "tokens"), stateOf(checkpoint).datasetHash);
  if (!dataset) {
    throw new UsageError(
      `Cannot evaluate on the validation split of ${training.runDir}: its token files are not in ` +
        `${data.outputDir}, make them again with sheepop tokenize --config ${training.runDir}/config.json or name a ` +
        "text with --data",
    );
  }
  const file = openTokenFile(join(dataset.dir, dataset.info.validation.file));
  if (file.numTokens < 2) {
    file[Symbol.dispose]();
    throw new UsageError(
      `Cannot evaluate on the validation split of ${training.runDir}: it is empty, name a text with --data`,
    );
  }
  return {
    name: "validation split",
    file,
    [Symbol.asyncDispose]: () => Promise.resolve(file[Symbol.dispose]()),
  };
}

/**
 * Reads files and folders into a token file of their own, which is removed with the result.
 *
 * @throws {UsageError} when there is no text in them
 */
export async function openText(
  paths: readonly string[],
  { config, tokenizer }: { config: Config; tokenizer: Tokenizer },
): Promise<EvaluationText> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-evaluate-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const path = join(folder, "text.bin");
    const data = { ...config.data, paths: [...paths], outputDir: folder, validationFraction: 0 };
    await writeTokens(path, { tokenizer, config: { ...config, data } });
    const file = openTokenFile(path);
    return {
      name: paths.join(", "),
      file,
      [Symbol.asyncDispose](): Promise<void> {
        file[Symbol.dispose]();
        return remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeTokens(
  path: string,
  { tokenizer, config }: { tokenizer: Tokenizer; config: Config },
): Promise<void> {
  const text = await ingest(config);
  const encoder = new TextEncoder();
  using writer = openTokenFileWriter(path, tokenizer);
  for await (const row of readRows(join(text.dir, text.summary.train.file))) {
    writer.write(tokenizer.encode(row.text), encoder.encode(row.text).length);
  }
  writer.finish();
}
