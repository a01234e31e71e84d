// Writing to standard output. A reader that went away (`sheepop config show | head`) ends the command
// quietly.

/** Standard output is closed: nothing is left to say. */
export class OutputClosed extends Error {
  override name = "OutputClosed";
}

/**
 * Writes text to standard output.
 *
 * @throws {OutputClosed} where the reader is gone; `main` then ends with status 0
 */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) {
      throw new OutputClosed("Standard output is closed", { cause: error });
    }
    throw error;
  }
}

/** Writes lines to standard output. @throws {OutputClosed} as `print` */
export function printLines(lines: readonly string[]): void {
  print(lines.map((line) => `${line}\n`).join(""));
}
