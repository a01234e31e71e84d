// `sheepop tune` as a trial, for the models that are measured after it. It stands behind a path and not an import, so that
// the bench also runs on a version that cannot tune.

import { type Config, defaultConfig } from "../../../lib/config/config.ts";
import { MODELS } from "./model_sizes.ts";
import { SkipTrial, type TrialContext } from "./trial.ts";

/** The part of lib/tuning/tune.ts that is used. */
interface Tuner {
  tuneModel(config: Config): Promise<{ readonly path: string; readonly measured: number }>;
}

/** Records how many products were tuned, and where that is remembered. */
export async function tuneTrial({ record, small }: TrialContext, model: keyof typeof MODELS): Promise<void> {
  const { L, H, C, T, B, V } = small ? MODELS[model].small : MODELS[model].full;
  const config = defaultConfig();
  Object.assign(config.model, { dModel: C, numLayers: L, numHeads: H, maxSeqLen: T, vocabSize: V });
  config.training.batchSize = B;
  const { path, measured } = await (await loadTuner()).tuneModel(config);
  record("products", measured);
  record("remembered_in", path);
}

async function loadTuner(): Promise<Tuner> {
  const url = new URL("../../../lib/tuning/tune.ts", import.meta.url);
  const isThere = await Deno.stat(url).then(() => true, () => false);
  if (!isThere) throw new SkipTrial("this version of sheepop cannot tune");
  return await import(url.href);
}
