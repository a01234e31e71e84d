// Figures of ours alone as the terminal shows them. Returns text and prints nothing.

import type { AdapterFigures } from "./adapter_bench.ts";

/** Figures as lines of text. */
export function formatAdapterFigures(figures: AdapterFigures): string {
  const { training, decoding, kernels } = figures;
  const lines: string[] = [];
  const line = (name: string, text: string) => lines.push(`${name.padEnd(28)}${text}`);
  line("adapter", figures.adapter);
  line("model", Object.entries(figures.size).map(([key, value]) => `${key} ${value}`).join("  "));
  line("first step, warm", `${figures.warmFirstStepMs.toFixed(0)} ms, set-up included`);
  if (figures.coldFirstStepMs) {
    line("first step, cold", `${figures.coldFirstStepMs.toFixed(0)} ms, ${figures.pipelines} pipelines`);
  }
  line(
    "training",
    `${training.tokensPerSecond.toFixed(0)} tokens/s (best ${training.bestTokensPerSecond.toFixed(0)}), ` +
      `${training.medianStepMs.toFixed(0)} ms a step, ${training.gflops.toFixed(1)} GFLOP/s`,
  );
  line("submits a step", training.submitsPerStep.toFixed(1));
  line(
    "decoding",
    `${decoding.tokensPerSecond.toFixed(0)} tokens/s, ${decoding.tokensPerReadback} tokens a readback`,
  );
  line("GPU memory", `${(figures.memoryBytes / 2 ** 20).toFixed(0)} MiB`);
  if (kernels.length === 0) return lines.join("\n");
  lines.push("\nkernel                          dispatches        ms   GFLOP/s");
  for (const { kernel, dispatches, ms, gflops } of kernels) {
    lines.push(
      `${kernel.padEnd(32)}${String(dispatches).padStart(10)}${ms.toFixed(2).padStart(10)}${
        gflops.toFixed(1).padStart(10)
      }`,
    );
  }
  return lines.join("\n");
}
