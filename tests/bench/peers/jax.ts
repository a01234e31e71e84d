// The part of jax-js that the contenders use. Functions take over the arrays they are handed; `.ref` keeps one alive.

import type { Facts } from "../contender.ts";
import { adapterName } from "./adapter_name.ts";

export interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  sum(axis?: number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(): JaxArray;
  slice(...index: (number | readonly number[])[]): JaxArray;
  astype(dtype: unknown): JaxArray;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

/** A nest of objects and lists of arrays. */
export type JaxTree = JaxArray | readonly JaxTree[] | { readonly [name: string]: JaxTree };
export type JaxArrays = Record<string, JaxArray>;

interface Numpy {
  readonly int32: unknown;
  readonly float32: unknown;
  array(data: Float32Array | Int32Array | number, options?: { dtype: unknown }): JaxArray;
  zeros(shape: readonly number[]): JaxArray;
  arange(size: number): JaxArray;
  matmul(a: JaxArray, b: JaxArray): JaxArray;
  equal(a: JaxArray, b: JaxArray): JaxArray;
  lessEqual(a: JaxArray, b: JaxArray): JaxArray;
  where(condition: JaxArray, a: JaxArray, b: JaxArray | number): JaxArray;
  sqrt(x: JaxArray): JaxArray;
  argmax(x: JaxArray): JaxArray;
}

interface Networks {
  standardize(x: JaxArray, axis: number): JaxArray;
  gelu(x: JaxArray): JaxArray;
  oneHot(x: JaxArray, classes: number): JaxArray;
  softmax(x: JaxArray, axis: number): JaxArray;
  logSoftmax(x: JaxArray, axis: number): JaxArray;
  dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray, options: { isCausal: boolean }): JaxArray;
}

export interface Jax {
  readonly numpy: Numpy;
  readonly nn: Networks;
  readonly tree: { ref<Tree extends JaxTree>(tree: Tree): Tree; leaves(tree: JaxTree): JaxArray[] };
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): void;
  jit<Inputs extends unknown[], Output>(f: (...inputs: Inputs) => Output): (...inputs: Inputs) => Output;
  valueAndGrad<Tree extends JaxTree, Rest extends unknown[]>(
    f: (tree: Tree, ...rest: Rest) => JaxArray,
  ): (tree: Tree, ...rest: Rest) => [JaxArray, Tree];
  blockUntilReady(arrays: readonly JaxArray[]): Promise<unknown>;
}

/** Computed, so that only who runs a peer needs the package. */
const PACKAGE: string = "@jax-js/jax";

/** Loads jax-js and sets it to a device. @throws {Error} when it does not have the device */
export async function openJax(device: string): Promise<Jax> {
  const jax: Jax = await import(PACKAGE);
  const devices = await jax.init(device as string);
  if (!devices.includes(device)) throw new Error(`jax-js has ${devices.join(", ")} here and no ${device}`);
  jax.defaultDevice(device);
  return jax;
}

/** What all contenders on jax-js say of themselves. */
export async function jaxFacts(device: string): Promise<Pick<Facts, "adapter" | "version">> {
  return { adapter: device === "webgpu" ? await adapterName() : device, version: "jax-js 0.1.25" };
}
