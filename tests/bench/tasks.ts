// What contenders are asked to run, as the JSON of their first argument. Peers in other languages read the same.

import type { SpecSize } from "../support/gpt_spec.ts";
import type { ProductSize } from "./bench_matrix.ts";

export interface TrainingTask {
  readonly size: SpecSize;
  /** A round is as many steps as fill this time, one at least. */
  readonly minMs: number;
}

export interface DecodingTask {
  /** B is 1. */
  readonly size: SpecSize;
  /** Tokens of the prompt, {@link promptId} each. */
  readonly prompt: number;
  /** Tokens to generate, greedily. */
  readonly tokens: number;
}

export interface MatmulTask {
  readonly size: ProductSize;
  /** Products between two waits for the device. */
  readonly chain: number;
  readonly minMs: number;
}

/** What peers need to know beside the task. */
export interface PeerOptions {
  /** What computes: `webgpu` or `wasm`. */
  readonly device?: string;
  /** Threads of the processor. */
  readonly threads?: number;
  /** A safetensors file with the model's first values. */
  readonly weights?: string;
}

/** Steps of warm-up, whose losses are compared. */
export const WARM_UP_STEPS = 2;

/** Token i of every prompt. */
export function promptId(i: number, vocabSize: number): number {
  return (i * 7 + 3) % vocabSize;
}
