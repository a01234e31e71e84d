import { assertEquals, assertThrows } from "@std/assert";
import { lowerMatmul, matmul } from "../../kernels/matmul/matmul.ts";
import { type MatmulMode, type MatmulSpec, wholeOperand } from "../../kernels/matmul/matmul_spec.ts";
import { matmulWave } from "../../kernels/matmul/matmul_wave.ts";
import type { DeviceTraits } from "../../kernels/device/device.ts";
import { type KernelFamily, Recorder } from "../../kernels/program/lowering.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import {
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
} from "../support/operation_checks.ts";
import { assertProductMatches, HEAD_CASES, headProduct, product } from "../support/products.ts";

const FAMILIES: KernelFamily[] = ["wave", "tile", "plain"];

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

Deno.test("lowerMatmul() has wave kernels for sizes that are not multiples of four", () => {
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
