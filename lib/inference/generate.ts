// Generation from a run folder: loads the newest checkpoint that verifies, with the tokenizer inside it, and writes.

import { loadCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Config } from "../config/config.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { loadWeights, openModel } from "../model/open_model.ts";
import { openBackend } from "../model/open_backend.ts";
import { parseTokenizer } from "../tokenizer/tokenizer_file.ts";
import { type GenerateStats, openGenerator } from "./generator.ts";

export type GenerateEvent =
  | { readonly kind: "loaded"; readonly path: string; readonly step: number; readonly device: string }
  | { readonly kind: "warning"; readonly message: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "end"; readonly stats: GenerateStats };

export interface GenerateOptions {
  /** Run folder or step folder. */
  readonly checkpoint: string;
  readonly prompt: string;
  /** Length of prompt and new text together, in tokens, instead of `generate.maxNewTokens`. */
  readonly maxLength?: number;
  readonly onEvent?: (event: GenerateEvent) => void;
  readonly shouldStop?: () => boolean;
}

/**
 * Continues a prompt with the model of a checkpoint.
 *
 * @returns the new text
 * @throws {UsageError} when no checkpoint verifies or no adapter answers
 */
export async function generateFromCheckpoint(config: Config, options: GenerateOptions): Promise<string> {
  const { checkpoint: path, prompt, shouldStop } = options;
  const onEvent = options.onEvent ?? (() => {});
  const checkpoint = await loadCheckpoint(path, {
    weightsOnly: true,
    onRejected: (dir, reason) => {
      onEvent({ kind: "warning", message: `Checkpoint ${dir} is damaged and was passed over: ${reason}` });
    },
  });
  const tokenizer = parseTokenizer(checkpoint.tokenizer);
  await using backend = await openBackend(config.resources);
  const gpt = openModel(backend, modelShape(checkpoint.config.model, tokenizer.vocabSize), {
    trainable: false,
  });
  loadWeights(backend, gpt, checkpoint.weights);
  onEvent({ kind: "loaded", path: checkpoint.path, step: checkpoint.step, device: backend.description });
  const request = { ...config.generate };
  if (options.maxLength !== undefined) {
    const promptTokens = prompt === "" ? 1 : tokenizer.encode(prompt).length;
    request.maxNewTokens = Math.max(0, options.maxLength - promptTokens);
  }
  let all = "";
  const onEnd = (stats: GenerateStats) => onEvent({ kind: "end", stats });
  for await (
    const text of openGenerator(backend, gpt, tokenizer).generate(prompt, request, { shouldStop, onEnd })
  ) {
    all += text;
    onEvent({ kind: "text", text });
  }
  return all;
}
