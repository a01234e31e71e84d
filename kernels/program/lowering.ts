// The contract between an operation and the GPU: an operation describes dispatches in terms of tensors, by the binding
// names of its WGSL file; the recorder turns them into a list the planner and the GPU backend can work on.
// A dispatch that writes a tensor invalidates the textures made from it.

import type { DeviceTraits } from "../device/device.ts";
import lanesSubgroup from "../snippets/lanes_subgroup.wgsl" with { type: "text" };
import lanesWorkgroup from "../snippets/lanes_workgroup.wgsl" with { type: "text" };
import packHalf from "./pack_half.wgsl" with { type: "text" };
import packTexture from "./pack_texture.wgsl" with { type: "text" };
import { layoutPanels, packPanels, type Panels } from "./panels.ts";
import { columnsOf, createTensor, type DType, rootOf, rowsOf, sizeOf, type Tensor } from "./tensor.ts";
import { vectorOf } from "./vector.ts";

/** Kernels for products: `wave` for software Vulkan, `tile` for GPUs, `plain` where compiling a tile takes minutes. */
export type KernelFamily = "auto" | ChosenFamily;
export type ChosenFamily = "wave" | "tile" | "plain";

/**
 * A matrix stored in a texture, four columns a texel; floats are zero beyond its edges up to a multiple of 64 rows and
 * columns. CPU adapters load it three times faster than a buffer.
 */
export interface Texture {
  readonly source: Tensor;
  readonly rows: number;
  readonly columns: number;
  /** Physical size in texels. */
  readonly width: number;
  readonly height: number;
  readonly format: "rgba32float" | "rgba32uint";
}

/** How products read parameters: as they are, or through an f16 copy. */
export type Operands = "f32" | "f16";

/** First line of a kernel that uses f16. */
export const ENABLE_F16 = "enable f16;\n";

/** What a binding of a kernel may be given; undefined binds an empty stand-in for an operand a variant does not use. */
export type Resource = Tensor | Texture | undefined;

export interface Dispatch {
  /** File name of the kernel without `.wgsl`; label of module and pipeline, and entry point. */
  readonly kernel: string;
  /** Complete WGSL: snippets first, then the file. */
  readonly code: string;
  /** Values of the `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** u32 fields, by name, of the kernel's `var<uniform> shape`: sizes that do not deserve a pipeline of their own. */
  readonly shape?: Readonly<Record<string, number>>;
  /** Resources by binding name. */
  readonly bindings: Readonly<Record<string, Resource>>;
  /** Workgroups per dimension. */
  readonly grid: readonly [number, number?, number?];
  /** A copy by the device itself that does the same in a third of the time. */
  readonly copy?: { readonly from: Tensor; readonly to: Texture };
  /** Floating-point operations, for the profile and for cutting submits. */
  readonly flops?: number;
  /** Bytes moved, where it is not all that is bound, once; see work.ts. */
  readonly bytes?: number;
  /** What tells it from other dispatches of its kernel, for the profile; the largest shape where left out. */
  readonly detail?: string;
}

/** A dispatch and the call it was lowered from. */
export interface RecordedDispatch extends Dispatch {
  readonly origin: Origin;
}

/** Where in a program a dispatch belongs. */
export interface Origin {
  /** Name of the pass. */
  readonly pass: string;
  readonly isBackward: boolean;
}

/** Size of a workgroup of a row kernel: `lanes` invocations share a row, `rows` rows share a workgroup. */
export interface RowShape {
  readonly lanes: number;
  readonly rows: number;
}

/** A decision between kernels that compute the same. */
export interface VariantChoice {
  /** What is computed, with all that its speed depends on: `tile NN 2048x768x256`. */
  readonly subject: string;
  /** Names of what computes it, the usual one first. */
  readonly variants: readonly string[];
  readonly flops: number;
  /** Lowers the same computation over tensors of its own, for somebody who measures; asks for the choice again. */
  trial(lowering: Lowering): void;
}

/** Names the variant to take, one of those offered; undefined takes the usual one. */
export type ChooseVariant = (choice: VariantChoice) => string | undefined;

