// nanoGPT's configuration for a processor (4 layers, 4 heads, width 128, context 64, batch 12, 2,000 steps, characters of
// tiny Shakespeare), as data/configs/shakespeare_char.yaml has it: what is asked of a run, and what it says at its end.

import type { SpecSize } from "../support/gpt_spec.ts";

export interface NanogptTask {
  /** Path of the text. */
  readonly text: string;
}

/** The model and batch; the tokenizer has 256 bytes beside the text's 65 characters and an end of text. */
export const NANOGPT_SIZE: SpecSize = { L: 4, H: 4, C: 128, T: 64, B: 12, V: 322 };

/** Steps, with eight validations of 20 batches, a forward pass being about a third of a step. */
export const NANOGPT_STEPS = 2000 + 8 * 20 / 3;

/** @returns the loss of the last validation a run printed; NaN when it printed none */
export function lastValidationLoss(output: string): number {
  const losses = [...output.matchAll(/validation loss ([\d.]+)/g)];
  return Number(losses.at(-1)?.[1] ?? NaN);
}
