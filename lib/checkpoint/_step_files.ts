// The files inside one checkpoint folder: two of tensors, three of text, and the manifest that closes them.
// Knows how they are written and read back in full trust, not what the texts mean.

import { join } from "node:path";
import { syncPath } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import { writeDurableFile } from "./_durable_file.ts";
import { CheckpointRejected, readManifest, verifyFiles, writeManifest } from "./_manifest.ts";
import { openSafetensors, safetensorsSize, type StoredTensor, writeSafetensors } from "./safetensors.ts";

/** The content of a checkpoint folder. */
export interface StepContent {
  readonly step: number;
  readonly weights: StoredTensor[];
  readonly optimizer: StoredTensor[];
  readonly state: string;
  readonly config: string;
  readonly tokenizer: string;
}

// Room for directory entries and the manifest.
const MARGIN_BYTES = 1 << 16;

/** Bytes a checkpoint takes on the disk, at least. */
export function stepSize(content: StepContent): number {
  const { weights, optimizer, state, config, tokenizer } = content;
  const textBytes = encode(state).length + encode(config).length + encode(tokenizer).length;
  return safetensorsSize(weights) + safetensorsSize(optimizer) + textBytes + MARGIN_BYTES;
}

/**
 * Writes and syncs every file of an empty folder, the manifest last, and compares what the disk kept.
 *
 * @param folder - exists and is empty
 */
export async function writeStepFiles(folder: string, content: StepContent): Promise<void> {
  const { step } = content;
  const metadata = { format: "pt", step: String(step) }; // other loaders insist on a format
  const tensors = (name: string, list: readonly StoredTensor[]) =>
    writeSafetensors(join(folder, name), list, { metadata });
  const text = (name: string, value: string) => writeDurableFile(join(folder, name), [encode(value)]);
  const files = {
    "model.safetensors": await tensors("model.safetensors", content.weights),
    "optimizer.safetensors": await tensors("optimizer.safetensors", content.optimizer),
    "state.json": await text("state.json", content.state),
    "config.json": await text("config.json", content.config),
    "tokenizer.json": await text("tokenizer.json", content.tokenizer),
  };
  await writeManifest(folder, { step, files });
  await syncPath(folder);
  await verifyFiles(folder, await readManifest(folder));
}

/**
 * Verifies a folder and reads it.
 *
 * @param options.weightsOnly - leaves the optimizer's file unread and `optimizer` empty
 * @throws {CheckpointRejected} when anything is not as it was written
 */
export async function readStepFiles(folder: string, options: { weightsOnly: boolean }): Promise<StepContent> {
  try {
    const manifest = await readManifest(folder);
    const tensorFiles = options.weightsOnly
      ? ["model.safetensors"] as const
      : ["model.safetensors", "optimizer.safetensors"] as const;
    await verifyFiles(folder, manifest, [...tensorFiles, "state.json", "config.json", "tokenizer.json"]);
    const [weights, optimizer = []] = tensorFiles.map((name) => readTensors(join(folder, name)));
    const content = {
      step: manifest.step,
      weights,
      optimizer,
      state: await Deno.readTextFile(join(folder, "state.json")),
      config: await Deno.readTextFile(join(folder, "config.json")),
      tokenizer: await Deno.readTextFile(join(folder, "tokenizer.json")),
    };
    // a run that saves this step again swaps the whole folder
    if ((await readManifest(folder)).sha256 === manifest.sha256) return content;
  } catch (error) {
    if (error instanceof CheckpointRejected) throw error;
    if (error instanceof UsageError) throw new CheckpointRejected(error.message, { cause: error });
    if (isSystemError(error)) {
      throw new CheckpointRejected(`it cannot be read: ${error.message}`, { cause: error });
    }
    throw error;
  }
  throw new CheckpointRejected("it changed while it was read");
}

/** The file system refused something, as opposed to a defect of the program. */
export function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string" &&
    !(error instanceof TypeError);
}

function readTensors(path: string): StoredTensor[] {
  using file = openSafetensors(path);
  return Array.from(file.entries.keys(), (name) => file.read(name));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
