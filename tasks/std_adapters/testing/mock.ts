// The part of `@std/testing/mock` that sheepop's tests use, for machines where JSR does not answer.

import { assertEquals, AssertionError, assertIsError } from "@std/assert";

/** A misuse of a spy or stub. */
export class MockError extends Error {
  override name = "MockError";
}

/** One call that a spy saw. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export interface SpyCall<Self = any, Args extends unknown[] = any[], Return = any> {
  /** Arguments. */
  args: Args;
  /** What the function returned. */
  returned?: Return;
  /** What the function threw. */
  error?: Error;
  /** `this` of the call. */
  self?: Self;
}

/** A function that keeps its calls. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export interface Spy<Self = any, Args extends unknown[] = any[], Return = any> {
  (this: Self, ...args: Args): Return;
  /** The function behind the spy. */
  original: (this: Self, ...args: Args) => Return;
  /** The calls so far. */
  calls: SpyCall<Self, Args, Return>[];
  /** Whether the original stands in its place again. */
  restored: boolean;
  /** Puts the original back in its place. */
  restore(): void;
}

/** A spy in the place of a method, put back at the end of a `using` block. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export interface MethodSpy<Self = any, Args extends unknown[] = any[], Return = any>
  extends Spy<Self, Args, Return>, Disposable {}

/** A replacement in the place of a method, put back at the end of a `using` block. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export interface Stub<Self = any, Args extends unknown[] = any[], Return = any>
  extends MethodSpy<Self, Args, Return> {
  /** The replacement. */
  fake: (this: Self, ...args: Args) => Return;
}

/** Parameters of a method. */
export type GetParametersFromProp<Self, Prop extends keyof Self> = Self[Prop] extends
  (...args: infer Args) => unknown ? Args : unknown[];

/** What a method returns. */
export type GetReturnFromProp<Self, Prop extends keyof Self> = Self[Prop] extends
  (...args: never[]) => infer Return ? Return : unknown;

/** What a call is expected to have been. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export interface ExpectedSpyCall<Self = any, Args extends unknown[] = any[], Return = any> {
  /** Arguments. */
  args?: [...Args, ...unknown[]];
  /** `this` of the call. */
  self?: Self;
  /** What was returned. */
  returned?: Return;
  /** What was thrown. */
  error?: {
    // deno-lint-ignore no-explicit-any -- the parameters of an arbitrary constructor
    Class?: new (...args: any[]) => Error;
    msgIncludes?: string;
  };
}

/** A function that does nothing but keep its calls. */
// deno-lint-ignore no-explicit-any -- the original's signature
export function spy<Self = any, Args extends unknown[] = any[], Return = undefined>(): Spy<
  Self,
  Args,
  Return
>;
/** A function that calls `func` and keeps its calls. */
export function spy<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): Spy<Self, Args, Return>;
/** Puts a function that keeps its calls in the place of a method. */
export function spy<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): MethodSpy<Self, GetParametersFromProp<Self, Prop>, GetReturnFromProp<Self, Prop>>;
export function spy(target?: unknown, property?: PropertyKey): unknown {
  if (property !== undefined) return replaceMethod(target as object, property);
  return makeSpy(typeof target === "function" ? target as Func : () => undefined, () => {
    throw new MockError("Cannot restore: function cannot be restored");
  });
}

/** Puts a function that does nothing, or calls `func`, in the place of a method. */
export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): Stub<Self, GetParametersFromProp<Self, Prop>, GetReturnFromProp<Self, Prop>>;
/** Puts a function in the place of a method. */
export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func: (this: Self, ...args: GetParametersFromProp<Self, Prop>) => GetReturnFromProp<Self, Prop>,
): Stub<Self, GetParametersFromProp<Self, Prop>, GetReturnFromProp<Self, Prop>>;
export function stub(self: object, property: PropertyKey, func: unknown = () => undefined): unknown {
  return Object.assign(replaceMethod(self, property, func as Func), { fake: func });
}

/** Fails unless the spy saw so many calls. */
export function assertSpyCalls(spy: Pick<Spy, "calls">, expectedCalls: number): void {
  if (spy.calls.length === expectedCalls) return;
  const how = spy.calls.length < expectedCalls
    ? "not called as much as expected"
    : "called more than expected";
  throw new AssertionError(
    `Spy ${how}:\n\n    [actual] ${spy.calls.length}\n    [expected] ${expectedCalls}`,
  );
}

