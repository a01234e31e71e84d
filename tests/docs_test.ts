// README and docs/ hold what is true: commands and flags that exist, links that lead somewhere, files and keys that are
// there. A fence that begins with ```sh run is executed in a folder of its own with tiny settings.

import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { stub } from "@std/testing/mock";
import { main } from "../cli/main.ts";
import deno from "../deno.json" with { type: "json" };
import { EXIT_STATUS } from "../lib/common/errors.ts";
import { configKeys } from "../lib/config/config.ts";
import { KEY_ALIASES, REFUSED_KEYS } from "../lib/config/key_aliases.ts";
import { RESERVED_VARIABLES, variableNames } from "../lib/config/variables.ts";

interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  /** The text without fences. */
  readonly prose: string;
  /** Contents of inline code. */
  readonly codes: readonly string[];
  readonly fences: readonly { readonly info: string; readonly lines: readonly string[] }[];
}

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const PAGES = await readPages();
/** What `./sheepop` does itself; see the last lines of it. */
const CHORES = ["check", "test", "ok", "bench", "compile"];
/** A task of `deno task` with flags that are not the program's. */
const TASKS_WITH_FLAGS = ["bench:growth", "bench:ingest"];
/** Variables of the launcher. */
const LAUNCHER_VARIABLES = ["SHEEPOP_DENO", "SHEEPOP_NO_INSTALL"];
/** Written by the program or brought by the user, and the operation that architecture.md adds. */
const NOT_IN_GIT = /^(?:data\/(?:cache|runs|shakespeare|corpus)|dist)\b|\bscale(?:_\w+)?\b/;
/** Small enough for the reference on a CPU. */
const TINY: Record<string, string> = {
  SHEEPOP_DEVICE: "reference",
  SHEEPOP_PATHS: "notes",
  SHEEPOP_D_MODEL: "8",
  SHEEPOP_NUM_LAYERS: "1",
  SHEEPOP_NUM_HEADS: "2",
  SHEEPOP_MAX_SEQ_LEN: "16",
  SHEEPOP_BATCH_SIZE: "2",
  SHEEPOP_MAX_STEPS: "2",
  SHEEPOP_EVAL_BATCHES: "1",
  SHEEPOP_SAMPLE_TOKENS: "4",
  SHEEPOP_PNG: "false",
};

for (const page of PAGES) {
  Deno.test(`${page.path} names real commands and flags`, async () => {
    for (const words of commandLines(page)) await assertRuns(words);
  });

  Deno.test(`${page.path} has links that lead somewhere`, async () => {
    for (const [, target] of page.prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const path = file === "" ? page.path : join(dirname(page.path), file);
      assert(await exists(path), `${page.path} links to ${target}`);
      if (anchor) assert(anchorsOf(await readText(path)).includes(anchor), `${page.path} links to ${target}`);
    }
  });

  Deno.test(`${page.path} names files, keys and variables that exist`, async () => {
    const aliases = [...Object.keys(KEY_ALIASES), ...Object.keys(REFUSED_KEYS)];
    const keys = new Set([...configKeys().map(({ key }) => key), ...aliases]);
    const groups = new Set(configKeys().map(({ group }) => group as string));
    const variables = new Set([...variableNames().keys(), ...RESERVED_VARIABLES, ...LAUNCHER_VARIABLES]);
    for (const code of page.codes) {
      if (isPath(code)) assert(await exists(code), `${page.path} names the file ${code}`);
      const [, group, name] = /^(\w+)\.([a-z_0-9]+)$/.exec(code) ?? [];
      if (groups.has(group) && !/^(?:ts|json|jsonl|safetensors)$/.test(name)) {
        assert(keys.has(code), `${page.path} names the key ${code}`);
      }
    }
    for (const [variable] of page.text.matchAll(/\bSHEEPOP_[A-Z_]+\b/g)) {
      assert(variables.has(variable), `${page.path} names the variable ${variable}`);
    }
  });

  const runs = page.fences.filter(({ info }) => info === "sh run");
  if (runs.length === 0) continue;
  Deno.test(`${page.path} has examples that run`, async () => {
    const folder = await makeFolder();
    try {
      for (const words of commandLines({ ...page, codes: [], fences: runs })) await runSheepop(words, folder);
      await assertFieldsExplained(page, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("README.md lists every command", async () => {
  const { codes } = PAGES.find(({ path }) => path === "README.md")!;
  const { output } = await help([]);
  const names = output.split("Commands:\n")[1].split("\n\n")[0].split("\n").map((line) =>
    line.trim().split(" ")[0]
  );
  for (const name of names) assert(codes.includes(`sheepop ${name}`), name);
});

Deno.test("docs/training.md lists every exit status", () => {
  const { prose } = PAGES.find(({ path }) => path === "docs/training.md")!;
  for (const status of Object.values(EXIT_STATUS)) assert(prose.includes(`\n| ${status} `), String(status));
});

Deno.test("every function, class and value of mod.ts has an example", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", join(ROOT, "mod.ts")],
  }).output();
  const document: { nodes: unknown } = JSON.parse(new TextDecoder().decode(stdout));
  const undocumented = symbolsOf(document).filter(({ kinds, tags }) =>
    kinds.some((kind) => ["function", "class", "variable"].includes(kind)) && !tags.includes("example")
  );
  assertEquals(undocumented.map(({ name }) => name), []);
});

async function readPages(): Promise<Page[]> {
  const paths = ["README.md", "CHANGELOG.md", "LOG.md", "CONTRIBUTING.md", "data/configs/README.md"];
  paths.push("docs/benchmarks/README.md");
  for await (const { name } of Deno.readDir(join(ROOT, "docs"))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  return await Promise.all(paths.sort().map(async (path) => parsePage(path, await readText(path))));
}

function parsePage(path: string, text: string): Page {
  const fences: { info: string; lines: string[] }[] = [];
  const prose = text.replace(
    /^( *)```([^\n]*)\n([\s\S]*?)^ *```$/gm,
    (_, indent: string, info, body: string) => {
      fences.push({ info, lines: body.split("\n").map((line) => line.slice(indent.length)) });
      return "";
    },
  );
  const codes = Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, code]) => code);
  return { path, text, prose, codes, fences };
}

