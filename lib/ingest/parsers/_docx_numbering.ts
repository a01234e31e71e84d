// The marks of list items in a DOCX document: numbering definitions, paragraph styles that use them, and the counters of the lists.
// Format: ECMA-376 part 1, section 17.9.

import { localName, type OfficeZip } from "./_office_zip.ts";
import { letterNumber, romanNumber } from "./_list_marks.ts";

const MAX_LEVELS = 9;
/** A mark stands before every item, so a long one would multiply. */
const MAX_MARK_LENGTH = 32;

/** One level of a list. */
interface Level {
  format: string;
  /** `%1.%2)`: the numbers of the levels in a text. */
  text: string;
  start: number;
}

/** A list: a definition with changes of its own. */
interface List {
  definition: string;
  readonly levels: Level[];
  /** Numbers at which levels begin anew with the first item of this list. */
  readonly restarts: number[];
}

/** A list a paragraph belongs to. */
export interface ListPlace {
  /** Number of the list; `0` takes a paragraph out of the list of its style. */
  readonly list?: string;
  /** Depth, from 0. */
  readonly level?: number;
}

/** What the two parts say. */
interface Definitions {
  /** Levels of each definition. */
  readonly levels: Map<string, Level[]>;
  /** Lists by their number. */
  readonly lists: Map<string, List>;
  /** List and level of each paragraph style. */
  readonly styles: Map<string, ListPlace & { readonly basedOn?: string }>;
}

/** Gives every list item its mark, in the order of the document. */
export class DocxNumbering {
  readonly #definitions: Definitions;
  /** Numbers of the lists that were begun. */
  readonly #begun = new Set<string>();
  /** Last number of each level of each definition, which several lists may go on counting. */
  readonly #counters = new Map<string, number[]>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /**
   * @param place - what the paragraph says itself
   * @param style - its style, which may say the rest
   * @returns the mark with its indentation, or undefined when the paragraph is no list item
   */
  markOf(place: ListPlace, style: string | undefined): string | undefined {
    const inherited = this.#styleOf(style);
    const list = place.list ?? inherited.list;
    if (list === undefined || list === "0") return undefined;
    const level = Math.min(Math.max(place.level ?? inherited.level ?? 0, 0), MAX_LEVELS - 1);
    const found = this.#definitions.lists.get(list);
    if (found === undefined) return undefined;
    const defined = this.#definitions.levels.get(found.definition) ?? [];
    const levels = Array.from({ length: MAX_LEVELS }, (_, at) => found.levels[at] ?? defined[at]);
    const own = levels[level];
    if (own === undefined) return undefined;
    const indent = "  ".repeat(level);
    if (own.format === "bullet") return `${indent}- `;
    const counters = this.#count(list, { level, start: own.start });
    if (own.format === "none") return indent;
    const text = own.text.replace(/%([1-9])/g, (_, digit: string) => {
      const at = Number(digit) - 1;
      return formatNumber(counters[at] ?? levels[at]?.start ?? 1, levels[at]?.format ?? "decimal");
    });
    return text.trim() === "" ? indent : `${indent}${text.trim()} `;
  }

  #count(number: string, { level, start }: { level: number; start: number }): number[] {
    const list = this.#definitions.lists.get(number)!;
    const counters = this.#counters.get(list.definition) ?? [];
    this.#counters.set(list.definition, counters);
    if (!this.#begun.has(number)) {
      this.#begun.add(number);
      list.restarts.forEach((first, at) => counters[at] = first - 1);
    }
    counters[level] = (counters[level] ?? (list.restarts[level] ?? start) - 1) + 1;
    counters.length = level + 1; // deeper levels begin anew
    return counters;
  }

  #styleOf(style: string | undefined): ListPlace {
    let found: ListPlace = {};
    // styles may be based on each other in a circle
    for (let depth = 0; style !== undefined && depth < 20; depth++) {
      const own = this.#definitions.styles.get(style);
      found = { list: found.list ?? own?.list, level: found.level ?? own?.level };
      style = own?.basedOn;
    }
    return found;
  }
}

/**
 * Reads the numbering and the styles of a document; either may be missing.
 *
 * @param folder - that of the main part, with its `/`
 */
export async function readNumbering(zip: OfficeZip, folder: string): Promise<DocxNumbering> {
  const { levels, lists } = await readLists(zip, `${folder}numbering.xml`);
  return new DocxNumbering({ levels, lists, styles: await readStyles(zip, `${folder}styles.xml`) });
}

async function readLists(zip: OfficeZip, part: string): Promise<Pick<Definitions, "levels" | "lists">> {
  const levels = new Map<string, Level[]>();
  const lists = new Map<string, List>();
  let current: Level[] = [];
  let level: Level | undefined;
  let list: List = { definition: "", levels: [], restarts: [] };
  let override = 0;
  await zip.walk(part, {
    attributes: new Set(["w:abstractNumId", "w:numId", "w:ilvl", "w:val"]),
    open(name, attributes) {
      const local = localName(name);
      const value = attributes.get("w:val") ?? "";
      const depth = Number.parseInt(attributes.get("w:ilvl") ?? "0");
      if (local === "abstractNum") levels.set(attributes.get("w:abstractNumId") ?? "", current = []);
      else if (local === "num") {
        list = { definition: "", levels: current = [], restarts: [] };
        lists.set(attributes.get("w:numId") ?? "", list);
      } else if (local === "abstractNumId") list.definition = value;
      else if (local === "lvlOverride") override = depth;
      else if (local === "startOverride" && isLevel(override)) {
        list.restarts[override] = Number.parseInt(value) || 0;
      } else if (local === "lvl") {
        level = { format: "decimal", text: "", start: 1 };
        if (isLevel(depth)) current[depth] ??= level;
      } else if (local === "numFmt" && level) level.format = value;
      else if (local === "lvlText" && level) level.text = value.slice(0, MAX_MARK_LENGTH);
      else if (local === "start" && level) level.start = Number.parseInt(value) || 0;
    },
    close() {},
    text() {},
  });
  return { levels, lists };
}

function isLevel(depth: number): boolean {
  return depth >= 0 && depth < MAX_LEVELS;
}

async function readStyles(zip: OfficeZip, part: string): Promise<Definitions["styles"]> {
  const styles: Definitions["styles"] = new Map();
  let style = "";
  const set = (more: ListPlace & { basedOn?: string }) =>
    styles.set(style, { ...styles.get(style), ...more });
  await zip.walk(part, {
    attributes: new Set(["w:styleId", "w:val"]),
    open(name, attributes) {
      const local = localName(name);
      const value = attributes.get("w:val") ?? "";
      if (local === "style") style = attributes.get("w:styleId") ?? "";
      else if (local === "basedOn") set({ basedOn: value });
      else if (local === "numId") set({ list: value });
      else if (local === "ilvl") set({ level: Number.parseInt(value) || 0 });
    },
    close() {},
    text() {},
  });
  return styles;
}

function formatNumber(number: number, format: string): string {
  if (format === "lowerLetter") return letterNumber(number);
  if (format === "upperLetter") return letterNumber(number).toUpperCase();
  if (format === "lowerRoman") return romanNumber(number);
  if (format === "upperRoman") return romanNumber(number).toUpperCase();
  if (format === "decimalZero") return String(number).padStart(2, "0");
  return format === "none" || format === "bullet" ? "" : String(number);
}
