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

/** A report as JSON with names as in files. */
export function formatJson(report: unknown): string {
  return `${JSON.stringify(snakeKeys(report), null, 2)}\n`;
}

/** Keys as everywhere in files: `max_binding_bytes`. */
function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      return [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snakeKeys(member)];
    }),
  );
}
