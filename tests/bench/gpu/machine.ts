// The machine a report names: driver, processor, memory, versions. What cannot be found out is left out.

import { VERSION } from "../../../lib/version.ts";

/** Facts by name, in the order they are shown. */
export type Machine = Readonly<Record<string, string | number>>;

/**
 * @param adapter name of the adapter
 * @param root folder of the repository
 */
export async function describeMachine(adapter: string, root: string): Promise<Machine> {
  const commit = await outputOf(["git", "-C", root, "rev-parse", "--short", "HEAD"]);
  const changes = await outputOf(["git", "-C", root, "status", "--porcelain", "--untracked-files=no"]);
  const facts: Record<string, string | number | undefined> = {
    driver: await describeDriver(adapter),
    sheepop: VERSION,
    commit: commit && (changes ? `${commit} with changes` : commit),
    deno: Deno.version.deno,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    processor: await describeProcessor(),
    cores: navigator.hardwareConcurrency,
    memory_gib: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    load_average: Deno.loadavg()[0].toFixed(2),
    webgpu_backend: Deno.env.get("DENO_WEBGPU_BACKEND"),
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(known) as Machine;
}

async function describeDriver(adapter: string): Promise<string | undefined> {
  if (/nvidia|geforce|quadro|tesla/i.test(adapter)) {
    const fields = "driver_version,memory.total,clocks.max.sm,power.limit";
    const found = await outputOf(["nvidia-smi", `--query-gpu=${fields}`, "--format=csv,noheader"]);
    return found ? `NVIDIA ${found.split("\n")[0]}` : await firstLineOf("/proc/driver/nvidia/version");
  }
  const mesa = await outputOf(["dpkg-query", "-W", "-f=${Version}", "mesa-vulkan-drivers"]);
  return mesa && `Mesa ${mesa}`;
}

async function describeProcessor(): Promise<string | undefined> {
  const text = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return /^model name\s*:\s*(.+)$/m.exec(text)?.[1];
}

async function firstLineOf(path: string): Promise<string | undefined> {
  return (await Deno.readTextFile(path).catch(() => "")).split("\n")[0] || undefined;
}

/** What a program prints; undefined where it fails or is not there. */
async function outputOf([program, ...args]: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
