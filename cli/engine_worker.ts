// The thread that owns the GPU. It runs one job, reports events, and stops between two steps when the shared flag says
// so: a waiting GPU blocks its thread, so signals and progress stay on the main one.

import type { EngineJob, EngineMessage } from "./_engine.ts";

interface WorkerScope {
  onmessage: ((message: MessageEvent<EngineJob>) => void) | null;
  postMessage(message: EngineMessage): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: job }) => {
  const stop = new Int32Array(job.stopFlag);
  const shouldStop = () => Atomics.load(stop, 0) !== 0;
  const onEvent = (event: unknown) => scope.postMessage({ kind: "event", event });
  try {
    scope.postMessage({ kind: "done", result: await run(job, { onEvent, shouldStop }) });
  } catch (error) {
    scope.postMessage({ kind: "failed", failure: describe(error) });
  }
};

async function run(
  job: EngineJob,
  hooks: { onEvent: (event: unknown) => void; shouldStop: () => boolean },
): Promise<unknown> {
  if (job.name === "train") {
    const { trainFromFiles } = await import("../lib/training/pipeline.ts");
    return await trainFromFiles(job.config, { ...job.options, ...hooks });
  }
  if (job.name === "doctor") {
    const { examineGpu } = await import("../lib/training/examine_gpu.ts");
    return await examineGpu(job.config.resources);
  }
  if (job.name === "evaluate") {
    const { evaluateCheckpoint } = await import("../lib/evaluation/evaluate.ts");
    return await evaluateCheckpoint(job.config, { ...job.options, ...hooks });
  }
  if (job.name === "profile") {
    const { profileModel } = await import("../lib/profile/profile.ts");
    return await profileModel(job.config, { ...job.options, ...hooks });
  }
  if (job.name === "tune") {
    const { tuneModel } = await import("../lib/tuning/tune.ts");
    return await tuneModel(job.config, hooks);
  }
  const { generateFromCheckpoint } = await import("../lib/inference/generate.ts");
  return await generateFromCheckpoint(job.config, { ...job.options, ...hooks });
}

function describe(error: unknown): Extract<EngineMessage, { kind: "failed" }>["failure"] {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const exitStatus = error instanceof Error && "exitStatus" in error ? error.exitStatus as number : undefined;
  return { name, message, stack, exitStatus };
}
