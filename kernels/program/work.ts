// How much work a dispatch is, for the profile: the bytes it has to move and what tells it from other
// dispatches of its kernel. Operations that touch only part of what they bind, or read what they write, say
// so themselves.

import { type Dispatch, isTexture, isWritten, type Resource } from "./lowering.ts";
import { sizeOf } from "./tensor.ts";

/**
 * Bytes that must move between memory and the kernel at least once: what is bound, each once, and what is
 * added to twice. A texture counts 16 bytes for each texel that holds columns of its matrix.
 */
export function bytesOf(dispatch: Dispatch): number {
  if (dispatch.bytes !== undefined) return dispatch.bytes;
  const isAddedTo = dispatch.constants?.ACCUMULATE === 1;
  let bytes = 0;
  for (const [name, resource] of Object.entries(dispatch.bindings)) {
    const times = isAddedTo && isWritten(dispatch.code, name) ? 2 : 1;
    bytes += times * resourceBytes(resource);
  }
  return bytes;
}

/** `NT 2048x256x768` where the operation says it, else the shape of the largest thing bound: `8x256x768`. */
export function detailOf(dispatch: Dispatch): string {
  if (dispatch.detail !== undefined) return dispatch.detail;
  let largest: Resource;
  for (const resource of Object.values(dispatch.bindings)) {
    if (resourceBytes(resource) > resourceBytes(largest)) largest = resource;
  }
  if (!largest) return "";
  return (isTexture(largest) ? largest.source : largest).shape.join("x");
}

function resourceBytes(resource: Resource): number {
  if (!resource) return 0;
  if (!isTexture(resource)) return 4 * sizeOf(resource);
  return 16 * resource.rows * Math.ceil(resource.columns / 4);
}
