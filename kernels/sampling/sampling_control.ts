// How the next token is chosen, one row for each sequence that is being generated. Written by the host when a
// generation begins; one pipeline serves all settings. Rows are u32 arrays holding the bits of their fields,
// laid out as the struct of sampling_draw.wgsl.

import { createTensor, type Tensor } from "../program/tensor.ts";

export interface SamplingControl {
  /** What logits are divided by; 0 takes the most likely token, the lowest id among equals. */
  readonly temperature: number;
  /** Tokens with one of the `topK` highest logits are kept, and their equals; 0 keeps all. */
  readonly topK: number;
  /** Of those, the fewest most likely whose probabilities add up to `topP` are kept, and their equals; 1 keeps all. */
  readonly topP: number;
  /** With `stream` and the position of a token, the counter of its random number. */
  readonly seed: number;
  /** Tells generations of one seed apart. */
  readonly stream: number;
}

/** Elements of a row. */
export const SAMPLING_CONTROL_SIZE = 8;

/** Temperatures below it are 0: logits divided by them leave the range of f32. */
const LOWEST_TEMPERATURE = 1e-6;

/** Makes the settings of `rows` sequences. */
export function createSamplingControl(rows: number): Tensor {
  return createTensor("sampling_control", [rows, SAMPLING_CONTROL_SIZE], { dtype: "u32", lifetime: "input" });
}

/**
 * One row: temperature f32, top-k u32, top-p f32, seed u32, stream u32, three zeros.
 *
 * @throws {RangeError} when a field is out of range
 */
export function packSamplingControl(control: SamplingControl): Uint32Array {
  const { temperature, topK, topP, seed, stream } = control;
  const isValid = temperature >= 0 && Number.isFinite(temperature) && Number.isInteger(topK) && topK >= 0 &&
    topP > 0 && topP <= 1;
  if (!isValid) {
    throw new RangeError(
      `Cannot sample with temperature ${temperature}, top-k ${topK} and top-p ${topP}: ` +
        "need at least 0, an integer of at least 0, and above 0 up to 1",
    );
  }
  const words = new Uint32Array(SAMPLING_CONTROL_SIZE);
  const floats = new Float32Array(words.buffer);
  floats[0] = temperature < LOWEST_TEMPERATURE ? 0 : temperature;
  words[1] = Math.min(topK, 0xffffffff);
  floats[2] = topP;
  words[3] = seed;
  words[4] = stream;
  return words;
}

/** The settings of row `row`. */
export function unpackSamplingControl(rows: Uint32Array, row: number): SamplingControl {
  const words = rows.slice(row * SAMPLING_CONTROL_SIZE, (row + 1) * SAMPLING_CONTROL_SIZE);
  const floats = new Float32Array(words.buffer);
  return { temperature: floats[0], topK: words[1], topP: floats[2], seed: words[3], stream: words[4] };
}
