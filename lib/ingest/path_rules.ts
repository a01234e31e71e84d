// Glob patterns of data.include and data.exclude, read as in a .gitignore file: a pattern without a slash
// matches at every depth, one with a slash from the top, a trailing slash means folders only, `**` crosses
// folders, `!` takes back what an earlier pattern said. See https://git-scm.com/docs/gitignore

import { type Glob, parseGlob } from "./_glob.ts";
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
  /**
   * The same, told apart from a path that no pattern speaks of.
   *
   * @returns true when the last pattern that fits selects the path, false when it takes it back, undefined without one
   */
  decide(path: string, options: { isFolder: boolean }): boolean | undefined;
}

interface Rule {
  readonly glob: Glob;
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
  return rulesOf(patterns, (pattern) => {
    throw new UsageError(
      `Cannot use the pattern "${pattern}" of ${options.key}: write a glob such as *.log, build/ or docs/**/*.md`,
    );
  });
}

/**
 * Compiles the lines of a .gitignore file; as with git, a line that is no pattern matches nothing.
 *
 * @param text - the file
 */
export function parseIgnoreFile(text: string): PathRules {
  return rulesOf(text.replace(/^\ufeff/, "").split("\n"), () => {});
}

function rulesOf(patterns: readonly string[], refuse: (pattern: string) => void): PathRules {
  const rules: Rule[] = [];
  for (const pattern of patterns) {
    const text = pattern.replace(/(?<!\\)[ \t\r\n]+$/, "");
    if (text === "" || text.startsWith("#")) continue;
    const rule = parseRule(text);
    if (rule === undefined) refuse(text);
    else rules.push(rule);
  }
  const decide: PathRules["decide"] = (path, { isFolder }) => {
    const segments = path.split("/");
    const decides = rules.findLast((rule) => (isFolder || !rule.foldersOnly) && rule.glob.test(segments));
    return decides && !decides.isNegated;
  };
  return { size: rules.length, decide, matches: (path, options) => decide(path, options) === true };
}

function parseRule(pattern: string): Rule | undefined {
  const isNegated = pattern.startsWith("!");
  let body = isNegated ? pattern.slice(1) : pattern;
  if (body.startsWith("./")) body = body.slice(1);
  const foldersOnly = body.endsWith("/");
  body = body.replace(/\/+$/, "");
  const isAnchored = body.includes("/");
  const glob = body === "" ? undefined : parseGlob(body.replace(/^\/+/, ""), { isAnchored });
  return glob && { glob, isNegated, foldersOnly };
}