/** Fails unless a call was as expected. */
export function assertSpyCall(spy: Pick<Spy, "calls">, callIndex: number, expected?: ExpectedSpyCall): void {
  const call = callAt(spy, callIndex);
  if (!expected) return;
  if (expected.args) assertEquals(call.args, expected.args, "Spy not called with expected args");
  if ("self" in expected) assertEquals(call.self, expected.self, "Spy not called as method on expected self");
  if (expected.error) assertIsError(call.error, expected.error.Class, expected.error.msgIncludes);
  else if ("returned" in expected) {
    if (call.error) {
      throw new AssertionError(`Spy call did not return expected value, an error was thrown: ${call.error}`);
    }
    assertEquals(call.returned, expected.returned, "Spy call did not return expected value");
  }
}

/** Fails unless a call had these arguments. */
export function assertSpyCallArgs(spy: Pick<Spy, "calls">, callIndex: number, expected: unknown[]): void {
  assertEquals<unknown[]>(callAt(spy, callIndex).args, expected, "Spy not called with expected args");
}

/** Fails unless a call had this argument; returns it. */
export function assertSpyCallArg<Expected>(
  spy: Pick<Spy, "calls">,
  callIndex: number,
  argIndex: number,
  expected: Expected,
): Expected {
  const arg: unknown = callAt(spy, callIndex).args[argIndex];
  assertEquals(arg, expected);
  return arg as Expected;
}

/** A function that returns the next value at each call, throwing it where it is an error. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export function returnsNext<Return, Self = any, Args extends unknown[] = any[]>(
  values: Iterable<Return | Error>,
): (this: Self, ...args: Args) => Return {
  const iterator = values[Symbol.iterator]();
  let calls = 0;
  return () => {
    const next = iterator.next();
    if (next.done) throw new MockError(`Not expected to be called more than ${calls} time(s)`);
    calls++;
    if (next.value instanceof Error) throw next.value;
    return next.value;
  };
}

/** A function that resolves to the next value at each call, rejecting where it is an error. */
// deno-lint-ignore no-explicit-any -- the original's defaults
export function resolvesNext<Return, Self = any, Args extends unknown[] = any[]>(
  values: Iterable<Return | Error | Promise<Return | Error>>,
): (this: Self, ...args: Args) => Promise<Return> {
  const next = returnsNext<Return | Error | Promise<Return | Error>>(values);
  return async () => {
    const value = await next();
    if (value instanceof Error) throw value;
    return value;
  };
}

type Func = (this: unknown, ...args: unknown[]) => unknown;

function makeSpy(original: Func, restore: () => void): MethodSpy<unknown, unknown[], unknown> {
  const calls: SpyCall<unknown, unknown[], unknown>[] = [];
  let isRestored = false;
  function spied(this: unknown, ...args: unknown[]): unknown {
    const call: SpyCall<unknown, unknown[], unknown> = this ? { args, self: this } : { args };
    try {
      call.returned = original.apply(this, args);
    } catch (error) {
      call.error = error as Error;
      calls.push(call);
      throw error;
    }
    calls.push(call);
    return call.returned;
  }
  const restoreOnce = (): void => {
    if (isRestored) throw new MockError("Cannot restore: instance method already restored");
    restore();
    isRestored = true;
  };
  const handle = {
    original,
    calls,
    restore: restoreOnce,
    [Symbol.dispose]: () => isRestored || restoreOnce(),
  };
  Object.assign(spied, handle);
  Object.defineProperty(spied, "restored", { get: () => isRestored, enumerable: true });
  return spied as unknown as MethodSpy<unknown, unknown[], unknown>;
}

function replaceMethod(
  self: object,
  property: PropertyKey,
  func?: Func,
): MethodSpy<unknown, unknown[], unknown> {
  const original: unknown = Reflect.get(self, property);
  if (typeof original !== "function") throw new MockError("Cannot spy: property is not an instance method");
  if ("restore" in original) throw new MockError("Cannot spy: already spying on instance method");
  const own = Object.getOwnPropertyDescriptor(self, property);
  if (own && !own.configurable) throw new MockError("Cannot spy: non-configurable instance method");
  const spied = makeSpy(func ?? original as Func, () => {
    if (own) Object.defineProperty(self, property, own);
    else Reflect.deleteProperty(self, property);
  });
  const isEnumerable = own?.enumerable ?? false;
  Object.defineProperty(self, property, {
    value: spied,
    writable: true,
    enumerable: isEnumerable,
    configurable: true,
  });
  return Object.assign(spied, { original: original as Func });
}

function callAt(spy: Pick<Spy, "calls">, callIndex: number): SpyCall {
  const call = spy.calls[callIndex];
  if (call) return call;
  throw new AssertionError(
    `Spy not called as much as expected:\n\n    [actual] ${spy.calls.length}\n    [expected] ${
      callIndex + 1
    }`,
  );
}