/** Words behind `sheepop` of every command in the fences for a shell, and of those in the text. */
function commandLines({ fences, codes }: Page): string[][] {
  const lines = fences.filter(({ info }) => /^sh\b/.test(info)).flatMap(({ lines }) => {
    return lines.join("\n").replaceAll(/\\\n\s*/g, "").split("\n");
  });
  return [...lines, ...codes].map(splitWords).flatMap((words) => {
    const start = words.findIndex((word) => !/^\w+=/.test(word));
    const [program, ...rest] = words.slice(start);
    if (program === "deno" && rest[0] === "task") return [["task", ...rest.slice(1)]];
    return program === "sheepop" || program === "./sheepop" ? [rest] : [];
  });
}

/** Words of a line of shell, without comment and redirection. */
function splitWords(line: string): string[] {
  const words = line.replace(/(?:^|\s)#.*|\s+[>|].*/, "").match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/["']/g, ""));
}

async function assertRuns(words: readonly string[]): Promise<void> {
  const line = words.join(" ");
  if (words[0] === "task") {
    const [, name, ...args] = words;
    assert(name === undefined || Object.hasOwn(deno.tasks, name), `deno ${line}`);
    if (args.length > 0 && !TASKS_WITH_FLAGS.includes(name)) await assertRuns([name, ...args]);
    return;
  }
  if (words.length === 0 || CHORES.includes(words[0])) return;
  // `sheepop COMMAND --help` and the like stand for all commands.
  if (words.includes("COMMAND")) return;
  const { status, output } = await help(words);
  assertEquals(status, EXIT_STATUS.success, `sheepop ${line}: ${output}`);
}

/** What the program prints when asked for help: arguments are parsed, and nothing is done. */
async function help(words: readonly string[]): Promise<{ status: number; output: string }> {
  let output = "";
  using _out = stub(Deno.stdout, "writeSync", (bytes) => {
    output += new TextDecoder().decode(bytes);
    return bytes.length;
  });
  using _error = stub(console, "error", (message) => output += message);
  const status = await main(words[0] === "--version" ? words : [...words, "--help"]);
  return { status, output };
}

function isPath(code: string): boolean {
  return /^(?:cli|lib|kernels|tasks|tests|docs|data|\.ci|\.github)\/[\w./-]+$/.test(code) &&
    !NOT_IN_GIT.test(code);
}

/** Names that headings get on GitHub. */
function anchorsOf(markdown: string): string[] {
  return Array.from(parsePage("", markdown).prose.matchAll(/^#+ (.+)$/gm), ([, heading]) => {
    return heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
  });
}

async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-docs-" });
  await Deno.mkdir(join(folder, "notes"));
  for (let i = 0; i < 6; i++) {
    const text = `Note ${i}\n\n${`Sheep ${i} sleeps under the old oak tree.\n`.repeat(10 + i)}`;
    await Deno.writeTextFile(join(folder, "notes", `${i}.md`), text);
  }
  return folder;
}

async function runSheepop(words: readonly string[], cwd: string): Promise<void> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("SHEEPOP_"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", join(ROOT, "cli/main.ts"), ...words],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...TINY },
    stdin: "null",
  }).output();
  assertEquals(code, 0, `sheepop ${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** The pages that ran explain every field of the lines their examples left. */
async function assertFieldsExplained({ path, codes }: Page, folder: string): Promise<void> {
  const file = { "docs/training.md": "metrics.jsonl", "docs/data.md": "manifest.jsonl" }[path];
  if (!file) return;
  const fields = new Set<string>();
  for await (const found of filesNamed(file, folder)) {
    const lines = (await Deno.readTextFile(found)).trim().split("\n");
    for (const line of lines) for (const name of Object.keys(JSON.parse(line))) fields.add(name);
  }
  assert(fields.size > 5, `the examples of ${path} write ${file}`);
  fields.delete("kind");
  for (const field of fields) assert(codes.includes(field), `${path} explains ${field} of ${file}`);
}

async function* filesNamed(name: string, folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* filesNamed(name, path);
    else if (entry.name === name) yield path;
  }
}

interface DocumentedSymbol {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly tags: readonly string[];
}

/** Exported symbols in the output of `deno doc --json`, version 2. */
function symbolsOf({ nodes }: { nodes: unknown }): DocumentedSymbol[] {
  interface Declaration {
    readonly kind: string;
    readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
  }
  const modules = Object.values(
    nodes as Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>,
  );
  return modules.flatMap(({ symbols }) => symbols).map(({ name, declarations }) => ({
    name,
    kinds: declarations.map(({ kind }) => kind),
    tags: declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []).map(({ kind }) => kind),
  }));
}

async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(join(ROOT, path));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(join(ROOT, path)).then(() => true, () => false);
}
