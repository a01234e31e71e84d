// Generates the matmul kernel for CPU adapters, whose compiler rewards what no GPU needs: no workgroup memory, operands
// from storage textures, A loaded once per wave and handed round with constant-index shuffles, the loop over k unrolled.
// A wave is one subgroup of LANES invocations; it owns a block of `rows` rows by LANES * `vectors` Vectors of C, every
// sum in a register. Register tiles need literal lane numbers and unrolling, which WGSL cannot express: hence a
// generator. Its output for one shape is kept in tests/golden/matmul_wave_nn.wgsl to be read.

import type { MatmulMode } from "./matmul_spec.ts";

/** A register tile and how its operands are stored. */
export interface WaveVariant {
  readonly mode: MatmulMode;
  /** Rows of C a wave owns: 8 or 16. */
  readonly rows: number;
  /** Vectors of C an invocation owns in each row: 1 or 2. */
  readonly vectors: number;
  readonly aInTexture: boolean;
  readonly bInTexture: boolean;
  readonly causality: "none" | "skip" | "upto" | "from";
  /** The waves of the first rows also sum the columns of B, [K, N]. */
  readonly columnSums?: boolean;
}

/** Lanes of a wave. */
export const WAVE_LANES = 8;
/**
 * Terms of the sum per turn of the loop. A turn rewrites every sum under the loop's mask, a longer turn spills operands
 * instead: 8 is no faster and takes the compiler twice as long.
 */
export const WAVE_UNROLL = 4;

const COMPONENTS = "xyzw";

/** The WGSL of one variant; to be preceded by the epilogue snippet, of either width. */
export function matmulWave(variant: WaveVariant): string {
  const sumOfB = variant.columnSums ? COLUMN_SUM : "";
  const declarations = operand("a", 0, variant.aInTexture) + operand("b", 1, variant.bInTexture) + sumOfB;
  const a = variant.mode === "TN" ? loadTransposedA(variant) : loadA(variant);
  return `${header(variant)}${declarations}
@compute @workgroup_size(${WAVE_LANES}, WAVES)
fn matmul_wave(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let m0 = (group.y * WAVES + local.y) * ${variant.rows}u;
  let n0 = group.x * ${WAVE_LANES * variant.vectors}u + lane; // in Vectors
  let head = group.z % shape.heads;
  let a_row = (group.z / shape.heads) * shape.a_rows_per_batch + head * shape.a_rows_per_head;
  let a_column = shape.a_column + head * shape.a_columns_per_head;
  let b_row = (group.z / shape.heads) * shape.b_rows_per_batch + head * shape.b_rows_per_head;
  let b_column = shape.b_column + head * shape.b_columns_per_head;
  if (m0 >= shape.M) { return; }
${limits(variant)}${rowsOfA(variant)}${startSums(variant)}
  for (var k = k_first; k < k_end; k += ${WAVE_UNROLL}u) {
${a}${loadB(variant)}${terms(variant)}${columnSums(variant, addToColumnSum)}  }
${storeRows(variant)}${storeColumnSums(variant)}}
`;
}

/** Where the sums of B's columns go. */
const COLUMN_SUM = `override ACCUMULATE_COLUMN_SUM: u32;
@group(0) @binding(7) var<storage, read_write> column_sum: array<vec4f>;
fn store_column_sum(column: u32, value: vec4f) {
  if (column >= shape.N) { return; }
  if (ACCUMULATE_COLUMN_SUM == 1u) { column_sum[column] += value; } else { column_sum[column] = value; }
}
`;

function columnSums(variant: WaveVariant, line: (vector: number) => string): string {
  return variant.columnSums ? Array.from({ length: variant.vectors }, (_, j) => line(j)).join("") : "";
}

function addToColumnSum(j: number): string {
  const terms = Array.from({ length: WAVE_UNROLL }, (_, t) => `b${t}_${j}`);
  return `    b_sum${j} += (${terms.slice(0, 2).join(" + ")}) + (${terms.slice(2).join(" + ")});\n`;
}

/**
 * Stores a row a turn and moves the next one up: the code of one row instead of sixteen, which is most of what the
 * compiler would otherwise have to do.
 */
function storeRows({ rows, vectors }: WaveVariant): string {
  let code = `  let end = min(m0 + ${rows}u, shape.M);\n  for (var m = m0; m < end; m++) {\n`;
  for (let j = 0; j < vectors; j++) {
    code += `    store_quad(group.z, m, n0 + ${j * WAVE_LANES}u, sum0_${j});\n`;
  }
  for (let r = 1; r < rows; r++) {
    for (let j = 0; j < vectors; j++) code += `    sum${r - 1}_${j} = sum${r}_${j};\n`;
  }
  return code + "  }\n";
}

function storeColumnSums(variant: WaveVariant): string {
  const store = columnSums(variant, (j) => `    store_column_sum(n0 + ${j * WAVE_LANES}u, b_sum${j});\n`);
  return store && `  if (m0 == 0u) {\n${store}  }\n`;
}

function header({ mode, rows, vectors }: WaveVariant): string {
  const product = { NN: "A[m, k] B[k, n]", NT: "A[m, k] B[n, k]", TN: "A[k, m] B[k, n]" }[mode];
  return `// Matrix product in register tiles of ${rows} rows by ${WAVE_LANES * vectors * 4} columns a wave.
//   C[m, n] = sum_k ${product}
// Written by matmul_wave.ts, which says why. Rows and columns of a and b are in Vectors of four along the row.
override WAVES: u32; // waves of a workgroup, below each other
`;
}

