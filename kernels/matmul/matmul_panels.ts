// Generates the kernel of products with few rows for CPU adapters: the weight in panels (program/panels.ts), read once from
// first to last texel, A loaded once per wave and handed round with constant-index shuffles, every sum in a register.
// A wave is one subgroup of 8 lanes and owns `rows` rows by 64 columns at a time. Literal lane numbers and unrolling are
// what WGSL cannot express: hence a generator. Its output for one shape is in tests/golden/matmul_panels.wgsl.

import { PANEL_TEXELS } from "../program/panels.ts";

/** A register tile and what happens before and after the sum. A binding costs 1.6 us a dispatch, so none is unused. */
export interface PanelVariant {
  /** Rows of C a wave owns: 1, 2, 4 or 8. */
  readonly rows: number;
  /** Whether rows of A and of C are whole Vectors. */
  readonly aIsWhole: boolean;
  readonly cIsWhole: boolean;
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
  readonly accumulate: boolean;
  readonly activation: "none" | "gelu" | "relu";
  /** Rows of A, whole Vectors, are normalised first, with gamma and perhaps beta, and kept in workgroup memory. */
  readonly norm: { readonly K: number; readonly hasBeta: boolean; readonly epsilon: number } | undefined;
}

const LANES = 8;
const COMPONENTS = "xyzw";

/** The WGSL of one variant; to be preceded by vector_4 and gelu. */
export function matmulPanels(variant: PanelVariant): string {
  const { rows, norm } = variant;
  const unroll = Math.max(8, 32 / rows);
  return `${header(variant)}${declarations(variant)}
${loadA(variant)}${store(variant)}
@compute @workgroup_size(${LANES})
fn matmul_panels(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let m0 = group.x * ${rows}u;
${norm ? normalise(variant) : ""}  for (var panel = group.y; panel < shape.panels; panel += groups.y) {
${each(rows, (r, j) => `    var sum${r}_${j} = vec4f();\n`)}    var y = panel * shape.rows_per_panel;
    var x = lane;
    for (var k = 0u; k < shape.K; k += ${unroll}u) {
${loads(rows, unroll)}${terms(rows, unroll)}      x += ${unroll * PANEL_TEXELS}u;
      if (x >= shape.width) {
        x = lane;
        y++;
      }
    }
${
    each(rows, (r, j) =>
      `    store(m0 + ${r}u, panel * ${PANEL_TEXELS}u + ${j * LANES}u + lane, sum${r}_${j});\n`)
  }  }
}
`;
}

function header({ rows, norm }: PanelVariant): string {
  const left = norm ? "norm(A)[m, k]" : "A[m, k]";
  return `// Product of few rows with a weight in panels: ${rows} rows by 64 columns of C a wave.
//   C[m, n] = sum_k ${left} W[k, n]
// Written by matmul_panels.ts, which says why. Workgroup (x, y) computes rows ${rows} x to ${rows} x + ${
    rows - 1
  } of panels
// y, y + groups.y, ... Sums in f32, in order of k whatever the number of rows.
`;
}

function declarations(variant: PanelVariant): string {
  const { rows, aIsWhole, cIsWhole, hasBias, hasResidual, norm } = variant;
  const element = (isWhole: boolean) => isWhole ? "vec4f" : "f32";
  const lines = [
    "struct PanelShape { M: u32, N: u32, K: u32, width: u32, rows_per_panel: u32, panels: u32 }",
    `@group(0) @binding(0) var<storage, read> a: array<${element(aIsWhole)}>;`,
    "@group(0) @binding(1) var w: texture_storage_2d<rgba32float, read>;",
    `@group(0) @binding(2) var<storage, read_write> c: array<${element(cIsWhole)}>;`,
    "@group(0) @binding(3) var<uniform> shape: PanelShape;",
  ];
  if (hasBias) lines.push(`@group(0) @binding(4) var<storage, read> bias: array<${element(cIsWhole)}>;`);
  if (hasResidual) {
    lines.push(`@group(0) @binding(7) var<storage, read> residual: array<${element(cIsWhole)}>;`);
  }
  if (norm) {
    lines.push(`@group(0) @binding(5) var<storage, read> gamma: array<${element(aIsWhole)}>;`);
    if (norm.hasBeta) {
      lines.push(`@group(0) @binding(6) var<storage, read> beta: array<${element(aIsWhole)}>;`);
    }
    lines.push(`var<workgroup> normalised: array<vec4f, ${rows * Math.ceil(norm.K / 4)}>;`);
  }
  return lines.join("\n") + "\n";
}

