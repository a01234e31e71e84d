import { assertEquals, assertThrows } from "@std/assert";
import { lowerMatmul, matmul, referenceMatmul } from "../../kernels/matmul/matmul.ts";
import {
  type Causality,
  type MatmulMode,
  type MatmulSpec,
  wholeOperand,
} from "../../kernels/matmul/matmul_spec.ts";
import { matmulWave } from "../../kernels/matmul/matmul_wave.ts";
import type { DeviceTraits } from "../../kernels/device/device.ts";
import { type KernelFamily, Recorder } from "../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, sizeOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertClose,
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

const FAMILIES: KernelFamily[] = ["wave", "tile", "plain"];

function product(
  size: { M: number; K: number; N: number },
  options: { bias?: boolean; activation?: "none" | "gelu" | "relu"; transposed?: boolean } = {},
): () => Subject {
  return () => {
    const tape = new Tape();
    const x = inputTensor("x", [size.M, size.K]);
    const weight = inputTensor("weight", options.transposed ? [size.N, size.K] : [size.K, size.N]);
    const bias = options.bias ? inputTensor("bias", [size.N]) : undefined;
    const y = matmul(tape, x, weight, { ...options, bias });
    const inputs = new Map([x, weight, ...(bias ? [bias] : [])].map((tensor, i) => {
      return [tensor, randomFloats(sizeOf(tensor), i + 1)];
    }));
    return { tape, inputs, outputs: [y] };
  };
}

for (const activation of ["none", "gelu"] as const) {
  Deno.test(`matmul() with activation ${activation} has the gradient of its numerical derivative`, async () => {
    await assertGradientMatchesDifferences(product({ M: 3, K: 4, N: 5 }, { bias: true, activation }));
  });
}

for (const kernels of FAMILIES) {
  for (
    const [M, K, N] of [[1, 1, 1], [5, 123, 7], [64, 64, 128], [33, 72, 100], [130, 65, 36], [8, 64, 96]]
  ) {
    Deno.test(`matmul() ${M}x${K}x${N} with bias, gelu and gradients matches the reference (${kernels})`, async () => {
      await assertGpuMatchesReference(product({ M, K, N }, { bias: true, activation: "gelu" }), { kernels });
    });
  }
}

Deno.test("matmul() with the weight transposed has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(product({ M: 3, K: 4, N: 5 }, { transposed: true }));
});

for (const M of [1, 20]) {
  Deno.test(`matmul() of ${M} rows with the weight transposed matches the reference`, async () => {
    await assertGpuMatchesReference(product({ M, K: 24, N: 27 }, { transposed: true }));
  });
}

Deno.test("matmul() with relu and without bias matches the reference", async () => {
  await assertGpuMatchesReference(product({ M: 20, K: 24, N: 28 }, { activation: "relu" }));
});

Deno.test("matmul() refuses different inner dimensions", () => {
  const x = inputTensor("x", [2, 3]);
  assertThrows(() => matmul(new Tape(), x, inputTensor("w", [4, 5])), TypeError, "need [..., K] and [K, N]");
});

/** Runs one product on both backends with a C that already holds numbers. */
async function assertProductMatches(spec: MatmulSpec, kernels: KernelFamily): Promise<void> {
  await using gpu = await openTestGpu({ kernels });
  if (!gpu) return;
  await using reference = openReferenceBackend();
  const pass = {
    name: "product",
    reference: (_: unknown, values: Parameters<typeof referenceMatmul>[0]) => referenceMatmul(values, spec),
    lower: (_: unknown, lowering: Parameters<typeof lowerMatmul>[0]) => lowerMatmul(lowering, spec),
  };
  const call = { pass, attributes: {}, inputs: {}, outputs: {}, site: 0 };
  const tensors = new Set([spec.a.tensor, spec.b.tensor, spec.c.tensor, ...(spec.bias ? [spec.bias] : [])]);
  for (const backend of [gpu, reference]) {
    let seed = 1;
    for (const tensor of tensors) {
      const data = randomFloats(sizeOf(tensor), seed++);
      if (tensor === spec.a.tensor && (spec.causality === "upto" || spec.causality === "from")) {
        lowerTriangle(data, tensor.shape);
      }
      backend.write(tensor, data);
    }
    backend.compile([call], "product").replay();
  }
  const expected = await reference.read(spec.c.tensor);
  const actual = await gpu.read(spec.c.tensor);
  if (spec.causality === "skip") copyAboveDiagonal(expected, actual, spec);
  assertClose(actual, expected, { name: "c" });
}

function lowerTriangle(data: Float32Array, shape: readonly number[]): void {
  const T = shape[shape.length - 1];
  data.forEach((_, i) => {
    if (i % T > Math.floor(i / T) % T) data[i] = 0;
  });
}

/** With "skip" the values above the diagonal are free. */
function copyAboveDiagonal(expected: ArrayLike<number>, actual: ArrayLike<number>, spec: MatmulSpec): void {
  for (let i = 0; i < expected.length; i++) {
    if (i % spec.N > Math.floor(i / spec.N) % spec.M) (expected as Float32Array)[i] = actual[i];
  }
}

