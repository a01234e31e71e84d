// How each peer is started, and what is missing where it cannot be. Packages come from npm on first use, in the versions
// that peers/deno.json and its lock name; PyTorch has to be there.

import { type Contender, type Launch, reasonOf, type Skip } from "./contender.ts";
import type { DecodingTask, MatmulTask, PeerOptions, TrainingTask } from "./tasks.ts";

type Task = (TrainingTask | DecodingTask | MatmulTask) & PeerOptions;

const FOLDER = new URL("./", import.meta.url).pathname;

/** Debian's PyTorch multiplies with whichever OpenBLAS it finds; only the one on OpenMP shares its threads. */
const OPENBLAS = /^openblas-openmp$/;
const PYTHONS = ["/usr/bin/python3", "python3"];
const TORCH_REMEDY = "apt-get install python3-torch libopenblas0-openmp";

/** A contender of ours, or of one of our own kernels, in a process like the peers'. */
export function ours(
  script: string,
  task: unknown,
  options: { name?: string; env?: Record<string, string> } = {},
): Contender {
  const { name = "sheepop", env } = options;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const args = ["run", "-A", "--config", config, `${FOLDER}ours/${script}`, JSON.stringify(task)];
  return { name, launch: () => Promise.resolve({ program: Deno.execPath(), args, env }) };
}

/** A peer from npm. */
export function npmPeer(name: string, peer: { script: string; package: string; task: Task }): Contender {
  const args = [...denoArgs(), `${FOLDER}peers/${peer.script}`, JSON.stringify(peer.task)];
  return {
    name,
    launch: async () => await missingPackage(peer.package) ?? { program: Deno.execPath(), args },
  };
}

/** PyTorch; `weights` makes the file its first values are in. */
export function torchPeer(
  name: string,
  peer: { script: string; task: Task; weights: () => Promise<string> },
): Contender {
  return {
    name,
    async launch(): Promise<Launch | Skip> {
      const torch = await findTorch();
      if ("reason" in torch) return torch;
      const task = { ...peer.task, weights: await peer.weights() };
      return { ...torch, args: ["-B", `${FOLDER}peers/${peer.script}`, JSON.stringify(task)] };
    },
  };
}

function denoArgs(): string[] {
  const mayInstall = Deno.env.get("SHEEPOP_NO_INSTALL") !== "1";
  return ["run", "-A", "--config", `${FOLDER}peers/deno.json`, ...(mayInstall ? [] : ["--cached-only"])];
}

const packages = new Map<string, Promise<Skip | undefined>>();

/** Fetches a package where it is not there yet. */
function missingPackage(name: string): Promise<Skip | undefined> {
  const known = packages.get(name) ?? fetchPackage(name);
  packages.set(name, known);
  return known;
}

async function fetchPackage(name: string): Promise<Skip | undefined> {
  const args = [...denoArgs(), `${FOLDER}peers/fetch_package.ts`, name];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (success) return undefined;
  const hint = Deno.env.get("SHEEPOP_NO_INSTALL") === "1"
    ? "without SHEEPOP_NO_INSTALL=1"
    : "with npm in reach";
  return {
    reason: `${name} cannot be loaded: ${reasonOf(new TextDecoder().decode(stderr))}`,
    remedy: `run once ${hint}`,
  };
}

let torch: Promise<Launch | Skip> | undefined;

function findTorch(): Promise<Launch | Skip> {
  return torch ??= searchTorch(PYTHONS);
}

/** @returns how to start the first of the interpreters that has PyTorch */
export async function searchTorch(pythons: readonly string[]): Promise<Launch | Skip> {
  const env = { ...await openBlasOnOpenMp(), PYTHONDONTWRITEBYTECODE: "1" };
  let reason = "there is no python3";
  for (const program of pythons) {
    try {
      const { success, stderr } = await new Deno.Command(program, { args: ["-c", "import torch"], env })
        .output();
      if (success) return { program, args: [], env };
      reason = `${program}: ${reasonOf(new TextDecoder().decode(stderr))}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { reason, remedy: TORCH_REMEDY };
}

async function openBlasOnOpenMp(): Promise<Record<string, string>> {
  for (const root of await entriesOf("/usr/lib")) {
    const folder = (await entriesOf(`/usr/lib/${root}`)).find((name) => OPENBLAS.test(name));
    if (folder) return { LD_LIBRARY_PATH: `/usr/lib/${root}/${folder}` };
  }
  return {};
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch {
    return [];
  }
}
