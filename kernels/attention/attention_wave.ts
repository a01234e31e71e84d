// Generates the attention kernels for CPU adapters, on the ground of kernels/matmul/matmul_wave.ts: no workgroup
// memory, operands from storage textures, values that all lanes need handed round with constant-index shuffles, every
// sum in a register. Register tiles need literal lane numbers and unrolling, which WGSL cannot express: hence a
// generator. Its output for one shape is kept in tests/golden/attention_forward_wave.wgsl to be read.
//
// All three kernels have one shape. A wave of 8 lanes owns a block of rows (queries, or keys when keys are to get
// gradients) and goes through the other side in tiles of WAVE_TILE. Of a tile it first computes the products of
// each row with each member, four members per lane as one Vector. Then it goes through the tile in chunks of 8
// members, one per lane: weights from products, and weighted sums of what belongs to the members. A chunk takes the
// first component of each product; the others move up, because a register has no index.

/** Which kernel: `forward`, or the gradients of `queries`, or those of `keys` and values. */
export type WaveKernel = "forward" | "queries" | "keys";

export interface AttentionWaveVariant {
  readonly kernel: WaveKernel;
  /** Queries or keys a wave owns: 8 or 16. */
  readonly rows: number;
  /** Vectors of an output row per lane: channels of a head / 32, rounded up. */
  readonly vectors: number;
  readonly hasDropout: boolean;
}

export const WAVE_LANES = 8;
/** Keys, or queries, whose products with the rows are in registers at a time. */
export const WAVE_TILE = 32;

const COMPONENTS = "xyzw";

/** The WGSL of one variant; to be preceded by attention_shape.wgsl, and its snippets for dropout. */
export function attentionWave(variant: AttentionWaveVariant): string {
  const { kernel } = variant;
  return `${header(variant)}
@compute @workgroup_size(${WAVE_LANES})
fn ${entryPoint(kernel)}(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let first = balanced(group.x, groups.x) * ${variant.rows}u;
  let sequence = (group.z / shape.H) * shape.T; // first row of the sequence
  let head = (group.z % shape.H) * shape.D;
  let C = shape.H * shape.D;
  let last = shape.T - 1u;
${rowAddresses(variant)}${{ forward: forwardBody, queries: queriesBody, keys: keysBody }[kernel](variant)}}
`;
}

/** Name of file, module and entry point. */
export function entryPoint(kernel: WaveKernel): string {
  return kernel === "forward" ? "attention_forward_wave" : `attention_backward_${kernel}_wave`;
}

function header({ kernel, rows, vectors, hasDropout }: AttentionWaveVariant): string {
  const equation = {
    forward: "y[n] = sum_j P[n, j] v[j],   lse[n] = log sum_j exp(S[n, j])",
    queries: "d_q[n] = SCALE sum_j dS[n, j] k[j]",
    keys: "d_k[j] = SCALE sum_n dS[n, j] q[n],   d_v[j] = sum_n P[n, j] d_y[n]",
  }[kernel];
  const bindings = kernel === "forward"
    ? ["var<storage, read_write> y: array<vec4f>", "var<storage, read_write> lse: array<f32>"]
    : [
      "var d_y: texture_storage_2d<rgba32float, read>",
      "var<storage, read> lse: array<f32>",
      "var<storage, read> delta: array<f32>",
      "var<storage, read_write> d_qkv: array<vec4f>",
    ];
  if (hasDropout) bindings.push("var<storage, read> control: StepControl");
  return `// Causal attention: ${rows} rows by ${WAVE_LANES * vectors} Vectors of channels a wave.
//   ${equation}
// Written by attention_wave.ts, which says how it works; the symbols are those of attention_shape.wgsl.
@group(0) @binding(1) var qkv: texture_storage_2d<rgba32float, read>;
${bindings.map((binding, i) => `@group(0) @binding(${i + 2}) ${binding};\n`).join("")}`;
}

