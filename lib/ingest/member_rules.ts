// Which files inside an archive are read: an archive is a folder, so that what excludes a folder's files excludes its
// members too. Their names are written by strangers; those that no file in a folder could have are refused.

import type { Config } from "../config/config.ts";
import { hasExtension } from "./file_kinds.ts";
import { parsePathRules } from "./path_rules.ts";

/** What to do with a member. */
export type MemberRuling =
  /** Read it under this path. */
  | { readonly path: string }
  /** Leave it out and say so under this path. */
  | { readonly path: string; readonly reason: string }
  /** Leave it out; a folder around it was named before. */
  | "named before";

/** Decides about the members of one archive in turn. */
export type MemberRules = (name: string) => MemberRuling;

// what a file system takes: Linux's PATH_MAX and NAME_MAX
const MAX_PATH_LENGTH = 4096;
const MAX_NAME_BYTES = 255;
/** Characters of a refused name that are shown. */
const SHOWN_LENGTH = 100;

/**
 * Makes the rules for one archive: `data.exclude` with the top of the archive as its root, and `data.extensions`. As
 * with a folder, an archive that `data.include` matches is wanted with all that is in it.
 *
 * @param data - settings of the run
 * @returns rules that remember the names of this archive: of equal names the first is read
 */
export function memberRules(data: Pick<Config["data"], "exclude" | "extensions">): MemberRules {
  const exclude = parsePathRules(data.exclude, { key: "data.exclude" });
  const seen = new Set<string>();
  const excluded = new Set<string>();
  return (name) => {
    const path = name.replaceAll("\\", "/").replace(/^(?:\.\/+)+/, "").replaceAll(/\/{2,}|\/(?:\.\/)+/g, "/");
    const reason = nameReason(path);
    if (reason !== undefined) return { path: shownName(path), reason };
    const folder = exclude.size === 0 ? undefined : firstExcluded(path, exclude.matches);
    if (folder !== undefined) {
      if (excluded.has(folder)) return "named before";
      excluded.add(folder);
      return { path: folder, reason: "excluded by data.exclude" };
    }
    if (seen.has(path)) return { path, reason: "archive member: its name occurs twice" };
    seen.add(path);
    const base = path.slice(path.lastIndexOf("/") + 1);
    return hasExtension(base, data.extensions)
      ? { path }
      : { path, reason: "extension is not in data.extensions" };
  };
}

/** Why no file has this name. */
function nameReason(path: string): string | undefined {
  if (path.startsWith("/") || /^[a-z]:/i.test(path)) return "archive member: an absolute name";
  const parts = path.split("/");
  if (parts.includes("..")) return "archive member: a name that leaves the archive";
  if (/\p{Cc}/u.test(path)) return "archive member: control characters in its name";
  if (path === "" || parts.at(-1) === "" || parts.at(-1) === ".") return "archive member: no name";
  const isLong = path.length > MAX_PATH_LENGTH || parts.some((part) => utf8Length(part) > MAX_NAME_BYTES);
  return isLong ? "archive member: its name is too long" : undefined;
}

/** A refused name as a line of the account: it points nowhere, moves no cursor and is short. */
function shownName(path: string): string {
  const plain = path.replaceAll(/\p{Cc}+/gu, "\ufffd").replaceAll(/(^|\/)\.\.(?=\/|$)/g, "$1__").replace(
    /^\/+/,
    "",
  );
  const characters = Array.from(plain.slice(0, 2 * SHOWN_LENGTH)).slice(0, SHOWN_LENGTH).join("");
  return (characters.length < plain.length ? `${characters}...` : characters) || "unnamed";
}

/** The topmost folder of a path that is excluded, or the path itself. */
function firstExcluded(
  path: string,
  matches: (path: string, options: { isFolder: boolean }) => boolean,
): string | undefined {
  for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
    if (matches(path.slice(0, end), { isFolder: true })) return path.slice(0, end);
  }
  return matches(path, { isFolder: false }) ? path : undefined;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
