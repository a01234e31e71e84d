import { assertEquals } from "@std/assert";
import { formatDuration } from "../../cli/_columns.ts";
import { formatProgress, TrainReport } from "../../cli/_train_report.ts";
import { OutputClosed } from "../../cli/print.ts";
import { ProgressLine } from "../../cli/progress.ts";

const PROGRESS = {
  step: 120,
  maxSteps: 300,
  loss: 2.3127,
  learningRate: 9.13e-4,
  gradNorm: 0.824,
  tokensPerSecond: 1890.4,
  etaMs: 83_000,
};

Deno.test("formatProgress() shows how far a run is and how it goes", () => {
  assertEquals(
    formatProgress(PROGRESS),
    "[##########--------------] 120/300  loss 2.313  lr 9.1e-4  grad norm 0.82  1,890 tokens/s  1:23 left",
  );
});

Deno.test("formatDuration() counts in seconds, hours and days", () => {
  const durations = [-5, 0, 900, 61_000, 3_600_000, 86_399_000, 200_000_000].map(formatDuration);
  assertEquals(durations, ["0:00", "0:00", "0:01", "1:01", "1:00:00", "23:59:59", "2 d 7 h"]);
});

Deno.test("TrainReport goes on without standard output when its reader is gone", () => {
  const written: string[] = [];
  const attempts: string[] = [];
  const progress = new ProgressLine({
    isTerminal: true,
    columns: () => 200,
    write: (text) => written.push(text),
    now: () => 0,
  });
  using report = new TrainReport({
    progress,
    write: (line) => {
      attempts.push(line);
      throw new OutputClosed("Standard output is closed");
    },
  });
  report.show({ kind: "warning", message: "one" });
  report.show({ kind: "warning", message: "two" });
  assertEquals(attempts, ["Warning: one"]);
  report.show({ kind: "progress", ...PROGRESS });
  assertEquals(written.join("").includes("120/300"), true, "progress is told on standard error");
});
