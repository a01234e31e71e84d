// The cost model against the programs: what the formulas of docs/performance.md give is what the dispatches of compiled
// programs add up to, operation by operation.

import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { fuseEpilogues } from "../../kernels/matmul/fuse_epilogues.ts";
import type { Call } from "../../kernels/program/call.ts";
import {
  type ChosenFamily,
  type Dispatch,
  isTexture,
  type Packed,
  type RecordedDispatch,
  Recorder,
} from "../../kernels/program/lowering.ts";
import { livesOf } from "../../kernels/program/planner.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { rootOf, sizeOf } from "../../kernels/program/tensor.ts";
import { bytesOf, detailOf } from "../../kernels/program/work.ts";
import { Decoder } from "../../lib/inference/decoder.ts";
import { gptParameters } from "../../lib/model/gpt_parameters.ts";
import { openModel } from "../../lib/model/open_model.ts";
import { compileTraining } from "../../lib/training/training_programs.ts";
import { specConfig, specShape, type SpecSize } from "../support/gpt_spec.ts";
import { MADE_UP_GPU } from "../support/made_up_gpu.ts";
import { watchBackend } from "../support/watched_backend.ts";
import {
  attentionFormOf,
  costKey,
  type CostRow,
  costsOf,
  keptBytes,
  PARAMETERS,
  sizesOf,
  STEP_COSTS,
  TOKEN_COSTS,
  type Variant,
} from "./growth_costs.ts";
import { evaluateFormula } from "./growth_formula.ts";

const FAMILIES = ["wave", "tile"] as const;
/** Eight lanes, as wave kernels need, and textures tall enough for every vocabulary here. */
const MADE_UP_CPU = { ...MADE_UP_GPU, isSoftware: true, subgroupSize: 8, maxTextureRows: 65536 };
/** Sizes that are whole blocks, where the bytes are exact too; heads of 16, 32 and 64 channels. */
const ROUND: SpecSize[] = [
  { L: 1, H: 4, C: 64, T: 64, B: 3, V: 64 },
  { L: 2, H: 4, C: 128, T: 128, B: 3, V: 256 },
  { L: 3, H: 1, C: 64, T: 256, B: 2, V: 32000 },
];
const AWKWARD: SpecSize[] = [
  { L: 2, H: 3, C: 36, T: 130, B: 2, V: 101 },
  { L: 1, H: 4, C: 20, T: 3, B: 100, V: 7 },
];

interface Program {
  readonly dispatches: RecordedDispatch[];
  /** Textures of weights. */
  readonly packs: Dispatch[];
}

/** The programs of a size by label, lowered as the GPU backend would. */
async function programsOf(size: SpecSize, family: ChosenFamily): Promise<Map<string, Program>> {
  const calls = new Map<string, readonly Call[]>();
  await using reference = openReferenceBackend();
  const backend = watchBackend(reference, (program, label) => {
    calls.set(label, program);
    return [];
  });
  const gpt = openModel(backend, specShape(size), { trainable: true });
  compileTraining(backend, gpt, specConfig(size));
  new Decoder(backend, gpt);
  return new Map([...calls].map(([label, program]) => [label, lower(program, family)]));
}

function lower(calls: readonly Call[], family: ChosenFamily): Program {
  const made = new Map<string, Packed>();
  const recorder = new Recorder({
    family,
    traits: family === "tile" ? MADE_UP_GPU : MADE_UP_CPU,
    // Parts of a split sum are written and read besides: the formulas are those of whole sums.
    chooseVariant: ({ variants }) => variants.find((name) => !name.includes("split"))!,
    parameterTexture(key, make) {
      const packed = made.get(key) ?? make();
      made.set(key, packed);
      return packed.texture;
    },
  });
  for (const call of fuseEpilogues(calls)) {
    recorder.origin = { pass: call.pass.name, isBackward: call.isBackward ?? false };
    call.pass.lower(call, recorder);
  }
  return { dispatches: recorder.dispatches, packs: [...made.values()].flatMap(({ packs }) => packs) };
}

type Totals = Map<string, { flops: number; bytes: number }>;