/** Rows of the block, as one lane loads them. */
function rowAddresses({ rows }: AttentionWaveVariant): string {
  let code = "";
  for (let i = 0; i < rows / WAVE_LANES; i++) {
    code += `  let row${i} = sequence + min(first + ${i * WAVE_LANES}u + lane, last);\n`;
  }
  return code;
}

function forwardBody(variant: AttentionWaveVariant): string {
  const { rows, vectors, hasDropout } = variant;
  let body = rowsOf(rows, (r) => `  var most${r} = LOWEST;\n  var sum${r} = 0.0;\n`);
  body += sums(variant, "o");
  body += `  let end = min(shape.T, first + ${rows}u);
  for (var start = 0u; start < end; start += ${WAVE_TILE}u) {
    let key = vec4u(start + lane) + vec4u(0u, 8u, 16u, 24u);
${members("start")}${products(variant, [{ name: "s", left: "qkv", column: "head", right: "qkv", of: "C + head" }])}`;
  body += rowsOf(rows, (r) => newMaximum(variant, r));
  body += chunks(variant, "min(4u, (end - start + 7u) / 8u)", {
    weights: (r) => {
      const kept = hasDropout ? `p${r} * kept(group.z, first + ${r}u, member)` : `p${r}`;
      return `      let p${r} = exp(SCALE * s${r}.x - most${r});
      sum${r} += p${r};
      let w${r} = ${kept};
      s${r} = s${r}.yzww;
`;
    },
    outputs: [{ sum: "o", weight: "w", texture: "qkv", column: "2u * C + head" }],
  });
  body += `  }\n`;
  body += rowsOf(rows, (r) => `  let total${r} = ${acrossLanes(`sum${r}`, (a, b) => `(${a} + ${b})`)};\n`);
  body += rowsOf(rows / WAVE_LANES, (i) =>
    `  let lse${i} = ${byLane(i, (r) => `most${r} + log(total${r})`)};
  if (first + ${i * WAVE_LANES}u + lane < shape.T) { lse[group.z * shape.T + first + ${
      i * WAVE_LANES
    }u + lane] = lse${i}; }
`);
  body += rowsOf(rows, (r) => `  let scale${r} = 1.0 / total${r};\n`);
  body += eachSum(variant, (r, j) => guarded(r, j, `y[(sequence + first + ${r}u) * C + head + lane + ${j * WAVE_LANES}u] = scale${r} * o${r}_${j};`));
  return body;
}

function queriesBody(variant: AttentionWaveVariant): string {
  const { rows } = variant;
  let body = `  let statistics = group.z * shape.T;\n`;
  body += rowsOf(rows / WAVE_LANES, (i) =>
    `  let lse_of${i} = lse[statistics + min(first + ${i * WAVE_LANES}u + lane, last)];
  let delta_of${i} = delta[statistics + min(first + ${i * WAVE_LANES}u + lane, last)];\n`);
  body += rowsOf(rows, (r) =>
    `  let lse${r} = ${ofRow("lse_of", r)};\n  let delta${r} = ${ofRow("delta_of", r)};\n`);
  body += sums(variant, "o");
  body += `  let end = min(shape.T, first + ${rows}u);
  for (var start = 0u; start < end; start += ${WAVE_TILE}u) {
${members("start")}${products(variant, [
    { name: "s", left: "qkv", column: "head", right: "qkv", of: "C + head" },
    { name: "g", left: "d_y", column: "head", right: "qkv", of: "2u * C + head" },
  ])}`;
  body += chunks(variant, "min(4u, (end - start + 7u) / 8u)", {
    weights: (r) =>
      `      let p${r} = select(0.0, exp(SCALE * s${r}.x - lse${r}), member <= first + ${r}u);
      let w${r} = p${r} * (${dropped(variant, `g${r}.x`, `first + ${r}u, member`)} - delta${r});
      s${r} = s${r}.yzww;
      g${r} = g${r}.yzww;
`,
    outputs: [{ sum: "o", weight: "w", texture: "qkv", column: "C + head" }],
  });
  body += `  }\n`;
  body += eachSum(variant, (r, j) => guarded(r, j, `store((sequence + first + ${r}u) * 3u * C + head + lane + ${j * WAVE_LANES}u, SCALE * o${r}_${j});`));
  return body;
}

