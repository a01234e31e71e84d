// Run by checkpoint_kill_test.ts in a process of its own until it is killed: saves step after step.
// Arguments: run folder, first step, and `safe` or `naive`; naive is what saving without a protocol does.

import { saveCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { makeCheckpoint, stepPath } from "./_checkpoint_fixture.ts";

const [runDir, firstStep, kind] = Deno.args;
const LENGTH = 120_000;
const PIECE_BYTES = 4096;

for (let step = Number(firstStep);; step++) {
  if (kind === "naive") await saveNaively(step);
  // every third step is saved twice, as a run does that resumed before it
  else for (let i = 0; i < (step % 3 === 0 ? 2 : 1); i++) await save(step);
}

async function save(step: number): Promise<void> {
  await saveCheckpoint(runDir, makeCheckpoint(step, LENGTH), { keepLast: 2 });
}

/** The same files, written in place, piece by piece. */
async function saveNaively(step: number): Promise<void> {
  const scratch = `${runDir}-scratch`;
  const source = await saveCheckpoint(scratch, makeCheckpoint(step, LENGTH), { keepLast: 2 });
  await Deno.mkdir(stepPath(runDir, step), { recursive: true });
  for (const { name } of Deno.readDirSync(source)) {
    const bytes = await Deno.readFile(`${source}/${name}`);
    using file = await Deno.create(stepPath(runDir, step, name));
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      await file.write(bytes.subarray(start, start + PIECE_BYTES));
    }
  }
}
