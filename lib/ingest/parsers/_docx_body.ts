// The elements of a DOCX part that carry text. Names are taken without their prefix, because drawings (`a:p`, `a:t`) and formulas (`m:t`)
// use the same ones for the same things.

import type { DocxNumbering } from "./_docx_numbering.ts";
import type { MarkupEvents } from "./_markup_walk.ts";
import { localName } from "./_office_zip.ts";
import { shiftedText } from "./_shifted_text.ts";
import { TextFlow } from "./_text_flow.ts";

/** Deleted and moved-away text, what a field is computed from, older stand-ins for a drawing, phonetic hints. */
const HIDDEN = new Set(["del", "moveFrom", "instrText", "delText", "Fallback", "rt", "delInstrText"]);
/** Properties: their `tab` is a tab stop and no character. */
const PROPERTIES = new Set(["pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "tabs"]);

/** A reference to a note, in the order of the text. */
export interface NoteReference {
  /** Which part holds it. */
  readonly kind: "footnote" | "endnote";
  /** Its id in that part. */
  readonly id: string;
}

/** Takes the text out of the main part or of a part with notes. */
export class DocxBody implements MarkupEvents {
  readonly attributes: ReadonlySet<string> = new Set([
    "w:val",
    "w:id",
    "w:char",
    "w:font",
    "descr",
    "w:vertAlign",
  ]);
  /** Notes the text refers to. */
  readonly notes: NoteReference[] = [];
  /** Texts of a part with notes by id. */
  readonly noteTexts = new Map<string, string>();
  readonly #noteNumbers = new Map<string, number>();
  readonly #numbering: DocxNumbering;
  readonly #noteElement: string | undefined;
  #flow = new TextFlow();
  #note: string | undefined;
  #hidden = 0;
  #properties = 0;
  #isText = 0;
  #tables = 0;
  #style: string | undefined;
  #place: { list?: string; level?: number } = {};
  /** Whether the paragraph has text, and so its list mark. */
  #isMarked = false;
  #isInList = false;
  #shift: "above" | "below" | undefined;

  /** @param noteElement - `footnote` or `endnote` in a part with notes */
  constructor(numbering: DocxNumbering, noteElement?: string) {
    this.#numbering = numbering;
    this.#noteElement = noteElement;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    const local = localName(name);
    if (HIDDEN.has(local) && !(local === "del" && this.#properties > 0)) this.#hidden++;
    if (PROPERTIES.has(local)) this.#properties++;
    if (this.#properties > 0) this.#property(local, attributes.get("w:val"));
    else if (this.#hidden === 0) this.#show(local, attributes);
  }

  close(name: string): void {
    const local = localName(name);
    if (PROPERTIES.has(local)) this.#properties--;
    if (HIDDEN.has(local) && !(local === "del" && this.#properties > 0)) this.#hidden--;
    if (this.#hidden > 0 || this.#properties > 0) return;
    if (local === "t") this.#isText--;
    else if (local === "p") this.#flow.lines(1);
    else if (local === "tr") this.#flow.rowEnd();
    else if (local === "tbl") {
      this.#tables--;
      this.#flow.lines(2);
    } else if (local === this.#noteElement && this.#note !== undefined) {
      this.noteTexts.set(this.#note, this.#flow.toString().trim());
      this.#note = undefined;
    }
  }

  text(text: string): void {
    if (this.#isText === 0 || this.#hidden > 0) return;
    this.#beginText().exact(this.#shift === undefined ? text : shiftedText(text, this.#shift));
  }

  /** @returns the text of the main part */
  finish(): string {
    return this.#flow.toString();
  }

  #property(local: string, value: string | undefined): void {
    if (local === "pStyle") this.#style = value;
    else if (local === "numId") this.#place.list = value;
    else if (local === "vertAlign") {
      this.#shift = value === "superscript" ? "above" : value === "subscript" ? "below" : undefined;
    } else if (local === "ilvl") this.#place.level = Number.parseInt(value ?? "") || 0;
  }

  #show(local: string, attributes: ReadonlyMap<string, string>): void {
    const id = attributes.get("w:id");
    if (local === "t") this.#isText++;
    else if (local === "r") this.#shift = undefined;
    else if (local === "p") this.#beginParagraph();
    else if (local === "tab" || local === "ptab") this.#beginText().tab();
    else if (local === "br" || local === "cr") this.#beginText().lineEnd();
    else if (local === "noBreakHyphen") this.#beginText().exact("\u2011");
    else if (local === "sym") this.#symbol(attributes.get("w:char"));
    else if (local === "docPr" && attributes.get("descr")) {
      this.#beginText().text(` [${attributes.get("descr")}] `);
    } else if (local === "footnoteReference" && id) this.#refer({ kind: "footnote", id });
    else if (local === "endnoteReference" && id) this.#refer({ kind: "endnote", id });
    else if (local === "tbl") {
      this.#flow.lines(this.#tables++ > 0 ? 1 : 2);
    } else if (local === "tr") this.#flow.row();
    else if (local === "tc") this.#flow.cell();
    else if (local === this.#noteElement && id !== undefined) {
      this.#note = id;
      this.#flow = new TextFlow();
    }
  }

  #beginParagraph(): void {
    this.#flow.lines(1); // a text box stands inside a paragraph
    this.#style = undefined;
    this.#place = {};
    this.#isMarked = false;
  }

  /** Puts the list mark before the first text of a paragraph; an empty paragraph has none. */
  #beginText(): TextFlow {
    if (this.#isMarked) return this.#flow;
    this.#isMarked = true;
    const mark = this.#numbering.markOf(this.#place, this.#style);
    // an empty line around a list, none between its items
    if (this.#tables === 0 && !(mark !== undefined && this.#isInList)) this.#flow.lines(2);
    if (mark !== undefined) this.#flow.item(mark);
    this.#isInList = mark !== undefined;
    return this.#flow;
  }

  #refer(note: NoteReference): void {
    if (this.#noteElement !== undefined) return;
    const key = `${note.kind} ${note.id}`;
    // a note may be referred to again, but stands at the end once
    const number = this.#noteNumbers.get(key) ?? this.notes.push(note);
    this.#noteNumbers.set(key, number);
    this.#beginText().exact(`[${number}]`);
  }

  /** A character of a symbol font; those without a meaning in Unicode are left out. */
  #symbol(code: string | undefined): void {
    const point = Number.parseInt(code ?? "", 16);
    const isPrivate = !(point > 0x20) || (point >= 0xe000 && point <= 0xf8ff) || point > 0xffff;
    if (!isPrivate) this.#beginText().exact(String.fromCodePoint(point));
  }
}
