// Whether the tensors of a file are those a model expects, before any of them is used.

import { UsageError } from "../common/errors.ts";

const MAX_LISTED = 5;

/**
 * Compares names and shapes.
 *
 * @param tensors - what a checkpoint holds
 * @param options.expected - what the model declares
 * @param options.what - what is being loaded, for the message: `the weights of data/runs/default`
 * @throws {UsageError} listing missing, unexpected and differently shaped tensors
 */
export function checkTensors(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
  options: {
    readonly expected: readonly { readonly name: string; readonly shape: readonly number[] }[];
    readonly what: string;
  },
): void {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const expected = new Map(options.expected.map((tensor) => [tensor.name, tensor]));
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !expected.has(name));
  const wrong: string[] = [];
  for (const [name, { shape }] of expected) {
    const other = found.get(name)?.shape;
    if (other && other.join() !== shape.join()) wrong.push(`${name} is [${other}] instead of [${shape}]`);
  }
  const problems = [list("missing", missing), list("unexpected", extra), list("of another shape", wrong)];
  const text = problems.filter((problem) => problem !== "").join("; ");
  if (text !== "") {
    throw new UsageError(
      `Cannot load ${options.what}: tensors are not those of this model: ${text}, use a checkpoint of this architecture`,
    );
  }
}

function list(label: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  const more = items.length > MAX_LISTED ? ` and ${items.length - MAX_LISTED} more` : "";
  return `${items.length} ${label} (${items.slice(0, MAX_LISTED).join(", ")}${more})`;
}
