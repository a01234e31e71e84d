// What a training run tells whoever watches it. Plain data: events cross from the engine's thread to the one that draws.

import type { TokenDatasetInfo } from "../dataset/tokenize.ts";
import type { IngestProgress, TextDataset } from "../ingest/ingest.ts";

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
  | { readonly kind: "compiled"; readonly elapsedMs: number; readonly firstStepMs: number }
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
  readonly maxSteps: number;
  /** Mean of the last steps, nats per token. */
  readonly loss: number;
  readonly learningRate: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  readonly etaMs: number;
}
