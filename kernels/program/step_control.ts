// The little that changes from step to step. `StepControl` is written by the host before each micro-step; `TrainingState`
// lives on the device, is changed by the update program only, and is part of every checkpoint.
// Both are u32 arrays holding the bits of their fields, laid out as in snippets/step_control.wgsl.

import { createTensor, type Tensor } from "./tensor.ts";

export interface StepControl {
  /** Attempted updates before this one, from 0. */
  readonly step: number;
  /** Seed of every random number of the run. */
  readonly seed: number;
  /** Number, within the run, of the first sequence of the micro-batch: random numbers do not depend on its size. */
  readonly firstSample: number;
  /** Count of targets in the whole global batch; the loss is divided by it. */
  readonly lossDivisor: number;
  readonly learningRate: number;
}

export interface TrainingState {
  /** Updates really applied; the t of Adam's bias correction. */
  readonly appliedUpdates: number;
  /** 1 - beta1^t and 1 - beta2^t, kept as c <- c beta + (1 - beta), which does not cancel. */
  readonly correction1: number;
  readonly correction2: number;
  readonly lossScale: number;
  /** Applied updates since the loss scale last changed. */
  readonly goodSteps: number;
  /** 1 when the last update was skipped because a gradient was not finite. */
  readonly skipped: number;
  readonly totalSkipped: number;
  /** Norm of the gradient before clipping, and the factor it was multiplied by. */
  readonly gradNorm: number;
  readonly gradScale: number;
}

/** Elements of each tensor. */
export const STEP_CONTROL_SIZE = 8;
export const TRAINING_STATE_SIZE = 16;

/** Steps the ring remembers; the host must read it at least that often. */
export const RING_STEPS = 256;
/** f32 fields of a ring row: loss, gradient norm, skipped (0 or 1), count of non-finite gradient elements. */
export const RING_FIELDS = 4;

export function createStepControl(): Tensor {
  return createTensor("step_control", [STEP_CONTROL_SIZE], { dtype: "u32", lifetime: "input" });
}

export function createTrainingState(): Tensor {
  return createTensor("training_state", [TRAINING_STATE_SIZE], { dtype: "u32", lifetime: "persistent" });
}

/** Row `step % RING_STEPS` holds what became of attempted update `step`. */
export function createStepRing(): Tensor {
  return createTensor("step_ring", [RING_STEPS, RING_FIELDS], { lifetime: "persistent" });
}

/** State before the first update. */
export const INITIAL_TRAINING_STATE: TrainingState = {
  appliedUpdates: 0,
  correction1: 0,
  correction2: 0,
  lossScale: 1,
  goodSteps: 0,
  skipped: 0,
  totalSkipped: 0,
  gradNorm: 0,
  gradScale: 1,
};

const CONTROL_FIELDS: readonly [keyof StepControl, "u32" | "f32"][] = [
  ["step", "u32"],
  ["seed", "u32"],
  ["firstSample", "u32"],
  ["lossDivisor", "f32"],
  ["learningRate", "f32"],
];

const STATE_FIELDS: readonly [keyof TrainingState, "u32" | "f32"][] = [
  ["appliedUpdates", "u32"],
  ["correction1", "f32"],
  ["correction2", "f32"],
  ["lossScale", "f32"],
  ["goodSteps", "u32"],
  ["skipped", "u32"],
  ["totalSkipped", "u32"],
  ["gradNorm", "f32"],
  ["gradScale", "f32"],
];

export function packStepControl(control: StepControl): Uint32Array {
  return pack(control, CONTROL_FIELDS, STEP_CONTROL_SIZE);
}

export function unpackStepControl(words: Uint32Array): StepControl {
  return unpack(words, CONTROL_FIELDS);
}

export function packTrainingState(state: TrainingState): Uint32Array {
  return pack(state, STATE_FIELDS, TRAINING_STATE_SIZE);
}

export function unpackTrainingState(words: Uint32Array): TrainingState {
  return unpack(words, STATE_FIELDS);
}

function pack<T>(fields: T, layout: readonly [keyof T, "u32" | "f32"][], size: number): Uint32Array {
  const words = new Uint32Array(size);
  const floats = new Float32Array(words.buffer);
  layout.forEach(([name, type], i) => (type === "u32" ? words : floats)[i] = fields[name] as number);
  return words;
}

function unpack<T>(words: Uint32Array, layout: readonly [keyof T, "u32" | "f32"][]): T {
  const copy = words.slice();
  const floats = new Float32Array(copy.buffer);
  const entries = layout.map(([name, type], i) => [name, (type === "u32" ? copy : floats)[i]]);
  return Object.fromEntries(entries) as T;
}
