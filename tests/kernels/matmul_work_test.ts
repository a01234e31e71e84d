// The work of products, counted by walking over their terms.

import { assertEquals } from "@std/assert";
import {
  type Causality,
  type MatmulMode,
  type MatmulSpec,
  matmulWork,
  wholeOperand,
} from "../../kernels/matmul/matmul_spec.ts";
import { createTensor } from "../../kernels/program/tensor.ts";

const operand = wholeOperand(createTensor("x", [4, 4]));

function specOf(changes: Partial<MatmulSpec> & { mode: MatmulMode }): MatmulSpec {
  return { M: 5, N: 7, K: 3, a: operand, b: operand, c: operand, ...changes };
}

Deno.test("matmulWork() counts every multiply-add and moves each operand once", () => {
  assertEquals(matmulWork(specOf({ mode: "NN" })), {
    flops: 2 * 5 * 7 * 3,
    bytes: 4 * (5 * 3 + 3 * 7 + 5 * 7),
    detail: "NN 5x7x3",
  });
});

Deno.test("matmulWork() counts what the epilogue reads and writes", () => {
  const bias = createTensor("bias", [7]);
  const preActivation = createTensor("pre", [5, 7]);
  const spec = specOf({ mode: "NN", bias, preActivation, activation: "gelu", accumulate: true });
  const { bytes, detail } = matmulWork(spec);
  assertEquals(bytes, 4 * (5 * 3 + 3 * 7 + 3 * 5 * 7 + 7));
  assertEquals(detail, "NN 5x7x3 bias gelu added");
});

Deno.test("matmulWork() counts what is fused: a residual, a derivative, column sums where the kernel takes them", () => {
  const beside = createTensor("beside", [5, 7]);
  const plain = matmulWork(specOf({ mode: "NN" }));
  const residual = matmulWork(specOf({ mode: "NN", residual: beside }));
  const derivative = matmulWork(specOf({ mode: "NN", derivative: { x: beside, kind: "gelu" } }));
  for (const { bytes } of [residual, derivative]) assertEquals(bytes, plain.bytes + 4 * 5 * 7);
  assertEquals([residual.detail, derivative.detail], ["NN 5x7x3 residual", "NN 5x7x3 d_gelu"]);
  const spec = specOf({ mode: "TN", columnSum: { y: createTensor("d_bias", [7]), accumulate: true } });
  assertEquals(matmulWork(spec).bytes, plain.bytes);
  assertEquals(matmulWork(spec, { columnSums: true }), {
    flops: plain.flops + 3 * 7,
    bytes: plain.bytes + 4 * 2 * 7,
    detail: "TN 5x7x3 column_sum",
  });
});

const T = 6;
const D = 4;
const BATCH = 3;
/** Whether term k of element (m, n) counts. */
const KEPT: Readonly<Record<Exclude<Causality, "none">, (m: number, n: number, k: number) => boolean>> = {
  skip: (m, n) => n <= m,
  upto: (m, _, k) => k <= m,
  from: (m, _, k) => k >= m,
};

for (const [causality, mode] of [["skip", "NT"], ["upto", "NN"], ["from", "TN"]] as const) {
  Deno.test(`matmulWork() leaves out what causality "${causality}" leaves out`, () => {
    const [N, K] = causality === "skip" ? [T, D] : [D, T];
    let terms = 0;
    for (let m = 0; m < T; m++) {
      for (let n = 0; n < N; n++) {
        for (let k = 0; k < K; k++) terms += Number(KEPT[causality](m, n, k));
      }
    }
    const spec = specOf({ mode, M: T, N, K, batch: BATCH, heads: BATCH, causality });
    const { flops, bytes, detail } = matmulWork(spec);
    assertEquals(flops, 2 * BATCH * terms);
    // One of three matrices is triangular.
    assertEquals(bytes, 4 * BATCH * (2 * T * D + T * (T + 1) / 2));
    assertEquals(detail, `${mode} ${BATCH}x${T}x${N}x${K} causal`);
  });
}
