// The parts of a wave kernel of attention: products of 8 rows with a tile of members, and sums of members weighted by
// them. Texts of WGSL; the names they share are those of attention_wave.ts.

/** Lanes of a wave, rows it owns, and members of a chunk. 16 rows gain 7 % and take three times as long to compile. */
export const WAVE_ROWS = 8;
/** Members of a tile, whose products with the rows are in registers at a time: four a lane. */
export const WAVE_TILE = 32;

const COMPONENTS = ["x", "y", "z", "w"];

export interface Product {
  /** Name of the sums. */
  readonly name: string;
  /** Texture and first column of the rows. */
  readonly left: string;
  readonly column: string;
  /** Texture and first column of the members. */
  readonly right: string;
  readonly of: string;
}

/** `name`r = row r times the members start + lane + 0, 8, 16 and 24 over the channels of the head. */
export function products(list: readonly Product[]): string {
  let code = lines(4, (c) => `    let member${c} = sequence + min(start + ${8 * c}u + lane, last);\n`);
  for (const { name } of list) code += rows((r) => `    var ${name}${r} = vec4f();\n`);
  code += `    for (var d = 0u; d < channels; d++) {\n`;
  for (const { name, left, column, right, of } of list) {
    const load = (c: number) => `textureLoad(${right}, vec2u(${of} + d, member${c}))`;
    code += `      let ${name}_row = textureLoad(${left}, vec2u(${column} + d, row));\n`;
    code += lines(4, (c) => `      let ${name}_at${c} = ${load(c)};\n`);
    for (const e of COMPONENTS) {
      const all = [0, 1, 2, 3].map((c) => `${name}_at${c}.${e}`);
      code += `      let ${name}_${e} = vec4f(${all.join(", ")});\n`;
    }
    code += rows((r) => {
      const terms = COMPONENTS.map((e) => `subgroupShuffle(${name}_row.${e}, ${r}u) * ${name}_${e}`);
      return `      ${name}${r} += ${terms.join(" + ")};\n`;
    });
  }
  return `${code}    }\n`;
}

export interface Chunks {
  /** How many of the four chunks hold members. */
  readonly count: string;
  /** What one lane needs to know of its member. */
  readonly before?: string;
  /** Computes the weights of row r from its products and moves these up. */
  readonly weights: (r: number) => string;
  /** Names of sums and weights, and the texture and first column of what is weighted. */
  readonly outputs: readonly { sum: string; weight: string; texture: string; column: string }[];
  /** Vectors of a sum per lane. */
  readonly vectors: number;
}

/** Goes through the tile in chunks of 8 members: `weights` of each row, then the weighted sums. */
export function chunks({ count, before = "", weights, outputs, vectors }: Chunks): string {
  let code = `    for (var c = 0u; c < ${count}; c++) {
      let chunk = start + 8u * c;
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
  return `${code}    }\n`;
}

/** In lane r, the value of row r. */
export function byLane(value: (r: number) => string): string {
  let code = value(0);
  for (let r = 1; r < WAVE_ROWS; r++) code = `select(${code}, ${value(r)}, lane == ${r}u)`;
  return code;
}

/** A tree over the lanes, the same bits in each. */
export function acrossLanes(value: string, join: (a: string, b: string) => string): string {
  let level = Array.from({ length: WAVE_ROWS }, (_, lane) => `subgroupShuffle(${value}, ${lane}u)`);
  while (level.length > 1) {
    level = level.filter((_, i) => i % 2 === 0).map((term, i) => join(term, level[2 * i + 1]));
  }
  return level[0];
}

export function rows(line: (r: number) => string): string {
  return lines(WAVE_ROWS, line);
}

export function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("");
}
