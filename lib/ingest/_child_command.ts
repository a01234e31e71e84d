// How a parsing child is started: this program again, with no permission but to read what it must, and with none of the
// environment but what the runtime itself needs.

import type { Config } from "../config/config.ts";
import { PARSE_COMMAND } from "./parse_lines.ts";

/** What a child may do and runs. */
export interface ChildOptions {
  /** Files and folders it may read. */
  readonly readable: readonly string[];
  /** It may download packages when it starts; else it works with what is there. */
  readonly needsPackages: boolean;
  /** What it runs, where this is not the parsing child. */
  readonly program?: URL;
}

/** Variables the runtime needs to find its packages; the parsers themselves cannot read any. */
const PASSED_VARIABLES = [
  "HOME",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "USERPROFILE",
  "LOCALAPPDATA",
  "SystemRoot",
  "TMPDIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "NPM_CONFIG_REGISTRY",
  "npm_config_registry",
];
/**
 * The command of a child, its three streams piped.
 *
 * @param data - settings of the run
 * @param options - what it may do
 */
export function childCommand(data: Config["data"], options: ChildOptions): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: childArguments(data, options),
    clearEnv: true,
    env: passedVariables(),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

function childArguments(
  data: Config["data"],
  options: ChildOptions,
): string[] {
  const { readable, needsPackages, program = new URL("./parse_child.ts", import.meta.url) } = options;
  if (Deno.build.standalone) return [PARSE_COMMAND];
  const heapMiB = Math.ceil(data.parserMemory / 2 ** 20);
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    // What runs from the net is not in the cache before its first start.
    ...(needsPackages || program.protocol !== "file:" ? [] : ["--cached-only"]),
    ...(program.protocol === "file:" ? [] : [`--allow-import=${program.host}`]),
    `--v8-flags=--max-old-space-size=${heapMiB}`,
    ...(readable.length === 0
      ? []
      : [`--allow-read=${readable.map((path) => path.replaceAll(",", ",,")).join(",")}`]),
    program.href,
  ];
}

function passedVariables(): Record<string, string> {
  const all = PASSED_VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
