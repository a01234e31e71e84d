// The profile of a decoded token: every dispatch of it on its own, then runs of tokens as generation makes
// them. The cache is full, so attention costs what it costs at most.

import type { GpuBackend, GpuProgram } from "../../kernels/program/gpu_backend.ts";
import type { Config } from "../config/config.ts";
import { Decoder } from "../inference/decoder.ts";
import type { Gpt } from "../model/gpt.ts";
import { profilePrograms } from "./profile_program.ts";
import {
  hostMsSince,
  medianOf,
  type OnProgress,
  type PartProfile,
  syntheticToken,
} from "./profile_training.ts";

/**
 * Profiles a token.
 *
 * @param options.generate how tokens are chosen, and how many are read back together
 * @param options.rounds how often every dispatch is timed
 * @param options.runs runs of `tokensPerReadback` tokens timed without instruments
 */
export async function profileDecoding(
  gpu: GpuBackend,
  gpt: Gpt,
  options: { generate: Config["generate"]; rounds: number; runs: number; onProgress: OnProgress },
): Promise<PartProfile> {
  const { generate, rounds, runs, onProgress } = options;
  const decoder = new Decoder(gpu, gpt);
  const program = decoder.program as GpuProgram;
  const control = { ...generate, stream: 0 };
  const fillTo = (length: number) => {
    const ids = Uint32Array.from({ length }, (_, index) => {
      return syntheticToken(gpt.shape.vocabSize, { stream: 0, index });
    });
    decoder.start(ids, control);
  };
  fillTo(1);
  await profilePrograms(gpu, [{ program }], {
    rounds: 1,
    onCommand: (done, total) =>
      onProgress(`Compiling the kernels of a token: dispatch ${done + 1} of ${total}`),
  });
  let round = 0;
  const rows = await profilePrograms(gpu, [{ program }], {
    rounds,
    prepare: () => {
      onProgress(`Timing every dispatch of a token: round ${++round} of ${rounds}`);
      fillTo(decoder.capacity);
    },
  });
  const tokens = Math.max(1, Math.min(generate.tokensPerReadback, decoder.capacity - 2));
  const walls: number[] = [];
  const hosts: number[] = [];
  let submits = 0;
  for (let run = 0; run < runs; run++) {
    onProgress(`Timing runs of ${tokens} tokens: ${run + 1} of ${runs}`);
    fillTo(Math.max(1, decoder.capacity - tokens - 1));
    await decoder.decode(1);
    const submitsBefore = gpu.submits;
    const startedAt = performance.now();
    const { submitMs } = gpu;
    for (let token = 0; token < tokens; token++) program.replay();
    gpu.flush();
    hosts.push(hostMsSince(gpu, { startedAt, submitMs }) / tokens);
    // The readback that generation makes after so many tokens.
    await decoder.decode(0);
    walls.push((performance.now() - startedAt) / tokens);
    submits = (gpu.submits - submitsBefore) / tokens;
  }
  return {
    tokens: 1,
    rows,
    submits,
    hostMs: Math.min(...hosts),
    wallMs: Math.min(...walls),
    medianWallMs: medianOf(walls),
  };
}
