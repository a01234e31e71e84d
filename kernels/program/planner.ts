// Decides which activations share storage. Each tensor or texture of a program is alive from the first to the last
// dispatch that names it; two whose lives do not overlap may have the same buffer. Whole buffers only: WebGPU refuses a
// dispatch that reads one range of a buffer and writes another. The pool outlives the plan, so that programs share it.

import { type Dispatch, isTexture, type Texture } from "./lowering.ts";
import { rootOf, sizeOf, type Tensor } from "./tensor.ts";

/** Something that needs storage while dispatches `first` to `last` run. */
export interface Life {
  readonly item: Tensor | Texture;
  readonly first: number;
  readonly last: number;
}

/** A slot is one buffer or texture of the pool. */
export interface Slot {
  readonly kind: "buffer" | "texture";
  /** Bytes of a buffer slot; 0 for a texture. */
  readonly bytes: number;
  /** Texels of a texture slot. */
  readonly width: number;
  readonly height: number;
}

/** Slots of all programs planned so far. */
export class SlotPool {
  readonly slots: Slot[] = [];
}

/** Lives of the activations and activation textures of a program, in order of first use. */
export function livesOf(dispatches: readonly Dispatch[]): Life[] {
  const lives = new Map<Tensor | Texture, { first: number; last: number }>();
  dispatches.forEach((dispatch, index) => {
    for (const resource of Object.values(dispatch.bindings)) {
      if (!resource) continue;
      const item = isTexture(resource) ? resource : rootOf(resource);
      if ((isTexture(item) ? item.source : item).lifetime !== "activation") continue;
      const life = lives.get(item);
      if (life) life.last = index;
      else lives.set(item, { first: index, last: index });
    }
  });
  return [...lives].map(([item, life]) => ({ item, ...life }));
}

/** Assigns every item a slot of `pool`, adding slots where none is free. */
export function planSlots(lives: readonly Life[], pool: SlotPool): Map<Tensor | Texture, Slot> {
  const plan = new Map<Tensor | Texture, Slot>();
  const busyUntil = new Map<Slot, number>();
  for (const life of lives) {
    const free = pool.slots.filter((slot) => (busyUntil.get(slot) ?? -1) < life.first);
    const slot = bestFit(life.item, free) ?? addSlot(life.item, pool);
    busyUntil.set(slot, life.last);
    plan.set(life.item, slot);
  }
  return plan;
}

/** The smallest slot that holds the item; a buffer more than twice as large is left for larger items. */
function bestFit(item: Tensor | Texture, free: readonly Slot[]): Slot | undefined {
  if (isTexture(item)) {
    return free.find((slot) =>
      slot.kind === "texture" && slot.width === item.width && slot.height === item.height
    );
  }
  const bytes = sizeOf(item) * 4;
  let best: Slot | undefined;
  for (const slot of free) {
    if (slot.kind !== "buffer" || slot.bytes < bytes || slot.bytes > 2 * bytes) continue;
    if (!best || slot.bytes < best.bytes) best = slot;
  }
  return best;
}

function addSlot(item: Tensor | Texture, pool: SlotPool): Slot {
  const slot: Slot = isTexture(item)
    ? { kind: "texture", bytes: 0, width: item.width, height: item.height }
    : { kind: "buffer", bytes: sizeOf(item) * 4, width: 0, height: 0 };
  pool.slots.push(slot);
  return slot;
}
