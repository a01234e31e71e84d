// How invocations lie in subgroups, and how much memory a workgroup really gets.

import { openDevice } from "../../../kernels/device/device.ts";
import laneProbe from "./lane_probe.wgsl" with { type: "text" };
import { openRawKernel } from "./raw_kernel.ts";
import { SkipTrial, type TrialContext } from "./trial.ts";
import workgroupMemoryProbe from "./workgroup_memory_probe.wgsl" with { type: "text" };

const WIDTHS = [32, 64, 128, 256];

/** Records the size of subgroups and the order of lanes for workgroups of several widths. */
export async function probeLanes({ record }: TrialContext): Promise<void> {
  await using device = await openDevice();
  if (!device.gpu.features.has("subgroups" as GPUFeatureName) && device.traits.subgroupSize === 0) {
    throw new SkipTrial("subgroups are refused, or kernels may not use them");
  }
  record("size_kernels_use", device.traits.subgroupSize);
  for (const width of WIDTHS) {
    await using kernel = await openRawKernel(device, {
      code: laneProbe,
      kernel: "lane_probe",
      constants: { WIDTH: width },
      resultBytes: width * 16,
    });
    await kernel.run();
    record(`workgroup_of_${width}`, readLanes(await kernel.read(), width));
  }
}

/** What the words of lane_probe.wgsl say about a workgroup. */
export function readLanes(words: Uint32Array, width: number): Record<string, unknown> {
  const column = (field: number) => Array.from({ length: width }, (_, i) => words[4 * i + field]);
  const [lanes, sizes, neighbours, sums] = [0, 1, 2, 3].map(column);
  return {
    subgroup_sizes: [...new Set(sizes)],
    lane_is_index_modulo_size: lanes.every((lane, i) => lane === i % sizes[i]),
    shuffle_finds_neighbour: neighbours.every((neighbour, i) => neighbour === (i ^ 1)),
    sum_counts_all_lanes: sums.every((sum, i) => sum === Math.min(sizes[i], width)),
  };
}

const KIB = 1024;
const SIZES_KIB = [16, 32, 48, 64, 96, 128, 160, 224];

/** Records the largest array of workgroup memory that works, of those the device's limit allows. */
export async function probeWorkgroupMemory({ record }: TrialContext): Promise<void> {
  await using device = await openDevice();
  const limit = device.gpu.limits.maxComputeWorkgroupStorageSize;
  record("limit_bytes", limit);
  let largest = 0;
  for (const bytes of SIZES_KIB.map((size) => size * KIB).filter((bytes) => bytes <= limit)) {
    await using kernel = await openRawKernel(device, {
      code: `const COUNT = ${bytes / 4}u;\n${workgroupMemoryProbe}`,
      kernel: "workgroup_memory_probe",
      resultBytes: 16,
    });
    await kernel.run({ groups: 256 });
    const [wrong] = await kernel.read();
    if (wrong > 0) throw new Error(`${wrong} words of ${bytes} bytes of workgroup memory came back wrong`);
    largest = bytes;
    record("largest_ok_bytes", largest);
  }
}
