// The elements of an ODT content part that carry text, and the list styles that say which lists are numbered.

import { letterNumber, romanNumber } from "./_list_marks.ts";
import type { MarkupEvents } from "./_markup_walk.ts";
import type { OfficeZip } from "./_office_zip.ts";
import { shiftedText } from "./_shifted_text.ts";
import { TextFlow } from "./_text_flow.ts";

/** Comments, deleted text, what was there before a change, form controls, scripts, phonetic hints. */
const HIDDEN = new Set([
  "office:annotation",
  "text:tracked-changes",
  "office:forms",
  "office:scripts",
  "text:ruby-text",
  "text:note-citation",
]);
const MAX_SPACES = 100;
/** An empty cell repeated to the edge of a sheet is no column. */
const MAX_REPEATED_CELLS = 64;
const MAX_DEPTH = 20;

/** What the styles of a document say about its text. */
export interface OdtStyles {
  /** Number format (`1`, `a`, `A`, `i`, `I`; undefined for a bullet) of each level of each list style. */
  readonly lists: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Text styles that raise or lower. */
  readonly shifts: ReadonlyMap<string, "above" | "below">;
}

/** Reads the styles from both parts that have some. */
export async function readOdtStyles(zip: OfficeZip): Promise<OdtStyles> {
  const lists = new Map<string, Map<number, string>>();
  const shifts = new Map<string, "above" | "below">();
  for (const part of ["styles.xml", "content.xml"]) {
    let list = new Map<number, string>();
    let style = "";
    await zip.walk(part, {
      attributes: new Set(["style:name", "text:level", "style:num-format", "style:text-position"]),
      open(name, attributes) {
        const ownName = attributes.get("style:name") ?? "";
        const position = attributes.get("style:text-position");
        if (name === "text:list-style") lists.set(ownName, list = new Map());
        else if (name === "text:list-level-style-number") {
          list.set(Number(attributes.get("text:level") ?? 1), attributes.get("style:num-format") ?? "");
        } else if (name === "style:style") style = ownName;
        else if (position !== undefined && /^(?:super|sub|-?[1-9])/.test(position)) {
          shifts.set(style, /^(?:sub|-)/.test(position) ? "below" : "above");
        }
      },
      close() {},
      text() {},
    });
  }
  return { lists, shifts };
}

interface List {
  readonly style: string;
  next: number;
}

/** Takes the text out of a content part. */
export class OdtBody implements MarkupEvents {
  readonly attributes: ReadonlySet<string> = new Set([
    "text:c",
    "text:style-name",
    "text:start-value",
    "table:number-columns-repeated",
    "xlink:href",
  ]);
  readonly #styles: OdtStyles;
  readonly #formulas: ReadonlyMap<string, string>;
  readonly #main = new TextFlow();
  readonly #notes: TextFlow[] = [];
  /** Flows that wait while a note is read. */
  readonly #waiting: TextFlow[] = [];
  #flow = this.#main;
  readonly #lists: List[] = [];
  #hidden = 0;
  #paragraphs = 0;
  #tables = 0;
  #isDescription = false;
  #isItem = false;
  /** Of each open span. */
  readonly #shifts: ("above" | "below" | undefined)[] = [];

