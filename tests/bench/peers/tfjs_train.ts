// TensorFlow.js on WebGPU as a contender: the training step of tests/support/gpt_spec.ts, with AdamW written in its
// operations, because its own Adam knows no weight decay.

import { specBatches, specWeights } from "../../support/gpt_spec.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import { type TrainingTask, WARM_UP_STEPS } from "../tasks.ts";
import { countSubmits } from "./submit_counter.ts";
import { finish, openTfjs, type Tensor, tfjsFacts, type Variable } from "./tfjs.ts";

const [BETA1, BETA2, EPSILON, RATE, DECAY] = [0.9, 0.95, 1e-8, 1e-3, 0.1];

interface Parameter {
  readonly weight: Variable;
  readonly moment1: Variable;
  readonly moment2: Variable;
  readonly decays: boolean;
}

const { size, minMs } = readTask<TrainingTask>();
const { L, H, C, T, B, V } = size;
const rows = B * T;
const tf = await openTfjs();
const parameters = new Map<string, Parameter>(
  specWeights(size).map(({ name, shape, data }) => [name, {
    weight: tf.variable(tf.tensor(data as Float32Array, shape), true),
    moment1: tf.variable(tf.zeros(shape), false),
    moment2: tf.variable(tf.zeros(shape), false),
    decays: shape.length === 2,
  }]),
);
const weight = (name: string): Tensor => parameters.get(name)!.weight;
/** 0 where a query may look and -1e9 where it may not. */
const mask = tf.tidy(() => tf.mul(tf.sub(tf.linalg.bandPart(tf.ones([T, T]), -1, 0), 1), 1e9));

function linear(x: Tensor, name: string): Tensor {
  return tf.add(tf.matMul(x, weight(`${name}.weight`)), weight(`${name}.bias`));
}

function norm(x: Tensor, name: string): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const scaled = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(scaled, weight(`${name}.weight`)), weight(`${name}.bias`));
}

function gelu(x: Tensor): Tensor {
  const inner = tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715), 1));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(inner, Math.sqrt(2 / Math.PI))), 1));
}

function attend(qkv: Tensor): Tensor {
  const heads = (x: Tensor) => tf.transpose(tf.reshape(x, [B, T, H, C / H]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(qkv, 3, 1).map(heads);
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(C / H)), mask);
  return tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), [rows, C]);
}

function loss(x: Tensor, y: Tensor): Tensor {
  const embedded = tf.reshape(tf.gather(weight("wte.weight"), x), [B, T, C]);
  let hidden = tf.reshape(tf.add(embedded, weight("wpe.weight")), [rows, C]);
  for (let layer = 0; layer < L; layer++) {
    const block = `h.${layer}`;
    const attended = attend(linear(norm(hidden, `${block}.ln_1`), `${block}.attn.c_attn`));
    hidden = tf.add(hidden, linear(attended, `${block}.attn.c_proj`));
    const wide = gelu(linear(norm(hidden, `${block}.ln_2`), `${block}.mlp.c_fc`));
    hidden = tf.add(hidden, linear(wide, `${block}.mlp.c_proj`));
  }
  const logits = tf.matMul(norm(hidden, "ln_f"), weight("wte.weight"), false, true);
  return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(y, V))), -1 / rows);
}

function adamw(parameter: Parameter, gradient: Tensor, step: number): void {
  const { weight, moment1, moment2, decays } = parameter;
  moment1.assign(tf.add(tf.mul(moment1, BETA1), tf.mul(gradient, 1 - BETA1)));
  moment2.assign(tf.add(tf.mul(moment2, BETA2), tf.mul(tf.square(gradient), 1 - BETA2)));
  const root = tf.add(tf.sqrt(tf.div(moment2, 1 - BETA2 ** step)), EPSILON);
  const update = tf.div(tf.div(moment1, 1 - BETA1 ** step), root);
  weight.assign(tf.sub(weight, tf.mul(decays ? tf.add(update, tf.mul(weight, DECAY)) : update, RATE)));
}

let done = 0;

/** @returns the loss */
async function step(): Promise<number> {
  const [tokens, targets] = [new Uint32Array(rows), new Uint32Array(rows)];
  specBatches(size).trainingBatch(done++, tokens, targets);
  const [x, y] = [tokens, targets].map((ids) => tf.tensor1d(Int32Array.from(ids), "int32"));
  const all = [...parameters.values()];
  const { value, grads } = tf.variableGrads(() => loss(x, y), all.map(({ weight }) => weight));
  const gradients = Object.values(grads);
  tf.tidy(() => all.forEach((parameter, i) => adamw(parameter, gradients[i], done)));
  const [result] = Array.from(await value.data());
  await finish(tf);
  tf.dispose([gradients, value, x, y]);
  return result;
}

const submits = countSubmits();
const losses = [await step()];
const firstUnitMs = performance.now();
while (losses.length < WARM_UP_STEPS) losses.push(await step());

await contend({ ...await tfjsFacts(), firstUnitMs, losses }, async () => {
  const before = submits();
  const unitMs = await timeUnits(async () => void await step(), minMs);
  return { unitMs, counts: { "submits a step": (submits() - before) / unitMs.length } };
});
