// Generates the attention kernels for CPU adapters, on the ground of kernels/matmul/matmul_wave.ts: no workgroup memory,
// operands from storage textures, values that all lanes need handed round with constant-index shuffles, every sum in a
// register. Register tiles need literal lane numbers and unrolling, which WGSL cannot express: hence a generator. Its
// output for one shape is kept in tests/golden/attention_forward_wave.wgsl to be read.
//
// The kernels have one shape. A wave of 8 lanes owns 8 rows (queries, or keys where keys get gradients) and goes through
// the other side in tiles of 32 members. First it computes the products of each row with each member of the tile, four
// members a lane as one Vector. Then it goes through the tile in chunks of 8 members, one a lane: weights from products,
// and weighted sums of what belongs to the members. A chunk takes the first component of each product, then the others
// move up by one, because a register has no index.

import {
  acrossLanes,
  byLane,
  chunks,
  lines,
  type Product,
  products,
  rows,
  WAVE_ROWS,
  WAVE_TILE,
} from "./_wave_tile.ts";

/** `forward`, or the gradients of `queries`, or those of `keys` and values. */
export type WaveKernel = "forward" | "queries" | "keys";

export interface AttentionWaveVariant {
  readonly kernel: WaveKernel;
  /** Vectors of an output row per lane: channels of a head / 32, rounded up. */
  readonly vectors: number;
}

const TEXTURE = "texture_storage_2d<rgba32float, read>";
const OF_BACKWARD = {
  2: `var d_y: ${TEXTURE}`,
  3: "var<storage, read> lse: array<f32>",
  4: "var<storage, read_write> d_qkv: array<vec4f>",
};
/** By number; 0 and 7 are those of snippets. */
const BINDINGS: Record<WaveKernel, Record<number, string>> = {
  forward: { 2: "var<storage, read_write> y: array<vec4f>", 3: "var<storage, read_write> lse: array<f32>" },
  queries: { ...OF_BACKWARD, 5: `var y: ${TEXTURE}`, 6: "var<storage, read_write> delta: array<f32>" },
  keys: { ...OF_BACKWARD, 6: "var<storage, read> delta: array<f32>" },
};
const EQUATIONS: Record<WaveKernel, string> = {
  forward: "y[n] = sum_j kept(n, j) P[n, j] v[j],   lse[n] = log sum_j exp(S[n, j])",
  queries: "d_q[n] = SCALE sum_j dS[n, j] k[j],   delta[n] = d_y[n] . y[n]",
  keys: "d_k[j] = SCALE sum_n dS[n, j] q[n],   d_v[j] = sum_n kept(n, j) P[n, j] d_y[n]",
};

/** The WGSL of one variant; to be preceded by attention_shape.wgsl and what that asks for. */
export function attentionWave(variant: AttentionWaveVariant): string {
  const { kernel, vectors } = variant;
  const bindings = Object.entries({ 1: `var qkv: ${TEXTURE}`, ...BINDINGS[kernel] });
  return `// Causal attention: ${WAVE_ROWS} rows of a head, up to ${32 * vectors} channels, a wave.
//   ${EQUATIONS[kernel]}
// Written by attention_wave.ts, which says how it works; the symbols are those of attention_shape.wgsl.
${bindings.map(([number, text]) => `@group(0) @binding(${number}) ${text};\n`).join("")}
@compute @workgroup_size(${WAVE_ROWS})
fn ${entryPoint(kernel)}(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let first = balanced(group.x, groups.x) * ${WAVE_ROWS}u;
  let sequence = (group.z / shape.H) * shape.T; // first row of the sequence
  let statistics = group.z * shape.T; // and of what there is one of for each query
  let head = (group.z % shape.H) * shape.D;
  let C = shape.H * shape.D;
  let last = shape.T - 1u;
  // Vectors of a head, + 0: a driver recompiles a loop with a uniform bound for its value, at some with every dispatch.
  let channels = shape.D + group.y;
  let row = sequence + min(first + lane, last);
${{ forward: forwardBody, queries: queriesBody, keys: keysBody }[kernel](variant)}}
`;
}

/** Name of kernel, module and entry point. */
export function entryPoint(kernel: WaveKernel): string {
  return kernel === "forward" ? "attention_forward_wave" : `attention_backward_${kernel}_wave`;
}

const SCORES_OF_QUERIES: Product = { name: "s", left: "qkv", column: "head", right: "qkv", of: "C + head" };

function forwardBody({ vectors }: AttentionWaveVariant): string {
  const weights = (r: number) =>
    `      let p${r} = exp(SCALE * s${r}.x - most${r});
      sum${r} += p${r};
      let w${r} = p${r} * kept(group.z, first + ${r}u, member);
      s${r} = s${r}.yzww;
`;
  const y = (r: number, j: number) =>
    `y[(sequence + first + ${r}u) * C + head + lane + ${8 * j}u] = o${r}_${j} / total${r};`;
  return `${rows((r) => `  var most${r} = LOWEST;\n  var sum${r} = 0.0;\n`)}${sums("o", vectors)}
  let end = min(shape.T, first + ${WAVE_ROWS}u);
  for (var start = 0u; start < end; start += ${WAVE_TILE}u) {
    let key = vec4u(start + lane) + vec4u(0u, 8u, 16u, 24u);
${products([SCORES_OF_QUERIES])}${rows((r) => maximum(r, vectors))}${
    chunks({
      count: "min(4u, (end - start + 7u) / 8u)",
      weights,
      outputs: [{ sum: "o", weight: "w", texture: "qkv", column: "2u * C + head" }],
      vectors,
    })
  }  }
${rows((r) => `  let total${r} = ${acrossLanes(`sum${r}`, (a, b) => `(${a} + ${b})`)};\n`)}${
    outputs(vectors, y)
  }
  if (first + lane < shape.T) {
    lse[statistics + first + lane] = ${byLane((r) => `most${r} + log(total${r})`)};
  }
`;
}

