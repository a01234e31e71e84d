// Reads the bindings a WGSL text declares, so that a dispatch can name its operands as the kernel does and layouts are
// explicit: layout "auto" would silently drop a binding that a variant does not use.

export interface Binding {
  readonly name: string;
  readonly index: number;
  readonly kind: "read" | "write" | "uniform" | "texture_read" | "texture_write";
  /** Of a texture. */
  readonly format?: "rgba32float" | "rgba32uint";
}

const DECLARATION =
  /@group\(0\)\s*@binding\((\d+)\)\s*var(?:<(?:storage,\s*)?(read|read_write|uniform)>)?\s*(\w+)\s*:\s*(?:texture_storage_2d<(rgba32float|rgba32uint),\s*(read|write)>)?/g;

/** @throws {Error} when a binding is of a kind sheepop does not use */
export function bindingsOf(code: string): Binding[] {
  const found: Binding[] = [];
  for (const [text, index, access, name, format, texture] of code.matchAll(DECLARATION)) {
    if (!access && !texture) throw new Error(`Internal: cannot read WGSL binding: ${text}`);
    const kind = texture
      ? (texture === "read" ? "texture_read" : "texture_write")
      : (access === "read_write" ? "write" : access as "read" | "uniform");
    found.push({
      name,
      index: Number(index),
      kind,
      ...(format ? { format: format as Binding["format"] } : {}),
    });
  }
  return found;
}

/**
 * The fields of the struct behind `var<uniform> shape`, all u32, in order.
 *
 * @returns an empty list where the kernel declares none
 */
export function shapeFields(code: string): string[] {
  const type = /var<uniform>\s*shape\s*:\s*(\w+)/.exec(code)?.[1];
  if (!type) return [];
  const body = new RegExp(`struct\\s+${type}\\s*\\{([^}]*)\\}`).exec(code)![1];
  return Array.from(body.matchAll(/(\w+)\s*:\s*u32/g), ([, name]) => name);
}
