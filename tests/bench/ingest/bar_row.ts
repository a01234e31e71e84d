// One line of `deno task bench:ingest`: what was measured, beside the figure it has to reach.

/** A measured figure and its bar. */
export interface BarRow {
  /** What was measured, `word F1, bash.pdf`. */
  readonly what: string;
  /** Our figure with its unit. */
  readonly ours: string;
  /** The other side's figure where there is one. */
  readonly theirs?: string;
  /** The bar with its unit; empty for a figure without one. */
  readonly bar: string;
  /** Whether ours reaches it; undefined for a figure without a bar. */
  readonly reached?: boolean;
}

/** A part of the bench, chosen by `--only <name>`. */
export interface IngestBench {
  /** Word for `--only`. */
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  /** Programs it compares with and the Debian package of each, `pdftotext`: `poppler-utils`. */
  readonly needs: Readonly<Record<string, string>>;
  /** Measures. `folder` is empty and removed afterwards. */
  run(folder: string): Promise<BarRow[]>;
}
