// Pieces of text as a PDF page draws them, put together to lines: where each stands, whether it is set in type of fixed
// width (then its indentation and gaps are kept) and whether a paragraph starts with it. The order is the one in which
// the page draws, which keeps the columns of a page apart. Knows nothing of pdf.js but the shape of its pieces.

/** A piece of a line: a word or some words in one font. An empty piece may end a line. */
export interface TextPiece {
  readonly str: string;
  readonly dir: string;
  /** Matrix of the text: the last two numbers are the place of its start. */
  readonly transform: readonly number[];
  /** Length along the line in points. */
  readonly width: number;
  /** Size of the type in points; 0 for a gap. */
  readonly height: number;
  readonly fontName: string;
  readonly hasEOL: boolean;
}

/** Where a page's text stands: the matrix from the file's coordinates to points from the top left corner. */
export interface PageFrame {
  readonly transform: readonly number[];
  readonly height: number;
  /** Whether a font has type of fixed width. */
  isFixedPitch(fontName: string): boolean;
}

/** A line of a page. */
export interface Line {
  readonly text: string;
  /** Points from the top of the page down to the base of the letters. */
  readonly baseline: number;
  /** Everything in it is in type of fixed width: code, most often. */
  readonly isFixedPitch: boolean;
  readonly startsParagraph: boolean;
}

interface PlacedLine {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly baseline: number;
  /** Size of the largest type in points. */
  readonly size: number;
  readonly isFixedPitch: boolean;
  /** Width of a letter in points, of type of fixed width. */
  readonly pitch: number;
}

interface PlacedPiece extends TextPiece {
  readonly x: number;
  readonly y: number;
}