function keysBody(variant: AttentionWaveVariant): string {
  const { rows, hasDropout } = variant;
  let body = sums(variant, "dk") + sums(variant, "dv");
  body += `  for (var start = first; start < shape.T; start += ${WAVE_TILE}u) {
${members("start")}${products(variant, [
    { name: "s", left: "qkv", column: "C + head", right: "qkv", of: "head" },
    { name: "g", left: "qkv", column: "2u * C + head", right: "d_y", of: "head" },
  ])}`;
  body += chunks(variant, "min(4u, (shape.T - start + 7u) / 8u)", {
    before: `      let of_query = group.z * shape.T + min(member, last);
      let lse_n = lse[of_query];
      let delta_n = delta[of_query];
      let reach = select(0u, member + 1u, member <= last); // keys this query sees\n`,
    weights: (r) => {
      const factor = hasDropout ? `      let f${r} = kept(group.z, member, first + ${r}u);\n` : "";
      return `${factor}      let p${r} = select(0.0, exp(SCALE * s${r}.x - lse_n), first + ${r}u < reach);
      let w${r} = p${r} * (${hasDropout ? `f${r} * ` : ""}g${r}.x - delta_n);
      let v${r} = ${hasDropout ? `f${r} * ` : ""}p${r};
      s${r} = s${r}.yzww;
      g${r} = g${r}.yzww;
`;
    },
    outputs: [
      { sum: "dk", weight: "w", texture: "qkv", column: "head" },
      { sum: "dv", weight: "v", texture: "d_y", column: "head" },
    ],
  });
  body += `  }\n`;
  body += eachSum(variant, (r, j) => guarded(r, j, `let at = (sequence + first + ${r}u) * 3u * C + C + head + lane + ${j * WAVE_LANES}u;
    store(at, SCALE * dk${r}_${j});
    store(at + C, dv${r}_${j});`));
  return body;
}

/** Rows of the texture where this lane finds members 0, 8, 16 and 24 after its own. */
function members(start: string): string {
  return rowsOf(4, (c) => `    let member${c} = sequence + min(${start} + ${c * WAVE_LANES}u + lane, last);\n`);
}

interface Product {
  readonly name: string;
  /** Texture and column of the rows, and of the members. */
  readonly left: string;
  readonly column: string;
  readonly right: string;
  readonly of: string;
}

/** name_r = row r times members, by components of four channels. */
function products({ rows }: AttentionWaveVariant, list: Product[]): string {
  let code = list.map(({ name }) => rowsOf(rows, (r) => `    var ${name}${r} = vec4f();\n`)).join("");
  code += `    for (var d = 0u; d < shape.D; d++) {\n`;
  for (const { name, left, column, right, of } of list) {
    code += rowsOf(rows / WAVE_LANES, (i) =>
      `      let ${name}_left${i} = textureLoad(${left}, vec2u(${column} + d, row${i}));\n`);
    code += rowsOf(4, (c) => `      let ${name}_right${c} = textureLoad(${right}, vec2u(${of} + d, member${c}));\n`);
    for (const e of COMPONENTS) {
      code += `      let ${name}_${e} = vec4f(${[0, 1, 2, 3].map((c) => `${name}_right${c}.${e}`).join(", ")});\n`;
      code += rowsOf(rows, (r) =>
        `      ${name}${r} += subgroupShuffle(${name}_left${r >> 3}.${e}, ${r & 7}u) * ${name}_${e};\n`);
    }
  }
  return code + `    }\n`;
}

