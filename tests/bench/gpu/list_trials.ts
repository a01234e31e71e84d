// Which trials there are on this machine, in order: what measures itself, the tests of every kernel, and PyTorch.

import type { BenchOptions } from "./bench_options.ts";
import { MEASUREMENTS } from "./measured_trials.ts";
import { MODELS } from "./model_sizes.ts";
import { type Part, PARTS, type Trial } from "./trial.ts";

/** Folder whose tests compare every kernel with its reference. */
const KERNEL_TESTS = "tests/kernels";
/** Further tests of the device, and of models as a whole. */
const FURTHER_TESTS = [
  "tests/kernels/program/gpu_backend_test.ts",
  "tests/lib/model/causality_test.ts",
  "tests/lib/model/gpt_test.ts",
  "tests/lib/training/oracle_test.ts",
  "tests/lib/inference/decoder_test.ts",
];

/** Longest time of a trial of each part, seconds. */
const LIMITS_S: Readonly<Record<Part, number>> = {
  probe: 30,
  check: 90,
  tune: 90,
  matmul: 30,
  train: 100,
  decode: 60,
  pytorch: 90,
};

/** @param root folder of the repository */
export async function listTrials(root: string, options: BenchOptions, adapter?: string): Promise<Trial[]> {
  const trials = [
    ...measuredTrials(root, options, adapter),
    ...await testTrials(root),
    ...torchTrials(root, { small: options.small, python: options.python ?? await findPython() }),
  ];
  return PARTS.filter((part) => options.only.includes(part)).flatMap((part) => {
    return trials.filter((trial) => trial.part === part);
  });
}

function measuredTrials(root: string, options: BenchOptions, adapter?: string): Trial[] {
  return [...MEASUREMENTS.keys()].map((id) => measuredTrial(root, id, { small: options.small, adapter }));
}

/** A measurement in a process of this same program. It may import nothing that is not in the repository. */
export function measuredTrial(
  root: string,
  id: string,
  options: { small: boolean; adapter?: string },
): Trial {
  const [part, name] = id.split("/") as [Part, string];
  const command = [
    Deno.execPath(),
    "run",
    "-A",
    "-q",
    "--no-config",
    "--no-remote",
    "--no-npm",
    `${root}/tests/bench/gpu/bench_gpu.ts`,
    "--trial",
    id,
  ];
  if (options.small) command.push("--small");
  if (options.adapter !== undefined) command.push("--adapter", options.adapter);
  return { part, name, limitS: LIMITS_S[part], command, output: "lines" };
}

/**
 * One trial a file of tests: with the adapters of `@std` that are in the repository, so that no package is needed. Files
 * with properties need one, and test nothing a device does.
 */
async function testTrials(root: string): Promise<Trial[]> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(`${root}/${KERNEL_TESTS}`)) {
    const file = `${KERNEL_TESTS}/${name}`;
    if (!name.endsWith("_test.ts")) continue;
    if (!(await Deno.readTextFile(`${root}/${file}`)).includes('from "fast-check"')) files.push(file);
  }
  return [...files.sort(), ...FURTHER_TESTS].map((file) => ({
    part: "check",
    name: file.split("/").at(-1)!.replace("_test.ts", "_test"),
    limitS: LIMITS_S.check,
    command: [
      Deno.execPath(),
      "test",
      "-A",
      "-q",
      "--no-check",
      "--no-config",
      "--no-remote",
      "--no-npm",
      "--import-map",
      `${root}/tests/bench/gpu/std_map.json`,
      `${root}/${file}`,
    ],
    env: { SHEEPOP_REQUIRE_GPU: "1" },
    output: "test report",
  }));
}

/** Each way of running PyTorch on each model, the widest comparison first. */
function torchTrials(root: string, { python, small }: { python: string; small: boolean }): Trial[] {
  const trial = (name: string, args: string[]): Trial => ({
    part: "pytorch",
    name,
    limitS: LIMITS_S.pytorch,
    command: [
      python,
      `${root}/tests/bench/gpu/torch_gpt.py`,
      ...args,
      "--seconds",
      small ? "1" : "6",
    ],
    output: "lines",
  });
  const names = Object.keys(MODELS) as (keyof typeof MODELS)[];
  const size = (name: keyof typeof MODELS) => JSON.stringify(small ? MODELS[name].small : MODELS[name].full);
  const training = (mode: "eager" | "compiled") =>
    names.map((name) => trial(`train_${name}_${mode}`, ["train", "--size", size(name), "--mode", mode]));
  const decoding = [1, 8].map((batch) =>
    trial(`decode_gpt2_124m_batch_${batch}`, [
      "decode",
      "--size",
      size("gpt2_124m"),
      "--batch",
      String(batch),
    ])
  );
  return [...training("eager"), ...decoding, ...training("compiled")];
}

const PYTHONS = ["python3", "/usr/bin/python3"];

/** The first Python that has PyTorch, else the first there may be: its trials say what is missing. */
async function findPython(): Promise<string> {
  const code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
  for (const python of PYTHONS) {
    try {
      if ((await new Deno.Command(python, { args: ["-c", code], stderr: "null" }).output()).success) {
        return python;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return PYTHONS[0];
}
