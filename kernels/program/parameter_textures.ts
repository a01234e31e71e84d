// Copies of parameters in textures, made from the same numbers for all programs of a backend. Parameters change with every
// update, so copies know which version they were made from, and are made again just before a program reads them.

import type { Command } from "./command.ts";
import type { Dispatch, Packed, Texture } from "./lowering.ts";

/** A copy of a parameter in a texture, and what makes it. */
export interface ParameterTexture {
  readonly texture: Texture;
  readonly packs: readonly Command[];
  /** Version of the parameters it was made from; 0 before it is made. */
  version: number;
}

export class ParameterTextures {
  readonly #prepare: (pack: Dispatch) => Command;
  readonly #textures = new Map<string, ParameterTexture>();
  #version = 1;

  /** @param prepare makes a dispatch ready to be encoded */
  constructor(prepare: (pack: Dispatch) => Command) {
    this.#prepare = prepare;
  }

  /** What makes all copies asked for so far. */
  get commands(): Command[] {
    return [...this.#textures.values()].flatMap(({ packs }) => packs);
  }

  /** The copy kept under `key`, described by `make` the first time. */
  of(key: string, make: () => Packed): ParameterTexture {
    let entry = this.#textures.get(key);
    if (!entry) {
      const { texture, packs } = make();
      entry = { texture, packs: packs.map(this.#prepare), version: 0 };
      this.#textures.set(key, entry);
    }
    return entry;
  }

  /** Says that parameters were written. */
  outdate(): void {
    this.#version++;
  }

  /** What has to be encoded before a program reads these copies: nothing where they are up to date. */
  renew(textures: Iterable<ParameterTexture>): Command[] {
    const commands: Command[] = [];
    for (const entry of textures) {
      if (entry.version === this.#version) continue;
      commands.push(...entry.packs);
      entry.version = this.#version;
    }
    return commands;
  }
}
