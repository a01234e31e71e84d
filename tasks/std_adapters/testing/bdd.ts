// The part of `@std/testing/bdd` that sheepop's tests use, over `node:test`, which `deno test` runs.

import * as nodeTest from "node:test";

type Body = () => void | Promise<void>;

/** A function that registers a group or a test, with its variants. */
export interface Register {
  (name: string, fn: Body): void;
  /** Registers it and runs nothing else. */
  only(name: string, fn: Body): void;
  /** Registers it and does not run it. */
  skip(name: string, fn: Body): void;
  /** Registers it and does not run it. */
  ignore(name: string, fn: Body): void;
}

/** Registers a group of tests. */
export const describe: Register = register(nodeTest.describe);

/** Registers a test. */
export const it: Register = register(nodeTest.it);

/** Runs `fn` once before the tests of the group. */
export function beforeAll(fn: Body): void {
  nodeTest.before(fn);
}

/** Runs `fn` once after the tests of the group. */
export function afterAll(fn: Body): void {
  nodeTest.after(fn);
}

/** Runs `fn` before each test of the group. */
export function beforeEach(fn: Body): void {
  nodeTest.beforeEach(fn);
}

/** Runs `fn` after each test of the group. */
export function afterEach(fn: Body): void {
  nodeTest.afterEach(fn);
}

function register(add: (name: string, options: nodeTest.TestOptions, fn: Body) => unknown): Register {
  const skip = (name: string, fn: Body): void => void add(name, { skip: true }, fn);
  return Object.assign((name: string, fn: Body): void => void add(name, {}, fn), {
    only: (name: string, fn: Body): void => void add(name, { only: true }, fn),
    skip,
    ignore: skip,
  });
}
