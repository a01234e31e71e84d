// `deno task layout`: names and places of files, as the style guide maps them. One line per violation, exit status 1.
// Knows names, lengths and first lines; what a file imports is checked by tasks/lint_map.ts.

import { join } from "node:path";

/** Paths from the root, with `/`, and the text of code files; the text of other files is empty. */
export type SourceTree = ReadonlyMap<string, string>;

const TOP_LEVEL = new Set(
  ("cli lib kernels tasks tests data docs .ci .github mod.ts deno.json sheepop .gitignore .gitattributes " +
    "README.md CHANGELOG.md LOG.md CONTRIBUTING.md SECURITY.md LICENSE").split(" "),
);
/** What git ignores or keeps for itself. */
const UNSEEN =
  /^(?:\.git|\.std(?:-.*)?|\.env|\.DS_Store|\.vscode|\.idea|dist|coverage|models|node_modules|data\/(?:cache|runs))$/;
const CODE_PARTS = new Set(["cli", "lib", "kernels", "tasks", "tests"]);
const MIRRORED_PARTS = new Set(["cli", "lib", "kernels", "tasks"]);
/** Folders of kernels/ that hold no operation. */
const NOT_OPERATIONS = new Set(["device", "program", "snippets"]);
const SNAKE_CASE = /^_?[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const FORBIDDEN_NAMES = new Set(["index", "core", "base", "info", "tmp", "new", "process"]);
const FORBIDDEN_WORDS = new Set([
  "util",
  "utils",
  "helper",
  "helpers",
  "manager",
  "handler",
  "misc",
  "optimized",
  "v2",
]);
const MAX_LINES = 400;
const MAX_COMMON_FILES = 4;

/**
 * Checks names and places.
 *
 * @param tree the repository
 * @returns one line per violation, sorted; empty when all is well
 */
export function findViolations(tree: SourceTree): string[] {
  const violations = [...topLevelViolations(tree), ...operationViolations(tree), ...commonViolations(tree)];
  for (const [path, text] of tree) {
    if (!CODE_PARTS.has(path.split("/")[0])) continue;
    violations.push(...nameViolations(path), ...textViolations(path, text), ...mirrorViolations(path, tree));
  }
  return [...new Set(violations)].sort();
}

/**
 * Reads what {@link findViolations} looks at.
 *
 * @param root root of the repository
 * @returns every file that git would see
 */
export async function readSourceTree(root: string): Promise<SourceTree> {
  const tree = new Map<string, string>();
  const read = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(join(root, folder))) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (UNSEEN.test(path)) continue;
      if (entry.isDirectory) await read(path);
      else tree.set(path, isCode(path) ? await Deno.readTextFile(join(root, path)) : "");
    }
  };
  await read("");
  return tree;
}

function topLevelViolations(tree: SourceTree): string[] {
  const names = new Set([...tree.keys()].map((path) => path.split("/")[0]));
  return [...names].filter((name) => !TOP_LEVEL.has(name)).map((name) =>
    `${name}: not a name of the top level, move it or add it to TOP_LEVEL in tasks/layout.ts`
  );
}

function nameViolations(path: string): string[] {
  const segments = path.split("/");
  // Fixtures carry the names that a test needs.
  if (segments.includes("fixtures") || segments.includes("__snapshots__")) return [];
  const names = isCode(path) ? segments : segments.slice(0, -1);
  const violations: string[] = [];
  for (const name of names) {
    const stem = name.replace(/(?:\.d)?\.(?:ts|wgsl)$/, "");
    if (!SNAKE_CASE.test(stem)) violations.push(`${path}: "${name}" is not snake_case`);
    const word = FORBIDDEN_NAMES.has(stem) ? stem : stem.split("_").find((part) => FORBIDDEN_WORDS.has(part));
    if (word) violations.push(`${path}: "${word}" says nothing, name the file after what it exports`);
  }
  return violations;
}

function textViolations(path: string, text: string): string[] {
  if (!isCode(path)) return [];
  const violations: string[] = [];
  const numLines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (numLines > MAX_LINES) {
    violations.push(`${path}: ${numLines} lines, at most ${MAX_LINES}: split it where a reader would`);
  }
  // Tests say in their names what they are.
  if (!path.startsWith("tests/") && !text.startsWith("//") && !text.startsWith("/*")) {
    violations.push(`${path}: no header comment in the first line, say what the file is`);
  }
  return violations;
}

function operationViolations(tree: SourceTree): string[] {
  const operations = new Set<string>();
  for (const path of tree.keys()) {
    const [part, operation, file] = path.split("/");
    if (part === "kernels" && file && !NOT_OPERATIONS.has(operation)) operations.add(operation);
  }
  return [...operations].flatMap((operation) => {
    const folder = `kernels/${operation}`;
    const required = [
      `${folder}/${operation}.ts`,
      `${folder}/${operation}_reference.ts`,
      `tests/kernels/${operation}_test.ts`,
    ];
    const violations = required.filter((path) => !tree.has(path)).map((path) =>
      `${folder}: ${path} is missing`
    );
    const shaders = [...tree.keys()].filter((path) =>
      path.startsWith(`${folder}/`) && path.endsWith(".wgsl")
    );
    if (shaders.length === 0) violations.push(`${folder}: no ${operation}_<pass>.wgsl`);
    for (const path of shaders.filter((path) => !path.startsWith(`${folder}/${operation}_`))) {
      violations.push(`${path}: kernels of ${folder} are named ${operation}_<pass>.wgsl`);
    }
    return violations;
  });
}

function commonViolations(tree: SourceTree): string[] {
  const files = [...tree.keys()].filter((path) => path.startsWith("lib/common/"));
  if (files.length <= MAX_COMMON_FILES) return [];
  return [
    `lib/common: ${files.length} files, at most ${MAX_COMMON_FILES}: move what belongs to one folder there`,
  ];
}

/** A test stands where its source stands: tests/lib/a/x_test.ts for something of lib/a/. */
function mirrorViolations(path: string, tree: SourceTree): string[] {
  const [tests, part, ...rest] = path.split("/");
  if (tests !== "tests" || !MIRRORED_PARTS.has(part) || !path.endsWith("_test.ts")) return [];
  const folder = [part, ...rest.slice(0, -1)].join("/");
  if ([...tree.keys()].some((other) => other.startsWith(`${folder}/`))) return [];
  return [`${path}: tests mirror their source, but ${folder}/ does not exist`];
}

function isCode(path: string): boolean {
  return path.endsWith(".ts") || path.endsWith(".wgsl");
}

if (import.meta.main) {
  const violations = findViolations(await readSourceTree(join(import.meta.dirname!, "..")));
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) Deno.exit(1);
  console.log("Layout: ok");
}