/** The softmax so far is relative to the highest score so far. */
function newMaximum({ vectors }: AttentionWaveVariant, r: number): string {
  let code = `    s${r} = select(vec4f(LOWEST), s${r}, key <= vec4u(first + ${r}u));
    let pair${r} = max(s${r}.xy, s${r}.zw);
    let highest${r} = max(pair${r}.x, pair${r}.y);
    let before${r} = most${r};
    most${r} = max(most${r}, SCALE * ${acrossLanes(`highest${r}`, (a, b) => `max(${a}, ${b})`)});
    let correction${r} = exp(before${r} - most${r});
    sum${r} *= correction${r};
`;
  for (let j = 0; j < vectors; j++) code += `    o${r}_${j} *= correction${r};\n`;
  return code;
}

interface Output {
  /** Name of the sums, of the weights, and where the Vectors to be weighted are. */
  readonly sum: string;
  readonly weight: string;
  readonly texture: string;
  readonly column: string;
}

/** The tile in chunks of 8 members: `weights` of each row, then the weighted sums. */
function chunks(
  { rows, vectors }: AttentionWaveVariant,
  count: string,
  parts: { before?: string; weights: (r: number) => string; outputs: Output[] },
): string {
  let code = `    let chunks = ${count};
    for (var i = 0u; i < chunks; i++) {
      let member = start + i * ${WAVE_LANES}u + lane;
${parts.before ?? ""}${rowsOf(rows, parts.weights)}`;
  for (let t = 0; t < WAVE_LANES; t++) {
    code += `      let at${t} = sequence + min(start + i * ${WAVE_LANES}u + ${t}u, last);\n`;
    for (const { sum, weight, texture, column } of parts.outputs) {
      for (let j = 0; j < vectors; j++) {
        const x = `vec2u(${column} + lane + ${j * WAVE_LANES}u, at${t})`;
        code += `      let ${sum}_${t}_${j} = textureLoad(${texture}, ${x});\n`;
      }
      for (let r = 0; r < rows; r++) {
        code += `      let ${sum}_w${t}_${r} = subgroupShuffle(${weight}${r}, ${t}u);\n`;
        for (let j = 0; j < vectors; j++) code += `      ${sum}${r}_${j} += ${sum}_w${t}_${r} * ${sum}_${t}_${j};\n`;
      }
    }
  }
  return code + `    }\n`;
}

function dropped({ hasDropout }: AttentionWaveVariant, value: string, place: string): string {
  return hasDropout ? `kept(group.z, ${place}) * ${value}` : value;
}

function sums(variant: AttentionWaveVariant, name: string): string {
  return eachSum(variant, (r, j) => `  var ${name}${r}_${j} = vec4f();\n`);
}

function guarded(r: number, j: number, statement: string): string {
  return `  if (first + ${r}u < shape.T && lane + ${j * WAVE_LANES}u < shape.D) {\n    ${statement}\n  }\n`;
}

/** The value that the lane of row r holds. */
function ofRow(name: string, r: number): string {
  return `subgroupShuffle(${name}${Math.floor(r / WAVE_LANES)}, ${r % WAVE_LANES}u)`;
}

/** The value of row i * 8 + lane. */
function byLane(i: number, value: (r: number) => string): string {
  let code = value(i * WAVE_LANES);
  for (let l = 1; l < WAVE_LANES; l++) code = `select(${code}, ${value(i * WAVE_LANES + l)}, lane == ${l}u)`;
  return code;
}

/** A tree over the lanes, the same bits in each. */
function acrossLanes(value: string, join: (a: string, b: string) => string): string {
  let level = Array.from({ length: WAVE_LANES }, (_, lane) => `subgroupShuffle(${value}, ${lane}u)`);
  while (level.length > 1) {
    level = level.filter((_, i) => i % 2 === 0).map((term, i) => join(term, level[2 * i + 1]));
  }
  return level[0];
}

function rowsOf(count: number, line: (r: number) => string): string {
  return Array.from({ length: count }, (_, r) => line(r)).join("");
}

function eachSum({ rows, vectors }: AttentionWaveVariant, line: (r: number, j: number) => string): string {
  return rowsOf(rows, (r) => rowsOf(vectors, (j) => line(r, j)));
}
