import { assert, assertEquals } from "@std/assert";
import { createTensor } from "../../kernels/program/tensor.ts";
import type { Call } from "../../kernels/program/call.ts";
import { randomUnit } from "../../kernels/snippets/random.ts";
import random from "../../kernels/snippets/random.wgsl" with { type: "text" };
import { openTestGpu } from "../support/gpu.ts";

const COUNTER = { seed: 42, step: 7, site: 3, sample: 5, element: 0 };

function sequence(count: number, counter: Partial<typeof COUNTER> = {}): number[] {
  return Array.from({ length: count }, (_, element) => randomUnit({ ...COUNTER, ...counter, element }));
}

Deno.test("randomUnit() on the GPU equals its twin bit for bit", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = 1000;
  const drawn = createTensor("drawn", [size], { lifetime: "persistent" });
  const code = random + `
@group(0) @binding(0) var<storage, read_write> drawn: array<f32>;
@compute @workgroup_size(8)
fn draw(@builtin(global_invocation_id) id: vec3u) {
  drawn[id.x] = random_unit(4294967295u, 7u, 3u, 4000000000u, id.x * 4294967u);
}`;
  const pass = {
    name: "draw",
    reference(): void {},
    lower: (_: Call, lowering: Parameters<Call["pass"]["lower"]>[1]) =>
      lowering.dispatch({ kernel: "draw", code, bindings: { drawn }, grid: [size / 8] }),
  };
  gpu.compile([{ pass, attributes: {}, inputs: {}, outputs: { drawn }, site: 0 }], "draw").replay();
  const counter = { seed: 0xffffffff, step: 7, site: 3, sample: 4_000_000_000 };
  const expected = Float32Array.from(
    { length: size },
    (_, i) => randomUnit({ ...counter, element: i * 4294967 }),
  );
  assertEquals(await gpu.read(drawn), expected);
});

Deno.test("randomUnit() is uniform over [0, 1)", () => {
  const units = sequence(64_000);
  const bins = new Array(64).fill(0);
  for (const unit of units) {
    assert(unit >= 0 && unit < 1);
    bins[Math.floor(unit * 64)]++;
  }
  // 63 degrees of freedom: mean 63, deviation 11.2
  const chiSquared = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert(chiSquared > 25 && chiSquared < 110, `${chiSquared}`);
});

Deno.test("randomUnit() has unrelated neighbours in every word of the counter", () => {
  const size = 4096;
  const base = sequence(size);
  const others = [
    base.slice(1).concat(base[0]),
    base.slice(4).concat(base.slice(0, 4)),
    ...(["seed", "step", "site", "sample"] as const).map((word) =>
      sequence(size, { [word]: COUNTER[word] + 1 })
    ),
  ];
  for (const other of others) {
    let correlation = 0;
    base.forEach((unit, i) => correlation += (unit - 0.5) * (other[i] - 0.5) * 12 / size);
    // Deviation of the correlation of unrelated sequences: 1 / sqrt(4096)
    assert(Math.abs(correlation) < 4 / 64, `${correlation}`);
  }
});
