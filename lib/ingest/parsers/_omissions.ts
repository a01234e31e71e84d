// Counts what a parser leaves out of a file, by reason, so that each reason is said once and at the end.

import type { ParseEvent } from "./parser.ts";

/** What is left out of one file. */
export class Omissions {
  readonly #found = new Map<string, { count: number; firstLine?: number }>();

  /**
   * @param reason - equal words for equal causes
   * @param firstLine - where it is, counted from 1, in a file that has lines
   */
  add(reason: string, firstLine?: number): void {
    const known = this.#found.get(reason);
    if (known !== undefined) known.count++;
    else this.#found.set(reason, { count: 1, firstLine });
  }

  /** How often a reason was met. */
  count(reason: string): number {
    return this.#found.get(reason)?.count ?? 0;
  }

  /** One event a reason, in the order in which they were met. */
  *events(): Generator<ParseEvent> {
    for (const [reason, { count, firstLine }] of this.#found) {
      yield { type: "omitted", reason, count, ...(firstLine === undefined ? {} : { firstLine }) };
    }
  }
}
