// `sheepop config`: shows the effective configuration and where it came from, describes it, writes a file to
// edit.

import { UsageError } from "../lib/common/errors.ts";
import { configKeys, configValue } from "../lib/config/config.ts";
import { configSchema } from "../lib/config/config_schema.ts";
import { formatConfigYaml } from "../lib/config/config_text.ts";
import { formatConfigTree } from "../lib/config/config_tree.ts";
import type { LoadedConfig } from "../lib/config/load_config.ts";
import { didYouMean } from "../lib/config/nearest.ts";
import { formatColumns } from "./_columns.ts";
import type { Command, CommandCall } from "./command.ts";
import { print, printLines } from "./print.ts";

/** File `config init` writes where none is named. */
const DEFAULT_FILE = "sheepop.yaml";

/** Command `config`. */
export const configCommand: Command = {
  name: "config",
  doc: "show prints every effective value, schema the JSON Schema of a configuration file, and init writes " +
    "every effective value to a YAML file with a comment on each key.",
  settings: ["model", "training", "data", "tokenizer", "checkpoint", "monitor", "generate", "resources"],
  usage: "show|schema|init [FILE]",
  positional: {
    name: "ACTION",
    doc: "show, schema, or init and the FILE to write (sheepop.yaml)",
    min: 1,
    max: 2,
  },
  flags: [
    { name: "origin", doc: "show: say where every value came from" },
    { name: "json", doc: "show: print JSON" },
  ],
  examples: [
    { line: "sheepop config show --origin", doc: "every value and the file, variable or flag that set it" },
    { line: "sheepop config init", doc: "write sheepop.yaml with every key explained" },
    {
      line: "sheepop config init small.yaml --d-model 128 --num-layers 2",
      doc: "the same with other values",
    },
    { line: "sheepop config schema > sheepop.schema.json", doc: "a schema for an editor" },
  ],
  run,
};

async function run(call: CommandCall): Promise<void> {
  const [action, file] = call.positionals;
  refuseUnused(call, { action, file });
  switch (action) {
    case "show":
      return show(call, await call.loadConfig());
    case "schema":
      return print(`${JSON.stringify(configSchema(), null, 2)}\n`);
    case "init":
      return await init(file ?? DEFAULT_FILE, await call.loadConfig());
    default:
      throw new UsageError(
        `Cannot run sheepop config ${action}: the actions are show, schema and init${
          didYouMean(action, ["show", "schema", "init"])
        }`,
      );
  }
}

function refuseUnused(call: CommandCall, options: { action: string; file: string | undefined }): void {
  const { action, file } = options;
  const unused = ["origin", "json"].find((flag) => action !== "show" && call.isSet(flag));
  if (unused) {
    throw new UsageError(
      `Cannot use --${unused} with config ${action}: it belongs to config show; remove it`,
    );
  }
  if (file !== undefined && action !== "init") {
    throw new UsageError(`Cannot use a file with config ${action}: only config init writes one; remove it`);
  }
}

function show(call: CommandCall, { config, origins }: LoadedConfig): void {
  const rows = configKeys().map((key) => ({
    key: key.key,
    value: configValue(config, key),
    origin: origins.get(key.key) ?? "default",
  }));
  if (call.isSet("json")) {
    const value = call.isSet("origin") ? rows : formatConfigTree(config);
    return print(`${JSON.stringify(value, null, 2)}\n`);
  }
  if (!call.isSet("origin")) return print(formatConfigYaml(config, { comments: false }));
  printLines(formatColumns(rows.map(({ key, value, origin }) => [key, origin, JSON.stringify(value)])));
}

async function init(file: string, { config }: LoadedConfig): Promise<void> {
  if (!/\.ya?ml$/.test(file)) {
    throw new UsageError(`Cannot write ${file}: config init writes YAML; name a file ending in .yaml`);
  }
  try {
    await Deno.writeTextFile(file, formatConfigYaml(config), { createNew: true });
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new UsageError(`Cannot write ${file}: it exists; remove it or name another file`, { cause });
    }
    if (cause instanceof Deno.errors.NotFound) {
      throw new UsageError(`Cannot write ${file}: its folder does not exist; create it first`, { cause });
    }
    throw cause;
  }
  print(`Wrote ${file}\n`);
}
