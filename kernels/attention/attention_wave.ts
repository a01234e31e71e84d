// Generates the attention kernels for CPU adapters, on the ground of kernels/matmul/matmul_wave.ts: no workgroup memory,
// operands from storage textures, values that all lanes need handed round with constant-index shuffles, every sum in a
// register. Register tiles need literal lane numbers and unrolling, which WGSL cannot express: hence a generator. Its
// output for one shape is kept in tests/golden/attention_forward_wave.wgsl to be read.
//
// The three kernels have one shape. A wave of 8 lanes owns 8 rows (queries, or keys where keys get gradients) and goes
// through the other side in tiles of 32 members. First it computes the products of each row with each member of the
// tile, four members per lane as one Vector. Then it goes through the tile in chunks of 8 members, one per lane: weights
// from products, and weighted sums of what belongs to the members. A chunk takes the first component of each product,
// then the others move up by one, because a register has no index.

/** Which kernel: `forward`, or the gradients of `queries`, or those of `keys` and values. */
export type WaveKernel = "forward" | "queries" | "keys";

export interface AttentionWaveVariant {
  readonly kernel: WaveKernel;
  /** Vectors of an output row per lane: channels of a head / 32, rounded up. */
  readonly vectors: number;
}

/** Lanes of a wave, rows it owns, and members of a chunk. 16 rows gain 7 % and take three times as long to compile. */
export const WAVE_ROWS = 8;
/** Members whose products with the rows are in registers at a time. */
export const WAVE_TILE = 32;

const COMPONENTS = ["x", "y", "z", "w"];

/** The WGSL of one variant; to be preceded by attention_shape.wgsl and what that asks for. */
export function attentionWave(variant: AttentionWaveVariant): string {
  const { kernel } = variant;
  const body = { forward: forwardBody, queries: queriesBody, keys: keysBody }[kernel](variant);
  return `${header(variant)}
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
  let row = sequence + min(first + lane, last);
${body}}
`;
}

/** Name of kernel, module and entry point. */
export function entryPoint(kernel: WaveKernel): string {
  return kernel === "forward" ? "attention_forward_wave" : `attention_backward_${kernel}_wave`;
}

const TEXTURE = "texture_storage_2d<rgba32float, read>";
const BACKWARD_BINDINGS = [
  `var d_y: ${TEXTURE}`,
  "var<storage, read> lse: array<f32>",
  "var<storage, read> delta: array<f32>",
  "var<storage, read_write> d_qkv: array<vec4f>",
];
/** From binding 1 on; 0 and 7 are those of snippets. */
const BINDINGS = {
  forward: ["var<storage, read_write> y: array<vec4f>", "var<storage, read_write> lse: array<f32>"],
  queries: [...BACKWARD_BINDINGS, `var y: ${TEXTURE}`].map((line) =>
    line.replace("read> delta", "read_write> delta")
  ),
  keys: BACKWARD_BINDINGS,
};
const EQUATIONS = {
  forward: "y[n] = sum_j kept(n, j) P[n, j] v[j],   lse[n] = log sum_j exp(S[n, j])",
  queries: "delta[n] = d_y[n] . y[n],   d_q[n] = SCALE sum_j dS[n, j] k[j]",
  keys: "d_k[j] = SCALE sum_n dS[n, j] q[n],   d_v[j] = sum_n kept(n, j) P[n, j] d_y[n]",
};

function header({ kernel, vectors }: AttentionWaveVariant): string {
  const bindings = [`var qkv: ${TEXTURE}`, ...BINDINGS[kernel]];
  return `// Causal attention: ${WAVE_ROWS} rows of a head, up to ${32 * vectors} channels, a wave.
//   ${EQUATIONS[kernel]}
// Written by attention_wave.ts, which says how it works; the symbols are those of attention_shape.wgsl.
${lines(bindings.length, (i) => `@group(0) @binding(${i + 1}) ${bindings[i]};\n`)}`;
}

function forwardBody(variant: AttentionWaveVariant): string {
  const scores = { name: "s", left: "qkv", column: "head", right: "qkv", of: "C + head" };
  const weights = (r: number) =>
    `      let p${r} = exp(SCALE * s${r}.x - most${r});
      sum${r} += p${r};
      let w${r} = p${r} * kept(group.z, first + ${r}u, member);
      s${r} = s${r}.yzww;
`;
  return `${rows((r) => `  var most${r} = LOWEST;\n  var sum${r} = 0.0;\n`)}${sums(variant, "o")}
  let end = min(shape.T, first + ${WAVE_ROWS}u);
  for (var start = 0u; start < end; start += ${WAVE_TILE}u) {
    let key = vec4u(start + lane) + vec4u(0u, 8u, 16u, 24u);
${products([scores])}${rows((r) => maximum(variant, r))}${
    chunks(variant, {
      end: "end",
      weights,
      outputs: [{ sum: "o", weight: "w", texture: "qkv", column: "2u * C + head" }],
    })
  }  }
${rows((r) => `  let total${r} = ${acrossLanes(`sum${r}`, (a, b) => `(${a} + ${b})`)};\n`)}${
    eachSum(variant, (r, j) =>
      guarded(r, j, `y[(sequence + first + ${r}u) * C + head + lane + ${8 * j}u] = o${r}_${j} / total${r};`))
  }  if (first + lane < shape.T) {
    lse[statistics + first + lane] = ${byLane((r) => `most${r} + log(total${r})`)};
  }
`;
}