export interface Lowering {
  readonly traits: DeviceTraits;
  readonly family: ChosenFamily;
  readonly rowShape: RowShape;
  /** Snippet that gives row kernels `lanes_sum` and `lanes_max` on this device. */
  readonly lanesSnippet: string;
  dispatch(dispatch: Dispatch): void;
  /** A tensor that lives from its first to its last use within this program. */
  scratch(name: string, shape: readonly number[], dtype?: DType): Tensor;
  /** The tensor as a texture of its last dimension's rows; packed on first use after each write. */
  texture(tensor: Tensor): Texture;
  /** Where the backend keeps a packed tensor: a texture that has no buffer behind it, or the tensor's buffer. */
  packed(tensor: Tensor): Tensor | Texture;
  /** Whether texture() would cost nothing. */
  hasTexture(tensor: Tensor): boolean;
  /** A matrix in panels, by default as [K, N]; packed on first use after each write. */
  panels(tensor: Tensor, options: { transposed: boolean }): Panels;
  /**
   * The f16 copy of everything that shares storage with a parameter, in u32s of two elements each; undefined where
   * products read f32, and for other tensors. Who writes parameters writes it too.
   */
  half(tensor: Tensor): Tensor | undefined;
  /** Which of the variants to take. */
  choose(choice: VariantChoice): string;
}

/** A texture and what fills it. */
export interface Packed {
  readonly texture: Texture;
  readonly packs: readonly Dispatch[];
}

export function isTexture(resource: Tensor | Texture): resource is Texture {
  return "source" in resource;
}

/** Texels added to each row: rows of exactly 4 KiB would all fall into the same sets of a CPU's caches. */
const ROW_PADDING = 16;

/** Records dispatches in order. One recorder lowers one program. */
export class Recorder implements Lowering {
  readonly dispatches: RecordedDispatch[] = [];
  /** Call that is being lowered. */
  origin: Origin = { pass: "", isBackward: false };
  readonly traits: DeviceTraits;
  readonly family: ChosenFamily;
  readonly rowShape: RowShape;
  readonly lanesSnippet: string;
  readonly #textures = new Map<string, Texture>();
  /** Textures of parameters outlive the program: packed again after each update, not here. */
  readonly #parameterTexture: (key: string, make: () => Packed) => Texture;
  readonly #chooseVariant: ChooseVariant | undefined;
  readonly #parameterHalf: ((root: Tensor) => Tensor) | undefined;
  readonly #packedTexture: (tensor: Tensor) => Texture | undefined;

  constructor(options: {
    traits: DeviceTraits;
    family: KernelFamily;
    chooseVariant?: ChooseVariant;
    /** Undefined where products read f32. */
    parameterHalf?: (root: Tensor) => Tensor;
    parameterTexture: (key: string, make: () => Packed) => Texture;
    /** The texture that holds a packed tensor; buffers hold all of them where left out. */
    packedTexture?: (tensor: Tensor) => Texture | undefined;
  }) {
    const { traits, family } = options;
    this.traits = traits;
    this.family = chooseFamily(family, traits);
    const lanes = traits.subgroupSize || 32;
    this.rowShape = { lanes, rows: Math.max(1, 64 / lanes) };
    this.lanesSnippet = traits.subgroupSize > 0 ? lanesSubgroup : lanesWorkgroup;
    this.#parameterTexture = options.parameterTexture;
    this.#chooseVariant = options.chooseVariant;
    this.#parameterHalf = options.parameterHalf;
    this.#packedTexture = options.packedTexture ?? (() => undefined);
  }

  dispatch(dispatch: Dispatch): void {
    this.dispatches.push({ ...dispatch, origin: this.origin });
    for (const [name, resource] of Object.entries(dispatch.bindings)) {
      if (!resource || isTexture(resource) || !isWritten(dispatch.code, name)) continue;
      const root = rootOf(resource);
      for (const [key, texture] of this.#textures) {
        if (rootOf(texture.source) === root) this.#textures.delete(key);
      }
    }
  }

  scratch(name: string, shape: readonly number[], dtype: DType = "f32"): Tensor {
    return createTensor(name, shape, { dtype });
  }