function totalsOf(programs: readonly Program[]): Totals {
  const totals: Totals = new Map();
  for (const { dispatches, packs } of programs) {
    for (const dispatch of dispatches) {
      const { kernel, origin, flops = 0 } = dispatch;
      add(totals, costKey({ kernel, pass: origin.pass, detail: detailOf(dispatch) }), {
        flops,
        bytes: bytesOf(dispatch),
      });
    }
    for (const pack of packs) add(totals, "refresh_parameters", { flops: 0, bytes: bytesOf(pack) });
  }
  return totals;
}

function modelOf(rows: readonly CostRow[], size: SpecSize, variant: Variant): Totals {
  const totals: Totals = new Map();
  for (const { key, flops, bytes } of costsOf(rows, sizesOf(size), variant)) {
    add(totals, key, { flops, bytes });
  }
  return totals;
}

function add(totals: Totals, key: string, { flops, bytes }: { flops: number; bytes: number }): void {
  const sum = totals.get(key) ?? { flops: 0, bytes: 0 };
  totals.set(key, { flops: sum.flops + flops, bytes: sum.bytes + bytes });
}

function only<K extends "flops" | "bytes">(totals: Totals, what: K): Record<string, number> {
  const entries = [...totals].map(([key, sum]) => [key, sum[what]] as const);
  return Object.fromEntries(entries.filter(([key, value]) => !LOOSE.includes(key) && value > 0).sort());
}

/** The first has stages whose size depends on the device, the second is not worth a row. */
const LOOSE = ["grad_norm", "training_step_advance"];

Deno.test("PARAMETERS counts those of a model", () => {
  for (const size of [...ROUND, ...AWKWARD]) {
    const specs = gptParameters(specShape(size));
    const count = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    assertEquals(evaluateFormula(PARAMETERS, sizesOf(size)), count);
  }
});

for (const family of FAMILIES) {
  for (const size of [...ROUND, ...AWKWARD]) {
    const name = Object.entries(size).map(([letter, value]) => `${letter} ${value}`).join(" ");
    const isRound = ROUND.includes(size);

    Deno.test(`STEP_COSTS are those of the programs of a step, ${family} kernels, ${name}`, async () => {
      const programs = await programsOf(size, family);
      const actual = totalsOf([programs.get("micro_step")!, programs.get("update")!]);
      const attention = attentionFormOf(programs.get("micro_step")!.dispatches);
      const model = modelOf(STEP_COSTS, size, { family, attention });
      assertEquals(only(actual, "flops"), only(model, "flops"));
      if (isRound) assertEquals(only(actual, "bytes"), only(model, "bytes"));
      const [{ flops }, wanted] = [actual.get("grad_norm")!, model.get("grad_norm")!.flops];
      assertGreaterOrEqual(flops, wanted);
      assertLess(flops, 1.05 * wanted);
    });

    Deno.test(`TOKEN_COSTS are those of the program of a token, ${family} kernels, ${name}`, async () => {
      const actual = totalsOf([{ ...(await programsOf(size, family)).get("decode")!, packs: [] }]);
      const model = modelOf(TOKEN_COSTS, size, { family, attention: "flash" });
      assertEquals(only(actual, "flops"), only(model, "flops"));
      if (isRound) assertEquals(only(actual, "bytes"), only(model, "bytes"));
    });

    if (!isRound) continue;
    Deno.test(`keptBytes() is what a step keeps for the backward pass, ${family} kernels, ${name}`, async () => {
      const { dispatches } = (await programsOf(size, family)).get("micro_step")!;
      const isLoss = ({ origin }: RecordedDispatch) => origin.pass === "linear_cross_entropy_forward";
      const [first, last] = [dispatches.findIndex(isLoss), dispatches.findLastIndex(isLoss)];
      let kept = 0;
      for (const { item, first: start, last: end } of livesOf(dispatches)) {
        if (start >= first || end <= last) continue;
        kept += isTexture(item) ? 4 * item.width * item.height : sizeOf(rootOf(item));
      }
      const attention = attentionFormOf(dispatches);
      assertEquals(4 * kept, keptBytes(sizesOf(size), { family, attention }));
    });
  }
}
