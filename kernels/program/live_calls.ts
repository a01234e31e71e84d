// Leaves out calls whose results nobody reads: what comes after the last key and value of a prefill, for one.

import type { Call } from "./call.ts";
import { rootOf, type Tensor } from "./tensor.ts";

/** @returns the calls, in order, that something outliving the program depends on */
export function liveCalls(calls: readonly Call[]): Call[] {
  const wanted = new Set<Tensor>();
  return calls.toReversed().filter(({ inputs, outputs }) => {
    const results = Object.values(outputs).map(rootOf);
    if (!results.some((tensor) => tensor.lifetime !== "activation" || wanted.has(tensor))) return false;
    // Results may be added to: what they held before counts as read.
    for (const tensor of [...Object.values(inputs).map(rootOf), ...results]) wanted.add(tensor);
    return true;
  }).reverse();
}
