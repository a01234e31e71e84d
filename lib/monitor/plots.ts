// The pictures of a run: training_curve and loss_by_epoch, drawn from metrics.jsonl.
// Knows files only: what the charts show, how they are drawn and how they become PNG is elsewhere.

import { basename, join, resolve } from "node:path";
import { writeFileAtomic } from "../common/atomic_file.ts";
import { drawLineChart } from "./line_chart.ts";
import { readMetrics } from "./metrics.ts";
import { lossByEpochChart, trainingCurveChart } from "./run_charts.ts";
import { svgToPng } from "./svg_to_png.ts";

/** What to draw. */
export interface PlotOptions {
  /** Draws PNG files beside the SVG files. */
  readonly png: boolean;
  /** Called when PNG cannot be drawn on this machine; the SVG files are there. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Draws the pictures of a run into its folder, replacing older ones; those that show the same stay as they are.
 *
 * @param runDir - holds metrics.jsonl; without rows the pictures say that there are no data yet
 * @returns paths of the files written, of training_curve.svg, loss_by_epoch.svg and, where possible, .png; none when
 *   all are up to date
 * @throws {UsageError} as `readMetrics()`
 *
 * @example
 * ```ts
 * import { drawPlots } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 * import { basename } from "@std/path";
 *
 * const run = await Deno.makeTempDir();
 * const row = { kind: "validation", step: 1, loss: 5.2, perplexity: 181, bits_per_byte: 7.5, tokens: 1000 };
 * await Deno.writeTextFile(`${run}/metrics.jsonl`, `${JSON.stringify(row)}\n`);
 *
 * const paths = await drawPlots(run, { png: false });
 * assertEquals(paths.map((path) => basename(path)), ["training_curve.svg", "loss_by_epoch.svg"]);
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function drawPlots(runDir: string, options: PlotOptions): Promise<string[]> {
  const rows = await readMetrics(runDir);
  const run = basename(resolve(runDir));
  const svgs = [
    { name: "training_curve", svg: drawLineChart(trainingCurveChart(run, rows)) },
    { name: "loss_by_epoch", svg: drawLineChart(lossByEpochChart(run, rows)) },
  ];
  const paths: string[] = [];
  const write = async (name: string, data: string | Uint8Array): Promise<void> => {
    const path = join(runDir, name);
    await writeFileAtomic(path, data);
    paths.push(path);
  };
  for (const { name, svg } of svgs) {
    if (await readTextOr(join(runDir, `${name}.svg`), "") !== svg) await write(`${name}.svg`, svg);
  }
  if (!options.png) return paths;
  for (const { name, svg } of svgs) {
    if (await timeOf(join(runDir, `${name}.png`)) >= await timeOf(join(runDir, `${name}.svg`))) continue;
    try {
      await write(`${name}.png`, await svgToPng(svg));
    } catch (error) {
      options.onWarning?.(`No PNG was drawn: ${(error as Error).message}; the SVG files show the same`);
      break;
    }
  }
  return paths;
}

async function readTextOr(path: string, otherwise: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => otherwise);
}

/** Time of the last change; that of a missing file is before all others. */
async function timeOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ mtime }) => mtime?.getTime() ?? -Infinity, () => -Infinity);
}
