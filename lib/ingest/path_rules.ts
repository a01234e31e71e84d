// Glob patterns of data.include and data.exclude, read as in a .gitignore file: a pattern without a slash
// matches at every depth, one with a slash from the top, a trailing slash means folders only, `**` crosses
// folders, `!` takes back what an earlier pattern said. See https://git-scm.com/docs/gitignore

import { UsageError } from "../common/errors.ts";

/** A list of patterns, the last that matches decides. */
export interface PathRules {
  /** Number of patterns. */
  readonly size: number;
  /**
   * Whether the patterns select a path itself; folders above it are the caller's business.
   *
   * @param path - relative to the root, separated by `/`
   * @param options.isFolder - patterns with a trailing slash match folders only
   */
  matches(path: string, options: { isFolder: boolean }): boolean;
}

interface Rule {
  readonly expression: RegExp;
  readonly isNegated: boolean;
  readonly foldersOnly: boolean;
}

/**
 * Compiles patterns.
 *
 * @param patterns - empty ones and those starting with `#` are comments
 * @param options.key - configuration key named in a message, `data.exclude`
 * @throws {UsageError} naming the pattern that is not one
 */
export function parsePathRules(patterns: readonly string[], options: { key: string }): PathRules {
  const rules: Rule[] = [];
  for (const pattern of patterns) {
    const text = pattern.replace(/(?<!\\)[ \t\r\n]+$/, "");
    if (text === "" || text.startsWith("#")) continue;
    rules.push(parseRule(text, options.key));
  }
  return {
    size: rules.length,
    matches: (path, { isFolder }) => {
      const decides = rules.findLast((rule) => (isFolder || !rule.foldersOnly) && rule.expression.test(path));
      return decides !== undefined && !decides.isNegated;
    },
  };
}

function parseRule(pattern: string, key: string): Rule {
  const isNegated = pattern.startsWith("!");
  let body = isNegated ? pattern.slice(1) : pattern;
  if (body.startsWith("./")) body = body.slice(1);
  const foldersOnly = body.endsWith("/");
  body = body.replace(/\/+$/, "");
  const isAnchored = body.includes("/");
  const expression = globExpression(body.replace(/^\/+/, ""), isAnchored);
  if (body === "" || expression === undefined) {
    throw new UsageError(
      `Cannot use the pattern "${pattern}" of ${key}: write a glob such as *.log, build/ or docs/**/*.md`,
    );
  }
  return { expression, isNegated, foldersOnly };
}

function globExpression(glob: string, isAnchored: boolean): RegExp | undefined {
  const source = globSource(glob);
  if (source === undefined) return undefined;
  try {
    return new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${source}$`, "su");
  } catch {
    return undefined; // a range that runs backwards, such as [z-a]
  }
}

/** Regular expression of a glob without leading slash; undefined for an unclosed bracket. */
function globSource(glob: string): string | undefined {
  let source = "";
  for (let at = 0; at < glob.length;) {
    const rest = glob.slice(at);
    const isSegmentStart = at === 0 || glob[at - 1] === "/";
    if (isSegmentStart && rest.startsWith("**/")) {
      source += "(?:[^/]+/)*";
      at += 3;
    } else if (isSegmentStart && rest === "**") {
      source += ".+";
      at += 2;
    } else if (rest.startsWith("*")) {
      source += "[^/]*";
      at += /^\*+/.exec(rest)![0].length;
    } else if (rest.startsWith("?")) {
      source += "[^/]";
      at += 1;
    } else if (rest.startsWith("[")) {
      const set = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/s.exec(rest);
      if (set === null) return undefined;
      source += setSource(set[1] !== "", set[2]);
      at += set[0].length;
    } else {
      const escaped = rest.startsWith("\\") && rest.length > 1;
      const character = String.fromCodePoint(glob.codePointAt(at + (escaped ? 1 : 0))!);
      source += character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
      at += character.length + (escaped ? 1 : 0);
    }
  }
  return source;
}

/** Inside of a bracket set; a set never matches the slash between folders. */
function setSource(isNegated: boolean, inside: string): string {
  const members = inside.replace(/\\(.)/gs, "$1").replace(/[\\\]\[^]/g, "\\$&");
  return `(?!/)[${isNegated ? "^" : ""}${members}]`;
}
