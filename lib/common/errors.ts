// Errors a person can act on, and the exit status each kind ends the program with.
// Every other error is a defect of sheepop or of the machine and ends with status 1.

/**
 * Exit statuses of the command line, documented in `sheepop --help`.
 *
 * @example
 * ```ts
 * import { EXIT_STATUS } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(EXIT_STATUS.usage, 2);
 * ```
 */
export const EXIT_STATUS = {
  success: 0,
  failure: 1,
  usage: 2,
  diverged: 4,
  locked: 5,
  incomplete: 7,
  interrupted: 130,
  terminated: 143,
} as const;

/**
 * A mistake of the user: one line naming the failed action, the rule, the current value and the next action.
 *
 * @example
 * ```ts
 * import { defaultConfig, UsageError, validateConfig } from "@sheepop/sheepop";
 * import { assertThrows } from "@std/assert";
 *
 * const config = defaultConfig();
 * config.model.numHeads = 3;
 * assertThrows(() => validateConfig(config), UsageError, "Cannot split 128 channels into 3 heads");
 * ```
 */
export class UsageError extends Error {
  /** Name of the class, for messages. */
  override name = "UsageError";
  /** Status the command line exits with. */
  readonly exitStatus: number;

  /** One line, and optionally the error behind it and another exit status. */
  constructor(message: string, options: { cause?: unknown; exitStatus?: number } = {}) {
    super(message, { cause: options.cause });
    this.exitStatus = options.exitStatus ?? EXIT_STATUS.usage;
  }
}
