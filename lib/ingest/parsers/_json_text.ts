// JSON to values and back without harm: numbers keep their digits, and nesting is bounded.

/** What TypeScript does not know of JSON yet, https://tc39.es/proposal-json-parse-with-source. */
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

const JSON_WITH_SOURCE = JSON as unknown as JsonWithSource;
const MAX_DEPTH = 100;

/**
 * Parses JSON and keeps the digits of numbers that JavaScript would round.
 *
 * @throws {SyntaxError} when it is not JSON
 * @throws {RangeError} when it is nested too deeply to be read
 */
export function parseJson(text: string): unknown {
  if (!/\d{16}|\d[eE][+-]?\d{3}/.test(text)) return JSON.parse(text);
  return JSON_WITH_SOURCE.parse(text, (_key, value, { source }) => {
    if (typeof value !== "number" || source === undefined || !/\d{16}|[eE]/.test(source)) return value;
    return isExact(value, source) ? value : JSON_WITH_SOURCE.rawJSON(source);
  });
}

/** A number whose digits are kept, as {@linkcode parseJson} gives them. */
export function rawNumber(digits: string): object {
  return JSON_WITH_SOURCE.rawJSON(digits);
}

/** Pretty-printed JSON; undefined when it is nested too deeply, whose indentation alone could fill the memory. */
export function jsonText(value: unknown): string | undefined {
  if (JSON_WITH_SOURCE.isRawJSON(value)) return value.rawJSON;
  return isDeeperThan(value, MAX_DEPTH) ? undefined : JSON.stringify(value, null, 2);
}

function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(source))) return false;
  return !/^-?\d+$/.test(source) || BigInt(source) === BigInt(value);
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  if (Array.isArray(value)) {
    for (const one of value) {
      if (typeof one === "object" && isDeeperThan(one, depth - 1)) return true;
    }
    return false;
  }
  for (const key in value) {
    const one = (value as Record<string, unknown>)[key];
    if (typeof one === "object" && isDeeperThan(one, depth - 1)) return true;
  }
  return false;
}