/** Gap between lines, in usual gaps, that parts paragraphs. */
const PARAGRAPH_GAP = 1.3;
/** Farther apart than this many sizes of type, lines say nothing about the usual gap. */
const LARGEST_LINE_GAP = 3;
/** Part of a size of type by which the first line of a paragraph is set in. */
const INDENT = 0.8;
const LARGEST_INDENT = 5;
/** Gap within a line, in sizes of type, that is a space even where the file has none. */
const SPACE_GAP = 0.25;
const MAX_FIXED_SPACES = 80;
const SENTENCE_END = /[.!?:;]["'\u201d\u2019)\]]*$/u;

/**
 * Lines of a page.
 *
 * @param pieces - in the order in which they are drawn
 */
export function linesOf(pieces: Iterable<TextPiece>, frame: PageFrame): Line[] {
  const placed: PlacedLine[] = [];
  let open: PlacedPiece[] = [];
  const close = (): void => {
    const line = placeLine(open, frame);
    if (line) placed.push(line);
    open = [];
  };
  const [a, b, c, d, e, f] = frame.transform;
  for (const piece of pieces) {
    const [x, y] = piece.transform.slice(-2);
    if (piece.str !== "") open.push({ ...piece, x: a * x + c * y + e, y: b * x + d * y + f });
    if (piece.hasEOL) close();
  }
  close();
  return separate(placed);
}

/** Text and place of one line; undefined when there is nothing but white space. */
function placeLine(drawn: readonly PlacedPiece[], frame: PageFrame): PlacedLine | undefined {
  const pieces = inReadingOrder(drawn);
  const words = pieces.filter((piece) => piece.str.trim() !== "");
  if (words.length === 0) return undefined;
  const isFixedPitch = words.every((piece) => frame.isFixedPitch(piece.fontName));
  const first = words[0];
  const last = words[words.length - 1];
  const pitch = first.width / first.str.length;
  return {
    text: joinPieces(pieces, isFixedPitch ? pitch : 0),
    left: first.x,
    right: last.x + last.width,
    baseline: first.y,
    size: words.reduce((most, piece) => Math.max(most, piece.height), 0),
    isFixedPitch,
    pitch,
  };
}

/** Pieces of a line from left to right, where something was drawn first that stands further right. */
function inReadingOrder(pieces: readonly PlacedPiece[]): readonly PlacedPiece[] {
  const isOrdered = pieces.every((piece, i) => i === 0 || piece.x >= pieces[i - 1].x);
  if (isOrdered || pieces.some((piece) => piece.dir !== "ltr")) return pieces;
  return pieces.toSorted((one, other) => one.x - other.x);
}

/** @param pitch - width of a letter where gaps are to be kept as so many spaces; 0 makes each gap one */
function joinPieces(pieces: readonly PlacedPiece[], pitch: number): string {
  let text = "";
  let end = pieces[0].x;
  for (const piece of pieces) {
    if (piece.height === 0 && piece.str === " ") {
      text += spaces(piece.width, pitch);
    } else {
      const isApart = Math.abs(piece.x - end) > SPACE_GAP * piece.height;
      if (isApart && text !== "" && !/\s$/.test(text) && !/^\s/.test(piece.str) && piece.dir === "ltr") {
        text += spaces(piece.x - end, pitch);
      }
      text += piece.str;
    }
    end = piece.x + piece.width;
  }
  return text.trim();
}

function spaces(width: number, pitch: number): string {
  if (!(pitch > 0)) return " ";
  return " ".repeat(Math.min(MAX_FIXED_SPACES, Math.max(1, Math.round(width / pitch))));
}

/** Marks where paragraphs start, and sets lines of code in. */
function separate(lines: readonly PlacedLine[]): Line[] {
  const usualGap = medianGap(lines);
  const starts = lines.map((line, i) => i === 0 || startsParagraph(lines[i - 1], line, usualGap));
  const indents = indentsOf(lines);
  return lines.map(({ text, baseline, isFixedPitch }, i) => ({
    text: " ".repeat(indents[i]) + text,
    baseline,
    isFixedPitch,
    startsParagraph: starts[i],
  }));
}

function startsParagraph(above: PlacedLine, line: PlacedLine, usualGap: number): boolean {
  const gap = line.baseline - above.baseline;
  const size = Math.max(line.size, above.size);
  // a column or a box elsewhere on the page
  if (gap < -size / 2) return !continuesInNextBlock(above.text, line.text);
  if (gap > PARAGRAPH_GAP * Math.max(usualGap, size)) return true;
  if (above.isFixedPitch && line.isFixedPitch) return false;
  const indent = (line.left - above.left) / size;
  return indent >= INDENT && indent <= LARGEST_INDENT && SENTENCE_END.test(above.text);
}

/**
 * Whether a sentence goes on over the end of a column or page.
 *
 * @param last - last line of the block before
 * @param first - first line of the next
 */
export function continuesInNextBlock(last: string, first: string): boolean {
  if (SENTENCE_END.test(last)) return false;
  return /^\p{Ll}/u.test(first) || /[,\-\u00ad\u2010]$/u.test(last);
}

function medianGap(lines: readonly PlacedLine[]): number {
  const gaps: number[] = [];
  for (let i = 1; i < lines.length; i++) {
    const gap = lines[i].baseline - lines[i - 1].baseline;
    if (gap > lines[i].size / 2 && gap < LARGEST_LINE_GAP * lines[i].size) gaps.push(gap);
  }
  return gaps.toSorted((one, other) => one - other)[gaps.length >> 1] ?? 0;
}

/** Spaces before each line: of lines of code that follow each other, beside the leftmost of them. */
function indentsOf(lines: readonly PlacedLine[]): number[] {
  const indents = new Array<number>(lines.length).fill(0);
  let from = 0;
  while (from < lines.length) {
    let to = from;
    let left = Infinity;
    for (; to < lines.length && lines[to].isFixedPitch; to++) left = Math.min(left, lines[to].left);
    for (let i = from; i < to; i++) {
      const count = Math.round((lines[i].left - left) / lines[i].pitch);
      indents[i] = Math.min(MAX_FIXED_SPACES, Number.isFinite(count) ? count : 0);
    }
    from = Math.max(to, from + 1);
  }
  return indents;
}
