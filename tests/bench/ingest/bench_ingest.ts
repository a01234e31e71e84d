// `deno task bench:ingest`: what ingest makes of real files beside the programs people would use instead, and how fast it
// is. `--only NAME` runs one part; a part whose programs are missing says which Debian packages bring them.

import { parseArgs } from "@std/cli/parse-args";
import type { BarRow, IngestBench } from "./bar_row.ts";
import { cleanBench } from "./clean.ts";
import { ocr } from "./ocr.ts";
import { office } from "./office.ts";
import { pdf } from "./pdf.ts";
import { recordsBench } from "./records.ts";
import { speed } from "./speed.ts";

const BENCHES: readonly IngestBench[] = [speed, pdf, ocr, office, recordsBench, cleanBench];

async function isInstalled(program: string): Promise<boolean> {
  return (await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" }).output())
    .success;
}

function formatRow({ what, ours, theirs, bar, reached }: BarRow): string {
  const verdict = reached === undefined ? "" : reached ? "reached" : "missed";
  return `  ${what.padEnd(58)} ${ours.padStart(14)} ${(theirs ?? "").padStart(14)}  ${
    bar.padEnd(22)
  } ${verdict}`;
}

async function runBench(bench: IngestBench): Promise<BarRow[]> {
  console.log(`\n${bench.title}`);
  const missing = [];
  for (const [program, debianPackage] of Object.entries(bench.needs)) {
    if (!await isInstalled(program)) missing.push(debianPackage);
  }
  if (missing.length > 0) {
    console.log(`  left out: needs the Debian packages ${missing.join(", ")}`);
    return [];
  }
  const folder = await Deno.makeTempDir({ prefix: "sheepop-bench-" });
  try {
    const rows = await bench.run(folder);
    console.log(`  ${"".padEnd(58)} ${"ours".padStart(14)} ${"theirs".padStart(14)}  bar`);
    for (const row of rows) console.log(formatRow(row));
    return rows;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const { only } = parseArgs(Deno.args, { string: ["only"] });
const names = only ? String(only).split(",") : BENCHES.map(({ name }) => name);
const chosen = BENCHES.filter(({ name }) => names.includes(name));
if (chosen.length === 0) {
  console.error(`Cannot measure ${only}: --only takes ${BENCHES.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}
const rows: BarRow[] = [];
for (const bench of chosen) rows.push(...await runBench(bench));
const barred = rows.filter(({ reached }) => reached !== undefined);
console.log(`\nBars: ${barred.filter(({ reached }) => reached).length} of ${barred.length} reached`);
