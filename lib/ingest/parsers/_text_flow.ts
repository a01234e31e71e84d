// Puts pieces of marked-up text into lines: paragraphs, list items, rows of cells. Knows no format; HTML, DOCX, ODT and EPUB all
// write through it, so that the same content gives the same text whatever file it came in.

/** White space that collapses; a no-break space is a character. */
const SPACES = /[ \t\n\r\f]+/g;
/** Pieces are joined into one string from time to time, because an array of single characters is large. */
const MAX_PIECES = 10_000;

/** Text under construction. */
export class TextFlow {
  #done = "";
  #pieces: string[] = [];
  /** Line ends asked for since the last character. */
  #breaks = 0;
  /** Tabs asked for since the last character. */
  #tabs = 0;
  /** Whether a space stands between the last character and the next. */
  #space = false;
  /** Nothing was written since a row, a cell or a list mark began: line ends asked for now would only tear it off. */
  #isFresh = true;
  #isFirstCell = false;
  #mark = "";
  #isEmpty = true;

  /** Adds text; white space in it becomes single spaces. */
  text(text: string): void {
    const words = text.replace(SPACES, " ");
    if (words === "") return;
    if (words === " ") {
      this.#space = true;
      return;
    }
    if (words.startsWith(" ")) this.#space = true;
    this.#write(words.trim() === words ? words : words.replace(/^ | $/g, ""));
    this.#space = words.endsWith(" ");
  }

  /** Adds text with its spaces, which are characters in formats that say so; a line end is a space. */
  exact(text: string): void {
    if (text !== "") this.#write(text.replace(/[\r\n]+/g, " "));
  }

  /** Adds text with its line ends and indentation. */
  preformatted(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      if (end > start) this.#write(text.slice(start, end));
      this.#breaks++;
      start = end + 1;
    }
    if (start < text.length) this.#write(text.slice(start));
  }

  /** Ends the line; two leave a line empty. Any number asked for in a row counts as the largest. */
  lines(count: 1 | 2): void {
    this.#space = false;
    if (!this.#isFresh) this.#breaks = Math.max(this.#breaks, count);
  }

  /** Ends the line where the text says so, even when that leaves lines empty. */
  lineEnd(): void {
    this.#space = false;
    if (!this.#isFresh) this.#breaks++;
  }

  /** A tab as a character of the text. */
  tab(): void {
    this.#space = false;
    if (!this.#isFresh) this.#tabs++;
  }

  /** Begins a list item: its mark stands before the next text. */
  item(mark: string): void {
    this.#begin();
    this.#mark = mark;
  }

  /** Begins a row of a table. */
  row(): void {
    this.#begin();
    this.#isFirstCell = true;
  }

  /** Begins a cell; a tab stands between the cells of a row, also when some are empty. */
  cell(): void {
    this.#space = false;
    // line ends at the end of the cell before
    if (!this.#isFirstCell) {
      if (!this.#isFresh) this.#breaks = 0;
      this.#tabs++;
    }
    this.#isFirstCell = false;
    this.#isFresh = true;
  }

  /** Ends a row. */
  rowEnd(): void {
    this.#begin();
    this.#isFresh = false;
  }

  /** @returns everything so far, without empty lines at its ends */
  toString(): string {
    return this.#done + this.#pieces.join("");
  }

  #begin(): void {
    this.#space = false;
    if (!this.#isEmpty) this.#breaks = Math.max(this.#breaks, 1);
    this.#tabs = 0;
    this.#mark = "";
    this.#isFresh = true;
  }

  #write(text: string): void {
    if (this.#isEmpty) this.#breaks = 0;
    let before = "\n".repeat(this.#breaks) + "\t".repeat(this.#tabs) + this.#mark;
    if (before === "" && this.#space && !this.#isEmpty) before = " ";
    this.#pieces.push(before, text);
    if (this.#pieces.length > MAX_PIECES) {
      this.#done += this.#pieces.join("");
      this.#pieces = [];
    }
    this.#breaks = 0;
    this.#tabs = 0;
    this.#mark = "";
    this.#space = false;
    this.#isFresh = false;
    this.#isEmpty = false;
  }
}
