// Whether any shape falls off a cliff: odd sizes beside their round neighbours, both ours, by the rate of their arithmetic.

import { flopsPerToken } from "../../../lib/model/gpt_parameters.ts";
import { specShape, type SpecSize } from "../../support/gpt_spec.ts";
import type { ProductSize } from "../bench_matrix.ts";
import { sizeText } from "../bench_model.ts";
import type { Comparison } from "../comparison.ts";
import type { Contender } from "../contender.ts";
import { ours } from "../peer_commands.ts";
import type { DecodingTask, MatmulTask, TrainingTask } from "../tasks.ts";
import type { Workbench } from "../workbench.ts";

/** Below this share of the neighbour's rate it is a cliff. */
const CLIFF = 0.5;
const ROUNDS = 2;
const MIN_MS = 400;

const BASE: SpecSize = { L: 2, H: 4, C: 128, T: 128, B: 4, V: 256 };

/** What is odd, the odd size, and its neighbour. */
type Pair<Size> = readonly [label: string, odd: Size, round: Size];

const TRAINING: Pair<SpecSize>[] = [
  ["width 100", { ...BASE, C: 100 }, BASE],
  ["width 105, 7 heads", { ...BASE, C: 105, H: 7 }, { ...BASE, C: 112, H: 7 }],
  ["width 36, 3 heads", { ...BASE, C: 36, H: 3 }, { ...BASE, C: 32, H: 2 }],
  ["one head", { ...BASE, H: 1 }, BASE],
  ["context 1", { ...BASE, T: 1, B: 512 }, BASE],
  ["context 127", { ...BASE, T: 127 }, BASE],
  ["context 1000", { ...BASE, C: 64, T: 1000, B: 1 }, { ...BASE, C: 64, T: 1024, B: 1 }],
  ["batch 1", { ...BASE, B: 1 }, BASE],
  ["batch 7", { ...BASE, B: 7 }, { ...BASE, B: 8 }],
  ["vocabulary 65", { ...BASE, V: 65 }, { ...BASE, V: 64 }],
  ["vocabulary 50257", { ...BASE, C: 64, T: 64, B: 2, V: 50257 }, { ...BASE, C: 64, T: 64, B: 2, V: 50304 }],
];

const DECODING: Pair<SpecSize>[] = [
  ["width 100", { ...BASE, C: 100, B: 1 }, { ...BASE, B: 1 }],
  ["vocabulary 50257", { ...BASE, C: 64, B: 1, V: 50257 }, { ...BASE, C: 64, B: 1, V: 50304 }],
  ["context 1000", { ...BASE, T: 1000, B: 1 }, { ...BASE, T: 1024, B: 1 }],
];

const PRODUCTS: Pair<ProductSize>[] = [
  ["511 x 513 x 510", { M: 511, N: 513, K: 510 }, { M: 512, N: 512, K: 512 }],
  ["512 x 65 x 512", { M: 512, N: 65, K: 512 }, { M: 512, N: 64, K: 512 }],
  ["512 x 512 x 50", { M: 512, N: 512, K: 50 }, { M: 512, N: 512, K: 64 }],
  ["9 x 512 x 512", { M: 9, N: 512, K: 512 }, { M: 8, N: 512, K: 512 }],
  ["3 x 512 x 512", { M: 3, N: 512, K: 512 }, { M: 4, N: 512, K: 512 }],
];

export function shapes(bench: Workbench): Comparison[] {
  const rounds = Math.min(ROUNDS, bench.rounds);
  const compare = <Size>(
    kind: string,
    pairs: Pair<Size>[],
    contender: (size: Size) => Contender,
  ): Comparison[] =>
    pairs.map(([label, odd, round]) => ({
      title: `${kind}, ${label}`,
      unit: "GFLOP/s",
      isRow: true,
      figureOf: (unitMs, { flops = NaN }) => flops / unitMs / 1e6,
      contenders: [contender(odd), contender(round)],
      bars: [{ against: contender(round).name, atLeast: CLIFF }],
      rounds,
    }));
  return [
    ...compare("training", TRAINING, trainingContender),
    ...compare("decoding", DECODING, decodingContender),
    ...compare("matmul", PRODUCTS, productContender),
  ];
}

function trainingContender(size: SpecSize): Contender {
  const task: TrainingTask = { size, minMs: MIN_MS };
  const flops = flopsPerToken(specShape(size)) * size.B * size.T;
  return { ...ours("train.ts", task, { name: sizeText(size, { withBatch: true }) }), flops };
}

function decodingContender(size: SpecSize): Contender {
  const task: DecodingTask = { size, prompt: 16, tokens: 64 };
  // forward pass only, attention over less than half of the context
  const flops = flopsPerToken({ ...specShape(size), maxSeqLen: 0 }) / 3;
  return { ...ours("decode.ts", task, { name: sizeText(size, { withBatch: false }) }), flops };
}

function productContender(size: ProductSize): Contender {
  const task: MatmulTask = { size, chain: 16, minMs: MIN_MS };
  const { M, N, K } = size;
  return { ...ours("multiply.ts", task, { name: `${M} x ${N} x ${K}` }), flops: 2 * M * N * K };
}