function queriesBody(variant: AttentionWaveVariant): string {
  const scores = { name: "s", left: "qkv", column: "head", right: "qkv", of: "C + head" };
  const gradients = { name: "g", left: "d_y", column: "head", right: "qkv", of: "2u * C + head" };
  const weights = (r: number) =>
    `      let p${r} = select(0.0, exp(SCALE * s${r}.x - lse${r}), member <= first + ${r}u);
      let w${r} = p${r} * (kept(group.z, first + ${r}u, member) * g${r}.x - delta${r});
      s${r} = s${r}.yzww;
      g${r} = g${r}.yzww;
`;
  return `  let lse_of_lane = lse[statistics + min(first + lane, last)];
  var delta_of_lane = 0.0;
  for (var d = 0u; d < shape.D; d++) {
    delta_of_lane += dot(textureLoad(d_y, vec2u(head + d, row)), textureLoad(y, vec2u(head + d, row)));
  }
  if (first + lane <= last) { delta[statistics + first + lane] = delta_of_lane; }
${
    rows((r) =>
      `  let lse${r} = subgroupShuffle(lse_of_lane, ${r}u);
  let delta${r} = subgroupShuffle(delta_of_lane, ${r}u);\n`
    )
  }${sums(variant, "o")}  let end = min(shape.T, first + ${WAVE_ROWS}u);
  for (var start = 0u; start < end; start += ${WAVE_TILE}u) {
${products([scores, gradients])}${
    chunks(variant, {
      end: "end",
      weights,
      outputs: [{ sum: "o", weight: "w", texture: "qkv", column: "C + head" }],
    })
  }  }
${
    eachSum(variant, (r, j) =>
      guarded(
        r,
        j,
        `store((sequence + first + ${r}u) * 3u * C + head + lane + ${8 * j}u, SCALE * o${r}_${j});`,
      ))
  }`;
}

function keysBody(variant: AttentionWaveVariant): string {
  const scores = { name: "s", left: "qkv", column: "C + head", right: "qkv", of: "head" };
  const gradients = { name: "g", left: "qkv", column: "2u * C + head", right: "d_y", of: "head" };
  const weights = (r: number) =>
    `      let f${r} = kept(group.z, member, first + ${r}u);
      let p${r} = select(0.0, exp(SCALE * s${r}.x - lse_n), first + ${r}u < keys);
      let w${r} = p${r} * (f${r} * g${r}.x - delta_n);
      let v${r} = f${r} * p${r};
      s${r} = s${r}.yzww;
      g${r} = g${r}.yzww;
`;
  const store = (r: number, j: number) =>
    guarded(
      r,
      j,
      `let at = (sequence + first + ${r}u) * 3u * C + C + head + lane + ${8 * j}u;
    store(at, SCALE * dk${r}_${j});
    store(at + C, dv${r}_${j});`,
    );
  return `${sums(variant, "dk")}${sums(variant, "dv")}  let end = shape.T;
  for (var start = first; start < end; start += ${WAVE_TILE}u) {
${products([scores, gradients])}${
    chunks(variant, {
      end: "end",
      before: `      let lse_n = lse[statistics + min(member, last)];
      let delta_n = delta[statistics + min(member, last)];
      let keys = select(0u, member + 1u, member <= last); // that this query attends to\n`,
      weights,
      outputs: [
        { sum: "dk", weight: "w", texture: "qkv", column: "head" },
        { sum: "dv", weight: "v", texture: "d_y", column: "head" },
      ],
    })
  }  }
