import { assertEquals } from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { copy } from "../../kernels/copy/copy.ts";
import { layerNorm } from "../../kernels/layer_norm/layer_norm.ts";
import { fuseEpilogues } from "../../kernels/matmul/fuse_epilogues.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { matmulPanels } from "../../kernels/matmul/matmul_panels.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import type { Call } from "../../kernels/program/call.ts";
import type { KernelFamily } from "../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, sizeOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, inputTensor, randomFloats, type Subject } from "../support/operation_checks.ts";
import { withoutSubgroups } from "../support/other_device.ts";

const FAMILIES: KernelFamily[] = ["wave", "tile", "plain"];

interface Size {
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly transposed?: boolean;
  readonly hasBias?: boolean;
  readonly activation?: "none" | "gelu" | "relu";
}

/** activation(norm(x) W + bias) + residual, recorded as the operations it consists of. */
function subjectOf(size: Size): Subject {
  const { M, K, N, transposed, hasBias = true, activation = "none" } = size;
  const tape = new Tape({ forwardOnly: true });
  const tensor = (name: string, shape: number[]) => inputTensor(name, shape, { requiresGradient: false });
  const [x, gamma, weight] = [
    tensor("x", [M, K]),
    tensor("gamma", [K]),
    tensor("weight", transposed ? [N, K] : [K, N]),
  ];
  const beta = hasBias ? tensor("beta", [K]) : undefined;
  const bias = hasBias ? tensor("bias", [N]) : undefined;
  const residual = hasBias ? tensor("residual", [M, N]) : undefined;
  const normalised = layerNorm(tape, x, gamma, beta, { epsilon: 1e-5 });
  const product = matmul(tape, normalised, weight, { bias, activation, transposed });
  const y = residual ? add(tape, residual, product) : product;
  const tensors = [x, gamma, weight, ...(beta && bias && residual ? [beta, bias, residual] : [])];
  const inputs = new Map(tensors.map((tensor, i) => [tensor, randomFloats(sizeOf(tensor), i + 1)]));
  return { tape, inputs, outputs: [y] };
}

/** Runs the calls and reads a result that stays. */
async function resultOf(
  backend: Backend,
  subject: Subject,
  adapt: (calls: readonly Call[]) => readonly Call[] = (calls) => calls,
): Promise<Float32Array> {
  const result = createTensor("result", subject.outputs[0].shape, { lifetime: "persistent" });
  const tape = new Tape({ forwardOnly: true });
  tape.calls.push(...subject.tape.calls);
  copy(tape, subject.outputs[0], result);
  for (const [tensor, data] of subject.inputs) backend.write(tensor, data);
  backend.compile(adapt(tape.calls), "subject").replay();
  return await backend.read(result) as Float32Array;
}

const SIZES: Size[] = [
  { M: 1, K: 1, N: 1 },
  { M: 1, K: 100, N: 300, activation: "gelu" },
  { M: 1, K: 768, N: 65, hasBias: false },
  { M: 2, K: 33, N: 7, activation: "relu" },
  { M: 3, K: 288, N: 64 },
  { M: 5, K: 123, N: 131, activation: "gelu" },
  { M: 8, K: 64, N: 192 },
  { M: 8, K: 264, N: 68 },
  { M: 13, K: 64, N: 96 },
  { M: 1, K: 48, N: 257, transposed: true, hasBias: false },
  { M: 7, K: 40, N: 1003, transposed: true },
  { M: 2, K: 5, N: 9, transposed: true },
];
for (const kernels of FAMILIES) {
  for (const size of SIZES) {
    const name = `${size.M}x${size.K}x${size.N}${size.transposed ? " transposed" : ""}`;
    Deno.test(`matmul() ${name} of a forward-only tape, with norm and residual, matches the reference (${kernels})`, async () => {
      await using gpu = await openTestGpu({ kernels });
      if (!gpu) return;
      await using reference = openReferenceBackend();
      const subject = subjectOf(size);
      const expected = await resultOf(reference, subject);
      assertClose(await resultOf(gpu, subject), expected, { name: "y" });
      if (kernels !== "tile") return;
      const adapt = (calls: readonly Call[]) => withoutSubgroups(fuseEpilogues(calls));
      assertClose(await resultOf(gpu, subject, adapt), expected, { name: "y without subgroups" });
    });
  }
}

for (const kernels of FAMILIES) {
  Deno.test(`matmul() of one row is one dispatch with its norm and residual on a forward-only tape (${kernels})`, async () => {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) return;
    for (const size of [{ M: 1, K: 64, N: 32 }, { M: 1, K: 64, N: 33, transposed: true }]) {
      const { tape, outputs } = subjectOf(size);
      copy(tape, outputs[0], createTensor("result", outputs[0].shape, { lifetime: "persistent" }));
      const names = gpu.compile(tape.calls, "subject").commands.map(({ kernel }) => kernel);
      assertEquals(names.filter((name) => name !== "pack_panels").length, 2, names.join());
    }
  });
}

Deno.test("matmul() of a forward-only tape gives a row the same bits, however many rows there are", async () => {
  await using gpu = await openTestGpu({ kernels: "wave" });
  if (!gpu) return;
  for (const [K, N] of [[64, 96], [512, 70]]) {
    const all = subjectOf({ M: 8, K, N, activation: "gelu" });
    const expected = await resultOf(gpu, all);
    for (const M of [1, 2, 3, 5]) {
      const some = subjectOf({ M, K, N, activation: "gelu" });
      const data = [...all.inputs.values()];
      const inputs = new Map(
        [...some.inputs.keys()].map((tensor, i) => [tensor, data[i].slice(0, sizeOf(tensor))]),
      );
      assertEquals(await resultOf(gpu, { ...some, inputs }), expected.slice(0, M * N), `${M} rows`);
    }
  }
});

Deno.test("matmulPanels() writes the golden kernel", async () => {
  const code = matmulPanels({
    rows: 1,
    aIsWhole: true,
    cIsWhole: true,
    hasBias: true,
    hasResidual: false,
    accumulate: false,
    activation: "gelu",
    norm: { K: 64, hasBeta: true, epsilon: 1e-5 },
  });
  assertEquals(code, await Deno.readTextFile(new URL("../golden/matmul_panels.wgsl", import.meta.url)));
});
