// One offset table for parameters, gradients and optimizer moments: all lie at the same place in flat arenas of their
// own, so that clipping, AdamW and clearing are one dispatch a window. Order is that in which gradients are complete, last
// block first, which is the reverse of the order of use. Whole tensors, 256-byte aligned, cut into windows no larger than
// the adapter binds. Where nothing is trained a parameter may be larger: a window of its own, read in pieces.

import { createTensor, type Tensor, viewOf } from "./tensor.ts";

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Distribution of the first values. */
  readonly init: { readonly kind: "normal"; readonly std: number } | { readonly kind: "zeros" } | {
    readonly kind: "ones";
  };
  /** Whether weight decay applies: matrices yes, norms and biases no. */
  readonly decay: boolean;
}

/** A slice of the table that fits one binding; every tensor is flat. */
export interface ParameterWindow {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly moment1: Tensor;
  readonly moment2: Tensor;
  /** Weight decay per row of 64 elements: 1 or 0. */
  readonly decay: Tensor;
  readonly decayRows: Float32Array;
}

export interface ParameterTable {
  readonly specs: readonly ParameterSpec[];
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly gradients: ReadonlyMap<Tensor, Tensor>;
  /** First and second moment of each parameter, by parameter. */
  readonly moments: ReadonlyMap<Tensor, readonly [Tensor, Tensor]>;
  readonly windows: readonly ParameterWindow[];
  /** Elements of all parameters, without padding. */
  readonly count: number;
}

/** Elements per row of the table. */
const ROW = 64;

/**
 * Lays the parameters out.
 *
 * @param options.maxElements largest window, elements
 * @param options.maxTensorElements largest parameter where nothing is trained; as large as a window where left out
 * @param options.trainable false: no parameter requires a gradient
 * @throws {RangeError} when one parameter is larger than a window
 */
export function layoutParameters(
  specs: readonly ParameterSpec[],
  options: { maxElements: number; maxTensorElements?: number; trainable: boolean },
): ParameterTable {
  const table = {
    specs,
    parameters: new Map<string, Tensor>(),
    gradients: new Map<Tensor, Tensor>(),
    moments: new Map<Tensor, readonly [Tensor, Tensor]>(),
    windows: [] as ParameterWindow[],
    count: specs.reduce((sum, spec) => sum + elementsOf(spec), 0),
  };
  for (const group of cutIntoWindows(specs, options)) {
    const window = createWindow(group, table.windows.length);
    table.windows.push(window);
    let offset = 0;
    for (const spec of group) {
      const { name, shape } = spec;
      const place = { offset, shape };
      const parameter = viewOf(window.parameter, { ...place, name, requiresGradient: options.trainable });
      table.parameters.set(name, parameter);
      table.gradients.set(parameter, viewOf(window.gradient, { ...place, name: `d_${name}` }));
      table.moments.set(parameter, [
        viewOf(window.moment1, { ...place, name }),
        viewOf(window.moment2, { ...place, name }),
      ]);
      offset += paddedElements(spec);
    }
  }
  return table;
}

function cutIntoWindows(
  specs: readonly ParameterSpec[],
  options: { maxElements: number; maxTensorElements?: number; trainable: boolean },
): ParameterSpec[][] {
  const { maxElements, trainable } = options;
  const largest = trainable ? maxElements : Math.max(maxElements, options.maxTensorElements ?? 0);
  const groups: ParameterSpec[][] = [];
  let room = 0;
  for (const spec of specs.slice().reverse()) {
    const size = paddedElements(spec);
    if (size > largest) {
      throw new RangeError(
        `Cannot place ${spec.name} [${spec.shape}]: it has ${size * 4} bytes and this adapter ${
          trainable ? "binds" : "holds"
        } at most ${largest * 4}`,
      );
    }
    if (size > room) {
      groups.push([]);
      room = maxElements;
    }
    groups[groups.length - 1].push(spec);
    room -= size;
  }
  return groups;
}

function createWindow(group: readonly ParameterSpec[], index: number): ParameterWindow {
  const size = group.reduce((sum, spec) => sum + paddedElements(spec), 0);
  const decayRows = new Float32Array(size / ROW);
  let row = 0;
  for (const spec of group) {
    const rows = paddedElements(spec) / ROW;
    decayRows.fill(spec.decay ? 1 : 0, row, row + rows);
    row += rows;
  }
  const flat = (name: string, lifetime: Tensor["lifetime"]) =>
    createTensor(`${name}_${index}`, [size], { lifetime });
  return {
    parameter: flat("parameters", "parameter"),
    gradient: flat("gradients", "gradient"),
    moment1: flat("moments1", "optimizer"),
    moment2: flat("moments2", "optimizer"),
    decay: createTensor(`decay_${index}`, [size / ROW], { lifetime: "persistent" }),
    decayRows,
  };
}

function elementsOf(spec: ParameterSpec): number {
  return spec.shape.reduce((a, b) => a * b, 1);
}

function paddedElements(spec: ParameterSpec): number {
  return Math.ceil(elementsOf(spec) / ROW) * ROW;
}

/** Parameter of that name. @throws {Error} when the model asks for one it did not declare */
export function parameterOf(table: ParameterTable, name: string): Tensor {
  const parameter = table.parameters.get(name);
  if (!parameter) throw new Error(`Internal: no parameter ${name}`);
  return parameter;
}
