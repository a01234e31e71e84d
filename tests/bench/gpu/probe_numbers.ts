// What the adapter's compiler makes of numbers that are not finite, how it rounds, and how far its loops count.

import { openDevice } from "../../../kernels/device/device.ts";
import loopProbe from "./loop_probe.wgsl" with { type: "text" };
import numberProbe from "./number_probe.wgsl" with { type: "text" };
import { openRawKernel } from "./raw_kernel.ts";
import type { TrialContext } from "./trial.ts";

/** How the bits of an answer are read. */
type AnswerKind = "truth" | "number" | "kept" | "third" | "e";

/** Answers in the order of number_probe.wgsl. */
export const ANSWERS: readonly (readonly [name: string, kind: AnswerKind])[] = [
  ["nan_differs_from_itself", "truth"],
  ["nan_seen_by_bits", "truth"],
  ["max_of_nan_and_0", "number"],
  ["max_of_0_and_nan", "number"],
  ["min_of_nan_and_0", "number"],
  ["clamp_of_nan", "number"],
  ["relu_of_nan_by_select", "number"],
  ["exp_of_100", "number"],
  ["exp_of_minus_200", "number"],
  ["infinity_minus_infinity", "number"],
  ["infinity_times_0", "number"],
  ["1_over_0", "number"],
  ["log_of_0", "number"],
  ["sqrt_of_minus_1", "number"],
  ["tanh_of_100", "number"],
  ["3e38_times_100", "number"],
  ["subnormal_kept", "kept"],
  ["fused_multiply_add", "kept"],
  ["multiply_then_add_is_contracted", "kept"],
  ["third_is_rounded_to_nearest", "third"],
  ["exp_of_1_error_ulp", "e"],
  ["inverse_sqrt_of_2", "number"],
  ["sqrt_of_2", "number"],
  ["infinity_seen_by_bits", "truth"],
];

/** What sheepop's kernels rely on; a false one is a defect there. */
const RELIED_ON: Readonly<Record<string, unknown>> = {
  nan_seen_by_bits: true,
  infinity_seen_by_bits: true,
  exp_of_minus_200: 0,
  tanh_of_100: 1,
};

const INPUTS = Float32Array.of(NaN, Infinity, 0, 1, 100, -1, 1e-40, 1 + 2 ** -12, 3e38);

/** Records every answer, and which of those that kernels rely on are wrong. */
export async function probeNumbers({ record }: TrialContext): Promise<void> {
  await using device = await openDevice();
  await using kernel = await openRawKernel(device, {
    code: numberProbe,
    kernel: "number_probe",
    resultBytes: ANSWERS.length * 4,
    inputs: [INPUTS],
  });
  await kernel.run();
  const answers = readAnswers(await kernel.read());
  for (const [name, value] of Object.entries(answers)) record(name, value);
  const wrong = Object.keys(RELIED_ON).filter((name) => answers[name] !== RELIED_ON[name]);
  record("relied_on_but_wrong", wrong);
  if (wrong.length > 0) throw new Error(`kernels rely on ${wrong.join(", ")}`);
}

/** Gives the words of number_probe.wgsl their meaning. */
export function readAnswers(words: Uint32Array): Record<string, number | boolean> {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  return Object.fromEntries(ANSWERS.map(([name, kind], i) => {
    switch (kind) {
      case "truth":
        return [name, words[i] === 1];
      case "kept":
        return [name, floats[i] !== 0];
      case "third":
        return [name, floats[i] === Math.fround(1 / 3)];
      case "e":
        return [name, Math.abs(floats[i] - Math.E) / 2 ** -22];
      case "number":
        return [name, floats[i]];
    }
  }));
}

/** Records how many iterations loops of 60,000, 100,000 and 300 x 300 really made. */
export async function probeLoops({ record }: TrialContext): Promise<void> {
  await using device = await openDevice();
  let isCapped = false;
  for (const [limit, nested] of [[60_000, 0], [100_000, 0], [0, 300], [1_000_000, 0]]) {
    await using kernel = await openRawKernel(device, {
      code: loopProbe,
      kernel: "loop_probe",
      resultBytes: 16,
      inputs: [Uint32Array.of(limit, nested)],
    });
    await kernel.run();
    const [counted, nestedCounted] = await kernel.read();
    if (nested > 0) record(`iterations_of_${nested}_x_${nested}`, nestedCounted);
    else record(`iterations_of_${limit}`, counted);
    isCapped ||= counted !== limit || nestedCounted !== nested * nested;
  }
  record("is_capped", isCapped);
}
