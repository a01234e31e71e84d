// First values in files, for contenders that cannot compute them: made on demand, gone at the end,
// also at an end by Ctrl-C.

import { writeSafetensors } from "../../lib/checkpoint/safetensors.ts";
import type { NamedWeights } from "../../lib/model/open_model.ts";
import { type SpecSize, specWeights } from "../support/gpt_spec.ts";
import { decodingWeights } from "./decoding_weights.ts";

/** 128 and the number of the signal. */
const EXIT_INTERRUPTED = 130;

export class WeightFiles implements AsyncDisposable {
  readonly #folder: string;
  readonly #files = new Map<string, Promise<string>>();

  readonly #interrupted: () => void;

  constructor(folder: string) {
    this.#folder = folder;
    this.#interrupted = () => {
      Deno.removeSync(folder, { recursive: true });
      Deno.exit(EXIT_INTERRUPTED);
    };
    Deno.addSignalListener("SIGINT", this.#interrupted);
  }

  training(size: SpecSize): Promise<string> {
    return this.#file(`training-${Object.values(size).join("-")}`, () => specWeights(size));
  }

  decoding(size: SpecSize): Promise<string> {
    return this.#file(`decoding-${Object.values(size).join("-")}`, () => decodingWeights(size));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.removeSignalListener("SIGINT", this.#interrupted);
    await Deno.remove(this.#folder, { recursive: true });
  }

  #file(name: string, weights: () => NamedWeights[]): Promise<string> {
    const path = `${this.#folder}/${name}.safetensors`;
    const file = this.#files.get(name) ?? writeSafetensors(path, weights()).then(() => path);
    this.#files.set(name, file);
    return file;
  }
}

export async function openWeightFiles(): Promise<WeightFiles> {
  return new WeightFiles(await Deno.makeTempDir({ prefix: "sheepop-bench-" }));
}