/** Vector v of row m of A, 0 beyond the row. */
function loadA({ rows, aIsWhole, norm }: PanelVariant): string {
  if (norm || aIsWhole) {
    const vector = norm
      ? `normalised[(m % ${rows}u) * (shape.K / 4u) + v]`
      : "a[min(m, shape.M - 1u) * (shape.K / 4u) + v]";
    return `fn left_at(m: u32, v: u32) -> vec4f {
  if (v * 4u >= shape.K) { return vec4f(); }
  return ${vector};
}
`;
  }
  const part = (e: number) => `select(0.0, a[row + min(k + ${e}u, last)], k + ${e}u <= last)`;
  return `fn left_at(m: u32, v: u32) -> vec4f {
  let row = min(m, shape.M - 1u) * shape.K;
  let k = v * 4u;
  let last = shape.K - 1u;
  return vec4f(${[0, 1, 2, 3].map(part).join(",\n    ")});
}
`;
}

/** The norm of the wave's rows into workgroup memory: the sums of layer_norm_forward.wgsl, to the bit. */
function normalise({ rows, norm }: PanelVariant): string {
  const { hasBeta, epsilon } = norm!;
  return `  let vectors = shape.K / 4u;
  for (var r = 0u; r < ${rows}u; r++) {
    let row = min(m0 + r, shape.M - 1u) * vectors;
    var sum = vec4f();
    for (var v = lane; v < vectors; v += ${LANES}u) { sum += a[row + v]; }
    let mean = subgroupAdd(total(sum)) / f32(shape.K);
    var squares = vec4f();
    for (var v = lane; v < vectors; v += ${LANES}u) {
      let centred = a[row + v] - mean;
      squares += centred * centred;
    }
    let rstd = inverseSqrt(subgroupAdd(total(squares)) / f32(shape.K) + f32(${epsilon}));
    for (var v = lane; v < vectors; v += ${LANES}u) {
      var value = (a[row + v] - mean) * rstd * gamma[v];
${hasBeta ? "      value += beta[v];\n" : ""}      normalised[r * vectors + v] = value;
    }
  }
  workgroupBarrier();
`;
}

/** Lane l holds row l % rows, and of every 32 / rows terms the Vector l / rows. */
function loads(rows: number, unroll: number): string {
  const perLoad = 32 / rows;
  let code = "";
  for (let q = 0; q < unroll / perLoad; q++) {
    const vector = `k / 4u + ${q * perLoad / 4}u${rows < LANES ? ` + lane / ${rows}u` : ""}`;
    const row = rows === 1 ? "m0" : `m0 + lane % ${rows}u`;
    code += `      let left${q} = left_at(${row}, ${vector});\n`;
  }
  return code;
}

function terms(rows: number, unroll: number): string {
  const perLoad = 32 / rows;
  let code = "";
  for (let t = 0; t < unroll; t++) {
    for (let j = 0; j < 2; j++) {
      code += `      let w${t}_${j} = textureLoad(w, vec2u(x + ${t * PANEL_TEXELS + j * LANES}u, y));\n`;
    }
    for (let r = 0; r < rows; r++) {
      const lane = Math.floor(t % perLoad / 4) * rows + r;
      const name = `left${Math.floor(t / perLoad)}.${COMPONENTS[t % 4]}`;
      code += `      let a${t}_${r} = subgroupShuffle(${name}, ${lane}u);\n`;
      for (let j = 0; j < 2; j++) code += `      sum${r}_${j} += a${t}_${r} * w${t}_${j};\n`;
    }
  }
  return code;
}

function store({ cIsWhole, hasBias, hasResidual, accumulate, activation }: PanelVariant): string {
  const act =
    { none: "value", gelu: "gelu(value)", relu: "select(value, vec4f(), value <= vec4f())" }[activation];
  const four = (line: (e: number) => string) => [0, 1, 2, 3].map(line).join("");
  const add = (name: string, whole: string, first: string) =>
    cIsWhole
      ? `  value += ${name}[${whole}];\n`
      : four((e) => `  value.${COMPONENTS[e]} += ${name}[${first} + min(${e}u, last)];\n`);
  const place = cIsWhole
    ? "  let i = m * (shape.N / 4u) + v;\n"
    : "  let i = m * shape.N + v * 4u;\n  let last = shape.N - 1u - v * 4u;\n";
  const write = cIsWhole
    ? "  c[i] = value;\n"
    : `  c[i] = value.x;\n${
      [1, 2, 3].map((e) => `  if (last >= ${e}u) { c[i + ${e}u] = value.${COMPONENTS[e]}; }\n`).join("")
    }`;
  return `fn store(m: u32, v: u32, sum: vec4f) {
  if (m >= shape.M || v * 4u >= shape.N) { return; }
${place}  var value = sum;
${hasBias ? add("bias", "v", "v * 4u") : ""}${accumulate ? add("c", "i", "i") : ""}  value = ${act};
${hasResidual ? add("residual", "i", "i") : ""}${write}}
`;
}

function each(rows: number, line: (row: number, vector: number) => string): string {
  let code = "";
  for (let r = 0; r < rows; r++) for (let j = 0; j < 2; j++) code += line(r, j);
  return code;
}