  /** @param formulas - texts of embedded formulas by the folder of each in the file */
  constructor(styles: OdtStyles, formulas: ReadonlyMap<string, string>) {
    this.#styles = styles;
    this.#formulas = formulas;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (HIDDEN.has(name)) this.#hidden++;
    if (this.#hidden > 0) return;
    if (name === "text:p" || name === "text:h") this.#beginParagraph();
    else if (name === "text:s") this.#flow.exact(" ".repeat(count(attributes.get("text:c"), MAX_SPACES)));
    else if (name === "text:tab") this.#flow.tab();
    else if (name === "text:line-break") this.#flow.lineEnd();
    else if (name === "text:list") this.#beginList(attributes);
    else if (name === "text:list-item") this.#beginItem(attributes.get("text:start-value"));
    else if (name === "text:note") this.#beginNote();
    else if (name === "table:table") this.#flow.lines(this.#tables++ > 0 ? 1 : 2);
    else if (name === "table:table-row") this.#flow.row();
    else if (name === "table:table-cell") {
      const repeated = count(attributes.get("table:number-columns-repeated"), MAX_REPEATED_CELLS);
      for (let cell = 0; cell < repeated; cell++) this.#flow.cell();
    } else if (name === "text:span") {
      this.#shifts.push(
        this.#styles.shifts.get(attributes.get("text:style-name") ?? "") ?? this.#shifts.at(-1),
      );
    } else if (name === "draw:object") {
      const folder = (attributes.get("xlink:href") ?? "").replace(/^\.\/|\/$/g, "");
      this.#flow.text(this.#formulas.get(folder) ?? "");
    } else if (name === "svg:desc") this.#isDescription = true;
  }

  close(name: string): void {
    if (HIDDEN.has(name)) this.#hidden--;
    if (this.#hidden > 0) return;
    if (name === "text:p" || name === "text:h") {
      this.#paragraphs--;
      this.#flow.lines(1);
    } else if (name === "text:span") this.#shifts.pop();
    else if (name === "text:list") this.#lists.pop();
    else if (name === "text:note") this.#flow = this.#waiting.pop() ?? this.#main;
    else if (name === "table:table-row") this.#flow.rowEnd();
    else if (name === "table:table") {
      this.#tables--;
      this.#flow.lines(2);
    } else if (name === "svg:desc") this.#isDescription = false;
  }

  text(text: string): void {
    if (this.#hidden > 0) return;
    if (this.#isDescription) this.#flow.text(` [${text.trim()}] `);
    else if (this.#paragraphs > 0) {
      const shift = this.#shifts.at(-1);
      this.#flow.text(shift === undefined ? text : shiftedText(text, shift));
    }
  }

  /** @returns the text, then its notes */
  finish(): string {
    const notes = this.#notes.map((note, at) => `[${at + 1}] ${note.toString().trim()}`.trimEnd());
    return [this.#main.toString(), ...notes].join("\n\n");
  }

  #beginParagraph(): void {
    this.#paragraphs++;
    if (this.#isItem) this.#isItem = false;
    else this.#flow.lines(this.#tables > 0 || this.#lists.length > 0 ? 1 : 2);
  }

  #beginList(attributes: ReadonlyMap<string, string>): void {
    this.#isItem = false;
    // an inner list has the style of the outer one
    const style = attributes.get("text:style-name") ?? this.#lists.at(-1)?.style ?? "";
    this.#flow.lines(this.#lists.length > 0 ? 1 : 2);
    this.#lists.push({ style, next: 1 });
  }

  #beginItem(start: string | undefined): void {
    const list = this.#lists.at(-1);
    if (list === undefined) return;
    if (start !== undefined) list.next = Number.parseInt(start) || 1;
    const depth = Math.min(this.#lists.length, MAX_DEPTH);
    const format = this.#styles.lists.get(list.style)?.get(depth);
    const number = list.next++;
    const mark = format === undefined ? "- " : format === "" ? "" : `${formatNumber(number, format)}. `;
    this.#flow.item("  ".repeat(depth - 1) + mark);
    this.#isItem = true;
  }

  #beginNote(): void {
    const note = new TextFlow();
    this.#notes.push(note);
    this.#flow.exact(`[${this.#notes.length}]`);
    this.#waiting.push(this.#flow);
    this.#flow = note;
  }
}

function formatNumber(number: number, format: string): string {
  if (format === "a") return letterNumber(number);
  if (format === "A") return letterNumber(number).toUpperCase();
  if (format === "i") return romanNumber(number);
  if (format === "I") return romanNumber(number).toUpperCase();
  return String(number);
}

function count(value: string | undefined, most: number): number {
  const number = Number.parseInt(value ?? "1");
  return Number.isSafeInteger(number) && number > 0 ? Math.min(number, most) : 1;
}
