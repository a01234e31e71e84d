// jax-js as a contender: greedy decoding with a KV cache, one jitted step of fixed shape a token, the largest logit chosen
// on the device. A unit of work is a token, its time the mean over those after the prompt.

import { decodingWeights } from "../decoding_weights.ts";
import { contend, readTask } from "../contending.ts";
import { type DecodingTask, type PeerOptions, promptId } from "../tasks.ts";
import { type JaxArray, type JaxArrays, jaxFacts, openJax } from "./jax.ts";

const { size, prompt, tokens, device = "webgpu" } = readTask<DecodingTask & PeerOptions>();
const { L, H, C, T, V } = size;
const D = C / H;
const jax = await openJax(device);
const { numpy: np, nn, tree } = jax;

const weights: JaxArrays = Object.fromEntries(
  decodingWeights(size).map(({ name, shape, data }) => [name, np.array(data as Float32Array).reshape(shape)]),
);
const emptyCache = () => Array.from({ length: L }, () => np.zeros([H, T, D]));
let [keys, values] = [emptyCache(), emptyCache()];

const step = jax.jit(
  (weights: JaxArrays, keys: JaxArray[], values: JaxArray[], token: JaxArray, position: JaxArray) => {
    const linear = (x: JaxArray, name: string) =>
      np.matmul(x, weights[`${name}.weight`]).add(weights[`${name}.bias`]);
    const norm = (x: JaxArray, name: string) =>
      nn.standardize(x, -1).mul(weights[`${name}.weight`]).add(weights[`${name}.bias`]);
    const places = np.arange(T);
    const isHere = np.equal(places.ref, position.ref).reshape([1, T, 1]);
    const isSeen = np.lessEqual(places.ref, position.ref).reshape([1, T]);
    const oneHotToken = np.equal(np.arange(V), token).astype(np.float32).reshape([1, V]);
    const oneHotPlace = np.equal(places, position).astype(np.float32).reshape([1, T]);
    let hidden = np.matmul(oneHotToken, weights["wte.weight"].ref).add(
      np.matmul(oneHotPlace, weights["wpe.weight"]),
    );
    const [nextKeys, nextValues]: JaxArray[][] = [[], []];
    for (let layer = 0; layer < L; layer++) {
      const block = `h.${layer}`;
      const qkv = linear(norm(hidden.ref, `${block}.ln_1`), `${block}.attn.c_attn`).reshape([3, H, 1, D]);
      const [q, k, v] = [qkv.ref.slice(0), qkv.ref.slice(1), qkv.slice(2)];
      const allKeys = np.where(isHere.ref, k, keys[layer]);
      const allValues = np.where(isHere.ref, v, values[layer]);
      nextKeys.push(allKeys.ref);
      nextValues.push(allValues.ref);
      const scores = q.mul(allKeys).sum(-1).mul(1 / Math.sqrt(D));
      const shares = nn.softmax(np.where(isSeen.ref, scores, -1e9), -1).reshape([H, T, 1]);
      const attended = shares.mul(allValues).sum(1).reshape([1, C]);
      hidden = hidden.add(linear(attended, `${block}.attn.c_proj`));
      const wide = nn.gelu(linear(norm(hidden.ref, `${block}.ln_2`), `${block}.mlp.c_fc`));
      hidden = hidden.add(linear(wide, `${block}.mlp.c_proj`));
    }
    isHere.dispose();
    isSeen.dispose();
    const logits = np.matmul(norm(hidden, "ln_f"), weights["wte.weight"].transpose()).reshape([V]);
    return [nextKeys, nextValues, np.argmax(logits)] as const;
  },
);

/** Runs the token at a position. @returns the next */
async function decode(token: number, position: number): Promise<number> {
  const scalar = (value: number) => np.array(value, { dtype: np.int32 });
  const next = step(tree.ref(weights), keys, values, scalar(token), scalar(position));
  [keys, values] = [next[0], next[1]];
  return Number((await next[2].data())[0]);
}

/** Runs prompt and tokens; what is left in the cache of an earlier run is masked. */
async function generate(): Promise<{ msPerToken: number; ids: number[] }> {
  let token = 0;
  for (let i = 0; i < prompt; i++) token = await decode(promptId(i, V), i);
  const ids = [token];
  const startedAt = performance.now();
  for (; ids.length < tokens; ids.push(token)) token = await decode(token, prompt + ids.length - 1);
  return { msPerToken: (performance.now() - startedAt) / (tokens - 1), ids };
}

await decode(promptId(0, V), 0);
const firstUnitMs = performance.now();
const { ids } = await generate();

await contend({ ...await jaxFacts(device), firstUnitMs, tokens: ids }, async () => {
  return { unitMs: [(await generate()).msPerToken] };
});