interface HeadCase {
  mode: MatmulMode;
  causality: Causality;
}

/** Products as attention makes them: operands are slices of [B T, 3 C] and [B H T, T] tensors. */
function headProduct(
  { mode, causality }: HeadCase,
  size: { B: number; H: number; T: number; D: number },
): MatmulSpec {
  const { B, H, T, D } = size;
  const C = H * D;
  const packed = (name: string, part: number) => ({
    tensor: createTensor(name, [B * T, 3 * C], { lifetime: "persistent" }),
    rowsPerBatch: T,
    rowsPerHead: 0,
    column: part * C,
    columnsPerHead: D,
  });
  const scores = (name: string) => ({
    tensor: createTensor(name, [B, H, T, T], { lifetime: "persistent" }),
    rowsPerBatch: H * T,
    rowsPerHead: T,
    column: 0,
    columnsPerHead: 0,
  });
  const common = { mode, causality, batch: B * H, heads: H };
  if (causality === "skip") {
    return { ...common, M: T, N: T, K: D, a: packed("q", 0), b: packed("k", 1), c: scores("s") };
  }
  return { ...common, M: T, N: D, K: T, a: scores("p"), b: packed("v", 2), c: packed("y", 1) };
}

const HEAD_CASES: HeadCase[] = [
  { mode: "NT", causality: "skip" },
  { mode: "NN", causality: "upto" },
  { mode: "TN", causality: "from" },
];
for (const kernels of FAMILIES) {
  for (const headCase of HEAD_CASES) {
    for (
      const size of [{ B: 2, H: 2, T: 72, D: 8 }, { B: 1, H: 3, T: 13, D: 5 }, { B: 2, H: 1, T: 128, D: 32 }]
    ) {
      const name = `${headCase.mode} ${headCase.causality} B${size.B} H${size.H} T${size.T} D${size.D}`;
      Deno.test(`lowerMatmul() of attention slices ${name} matches the reference (${kernels})`, async () => {
        await assertProductMatches(headProduct(headCase, size), kernels);
      });
    }
  }

  Deno.test(`lowerMatmul() pads logits of a vocabulary of 65 (${kernels})`, async () => {
    const spec = (mode: MatmulMode, M: number, N: number, K: number, shapes: number[][]): MatmulSpec => {
      const [a, b, c] = shapes.map((shape, i) =>
        wholeOperand(createTensor("abc"[i], shape, { lifetime: "persistent" }))
      );
      return { mode, M, N, K, a, b, c, accumulate: mode === "TN" };
    };
    await assertProductMatches(spec("NT", 40, 65, 32, [[40, 32], [65, 32], [40, 65]]), kernels);
    await assertProductMatches(spec("TN", 65, 32, 40, [[40, 65], [40, 32], [65, 32]]), kernels);
  });

  for (const K of [70000, 50257]) {
    Deno.test(`lowerMatmul() sums ${K} terms, more rows than a texture has (${kernels})`, async () => {
      const [a, b, c] = [[12, K], [K, 4], [12, 4]].map((shape, i) => {
        return wholeOperand(createTensor("abc"[i], shape, { lifetime: "persistent" }));
      });
      await assertProductMatches({ mode: "NN", M: 12, N: 4, K, a, b, c }, kernels);
    });
  }
}

Deno.test("lowerMatmul() has wave kernels for sizes that are not multiples of four", async () => {
  const recorder = new Recorder({
    traits: { subgroupSize: 8, isSoftware: true, maxTextureRows: 16384 } as DeviceTraits,
    family: "wave",
    parameterTexture: (_, make) => make().texture,
    packedTexture: () => undefined,
  });
  for (
    const [mode, M, N, K] of [["NN", 21, 65, 33], ["NT", 21, 7, 66], ["TN", 13, 9, 50], ["NN", 12, 8, 50257]]
  ) {
    const shapes = { NN: [[M, K], [K, N]], NT: [[M, K], [N, K]], TN: [[K, M], [K, N]] }[mode as MatmulMode];
    const [a, b, c] = [...shapes, [M, N]].map((shape) => {
      return wholeOperand(createTensor("operand", shape as number[], { lifetime: "persistent" }));
    });
    lowerMatmul(recorder, { mode: mode as MatmulMode, M: +M, N: +N, K: +K, a, b, c });
  }
  const products = recorder.dispatches.map(({ kernel }) => kernel).filter((kernel) =>
    kernel !== "pack_texture"
  );
  assertEquals(products, Array(4).fill("matmul_wave"));
});

Deno.test("matmulWave() writes the golden kernel", async () => {
  const code = matmulWave({
    mode: "NN",
    rows: 8,
    vectors: 1,
    aInTexture: false,
    bInTexture: true,
    causality: "none",
  });
  assertEquals(code, await Deno.readTextFile(new URL("../golden/matmul_wave_nn.wgsl", import.meta.url)));
});
