// The map of the style guide as rules of `deno lint`: which folder may import which, and where the GPU, the terminal
// and packages may appear. Knows the repository by the place of this file; files outside it are left alone.

import { dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in the repository, in the terms the rules speak. */
interface Place {
  /** Path from the root of the repository, with `/`. */
  readonly path: string;
  /** First folder of the path; the file itself at the root. */
  readonly part: string;
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url))).replaceAll("\\", "/");

/** What each part may import. A part that is not listed may import anything. */
const IMPORTABLE: Readonly<Record<string, readonly string[]>> = {
  "mod.ts": ["lib", "kernels"],
  cli: ["cli", "lib", "kernels", "mod.ts", "deno.json"],
  lib: ["lib", "kernels", "deno.json"],
  kernels: ["kernels"],
  tasks: ["tasks", "cli", "lib", "kernels", "mod.ts", "deno.json"],
};

/** Parts that whoever imports sheepop by URL loads. */
const PORTABLE = ["mod.ts", "lib", "kernels"];
/** Reads configuration files for the command line; nothing reachable from `mod.ts` imports it, so bare names work. */
const CONFIG_READER = "lib/config/config_file.ts";
const EXACT_NPM = /^npm:(?:@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+[^/]*(?:\/.+)?$/;

const plugin: Deno.lint.Plugin = {
  name: "sheepop",
  rules: {
    "import-direction": { create: (context) => onImport(context, checkDirection) },
    "portable-imports": { create: (context) => onImport(context, checkPortable) },
    "private-file": { create: (context) => onImport(context, checkPrivate) },
    "reexport-in-mod": { create: checkReexports },
    "gpu-in-kernels": { create: checkGpu },
    "console-in-cli": { create: checkConsole },
  },
};

export default plugin;

/** An import, or a re-export, and how it is written. */
interface Import {
  readonly specifier: string;
  readonly isDynamic: boolean;
  /** Path from the root for a relative import inside the repository. */
  readonly target?: Place;
}

type ImportCheck = (place: Place, found: Import) => string | undefined;

function onImport(context: Deno.lint.RuleContext, check: ImportCheck): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (!place) return {};
  const report = (node: Deno.lint.Node, source: Deno.lint.Node | null, isDynamic: boolean): void => {
    if (source?.type !== "Literal" || typeof source.value !== "string") return;
    const specifier = source.value;
    const isRelative = /^\.{1,2}\//.test(specifier);
    const target = isRelative
      ? placeOf(`${ROOT}/${posix.join(posix.dirname(place.path), specifier)}`)
      : undefined;
    const message = check(place, { specifier, isDynamic, target });
    if (message) context.report({ node, message });
  };
  return {
    ImportDeclaration: (node) => report(node, node.source, false),
    ExportNamedDeclaration: (node) => report(node, node.source, false),
    ExportAllDeclaration: (node) => report(node, node.source, false),
    ImportExpression: (node) => report(node, node.source, true),
  };
}

function checkDirection(place: Place, found: Import): string | undefined {
  const allowed = IMPORTABLE[place.part];
  if (!allowed || !found.target || allowed.includes(found.target.part)) return undefined;
  return `Cannot import ${found.target.path} from ${place.part}: imports go cli -> lib -> kernels, nobody imports tasks or tests`;
}

function checkPortable(place: Place, found: Import): string | undefined {
  const { specifier, isDynamic } = found;
  if (!PORTABLE.includes(place.part) || found.target || specifier.startsWith("node:")) return undefined;
  if (place.path === CONFIG_READER) return undefined;
  if (isDynamic && EXACT_NPM.test(specifier)) return undefined;
  return `Cannot import "${specifier}" here: what mod.ts reaches imports relative files and node: modules, ` +
    `and packages by await import("npm:name@1.2.3")`;
}

function checkPrivate(place: Place, found: Import): string | undefined {
  const { target } = found;
  if (!target || !posix.basename(target.path).startsWith("_")) return undefined;
  const folder = posix.dirname(target.path);
  const here = posix.dirname(place.path);
  if (here === folder || here === `tests/${folder}`) return undefined;
  return `Cannot import ${target.path}: a file named _x.ts is private to its folder`;
}

function checkReexports(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (!place || place.path === "mod.ts") return {};
  const report = (node: Deno.lint.Node): void =>
    context.report({
      node,
      message: "Cannot re-export here: import the file that defines a thing, only mod.ts re-exports",
    });
  return {
    ExportAllDeclaration: report,
    ExportNamedDeclaration(node): void {
      if (node.source) report(node);
    },
  };
}

function checkGpu(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (!place || ["kernels", "tests"].includes(place.part)) return {};
  const message = "Cannot touch the GPU here: GPU* and navigator.gpu appear only in kernels/";
  return {
    Identifier(node): void {
      if (/^GPU[A-Z]\w*$/.test(node.name)) context.report({ node, message });
    },
    MemberExpression(node): void {
      if (isMember(node, "navigator", ["gpu"])) context.report({ node, message });
    },
  };
}

function checkConsole(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (!place || ["cli", "tasks", "tests"].includes(place.part)) return {};
  return {
    MemberExpression(node): void {
      const isTerminal = node.object.type === "Identifier" && node.object.name === "console";
      if (!isTerminal && !isMember(node, "Deno", ["args", "exit", "exitCode"])) return;
      context.report({
        node,
        message:
          "Cannot use console, Deno.args or Deno.exit here: they belong to cli/ and tasks/, return or throw instead",
      });
    },
  };
}

function isMember(node: Deno.lint.MemberExpression, object: string, properties: readonly string[]): boolean {
  const { property } = node;
  const name = property.type === "Identifier" && !node.computed
    ? property.name
    : property.type === "Literal"
    ? property.value
    : undefined;
  return node.object.type === "Identifier" && node.object.name === object &&
    properties.includes(String(name));
}

function placeOf(filename: string): Place | undefined {
  const file = filename.startsWith("file:") ? fileURLToPath(filename) : filename;
  const path = file.replaceAll("\\", "/");
  if (!path.startsWith(`${ROOT}/`)) return undefined;
  const inside = path.slice(ROOT.length + 1);
  return { path: inside, part: inside.split("/")[0] };
}
