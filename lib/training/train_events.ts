// What a training run tells whoever watches it. Plain data: events cross from the engine's thread to the one that draws.

import type { TokenDatasetInfo } from "../dataset/tokenize.ts";
import type { IngestProgress, TextDataset } from "../ingest/ingest.ts";

/**
 * Something that happened in a run, told apart by `kind`; the order is that of a run.
 *
 * @example
 * ```ts
 * import type { TrainEvent } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * function describe(event: TrainEvent): string {
 *   switch (event.kind) {
 *     case "progress":
 *       return `step ${event.step} of ${event.maxSteps}, loss ${event.loss.toFixed(2)}`;
 *     case "checkpoint":
 *       return `saved ${event.path}`;
 *     default:
 *       return event.kind;
 *   }
 * }
 * const path = "run/checkpoints/step-00000005";
 * assertEquals(describe({ kind: "checkpoint", step: 5, path }), `saved ${path}`);
 * ```
 */
export type TrainEvent =
  | { readonly kind: "ingestProgress"; readonly progress: IngestProgress }
  | {
    readonly kind: "ingested";
    readonly dir: string;
    readonly upToDate: boolean;
    readonly summary: TextDataset["summary"];
  }
  | { readonly kind: "tokenizeProgress"; readonly documents: number; readonly totalDocuments: number }
  | {
    readonly kind: "tokenized";
    readonly dir: string;
    readonly upToDate: boolean;
    readonly info: TokenDatasetInfo;
  }
  | {
    readonly kind: "opened";
    /** Adapter, or the reference. */
    readonly device: string;
    readonly parameters: number;
    readonly tokensPerStep: number;
    readonly stepsPerEpoch: number;
    readonly firstStep: number;
    readonly maxSteps: number;
    readonly runDir: string;
  }
  | { readonly kind: "compiled"; readonly firstStepMs: number }
  | ({ readonly kind: "progress" } & TrainProgress)
  | {
    readonly kind: "validation";
    readonly step: number;
    readonly loss: number;
    readonly perplexity: number;
    readonly bitsPerByte: number;
    readonly isBest: boolean;
  }
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string }
  | { readonly kind: "warning"; readonly message: string }
  | {
    readonly kind: "finished";
    readonly step: number;
    readonly stopped: boolean;
    readonly upToDate: boolean;
  }
  | { readonly kind: "plots"; readonly files: readonly string[] }
  | { readonly kind: "sample"; readonly prompt: string; readonly text: string };

/** Where a run is. */
export interface TrainProgress {
  /** Updates done. */
  readonly step: number;
  /** Updates of the whole run. */
  readonly maxSteps: number;
  /** Mean of the last steps, nats per token. */
  readonly loss: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** Of the last step, before clipping. */
  readonly gradNorm: number;
  /** Over the last seconds. */
  readonly tokensPerSecond: number;
  /** Estimate of the time that is left, milliseconds. */
  /** Undefined, and the speed 0, until known: the first step compiles and does not count. */
  readonly etaMs: number | undefined;
}