/** Sums so far are relative to the highest score so far. */
function maximum(r: number, vectors: number): string {
  return `    s${r} = select(vec4f(LOWEST), s${r}, key <= vec4u(first + ${r}u));
    let pair${r} = max(s${r}.xy, s${r}.zw);
    let highest${r} = max(pair${r}.x, pair${r}.y);
    let before${r} = most${r};
    most${r} = max(most${r}, SCALE * ${acrossLanes(`highest${r}`, (a, b) => `max(${a}, ${b})`)});
    let correction${r} = exp(before${r} - most${r});
    sum${r} *= correction${r};
${lines(vectors, (j) => `    o${r}_${j} *= correction${r};\n`)}`;
}

function queriesBody({ vectors }: AttentionWaveVariant): string {
  const gradients: Product = { name: "g", left: "d_y", column: "head", right: "qkv", of: "2u * C + head" };
  const weights = (r: number) =>
    `      let p${r} = select(0.0, exp(SCALE * s${r}.x - lse${r}), member <= first + ${r}u);
      let f${r} = kept(group.z, first + ${r}u, member);
      let w${r} = SCALE * p${r} * (f${r} * g${r}.x - delta${r});
      s${r} = s${r}.yzww;
      g${r} = g${r}.yzww;
`;
  const d_q = (r: number, j: number) =>
    `store((sequence + first + ${r}u) * 3u * C + head + lane + ${8 * j}u, o${r}_${j});`;
  return `  let lse_of_lane = lse[statistics + min(first + lane, last)];
  var delta_of_lane = 0.0;
  for (var d = 0u; d < channels; d++) {
    delta_of_lane += dot(textureLoad(d_y, vec2u(head + d, row)), textureLoad(y, vec2u(head + d, row)));
  }
  if (first + lane <= last) { delta[statistics + first + lane] = delta_of_lane; }
${rows((r) => `  let lse${r} = subgroupShuffle(lse_of_lane, ${r}u);\n`)}${
    rows((r) => `  let delta${r} = subgroupShuffle(delta_of_lane, ${r}u);\n`)
  }${sums("o", vectors)}
  let end = min(shape.T, first + ${WAVE_ROWS}u);
  for (var start = 0u; start < end; start += ${WAVE_TILE}u) {
${products([SCORES_OF_QUERIES, gradients])}${
    chunks({
      count: "min(4u, (end - start + 7u) / 8u)",
      weights,
      outputs: [{ sum: "o", weight: "w", texture: "qkv", column: "C + head" }],
      vectors,
    })
  }  }
${outputs(vectors, d_q)}`;
}

function keysBody({ vectors }: AttentionWaveVariant): string {
  const scores: Product = { name: "s", left: "qkv", column: "C + head", right: "qkv", of: "head" };
  const gradients: Product = { name: "g", left: "qkv", column: "2u * C + head", right: "d_y", of: "head" };
  const weights = (r: number) =>
    `      let p${r} = select(0.0, exp(SCALE * s${r}.x - lse_n), first + ${r}u < keys);
      let f${r} = kept(group.z, member, first + ${r}u);
      let w${r} = SCALE * p${r} * (f${r} * g${r}.x - delta_n);
      let v${r} = f${r} * p${r};
      s${r} = s${r}.yzww;
      g${r} = g${r}.yzww;
`;
  const d_kv = (r: number, j: number) =>
    `let at = (sequence + first + ${r}u) * 3u * C + C + head + lane + ${8 * j}u;
    store(at, dk${r}_${j});
    store(at + C, dv${r}_${j});`;
  return `${sums("dk", vectors)}${sums("dv", vectors)}
  for (var start = first; start < shape.T; start += ${WAVE_TILE}u) {
${products([scores, gradients])}${
    chunks({
      count: "min(4u, (shape.T - start + 7u) / 8u)",
      before: `      let lse_n = lse[statistics + min(member, last)];
      let delta_n = delta[statistics + min(member, last)];
      let keys = select(0u, member + 1u, member <= last); // that this query attends to
`,
      weights,
      outputs: [
        { sum: "dk", weight: "w", texture: "qkv", column: "head" },
        { sum: "dv", weight: "v", texture: "d_y", column: "head" },
      ],
      vectors,
    })
  }  }
${outputs(vectors, d_kv)}`;
}

function sums(name: string, vectors: number): string {
  return rows((r) => lines(vectors, (j) => `  var ${name}${r}_${j} = vec4f();\n`));
}

/** A statement for each Vector of a row that exists. */
function outputs(vectors: number, statement: (r: number, j: number) => string): string {
  return rows((r) =>
    lines(vectors, (j) => {
      const exists = `first + ${r}u < shape.T && lane + ${8 * j}u < shape.D`;
      return `  if (${exists}) {\n    ${statement(r, j)}\n  }\n`;
    })
  );
}
