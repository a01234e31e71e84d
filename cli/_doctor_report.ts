// What `sheepop doctor` prints: facts about the machine in aligned lines, and what to do where one is missing.

import type { GpuExamination } from "../lib/training/examine_gpu.ts";
import { VERSION } from "../lib/version.ts";
import { formatBytes, formatColumns, formatCount } from "./_columns.ts";

/** What the program runs on, beside the GPU. */
export interface SystemFacts {
  readonly sheepop: string;
  readonly deno: string;
  /** Processor and operating system: `x86_64-unknown-linux-gnu`. */
  readonly target: string;
  readonly os: typeof Deno.build.os;
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Looks at the machine. */
export function findSystem(): SystemFacts {
  return {
    sheepop: VERSION,
    deno: Deno.version.deno,
    target: Deno.build.target,
    os: Deno.build.os,
    cores: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
  };
}

/** The machine, line by line. */
export function formatSystem(system: SystemFacts): string[] {
  return formatRows([
    ["sheepop", system.sheepop],
    ["Deno", system.deno],
    ["System", `${system.target}, ${system.cores} cores, ${formatBytes(system.memoryBytes)} of memory`],
  ]);
}

/** The GPU, line by line. */
export function formatGpu(gpu: GpuExamination): string[] {
  const { traits, selfTest, selfTestMs } = gpu;
  const { isSoftware, subgroupSize, hasF16, hasTimestamps } = traits;
  const verdict = selfTest.ok ? "ok" : "FAILED";
  return [
    ...formatRows([
      ["Adapter", traits.adapter],
      ["Kind", isSoftware ? "software: computes on the CPU" : "hardware"],
      ["Subgroups", subgroupSize > 0 ? `${subgroupSize} lanes` : "not usable"],
      ["f16", hasF16 ? "yes" : "no"],
      ["Timestamps", hasTimestamps ? "yes" : "no"],
      [
        "Binding",
        `at most ${formatBytes(traits.maxBindingBytes)}, at multiples of ${traits.offsetAlignment} bytes`,
      ],
      ["Buffer", `at most ${formatBytes(traits.maxBufferBytes)}`],
      ["Texture", `at most ${formatCount(traits.maxTextureRows)} rows`],
      ["Kernels", gpu.kernels],
      ["Tuning", formatTuning(gpu.tuning)],
      ["Opening", formatMs(gpu.openMs)],
      ["Readback", formatMs(gpu.readbackMs)],
      [
        "Self-test",
        `${verdict}: ${selfTest.passes} passes in ${
          formatMs(selfTestMs)
        }, largest difference from the reference ` +
        `${selfTest.worst.toExponential(1)} (${selfTest.worstTensor})`,
      ],
    ]),
    ...hints(gpu),
  ];
}

/** What to install where no adapter answers. */
export function formatAdvice(os: SystemFacts["os"]): string[] {
  const steps = os === "linux"
    ? [
      "Debian, Ubuntu: sudo apt-get install mesa-vulkan-drivers",
      "Fedora: sudo dnf install mesa-vulkan-drivers",
      "Arch: sudo pacman -S vulkan-swrast, or vulkan-radeon or vulkan-intel for the card",
      "NVIDIA: the driver of NVIDIA, with its Vulkan part (libnvidia-gl on Ubuntu)",
    ]
    : ["the newest driver of the graphics card, or the newest system"];
  return [
    "No WebGPU adapter answers. To install:",
    ...steps.map((step) => `  ${step}`),
    "Without one, --device reference computes on the reference, hundreds of times slower",
  ];
}

function formatTuning({ path, subjects, problem }: GpuExamination["tuning"]): string {
  if (path === null) return "off";
  if (problem !== undefined) return `${path} is not used: ${problem}`;
  return subjects > 0
    ? `${formatCount(subjects)} products measured, in ${path}`
    : "none yet: sheepop tune measures";
}

function hints({ traits, selfTest, kernels }: GpuExamination): string[] {
  const lines: string[] = [];
  if (!selfTest.ok) {
    const other = kernels === "wave" ? "tile" : "wave";
    lines.push(
      `This adapter computes wrongly: try --kernels ${other} or another driver, and report doctor --json`,
    );
  }
  if (traits.isSoftware) {
    lines.push("Where this machine has a graphics card, its Vulkan driver makes training many times faster");
  }
  return lines.length > 0 ? ["", ...lines] : [];
}

/** Names of one width, so that the rows of two calls line up. */
function formatRows(rows: readonly (readonly [string, string])[]): string[] {
  return formatColumns(rows.map(([name, value]) => [name.padEnd("Timestamps".length), value]));
}

function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(2)} ms`;
}