/** Declares operand `name` and its load(row, column). */
function operand(name: "a" | "b", binding: number, inTexture: boolean): string {
  if (inTexture) {
    return `@group(0) @binding(${binding}) var ${name}: texture_storage_2d<rgba32float, read>;
fn load_${name}(row: u32, column: u32) -> vec4f { return textureLoad(${name}, vec2u(column, row)); }
`;
  }
  return `@group(0) @binding(${binding}) var<storage, read> ${name}: array<vec4f>;
fn load_${name}(row: u32, column: u32) -> vec4f { return ${name}[row * shape.${name}_pitch + column]; }
`;
}

/** First and last k, and the early end of waves that causality leaves nothing to do. */
function limits({ causality, rows, vectors }: WaveVariant): string {
  const first = causality === "from" ? "m0" : "0u";
  const end = causality === "upto" ? `min(shape.K, m0 + ${rows}u)` : "shape.K";
  const skip = causality === "skip"
    ? `  if (group.x * ${WAVE_LANES * vectors * 4}u > m0 + ${rows - 1}u) { return; }\n`
    : "";
  return `${skip}  let k_first = ${first};\n  let k_end = ${end};\n`;
}

/** Row of A this lane loads for each block of LANES rows; none beyond the edge. */
function rowsOfA({ mode, rows }: WaveVariant): string {
  if (mode === "TN") return "";
  let code = "";
  for (let block = 0; block < rows / WAVE_LANES; block++) {
    code += `  let a_row${block} = a_row + min(m0 + ${block * WAVE_LANES}u + lane, shape.M - 1u);\n`;
  }
  return code;
}

/** The sums of a column start from its bias. */
function startSums(variant: WaveVariant): string {
  let code = "";
  for (let j = 0; j < variant.vectors; j++) {
    code += `  let bias${j} = bias_of_quad(n0 + ${j * WAVE_LANES}u);\n`;
  }
  code += each(variant, (r, j) => `  var sum${r}_${j} = bias${j};\n`);
  return code + columnSums(variant, (j) => `  var b_sum${j} = vec4f();\n`);
}

/** Lane l loads rows l, l + 8, ... of A: four terms of the sum per load. */
function loadA({ rows }: WaveVariant): string {
  let code = "";
  for (let block = 0; block < rows / WAVE_LANES; block++) {
    code += `    let a${block} = load_a(a_row${block}, a_column + k / 4u);\n`;
  }
  return code;
}

/** Lane l loads term k + l % 4 of A for eight rows of C per load: lanes 0 to 3 the first four, lanes 4 to 7 the others. */
function loadTransposedA({ rows }: WaveVariant): string {
  let code = "";
  for (let block = 0; block < rows / WAVE_LANES; block++) {
    code += `    let a${block} = load_a(a_row + k + lane % 4u, a_column + m0 / 4u + ${
      block * 2
    }u + lane / 4u);\n`;
  }
  return code;
}

/** A(m0 + r, k + t), the same in every lane. */
function aValue(mode: MatmulMode, r: number, t: number): string {
  const row = r % WAVE_LANES;
  const [component, lane] = mode === "TN" ? [row % 4, (row >> 2) * 4 + t] : [t, row];
  return `subgroupShuffle(a${Math.floor(r / WAVE_LANES)}.${COMPONENTS[component]}, ${lane}u)`;
}

/** The Vectors of B that the terms k .. k + UNROLL - 1 need. */
function loadB(variant: WaveVariant): string {
  let code = "";
  for (let j = 0; j < variant.vectors; j++) {
    for (let t = 0; t < WAVE_UNROLL; t++) {
      code += variant.mode === "NT"
        ? `    let column${t}_${j} = load_b(b_row + (n0 + ${
          j * WAVE_LANES
        }u) * 4u + ${t}u, b_column + k / 4u);\n`
        : `    let b${t}_${j} = load_b(b_row + ${rowOfB(variant, t)}, b_column + n0 + ${j * WAVE_LANES}u);\n`;
    }
    if (variant.mode === "NT") code += transposeB(j);
  }
  return code;
}

/** Row k + t. A buffer has no zero rows beyond K: there the last row is read again, and A's zeros make nothing of it. */
function rowOfB({ bInTexture }: WaveVariant, t: number): string {
  return bInTexture ? `k + ${t}u` : `min(k + ${t}u, shape.K - 1u)`;
}

/** B stored by column: four loads gave four terms of four columns. */
function transposeB(j: number): string {
  let code = "";
  for (let t = 0; t < WAVE_UNROLL; t++) {
    const columns = [0, 1, 2, 3].map((e) => `column${e}_${j}.${COMPONENTS[t]}`);
    code += `    let b${t}_${j} = vec4f(${columns.join(", ")});\n`;
  }
  return code;
}

/** All terms of one sum before the next sum: it stays in registers meanwhile. */
function terms(variant: WaveVariant): string {
  let code = "";
  for (let r = 0; r < variant.rows; r++) {
    for (let t = 0; t < WAVE_UNROLL; t++) code += `    let a${r}at${t} = ${aValue(variant.mode, r, t)};\n`;
    for (let j = 0; j < variant.vectors; j++) {
      for (let t = 0; t < WAVE_UNROLL; t++) code += `    sum${r}_${j} += a${r}at${t} * b${t}_${j};\n`;
    }
  }
  return code;
}

function each(variant: WaveVariant, line: (row: number, vector: number) => string): string {
  let code = "";
  for (let r = 0; r < variant.rows; r++) for (let j = 0; j < variant.vectors; j++) code += line(r, j);
  return code;
}
