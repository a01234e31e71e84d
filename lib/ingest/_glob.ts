// One glob pattern, matched in time that no pattern can blow up: a star or a double star is tried again from the last
// one only, which suffices for globs. Patterns may come from strangers, in the .gitignore file of a repository.

/** A compiled pattern. */
export interface Glob {
  /** Whether it matches a whole path, given as its segments. */
  test(segments: readonly string[]): boolean;
}

/** A character, a set of them, any one (`?`), or any number (`*`). */
type Token = { readonly one: string } | { readonly set: RegExp } | "?" | "*";
/** A segment between slashes; `**` stands for any number of segments. */
type Segment = "**" | { readonly literal: string } | { readonly tokens: readonly Token[] };

/**
 * Compiles a pattern.
 *
 * @param glob - without leading and trailing slash
 * @param options.isAnchored - it matches from the top; else at every depth
 * @returns undefined for an unclosed bracket and for a range that runs backwards
 */
export function parseGlob(glob: string, { isAnchored }: { isAnchored: boolean }): Glob | undefined {
  const segments: Segment[] = isAnchored ? [] : ["**"];
  for (const part of glob.split("/")) {
    const segment = part === "**" ? part : parseSegment(part);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  const [first, second] = segments;
  // most patterns are a name at any depth
  if (segments.length === 2 && first === "**" && second !== "**") {
    return { test: (path) => path.length > 0 && matchesSegment(second, path.at(-1)!) };
  }
  return { test: (path) => matchesSegments(segments, path) };
}

function parseSegment(part: string): Segment | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < part.length;) {
    const rest = part.slice(at);
    if (rest.startsWith("*")) {
      tokens.push("*");
      at += /^\*+/.exec(rest)![0].length;
    } else if (rest.startsWith("?")) {
      tokens.push("?");
      at++;
    } else if (rest.startsWith("[")) {
      const found = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/s.exec(rest);
      const set = found === null ? undefined : parseSet(found[1] !== "", found[2]);
      if (found === null || set === undefined) return undefined;
      tokens.push({ set });
      at += found[0].length;
    } else {
      const isEscaped = rest.startsWith("\\") && rest.length > 1;
      const one = String.fromCodePoint(part.codePointAt(at + (isEscaped ? 1 : 0))!);
      tokens.push({ one });
      at += one.length + (isEscaped ? 1 : 0);
    }
  }
  const isLiteral = tokens.every((token) => typeof token === "object" && "one" in token);
  return isLiteral ? { literal: tokens.map((token) => (token as { one: string }).one).join("") } : { tokens };
}

function parseSet(isNegated: boolean, inside: string): RegExp | undefined {
  const members = inside.replace(/\\(.)/gs, "$1").replace(/[\\\]\[^]/g, "\\$&");
  try {
    return new RegExp(`^[${isNegated ? "^" : ""}${members}]$`, "su");
  } catch {
    return undefined; // a range that runs backwards, such as [z-a]
  }
}

function matchesSegments(segments: readonly Segment[], path: readonly string[]): boolean {
  let at = 0, index = 0;
  let starAt = -1, starIndex = -1;
  for (;;) {
    const segment = segments[index];
    if (segment === "**") {
      // at the end it stands for what is inside of a folder, not for the folder
      if (index === segments.length - 1) return at < path.length;
      starAt = at;
      starIndex = ++index;
    } else if (
      segment === undefined ? at === path.length : at < path.length && matchesSegment(segment, path[at])
    ) {
      if (segment === undefined) return true;
      at++;
      index++;
    } else {
      if (starIndex < 0 || starAt >= path.length) return false;
      at = ++starAt;
      index = starIndex;
    }
  }
}

function matchesSegment(segment: Exclude<Segment, "**">, name: string): boolean {
  return "literal" in segment ? segment.literal === name : matchesTokens(segment.tokens, Array.from(name));
}

function matchesTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let at = 0, index = 0;
  let starAt = -1, starIndex = -1;
  for (;;) {
    const token = tokens[index];
    if (token === "*") {
      starAt = at;
      starIndex = ++index;
    } else if (token === undefined ? at === name.length : at < name.length && matchesOne(token, name[at])) {
      if (token === undefined) return true;
      at++;
      index++;
    } else {
      if (starIndex < 0 || starAt >= name.length) return false;
      at = ++starAt;
      index = starIndex;
    }
  }
}

function matchesOne(token: Exclude<Token, "*">, character: string): boolean {
  if (token === "?") return true;
  return "one" in token ? token.one === character : token.set.test(character);
}
