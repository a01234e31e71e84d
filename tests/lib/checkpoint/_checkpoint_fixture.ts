// Checkpoints for tests: every number of step s is s, so a mixture of two steps shows.

import { join } from "node:path";
import type { Checkpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { defaultConfig } from "../../../lib/config/config.ts";

/** Files of a step besides its manifest. */
export const CHECKPOINT_FILES = [
  "config.json",
  "model.safetensors",
  "optimizer.safetensors",
  "state.json",
  "tokenizer.json",
];

/** A checkpoint whose tensors hold `length` elements each. */
export function makeCheckpoint(step: number, length = 6): Checkpoint {
  const filled = (name: string, shape: number[]) => ({
    name,
    shape,
    data: new Float32Array(length).fill(step),
  });
  return {
    step,
    weights: [filled("embedding", [2, length / 2]), filled("head", [length])],
    optimizer: [filled("m.head", [length]), { name: "t", shape: [1], data: new Uint32Array([step]) }],
    state: { microStep: 0, best: { loss: step / 3, step }, windows: [1e-300, 0.1] },
    config: { ...defaultConfig(), training: { ...defaultConfig().training, seed: step } },
    tokenizer: `{"step": ${step}}\n`,
  };
}

/** A folder that goes when the test ends. */
export async function openTestFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "sheepop test " });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Path of a file of a step. */
export function stepPath(runDir: string, step: number, file = ""): string {
  return join(runDir, "checkpoints", `step-${String(step).padStart(8, "0")}`, file);
}

/** Names in a folder, sorted. */
export function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}