${eachSum(variant, store)}`;
}

interface Product {
  /** Name of the sums. */
  readonly name: string;
  /** Texture and first column of the rows, and of the members. */
  readonly left: string;
  readonly column: string;
  readonly right: string;
  readonly of: string;
}

/** `name`r = row r times the members start + lane + 0, 8, 16 and 24. */
function products(list: Product[]): string {
  let code = lines(4, (c) => `    let member${c} = sequence + min(start + ${8 * c}u + lane, last);\n`);
  for (const { name } of list) code += rows((r) => `    var ${name}${r} = vec4f();\n`);
  code += `    for (var d = 0u; d < shape.D; d++) {\n`;
  for (const { name, left, column, right, of } of list) {
    code += `      let ${name}_row = textureLoad(${left}, vec2u(${column} + d, row));\n`;
    code += lines(
      4,
      (c) => `      let ${name}_at${c} = textureLoad(${right}, vec2u(${of} + d, member${c}));\n`,
    );
    for (const e of COMPONENTS) {
      code += `      let ${name}_${e} = vec4f(${
        [0, 1, 2, 3].map((c) => `${name}_at${c}.${e}`).join(", ")
      });\n`;
    }
    code += rows((r) => {
      const terms = COMPONENTS.map((e) => `subgroupShuffle(${name}_row.${e}, ${r}u) * ${name}_${e}`);
      return `      ${name}${r} += ${terms.join(" + ")};\n`;
    });
  }
  return code + `    }\n`;
}

/** Sums so far are relative to the highest score so far. */
function maximum({ vectors }: AttentionWaveVariant, r: number): string {
  return `    s${r} = select(vec4f(LOWEST), s${r}, key <= vec4u(first + ${r}u));
    let pair${r} = max(s${r}.xy, s${r}.zw);
    let highest${r} = max(pair${r}.x, pair${r}.y);
    let before${r} = most${r};
    most${r} = max(most${r}, SCALE * ${acrossLanes(`highest${r}`, (a, b) => `max(${a}, ${b})`)});
    let correction${r} = exp(before${r} - most${r});
    sum${r} *= correction${r};
${lines(vectors, (j) => `    o${r}_${j} *= correction${r};\n`)}`;
}

interface Chunks {
  /** Where the members end. */
  readonly end: string;
  /** What one lane needs to know of its member. */
  readonly before?: string;
  /** Computes the weights of row r from its products and moves these up. */
  readonly weights: (r: number) => string;
  /** Names of sums and weights, and the texture and first column of what is weighted. */
  readonly outputs: readonly { sum: string; weight: string; texture: string; column: string }[];
}

function chunks({ vectors }: AttentionWaveVariant, { end, before = "", weights, outputs }: Chunks): string {
  let code = `    let chunks = min(4u, (${end} - start + 7u) / 8u);
    for (var chunk = start; chunk < start + 8u * chunks; chunk += 8u) {
      let member = chunk + lane;
${before}${rows(weights)}${rows((t) => `      let at${t} = sequence + min(chunk + ${t}u, last);\n`)}`;
  for (const { sum, weight, texture, column } of outputs) {
    code += rows((t) =>
      lines(vectors, (j) => {
        const place = `vec2u(${column} + lane + ${8 * j}u, at${t})`;
        return `      let ${sum}_at${t}_${j} = textureLoad(${texture}, ${place});\n`;
      })
    );
    // A sum takes all its terms at once: it is loaded and stored once a chunk.
    code += rows((r) => {
      const handed = rows((t) => `      let ${weight}${r}of${t} = subgroupShuffle(${weight}${r}, ${t}u);\n`);
      return handed + lines(vectors, (j) => {
        const terms = Array.from({ length: WAVE_ROWS }, (_, t) => `${weight}${r}of${t} * ${sum}_at${t}_${j}`);
        return `      ${sum}${r}_${j} += ${terms.join(" + ")};\n`;
      });
    });
  }
  return code + `    }\n`;
}

function sums(variant: AttentionWaveVariant, name: string): string {
  return eachSum(variant, (r, j) => `  var ${name}${r}_${j} = vec4f();\n`);
}

function guarded(r: number, j: number, statement: string): string {
  return `  if (first + ${r}u < shape.T && lane + ${8 * j}u < shape.D) {\n    ${statement}\n  }\n`;
}

/** In lane r, the value of row r. */
function byLane(value: (r: number) => string): string {
  let code = value(0);
  for (let r = 1; r < WAVE_ROWS; r++) code = `select(${code}, ${value(r)}, lane == ${r}u)`;
  return code;
}

/** A tree over the lanes, the same bits in each. */
function acrossLanes(value: string, join: (a: string, b: string) => string): string {
  let level = Array.from({ length: WAVE_ROWS }, (_, lane) => `subgroupShuffle(${value}, ${lane}u)`);
  while (level.length > 1) {
    level = level.filter((_, i) => i % 2 === 0).map((term, i) => join(term, level[2 * i + 1]));
  }
  return level[0];
}

function eachSum({ vectors }: AttentionWaveVariant, line: (r: number, j: number) => string): string {
  return rows((r) => lines(vectors, (j) => line(r, j)));
}

function rows(line: (r: number) => string): string {
  return lines(WAVE_ROWS, line);
}

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("");
}
