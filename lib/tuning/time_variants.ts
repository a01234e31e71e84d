// Times the variants of a choice on a GPU, and picks the fastest: the best of several rounds, all variants in each round,
// so that a machine that is busy for a while is so for all of them.

import type { Lowering, VariantChoice } from "../../kernels/program/lowering.ts";
import type { GpuBackend, GpuProgram } from "../../kernels/program/gpu_backend.ts";
import type { TunedSubject } from "./tuning_file.ts";

/** One round: milliseconds of every variant of the choice, in their order. */
export type MeasureVariants = (choice: VariantChoice) => Promise<readonly number[]>;

/** A variant must be so much faster than the usual one to be taken, at best and in the middle: less is chance. */
const LEAST_GAIN = 0.03;

/** Kernels that bring operands into place, whatever the variant. */
const PACKING = new Set(["pack_texture", "copy_to_texture"]);

/** Measures a choice. */
export async function fastestVariant(
  choice: VariantChoice,
  options: { measure: MeasureVariants; rounds: number },
): Promise<TunedSubject> {
  const { variants, flops } = choice;
  const rounds: (readonly number[])[] = [];
  while (rounds.length < options.rounds) rounds.push(await options.measure(choice));
  const best = variants.map((_, i) => Math.min(...rounds.map((times) => times[i])));
  const fastest = best.indexOf(Math.min(...best));
  const isFaster = [best, medianRound(rounds, fastest)].every((times) => {
    return times[fastest] < times[0] * (1 - LEAST_GAIN);
  });
  return {
    variant: variants[isFaster ? fastest : 0],
    usual: variants[0],
    flops,
    ms: Object.fromEntries(variants.map((variant, i) => [variant, best[i]])),
  };
}

/** The round in the middle by what the variant gains over the usual one: one lucky round decides nothing. */
function medianRound(rounds: readonly (readonly number[])[], variant: number): readonly number[] {
  const gain = (times: readonly number[]) => times[variant] / times[0];
  return rounds.toSorted((a, b) => gain(a) - gain(b))[rounds.length >> 1];
}

/**
 * Measures on a GPU.
 *
 * @param wanted where the backend's `chooseVariant` finds what to choose
 */
export function measureOn(backend: GpuBackend, wanted: { variant: string | undefined }): MeasureVariants {
  const programs = new Map<string, GpuProgram[]>();
  const compile = (choice: VariantChoice, variant: string) => {
    wanted.variant = variant;
    const pass = {
      name: choice.subject,
      reference: () => {},
      lower: (_: unknown, lowering: Lowering) => choice.trial(lowering),
    };
    return backend.compile([{ pass, attributes: {}, inputs: {}, outputs: {}, site: 0 }], choice.subject);
  };
  return async (choice) => {
    const { subject, variants } = choice;
    if (!programs.has(subject)) programs.clear();
    const compiled = programs.get(subject) ?? variants.map((variant) => compile(choice, variant));
    programs.set(subject, compiled);
    const commands = compiled.flatMap((program) => program.commands);
    const nanoseconds = await backend.time({ label: subject, commands, replay: () => {} });
    let next = 0;
    return compiled.map((program) =>
      program.commands.reduce((ms, { kernel }) => {
        const own = nanoseconds[next++] / 1e6;
        return PACKING.has(kernel) ? ms : ms + own;
      }, 0)
    );
  };
}
