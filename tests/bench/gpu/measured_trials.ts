// The measurements by the names of their trials: what a process of the bench runs when it is started for one.

import { openDevice } from "../../../kernels/device/device.ts";
import { measureCeilingsHere, measureProduct, PRODUCTS } from "./measure_matmul.ts";
import { probeAdapter } from "./probe_adapter.ts";
import { probeDispatch, probeReadback, probeTimestamps } from "./probe_latency.ts";
import { probeLoops, probeNumbers } from "./probe_numbers.ts";
import { probeLanes, probeWorkgroupMemory } from "./probe_workgroups.ts";
import { selfTestTrial } from "./self_test_trial.ts";
import { measureDecoding } from "./measure_decoding.ts";
import { measureTraining } from "./measure_training.ts";
import { MODELS } from "./model_sizes.ts";
import { writeLine } from "./run_trial.ts";
import { SkipTrial, type TrialContext } from "./trial.ts";
import { tuneTrial } from "./tune_trial.ts";

export type Measurement = (context: TrialContext) => Promise<void>;

/** By part and name. */
export const MEASUREMENTS: ReadonlyMap<string, Measurement> = new Map<string, Measurement>([
  ["probe/adapter", probeAdapter],
  ["probe/readback", probeReadback],
  ["probe/dispatch", probeDispatch],
  ["probe/timestamps", probeTimestamps],
  ["probe/numbers", probeNumbers],
  ["probe/loops", probeLoops],
  ["probe/lanes", probeLanes],
  ["probe/workgroup_memory", probeWorkgroupMemory],
  ["check/self_test", selfTestTrial],
  ["tune/gpt2_124m", (context) => tuneTrial(context, "gpt2_124m")],
  ["tune/small_3m", (context) => tuneTrial(context, "small_3m")],
  ["matmul/ceilings", measureCeilingsHere],
  ...PRODUCTS.map((product): [string, Measurement] => [
    `matmul/${product.name}`,
    (context) => measureProduct(context, product),
  ]),
  ...Object.entries(MODELS).map(([name, sizes]): [string, Measurement] => [
    `train/${name}`,
    (context) => measureTraining(context, sizes),
  ]),
  ["train/gpt2_124m_f16", (context) => measureTraining(context, MODELS.gpt2_124m, { operands: "f16" })],
  ...[1, 8].map((batch): [string, Measurement] => [
    `decode/gpt2_124m_batch_${batch}`,
    (context) => measureDecoding(context, MODELS.gpt2_124m, batch),
  ]),
]);

/**
 * Measures one trial in this process and writes its figures.
 *
 * @param options.adapter name of the adapter the bench began on; another one is refused
 * @returns exit status
 */
export async function runMeasurement(
  id: string,
  options: { small: boolean; adapter?: string },
): Promise<number> {
  try {
    const measurement = MEASUREMENTS.get(id);
    if (!measurement) throw new Error(`there is no trial ${id}`);
    if (options.adapter !== undefined) await assertAdapter(options.adapter);
    const record = (figure: string, value: unknown) => writeLine({ figure, value });
    await measurement({ small: options.small, record });
    return 0;
  } catch (error) {
    if (error instanceof SkipTrial) {
      writeLine({ skip: error.message });
      return 0;
    }
    writeLine({ error: error instanceof Error ? error.message : String(error) });
    return 1;
  }
}

/** A device that went away may leave a software adapter to answer in its place. */
async function assertAdapter(expected: string): Promise<void> {
  await using device = await openDevice();
  if (device.traits.adapter === expected) return;
  throw new Error(`the adapter is ${device.traits.adapter} and the bench began on ${expected}`);
}
