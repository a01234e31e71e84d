// The part of `@std/assert` that sheepop's tests use, for machines where JSR does not answer.
// Equality is own code: typed arrays, maps, sets, dates and class instances by value, NaN equal to NaN, -0 to +0.

/** A class whose instances a check expects. */
// deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor or abstract class
export type AnyConstructor = abstract new (...args: any[]) => any;

/** What every failed check throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Fails unless the value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Fails unless both values are equal by value. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw failure("Values are not equal", msg, `${difference(actual, expected)}`);
}

/** Fails when both values are equal by value. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) {
    throw failure(`Expected actual: ${show(actual)} not to be: ${show(expected)}`, msg);
  }
}

/** Fails unless both values are the same by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw failure("Values are not strictly equal", msg, `${difference(actual, expected)}`);
}

/** Fails when both values are the same by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) {
    throw failure(`Expected "actual" to not be strictly equal to: ${show(actual)}`, msg);
  }
}

/** Fails unless two numbers are closer than the tolerance; by default a ten-millionth of the expected value. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  throw failure(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${allowed}"`,
    msg,
  );
}

/** Fails when the value is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw failure(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** Fails when the value is truthy. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError(msg);
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const type = actual === null ? "null" : (actual as object | undefined)?.constructor?.name ?? typeof actual;
  throw failure(`Expected object to be an instance of "${expectedType.name}" but was "${type}"`, msg);
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw failure(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
  }
}

/** Fails unless the array contains every expected element. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const missing = Array.from(expected).filter((item) =>
    !Array.from(actual).some((other) => equal(item, other))
  );
  if (missing.length > 0) {
    throw failure(
      `Expected actual: "${show(actual)}" to include: "${show(expected)}"`,
      msg,
      `missing: ${show(missing)}`,
    );
  }
}

/** Fails unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) throw failure(`Expected actual: "${actual}" to match: "${expected}"`, msg);
}

/** Fails when the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) throw failure(`Expected actual: "${actual}" to not match: "${expected}"`, msg);
}

/** Fails unless `expected` is a part of `actual`, at every level. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the original's type, which accepts interfaces without an index
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (!contains(actual, expected)) throw failure("Object does not match", msg, difference(actual, expected));
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw failure(`Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw failure(`Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw failure(`Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw failure(`Expect ${show(actual)} <= ${show(expected)}`, msg);
}

/** Fails unless the value is an error of the class whose message contains the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor
  ErrorClass?: abstract new (...args: any[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw failure(`Expected "error" to be an Error object`, msg, show(error));
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw failure(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"`,
      msg,
      error.message,
    );
  }
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches?.test(error.message);
  if (matches === false) {
    throw failure(
      `Expected error message to include ${show(msgMatches)}, but got ${show(error.message)}`,
      msg,
    );
  }
}

/** Fails unless the function throws. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless the function throws an error of the class whose message contains the text. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor
  classOrMsg?: (abstract new (...args: any[]) => Error) | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const [ErrorClass, message] = typeof classOrMsg === "string" ? [undefined, classOrMsg] : [classOrMsg, msg];
  try {
    fn();
  } catch (error) {
    if (ErrorClass) assertIsError(error, ErrorClass, msgIncludes, message);
    return error;
  }
  throw failure("Expected function to throw", message);
}

/** Fails unless the promise rejects. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Fails unless the promise rejects with an error of the class whose message contains the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor
  classOrMsg?: (abstract new (...args: any[]) => Error) | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const [ErrorClass, message] = typeof classOrMsg === "string" ? [undefined, classOrMsg] : [classOrMsg, msg];
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw failure("Function throws when expected to reject", message, show(error));
  }
  try {
    await promise;
  } catch (error) {
    if (ErrorClass) assertIsError(error, ErrorClass, msgIncludes, message);
    return error;
  }
  throw failure("Expected function to reject", message);
}

/** Whether two values are equal by value. */
export function equal(a: unknown, b: unknown): boolean {
  return isEqual(a, b, new Map());
}

function isEqual(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (constructorOf(a) !== constructorOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Map) return isEqualMap(a, b as Map<unknown, unknown>, seen);
  if (a instanceof Set) return isEqualSet(a, b as Set<unknown>, seen);
  if (a instanceof ArrayBuffer) return isEqual(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), seen);
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) return isEqualList(a as never, b as never);
  if (a instanceof Error && a.stack !== (b as Error).stack) return false;
  const keys = new Set(
    [...Reflect.ownKeys(a), ...Reflect.ownKeys(b)].filter((key) => isEnumerable(a, b, key)),
  );
  return [...keys].every((key) =>
    Object.hasOwn(a, key) === Object.hasOwn(b, key) && isEqual(Reflect.get(a, key), Reflect.get(b, key), seen)
  );
}

function isEqualList(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

function isEqualMap(a: Map<unknown, unknown>, b: Map<unknown, unknown>, seen: Map<object, object>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([key, value]) =>
    b.has(key)
      ? isEqual(value, b.get(key), seen)
      : [...b].some(([other, otherValue]) => isEqual(key, other, seen) && isEqual(value, otherValue, seen))
  );
}

function isEqualSet(a: Set<unknown>, b: Set<unknown>, seen: Map<object, object>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every((item) => b.has(item) || [...b].some((other) => isEqual(item, other, seen)));
}

function isEnumerable(a: object, b: object, key: PropertyKey): boolean {
  return Object.prototype.propertyIsEnumerable.call(a, key) ||
    Object.prototype.propertyIsEnumerable.call(b, key);
}

// An object without a prototype equals a plain object, as in the original.
function constructorOf(value: object): unknown {
  return Object.getPrototypeOf(value)?.constructor ?? Object;
}

function contains(actual: unknown, expected: unknown): boolean {
  if (!isPlain(expected) || typeof actual !== "object" || actual === null) return equal(actual, expected);
  return Reflect.ownKeys(expected).every((key) =>
    Object.hasOwn(actual, key) && contains(Reflect.get(actual, key), Reflect.get(expected, key))
  );
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && constructorOf(value) === Object;
}

function difference(actual: unknown, expected: unknown): string {
  return `    [actual]   ${show(actual)}\n    [expected] ${show(expected)}`;
}

function failure(what: string, msg: string | undefined, detail = ""): AssertionError {
  return new AssertionError(`${what}${msg ? `: ${msg}` : "."}${detail ? `\n\n${detail}\n` : ""}`);
}

function show(value: unknown): string {
  return Deno.inspect(value, {
    depth: 10,
    sorted: true,
    compact: true,
    iterableLimit: 100,
    strAbbreviateSize: 10_000,
  });
}
