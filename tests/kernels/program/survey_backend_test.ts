import { assertEquals, assertRejects } from "@std/assert";
import { matmul } from "../../../kernels/matmul/matmul.ts";
import { Recorder } from "../../../kernels/program/lowering.ts";
import { openSurveyBackend } from "../../../kernels/program/survey_backend.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { createTensor } from "../../../kernels/program/tensor.ts";
import { inputTensor } from "../../support/operation_checks.ts";
import { MADE_UP_GPU } from "../../support/made_up_gpu.ts";

function survey(operands: "f32" | "f16") {
  return openSurveyBackend({ traits: MADE_UP_GPU, kernels: "auto", operands });
}

function calls(K: number) {
  const tape = new Tape();
  const weight = createTensor("weight", [K, 64], { lifetime: "parameter" });
  for (const name of ["first", "second"]) matmul(tape, inputTensor(name, [32, K]), weight);
  return tape.calls;
}

Deno.test("openSurveyBackend() remembers each product once, with its variants, on a device that is not there", () => {
  const backend = survey("f32");
  backend.compile(calls(48), "program").replay();
  assertEquals([...backend.choices.keys()], ["tile NN 32x64x48"]);
  const { variants, flops } = backend.choices.get("tile NN 32x64x48")!;
  assertEquals(variants.toSorted(), ["4x4/32", "4x4/64", "8x8/128", "8x8/64"]);
  assertEquals(flops, 2 * 32 * 64 * 48);
});

Deno.test("openSurveyBackend() knows of f16 copies, and of products without a choice", () => {
  const backend = survey("f16");
  backend.compile(calls(48), "program");
  backend.compile(calls(47), "awkward");
  assertEquals([...backend.choices.keys()], ["tile NN 32x64x48 f16 weights"]);
});

Deno.test("a choice is tried over tensors of its own, with the variant that is asked for", () => {
  const backend = survey("f32");
  backend.compile(calls(48), "program");
  const [choice] = backend.choices.values();
  const kernels = choice.variants.map((variant) => {
    const recorder = new Recorder({
      traits: MADE_UP_GPU,
      family: "tile",
      parameterTexture: (_, make) => make().texture,
      chooseVariant: () => variant,
    });
    choice.trial(recorder);
    return recorder.dispatches.map(({ kernel, code }) => `${kernel} ${code.slice(0, 20)}`).join();
  });
  assertEquals(new Set(kernels).size, choice.variants.length, kernels.join("; "));
});

Deno.test("openSurveyBackend() holds no numbers", async () => {
  await assertRejects(() => survey("f32").read(inputTensor("x", [2])), Error, "a survey holds no x");
});
