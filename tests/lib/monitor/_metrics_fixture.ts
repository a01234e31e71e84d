// Rows of metrics for tests.

import type { TrainRow, ValidationRow } from "../../../lib/monitor/metrics.ts";

/** A row of training whose numbers follow from its step. */
export function trainRow(step: number, changes: Partial<TrainRow> = {}): TrainRow {
  return {
    kind: "train",
    step,
    epoch: step / 100,
    loss: 1 / step,
    learningRate: 1e-3,
    gradNorm: 1,
    tokens: step * 2048,
    tokensPerSecond: 4000,
    elapsedMs: step * 100,
    skipped: 0,
    ...changes,
  };
}

/** A row of validation. */
export function validationRow(step: number, loss = 2): ValidationRow {
  return { kind: "validation", step, loss, perplexity: Math.exp(loss), bitsPerByte: loss / 2, tokens: 512 };
}

/** A folder that goes when the test ends. */
export async function openTestFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "sheepop test " });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
