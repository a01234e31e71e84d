// What `sheepop tune` measured, kept in a file: the fastest variant of every product, for one adapter and one state of
// the kernels. A file made for others, or damaged, is never believed.

import { join } from "node:path";
import type { DeviceTraits } from "../../kernels/device/device.ts";
import { matmulSources } from "../../kernels/matmul/matmul_sources.ts";
import { writeFileAtomic } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import { sha256 } from "../common/hash.ts";
import { VERSION } from "../version.ts";

/** Times of the variants of one product. */
export interface TunedSubject {
  /** The fastest, or the usual one where nothing is clearly faster. */
  readonly variant: string;
  /** What is taken without measurements. */
  readonly usual: string;
  /** Floating-point operations. */
  readonly flops: number;
  /** Milliseconds by variant. */
  readonly ms: Readonly<Record<string, number>>;
}

export interface Tuning {
  /** Name of the adapter. */
  readonly adapter: string;
  /** Hash of all that decides whether the measurements hold: adapter, its limits, text of the kernels. */
  readonly key: string;
  /** Version of sheepop that measured. */
  readonly version: string;
  /** By subject: `tile NN 2048x768x256`. */
  readonly subjects: Readonly<Record<string, TunedSubject>>;
}

/** A file and what it holds: a tuning, or the reason why it cannot be used. */
export interface TuningFile {
  readonly path: string;
  readonly tuning?: Tuning;
  readonly problem?: string;
}

const FORMAT = 1;

/** What measurements on a device are kept under. WebGPU tells no version of the driver, except in the adapter's name. */
export function tuningKey(traits: DeviceTraits): string {
  return sha256(JSON.stringify([traits, matmulSources()])).slice(0, 16);
}

/**
 * Folder of the files that `auto` finds.
 *
 * @returns undefined where the environment names none, or may not be read
 */
export function tuningFolder(): string | undefined {
  const variable = (name: string) => {
    const isAllowed = Deno.permissions.querySync({ name: "env", variable: name }).state === "granted";
    return isAllowed ? Deno.env.get(name) || undefined : undefined;
  };
  const home = variable("HOME");
  const caches = variable("XDG_CACHE_HOME") ??
    (Deno.build.os === "windows" ? variable("LOCALAPPDATA") : home && join(home, ".cache"));
  return caches && join(caches, "sheepop", "tuning");
}

/**
 * The file that a setting stands for on a device.
 *
 * @param setting - `resources.tuning`: auto, off or a path
 * @returns undefined for off, and for auto where there is no folder for caches
 */
export function tuningPath(setting: string, traits: DeviceTraits): string | undefined {
  if (setting === "off") return undefined;
  if (setting !== "auto") return setting;
  const folder = tuningFolder();
  return folder && join(folder, `${tuningKey(traits)}.json`);
}

/**
 * Reads what was measured on a device.
 *
 * @param setting - `resources.tuning`
 * @returns undefined where there is nothing to read
 * @throws {UsageError} when a path was given and there is no file
 */
export async function findTuning(setting: string, traits: DeviceTraits): Promise<TuningFile | undefined> {
  const path = tuningPath(setting, traits);
  if (path === undefined) return undefined;
  // A library must not make its caller be asked for permissions.
  if (setting === "auto" && Deno.permissions.querySync({ name: "read", path }).state !== "granted") return;
  const file = await readTuning(path);
  if (!file) {
    if (setting === "auto") return undefined;
    throw new UsageError(
      `Cannot use resources.tuning = ${setting}: there is no such file, make it with sheepop tune --tuning ${setting}`,
    );
  }
  if (!file.tuning || file.tuning.key === tuningKey(traits)) return file;
  return { path, problem: "it was measured on another adapter or with other kernels" };
}

/** @returns undefined where there is no file */
export async function readTuning(path: string): Promise<TuningFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return { path, problem: (error as Error).message };
  }
  try {
    return { path, tuning: parseTuning(JSON.parse(text)) };
  } catch (error) {
    return { path, problem: `it is damaged: ${(error as Error).message}` };
  }
}

/** Every file that `auto` would find on some device. */
export async function listTunings(): Promise<TuningFile[]> {
  const folder = tuningFolder();
  const files: TuningFile[] = [];
  try {
    for await (const { name } of Deno.readDir(folder ?? "")) {
      const file = /^[0-9a-f]{16}\.json$/.test(name) && await readTuning(join(folder!, name));
      if (file) files.push(file);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Adds measurements to what the file holds for the same device; anything else in it is replaced. */
export async function writeTuning(
  path: string,
  traits: DeviceTraits,
  subjects: Readonly<Record<string, TunedSubject>>,
): Promise<Tuning> {
  const key = tuningKey(traits);
  const before = (await readTuning(path))?.tuning;
  const kept = before?.key === key ? before.subjects : {};
  const tuning = { adapter: traits.adapter, key, version: VERSION, subjects: { ...kept, ...subjects } };
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await writeFileAtomic(path, `${JSON.stringify({ format: FORMAT, ...tuning }, null, 2)}\n`);
  return tuning;
}

function parseTuning(value: unknown): Tuning {
  const { format, adapter, key, version, subjects } = asRecord(value, "the file");
  if (format !== FORMAT) throw new TypeError(`its format is ${format}, not ${FORMAT}`);
  for (const text of [adapter, key, version]) {
    if (typeof text !== "string") throw new TypeError("adapter, key or version is no text");
  }
  for (const [name, entry] of Object.entries(asRecord(subjects, "subjects"))) {
    const { variant, usual, flops, ms } = asRecord(entry, name);
    const times = Object.values(asRecord(ms, `ms of ${name}`));
    const areNumbers = [flops, ...times].every((number) => typeof number === "number" && number >= 0);
    if (typeof variant !== "string" || typeof usual !== "string" || !areNumbers) {
      throw new TypeError(`${name} is no measurement`);
    }
  }
  return { adapter, key, version, subjects } as Tuning;
}

function asRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new TypeError(`${name} is no object`);
}
