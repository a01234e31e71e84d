// ONNX Runtime for the web on WebGPU as a contender: greedy decoding of a graph as exporters make it. Keys and values of the
// past are inputs, those of past and present outputs, which stay on the device; logits are read.

import type { SpecSize } from "../../support/gpt_spec.ts";
import { contend, readTask } from "../contending.ts";
import { decodingWeights } from "../decoding_weights.ts";
import { type DecodingTask, promptId } from "../tasks.ts";
import { OnnxModel } from "./onnx_model.ts";
import { onnxFacts, openOnnxRuntime, type OrtTensor, sessionOptions } from "./onnx_runtime.ts";

const { size, prompt, tokens } = readTask<DecodingTask>();
const { L, H, C, V } = size;
const layers = Array.from({ length: L }, (_, layer) => layer);
const ort = await openOnnxRuntime();
const options = sessionOptions(layers.flatMap((layer) => [`keys_${layer}`, `values_${layer}`]), ["logits"]);
const session = await ort.InferenceSession.create(buildModel(size), options);

/** Names: S new tokens, P past ones, A both. */
function buildModel({ L, H, C, V }: SpecSize): Uint8Array {
  const model = new OnnxModel();
  const [ids, positions] = ["ids", "positions"].map((name) => model.input(name, [1, "S"], "i64"));
  const mask = model.input("mask", [1, 1, "S", "A"]);
  for (const { name, shape, data } of decodingWeights(size)) {
    model.constant(name, shape, data as Float32Array);
  }
  const integers = (name: string, values: number[]) =>
    model.constant(name, [values.length], BigInt64Array.from(values, BigInt));
  const shapes = {
    heads: integers("heads", [1, -1, H, C / H]),
    merged: integers("merged", [1, -1, C]),
    thirds: integers("thirds", [C, C, C]),
  };
  const scale = model.constant("scale", [], Float32Array.of(1 / Math.sqrt(C / H)));
  const one = (operator: string, inputs: string[], attributes = {}) =>
    model.node(operator, inputs, { attributes })[0];
  const linear = (x: string, name: string) =>
    one("Add", [one("MatMul", [x, `${name}.weight`]), `${name}.bias`]);
  const norm = (x: string, name: string) =>
    one("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], {
      epsilon: { float: 1e-5 },
      axis: { int: -1 },
    });
  const swap = (x: string, order: number[]) => one("Transpose", [x], { perm: { ints: order } });
  const toHeads = (x: string) => swap(one("Reshape", [x, shapes.heads]), [0, 2, 1, 3]);
  const withPast = (name: string, x: string) => {
    const past = model.input(`past_${name}`, [1, H, "P", C / H]);
    model.node("Concat", [past, toHeads(x)], { names: [name], attributes: { axis: { int: 2 } } });
    return model.output(name, [1, H, "A", C / H]);
  };
  let hidden = one("Add", [one("Gather", ["wte.weight", ids]), one("Gather", ["wpe.weight", positions])]);
  for (let layer = 0; layer < L; layer++) {
    const block = `h.${layer}`;
    const qkv = linear(norm(hidden, `${block}.ln_1`), `${block}.attn.c_attn`);
    const parts = { outputs: 3, attributes: { axis: { int: 2 } } };
    const [q, k, v] = model.node("Split", [qkv, shapes.thirds], parts);
    const keys = swap(withPast(`keys_${layer}`, k), [0, 1, 3, 2]);
    const values = withPast(`values_${layer}`, v);
    const scores = one("Add", [one("Mul", [one("MatMul", [toHeads(q), keys]), scale]), mask]);
    const attended = one("MatMul", [one("Softmax", [scores], { axis: { int: -1 } }), values]);
    const merged = one("Reshape", [swap(attended, [0, 2, 1, 3]), shapes.merged]);
    hidden = one("Add", [hidden, linear(merged, `${block}.attn.c_proj`)]);
    const wide = linear(norm(hidden, `${block}.ln_2`), `${block}.mlp.c_fc`);
    const bent = one("Gelu", [wide], { approximate: { text: "tanh" } });
    hidden = one("Add", [hidden, linear(bent, `${block}.mlp.c_proj`)]);
  }
  model.node("MatMul", [norm(hidden, "ln_f"), swap("wte.weight", [1, 0])], { names: ["logits"] });
  model.output("logits", [1, "S", V]);
  return model.build();
}

type Past = Record<string, OrtTensor>;

function emptyPast(): Past {
  const names = layers.flatMap((layer) => [`past_keys_${layer}`, `past_values_${layer}`]);
  return Object.fromEntries(names.map((name) => {
    return [name, new ort.Tensor("float32", new Float32Array(0), [1, H, 0, C / H])];
  }));
}

/** Runs new ids behind a past. @returns the next id and the longer past */
async function decode(ids: readonly number[], start: number, past: Past): Promise<[number, Past]> {
  const [S, A] = [ids.length, start + ids.length];
  const integers = (values: number[]) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, S]);
  const mask = Float32Array.from({ length: S * A }, (_, i) => i % A <= start + Math.floor(i / A) ? 0 : -1e9);
  const results = await session.run({
    ids: integers([...ids]),
    positions: integers(ids.map((_, i) => start + i)),
    mask: new ort.Tensor("float32", mask, [1, 1, S, A]),
    ...past,
  });
  for (const tensor of Object.values(past)) tensor.dispose();
  const logits = results.logits.data.subarray((S - 1) * V);
  const next = logits.reduce((best, value, id) => value > logits[best] ? id : best, 0);
  const longer = Object.entries(results).filter(([name]) => name !== "logits");
  return [next, Object.fromEntries(longer.map(([name, tensor]) => [`past_${name}`, tensor]))];
}

async function generate(count: number): Promise<{ msPerToken: number; ids: number[] }> {
  let [token, past] = await decode(Array.from({ length: prompt }, (_, i) => promptId(i, V)), 0, emptyPast());
  const ids = [token];
  const startedAt = performance.now();
  for (; ids.length < count; ids.push(token)) {
    [token, past] = await decode([token], prompt + ids.length - 1, past);
  }
  const msPerToken = (performance.now() - startedAt) / (count - 1);
  for (const tensor of Object.values(past)) tensor.dispose();
  return { msPerToken, ids };
}

await generate(1);
const firstUnitMs = performance.now();
const { ids } = await generate(tokens);

await contend({ ...await onnxFacts(), firstUnitMs, tokens: ids }, async () => {
  return { unitMs: [(await generate(tokens)).msPerToken] };
});
