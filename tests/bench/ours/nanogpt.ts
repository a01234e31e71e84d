// Ours as a contender: a whole run of the command line, from text to the last validation loss. A unit of work is a run.

import { openGpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { contend, readTask } from "../contending.ts";
import { lastValidationLoss, type NanogptTask } from "../nanogpt_run.ts";

const { text } = readTask<NanogptTask>();
const root = new URL("../../../", import.meta.url).pathname;

async function run(): Promise<{ ms: number; loss: number }> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-bench-" });
  try {
    const args = ["run", "-q", "-A", "--config", `${root}deno.json`, `${root}cli/main.ts`, "train", text];
    args.push("--config", `${root}data/configs/shakespeare_char.yaml`, "--run-dir", `${folder}/run`);
    args.push("--output-dir", `${folder}/cache`);
    const startedAt = performance.now();
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const ms = performance.now() - startedAt;
    const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    if (!success) throw new Error(`The run failed: ${output.trim().split("\n").at(-1)}`);
    return { ms, loss: lastValidationLoss(output) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const adapter = await (async () => {
  await using gpu = await openGpuBackend();
  return gpu.description;
})();
await contend({ adapter, firstUnitMs: performance.now() }, async () => {
  const { ms, loss } = await run();
  return { unitMs: [ms], counts: { "validation loss": loss } };
}, { inChildren: true });