  texture(tensor: Tensor): Texture {
    return this.#packed(tensor, textureKey(tensor), () => packRows(tensor));
  }

  panels(tensor: Tensor, { transposed }: { transposed: boolean }): Panels {
    const { maxBindingBytes } = this.traits;
    const key = `${textureKey(tensor)}/panels${transposed ? "/transposed" : ""}`;
    return this.#packed(tensor, key, () => {
      const texture = layoutPanels(tensor, transposed);
      return { texture, packs: packPanels(texture, { transposed, maxBindingBytes }) };
    }) as Panels;
  }

  packed(tensor: Tensor): Tensor | Texture {
    return this.#packedTexture(tensor) ?? tensor;
  }

  hasTexture(tensor: Tensor): boolean {
    return tensor.lifetime === "parameter" || this.#textures.has(textureKey(tensor));
  }

  half(tensor: Tensor): Tensor | undefined {
    const root = rootOf(tensor);
    if (root.lifetime !== "parameter" || sizeOf(root) % 4 !== 0) return undefined;
    return this.#parameterHalf?.(root);
  }

  choose(choice: VariantChoice): string {
    return this.#chooseVariant?.(choice) ?? choice.variants[0];
  }

  #packed(tensor: Tensor, key: string, make: () => Packed): Texture {
    if (tensor.lifetime === "parameter") return this.#parameterTexture(key, make);
    const existing = this.#textures.get(key);
    if (existing) return existing;
    const { texture, packs } = make();
    for (const pack of packs) this.dispatch(pack);
    this.#textures.set(key, texture);
    return texture;
  }
}

/** The kernel family a device gets. */
export function chooseFamily(family: KernelFamily, traits: DeviceTraits): ChosenFamily {
  if (family !== "auto") return family;
  if (!traits.isSoftware) return "tile";
  return traits.subgroupSize === 8 ? "wave" : "plain";
}

/** Whether WGSL declares the binding for writing. */
export function isWritten(code: string, binding: string): boolean {
  return new RegExp(
    `var<storage,\\s*read_write>\\s*${binding}\\s*:|\\b${binding}\\s*:\\s*texture_storage_2d<\\w+,\\s*write>`,
  )
    .test(code);
}

function textureKey(tensor: Tensor): string {
  return `${rootOf(tensor).id}/${tensor.offset}/${tensor.shape.join("x")}`;
}

function packRows(tensor: Tensor): Packed {
  const rows = rowsOf(tensor);
  const columns = columnsOf(tensor);
  const height = roundUp(rows, 64);
  const texels = roundUp(columns, 64) / 4;
  const texture: Texture = {
    source: tensor,
    rows,
    columns,
    width: texels + ROW_PADDING,
    height,
    format: "rgba32float",
  };
  const vector = vectorOf(columns);
  return {
    texture,
    packs: [{
      kernel: "pack_texture",
      code: vector.snippet + packTexture,
      constants: { ROWS: rows, COLUMNS: columns / vector.width, TEXELS: texels, HEIGHT: height },
      bindings: { source: tensor, packed: texture },
      grid: [Math.ceil(texels / 8), Math.ceil(height / 8)],
      bytes: 4 * sizeOf(tensor) + 16 * texels * height,
      // Rows that are whole blocks leave nothing to pad.
      copy: rows === height && columns === texels * 4 ? { from: tensor, to: texture } : undefined,
    }],
  };
}

/** Makes the f16 copy of a flat window, and what fills it. */
export function packedHalf(root: Tensor): { half: Tensor; pack: Dispatch } {
  const size = sizeOf(root);
  const half = createTensor(`${root.name}_f16`, [size / 2], { dtype: "u32", lifetime: "persistent" });
  const groups = Math.ceil(size / 4 / 256);
  const columns = Math.min(groups, 32768);
  return {
    half,
    pack: {
      kernel: "pack_half",
      code: ENABLE_F16 + packHalf,
      constants: { SIZE: size / 4 },
      bindings: { source: root, half },
      grid: [columns, Math.ceil(groups / columns)],
      flops: size,
    },
  };
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
