// jax-js as a contender: the training step of tests/support/gpt_spec.ts, forward, backward and AdamW in one jitted
// function. Tokens are looked up by a product with one-hot rows, which is what its gradient is fast for.

import { specBatches, type SpecSize, specWeights } from "../../support/gpt_spec.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import { type PeerOptions, type TrainingTask, WARM_UP_STEPS } from "../tasks.ts";
import { type JaxArray, type JaxArrays, jaxFacts, openJax } from "./jax.ts";
import { countSubmits } from "./submit_counter.ts";

const [BETA1, BETA2, EPSILON, RATE, DECAY] = [0.9, 0.95, 1e-8, 1e-3, 0.1];

const { size, minMs, device = "webgpu" } = readTask<TrainingTask & PeerOptions>();
const jax = await openJax(device);
const { numpy: np, nn, tree } = jax;

/** Corrections of AdamW for moments that began at zero. */
type Corrections = readonly [JaxArray, JaxArray];

interface TrainingState {
  readonly weights: JaxArrays;
  readonly moments1: JaxArrays;
  readonly moments2: JaxArrays;
}

function loss(weights: JaxArrays, x: JaxArray, y: JaxArray): JaxArray {
  const { L, C, T, B, V } = size;
  const rows = B * T;
  const linear = (x: JaxArray, name: string) =>
    np.matmul(x, weights[`${name}.weight`]).add(weights[`${name}.bias`]);
  const norm = (x: JaxArray, name: string) =>
    nn.standardize(x, -1).mul(weights[`${name}.weight`]).add(weights[`${name}.bias`]);
  const oneHot = nn.oneHot(x, V).reshape([rows, V]);
  let hidden = np.matmul(oneHot, weights["wte.weight"].ref).reshape([B, T, C]).add(weights["wpe.weight"]);
  for (let layer = 0; layer < L; layer++) {
    const block = `h.${layer}`;
    const qkv = linear(norm(hidden.ref, `${block}.ln_1`).reshape([rows, C]), `${block}.attn.c_attn`);
    hidden = hidden.add(linear(attend(qkv, size), `${block}.attn.c_proj`).reshape([B, T, C]));
    const wide = linear(norm(hidden.ref, `${block}.ln_2`).reshape([rows, C]), `${block}.mlp.c_fc`);
    hidden = hidden.add(linear(nn.gelu(wide), `${block}.mlp.c_proj`).reshape([B, T, C]));
  }
  const logits = np.matmul(norm(hidden, "ln_f").reshape([rows, C]), weights["wte.weight"].transpose());
  const targets = nn.oneHot(y, V).reshape([rows, V]);
  return nn.logSoftmax(logits, -1).mul(targets).sum().mul(-1 / rows);
}

function attend(qkv: JaxArray, { H, C, T, B }: SpecSize): JaxArray {
  const parts = qkv.reshape([B, T, 3, H, C / H]);
  const [q, k, v] = [0, 1, 2].map((part) => (part < 2 ? parts.ref : parts).slice([], [], part));
  return nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([B * T, C]);
}

function adamw(state: TrainingState, gradients: JaxArrays, corrections: Corrections): TrainingState {
  const [weights, moments1, moments2]: JaxArrays[] = [{}, {}, {}];
  for (const [name, weight] of Object.entries(state.weights)) {
    const gradient = gradients[name];
    moments1[name] = state.moments1[name].mul(BETA1).add(gradient.ref.mul(1 - BETA1));
    moments2[name] = state.moments2[name].mul(BETA2).add(gradient.ref.mul(gradient).mul(1 - BETA2));
    const root = np.sqrt(moments2[name].ref.mul(corrections[1].ref)).add(EPSILON);
    const update = moments1[name].ref.mul(corrections[0].ref).div(root);
    const decayed = decays.has(name) ? update.add(weight.ref.mul(DECAY)) : update;
    weights[name] = weight.sub(decayed.mul(RATE));
  }
  for (const correction of corrections) correction.dispose();
  return { weights, moments1, moments2 };
}

const given = specWeights(size);
const decays = new Set(given.filter(({ shape }) => shape.length === 2).map(({ name }) => name));
const zeros = () => Object.fromEntries(given.map(({ name, shape }) => [name, np.zeros(shape)]));
const lossAndGradients = jax.valueAndGrad(loss);
const jitted = jax.jit(
  (
    weights: JaxArrays,
    moments1: JaxArrays,
    moments2: JaxArrays,
    x: JaxArray,
    y: JaxArray,
    correction1: JaxArray,
    correction2: JaxArray,
  ) => {
    const [value, gradients] = lossAndGradients(tree.ref(weights), x, y);
    const next = adamw({ weights, moments1, moments2 }, gradients, [correction1, correction2]);
    return [value, next.weights, next.moments1, next.moments2] as const;
  },
);

let state: TrainingState = {
  weights: Object.fromEntries(
    given.map(({ name, shape, data }) => [name, np.array(data as Float32Array).reshape(shape)]),
  ),
  moments1: zeros(),
  moments2: zeros(),
};
let done = 0;

/** @returns the loss */
async function step(): Promise<number> {
  const { B, T } = size;
  const [tokens, targets] = [new Uint32Array(B * T), new Uint32Array(B * T)];
  specBatches(size).trainingBatch(done++, tokens, targets);
  const ids = (data: Uint32Array) => np.array(Int32Array.from(data), { dtype: np.int32 }).reshape([B, T]);
  const corrections = [BETA1, BETA2].map((beta) => np.array(1 / (1 - beta ** done)));
  const { weights, moments1, moments2 } = state;
  const next = jitted(weights, moments1, moments2, ids(tokens), ids(targets), corrections[0], corrections[1]);
  state = { weights: next[1], moments1: next[2], moments2: next[3] };
  const [value] = Array.from(await next[0].data());
  await jax.blockUntilReady(tree.leaves(tree.ref([state.weights, state.moments1, state.moments2])));
  return value;
}

const submits = device === "webgpu" ? countSubmits() : () => 0;
const losses = [await step()];
const firstUnitMs = performance.now();
while (losses.length < WARM_UP_STEPS) losses.push(await step());

await contend({ ...await jaxFacts(device), firstUnitMs, losses }, async () => {
  const before = submits();
  const unitMs = await timeUnits(async () => void await step(), minMs);
  return { unitMs, counts: { "submits a step": (submits() - before) / unitMs.length } };
});
