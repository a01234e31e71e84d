// Formulas as the document prints them, computed: letters for sizes, products by juxtaposition, `C²`, `min(N, V)`. So the
// text a reader checks is the text the prediction and its test compute with.

/** What the letters and words of a formula stand for. */
export type Sizes = Readonly<Record<string, number>>;

/**
 * The value of a formula.
 *
 * @param formula such as `6 L N (4 C² + 2 C F)`
 * @throws {SyntaxError} when it is not a formula, or a name has no value in `sizes`
 */
export function evaluateFormula(formula: string, sizes: Sizes): number {
  const parser = { tokens: tokenize(formula), next: 0, formula, sizes };
  const value = parseSum(parser);
  if (parser.next < parser.tokens.length) throw unexpected(parser);
  return value;
}

interface Parser {
  readonly tokens: readonly string[];
  next: number;
  readonly formula: string;
  readonly sizes: Sizes;
}

function tokenize(formula: string): string[] {
  const tokens = formula.match(/\d+(?:\.\d+)?|[A-Za-z]+|[^\sA-Za-z\d]/g) ?? [];
  return [...tokens];
}

function parseSum(parser: Parser): number {
  let value = parseProduct(parser);
  for (let sign = takeOne(parser, "+", "-"); sign; sign = takeOne(parser, "+", "-")) {
    value += sign === "+" ? parseProduct(parser) : -parseProduct(parser);
  }
  return value;
}

function parseProduct(parser: Parser): number {
  let value = parseFactor(parser);
  while (parser.next < parser.tokens.length && !/^[+\-),]$/.test(parser.tokens[parser.next])) {
    value = takeOne(parser, "/") ? value / parseFactor(parser) : value * parseFactor(parser);
  }
  return value;
}

function parseFactor(parser: Parser): number {
  const value = parseAtom(parser);
  return takeOne(parser, "²") ? value * value : value;
}

function parseAtom(parser: Parser): number {
  const token = parser.tokens[parser.next++] ?? "";
  if (token === "(") return closed(parser, parseSum(parser));
  if (token === "min" && takeOne(parser, "(")) {
    const first = parseSum(parser);
    if (!takeOne(parser, ",")) throw unexpected(parser);
    return closed(parser, Math.min(first, parseSum(parser)));
  }
  const value = /^\d/.test(token) ? Number(token) : parser.sizes[token];
  if (value !== undefined) return value;
  parser.next--;
  throw unexpected(parser);
}

function closed(parser: Parser, value: number): number {
  if (!takeOne(parser, ")")) throw unexpected(parser);
  return value;
}

function takeOne(parser: Parser, ...wanted: string[]): string | undefined {
  const token = parser.tokens[parser.next];
  if (!wanted.includes(token)) return undefined;
  parser.next++;
  return token;
}

function unexpected({ tokens, next, formula }: Parser): SyntaxError {
  return new SyntaxError(`Cannot compute "${formula}": unexpected ${tokens[next] ?? "end"}`);
}
