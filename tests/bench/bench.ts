// `deno task bench`: how fast training and decoding are on this adapter, alone or, with --peers, beside what a user would
// run instead. Prints tables and writes dist/bench.json or dist/bench-peers.json.

import { UsageError } from "../../lib/common/errors.ts";
import { benchAdapter } from "./adapter_bench.ts";
import { formatAdapterFigures } from "./adapter_report.ts";
import { type BenchFlags, HELP, parseBenchFlags } from "./bench_flags.ts";
import { benchPeers } from "./peers_bench.ts";
import { formatComparison, formatSummary, ROWS_HEADING } from "./report.ts";

try {
  await bench(parseBenchFlags(Deno.args, { processors: navigator.hardwareConcurrency }));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}

async function bench(flags: BenchFlags): Promise<void> {
  if (flags.help) {
    console.log(HELP.trimEnd());
  } else if (flags.peers) {
    let inRows = false;
    const report = await benchPeers(flags, {
      onResult: (result) => {
        if (result.isRow && !inRows) console.log(ROWS_HEADING);
        inRows = result.isRow;
        console.log(formatComparison(result));
      },
      tell: showProgress,
    });
    console.log(formatSummary(report.results));
    await writeReport("dist/bench-peers.json", report);
  } else {
    const figures = await benchAdapter(flags);
    console.log(formatAdapterFigures(figures));
    await writeReport("dist/bench.json", figures);
  }
}

/** A line that the next one overwrites. */
function showProgress(text: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}\r`));
}

async function writeReport(path: string, report: unknown): Promise<void> {
  await Deno.mkdir("dist", { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(report, null, 2));
  console.log(`\nWritten: ${path}`);
}
