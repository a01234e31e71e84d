// The part of `@std/path` that sheepop uses, over `node:path`, for machines where JSR does not answer.

import * as nodePath from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The parts of a path. */
export interface ParsedPath {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}

/** Separator of path segments on this system. */
export const SEPARATOR: "/" | "\\" = nodePath.sep;

/** Separator of paths in `PATH` on this system. */
export const DELIMITER: ":" | ";" = nodePath.delimiter;

/** Joins segments and normalizes the result. The first may be a file URL. */
export function join(path: string | URL, ...paths: string[]): string {
  return nodePath.join(toPath(path), ...paths);
}

/** Resolves segments, right to left, to an absolute path. */
export function resolve(...pathSegments: string[]): string {
  return nodePath.resolve(...pathSegments);
}

/** Resolves `..`, `.` and repeated separators. */
export function normalize(path: string | URL): string {
  return nodePath.normalize(toPath(path));
}

/** The folder part of a path. */
export function dirname(path: string | URL): string {
  return nodePath.dirname(toPath(path));
}

/** The last segment of a path, without `suffix`. */
export function basename(path: string | URL, suffix = ""): string {
  return nodePath.basename(toPath(path), suffix);
}

/** The extension of a path, with its dot; empty when there is none. */
export function extname(path: string | URL): string {
  return nodePath.extname(toPath(path));
}

/** The path that leads from one path to another. */
export function relative(from: string, to: string): string {
  return nodePath.relative(from, to);
}

/** Whether a path is absolute. */
export function isAbsolute(path: string): boolean {
  return nodePath.isAbsolute(path);
}

/** Takes a path apart. */
export function parse(path: string): ParsedPath {
  return nodePath.parse(path);
}

/** The path of a file URL. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** The file URL of a path. */
export function toFileUrl(path: string): URL {
  return pathToFileURL(path);
}

function toPath(path: string | URL): string {
  return typeof path === "string" ? path : fileURLToPath(path);
}
